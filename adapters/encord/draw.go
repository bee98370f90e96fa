package encord

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// rowFacts are what is kept of a label row that was started: saving it must say them all again.
type rowFacts struct {
	ownFacts
	sharedFacts
}

// ownFacts are those of one row.
type ownFacts struct {
	Row    string  `json:"row"`
	Data   string  `json:"data"`
	Title  string  `json:"title"`
	Link   *string `json:"link"`
	Width  int     `json:"width"`
	Height int     `json:"height"`
}

// sharedFacts are those that most rows of one call have in common.
type sharedFacts struct {
	Branch       string `json:"branch"`
	Created      string `json:"created"`
	Edited       string `json:"edited"`
	Dataset      string `json:"dataset"`
	DatasetTitle string `json:"dataset_title"`
	Type         string `json:"type"`
	Status       string `json:"status"`
	Task         string `json:"task,omitempty"`
	Shadow       bool   `json:"shadow,omitempty"`
}

// factsGroup is how facts are kept: what rows share stands once.
type factsGroup struct {
	sharedFacts
	Rows []ownFacts `json:"rows"`
}

// writeFacts writes facts as they are kept.
func writeFacts(all []rowFacts) string {
	groups := []factsGroup{}
	places := map[sharedFacts]int{}
	for _, f := range all {
		at, there := places[f.sharedFacts]
		if !there {
			at = len(groups)
			places[f.sharedFacts] = at
			groups = append(groups, factsGroup{sharedFacts: f.sharedFacts})
		}
		groups[at].Rows = append(groups[at].Rows, f.ownFacts)
	}
	text, _ := json.Marshal(groups) // texts and numbers
	return string(text)
}

// readFacts reads what a start has kept, by data hash.
func readFacts(kept string) map[string]rowFacts {
	var groups []factsGroup
	_ = json.Unmarshal([]byte(kept), &groups) // writeFacts wrote it
	all := map[string]rowFacts{}
	for _, g := range groups {
		for _, own := range g.Rows {
			all[own.Data] = rowFacts{own, g.sharedFacts}
		}
	}
	return all
}

// labelRow is a label row with its labels, as the client saves it.
type labelRow struct {
	LabelHash             string                    `json:"label_hash"`
	BranchName            string                    `json:"branch_name"`
	CreatedAt             *string                   `json:"created_at"`
	LastEditedAt          *string                   `json:"last_edited_at"`
	DataHash              string                    `json:"data_hash"`
	DatasetHash           string                    `json:"dataset_hash"`
	DatasetTitle          string                    `json:"dataset_title"`
	DataTitle             string                    `json:"data_title"`
	DataType              string                    `json:"data_type"`
	AnnotationTaskStatus  *string                   `json:"annotation_task_status"`
	IsShadowData          bool                      `json:"is_shadow_data"`
	ObjectAnswers         map[string]objectAnswer   `json:"object_answers"`
	ClassificationAnswers map[string]classification `json:"classification_answers"`
	ObjectActions         struct{}                  `json:"object_actions"`
	LabelStatus           string                    `json:"label_status"`
	DataUnits             map[string]*dataUnit      `json:"data_units"`
	Spaces                struct{}                  `json:"spaces"`
}

type objectAnswer struct {
	Classifications []struct{} `json:"classifications"`
	ObjectHash      string     `json:"objectHash"`
}

type dataUnit struct {
	DataHash     string  `json:"data_hash"`
	DataTitle    string  `json:"data_title"`
	DataLink     *string `json:"data_link"`
	DataType     string  `json:"data_type"`
	DataSequence int     `json:"data_sequence"`
	Width        int     `json:"width"`
	Height       int     `json:"height"`
	Labels       struct {
		Objects         []object   `json:"objects"`
		Classifications []struct{} `json:"classifications"`
	} `json:"labels"`
}

// object is a label with a shape; of the shapes' fields one kind is there. Places are fractions of the image.
type object struct {
	Name             string           `json:"name"`
	Color            string           `json:"color"`
	Shape            string           `json:"shape"`
	Value            string           `json:"value"`
	CreatedAt        string           `json:"createdAt"`
	CreatedBy        *string          `json:"createdBy"`
	Confidence       float64          `json:"confidence"`
	ObjectHash       string           `json:"objectHash"`
	FeatureHash      string           `json:"featureHash"`
	ManualAnnotation bool             `json:"manualAnnotation"`
	LastEditedAt     string           `json:"lastEditedAt"`
	BoundingBox      *box             `json:"boundingBox,omitempty"`
	Polygon          map[string]point `json:"polygon,omitempty"`
	Polygons         [][][]float64    `json:"polygons,omitempty"`
	Polyline         map[string]point `json:"polyline,omitempty"`
	Point            map[string]point `json:"point,omitempty"`
	Skeleton         map[string]joint `json:"skeleton,omitempty"`
}

type box struct {
	H float64 `json:"h"`
	W float64 `json:"w"`
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

type point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

type joint struct {
	X           float64 `json:"x"`
	Y           float64 `json:"y"`
	Name        string  `json:"name"`
	FeatureHash string  `json:"featureHash"`
}

// classification is the answer to a question about the whole image. An image is one frame, number 0.
type classification struct {
	Classifications    []answer  `json:"classifications"`
	ClassificationHash string    `json:"classificationHash"`
	FeatureHash        string    `json:"featureHash"`
	Spaces             struct{}  `json:"spaces"`
	Range              [1][2]int `json:"range"`
	CreatedBy          *string   `json:"createdBy"`
	CreatedAt          string    `json:"createdAt"`
	LastEditedBy       *string   `json:"lastEditedBy"`
	LastEditedAt       string    `json:"lastEditedAt"`
	Confidence         float64   `json:"confidence"`
	ManualAnnotation   bool      `json:"manualAnnotation"`
}

type answer struct {
	Name             string          `json:"name"`
	Value            string          `json:"value"`
	Answers          [1]answerOption `json:"answers"`
	FeatureHash      string          `json:"featureHash"`
	ManualAnnotation bool            `json:"manualAnnotation"`
}

type answerOption struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	FeatureHash string `json:"featureHash"`
}

func newRow(f rowFacts) labelRow {
	unit := &dataUnit{DataHash: f.Data, DataTitle: f.Title, DataLink: f.Link, DataType: f.Type, Width: f.Width, Height: f.Height}
	unit.Labels.Objects, unit.Labels.Classifications = []object{}, []struct{}{}
	return labelRow{
		LabelHash: f.Row, BranchName: f.Branch, CreatedAt: orNull(f.Created), LastEditedAt: orNull(f.Edited), DataHash: f.Data, DatasetHash: f.Dataset,
		DatasetTitle: f.DatasetTitle, DataTitle: f.Title, DataType: "image", AnnotationTaskStatus: orNull(f.Task), IsShadowData: f.Shadow,
		ObjectAnswers: map[string]objectAnswer{}, ClassificationAnswers: map[string]classification{}, LabelStatus: f.Status,
		DataUnits: map[string]*dataUnit{f.Data: unit},
	}
}

// orNull is a text, null where there is none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// drawn is a frame whose labels are drawn.
type drawn struct {
	frame    *frame
	facts    rowFacts
	features features
}

// draw puts a frame's labels into its row. Places are divided by the size that the export or the options say, else by that
// which Encord has found the image to have; labels were not clamped to the latter before.
func (p *plan) draw(row *labelRow, d drawn, ready adapter.Prepared) error {
	size := ready.Image.Size
	if !size.Known() {
		size = export.Size{Width: float64(d.facts.Width), Height: float64(d.facts.Height)}
	}
	for i, a := range ready.Annotations {
		hash := p.hash(d.frame.item, a.Label.ID, i)
		if _, isAnswer := a.Geometry.(export.Classification); isAnswer {
			row.ClassificationAnswers[hash] = d.answer(hash, a)
			continue
		}
		g, ok, err := p.fit(a, size)
		if err != nil {
			return err
		}
		if ok {
			unit := row.DataUnits[d.facts.Data]
			unit.Labels.Objects = append(unit.Labels.Objects, d.object(hash, a, g, size))
			row.ObjectAnswers[hash] = objectAnswer{[]struct{}{}, hash}
		}
	}
	return nil
}

// fit clamps a label to the image's size. ok is false when nothing is left to draw: the label was refused.
func (p *plan) fit(a adapter.Annotation, size export.Size) (g export.Geometry, ok bool, err error) {
	if !size.Known() {
		return nil, false, a.Refuse(p.out, "no image size; send width and height in sensor_metadata, or set the option image_size")
	}
	g, changed, inside := export.Clamp(a.Geometry, size)
	switch b, isBox := g.(export.Box); {
	case !inside:
		return nil, false, a.Refuse(p.out, fmt.Sprintf("lies outside the image (%gx%g)", size.Width, size.Height))
	case isBox && (b.Width <= 0 || b.Height <= 0):
		return nil, false, a.Refuse(p.out, "is a box without an area")
	case changed:
		return g, true, a.Note(p.out, fmt.Sprintf("clamped to the image (%gx%g)", size.Width, size.Height))
	}
	return g, true, nil
}

// hash names a label: the same for every try, another in every delivery. Its form is the client's: six bytes in base 64.
func (p *plan) hash(frame export.ItemID, label string, place int) string {
	if label == "" {
		label = "#" + strconv.Itoa(place)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{p.in.Key, string(frame), label}, "\x00")))
	return base64.StdEncoding.EncodeToString(sum[:6])
}

func (d drawn) object(hash string, a adapter.Annotation, g export.Geometry, size export.Size) object {
	f, _ := d.features.object(a.Class, a.Geometry)
	o := object{
		Name: f.Name, Color: f.Color, Shape: f.Shape, Value: snake(f.Name), CreatedAt: d.facts.Created, Confidence: confidence(a),
		ObjectHash: hash, FeatureHash: f.Hash, ManualAnnotation: true, LastEditedAt: d.facts.Created,
	}
	o.place(g, size, f.Joints)
	return o
}

func (d drawn) answer(hash string, a adapter.Annotation) classification {
	o, _ := d.features.option(a.Class)
	return classification{
		Classifications: []answer{{
			Name: o.Question, Value: snake(o.Question), Answers: [1]answerOption{{o.Label, o.Value, o.Option}}, FeatureHash: o.Attribute, ManualAnnotation: true,
		}},
		ClassificationHash: hash, FeatureHash: o.Hash, CreatedAt: d.facts.Created, LastEditedAt: d.facts.Created,
		Confidence: confidence(a), ManualAnnotation: true,
	}
}

// confidence is the label's, or 1 as the client has it.
func confidence(a adapter.Annotation) float64 {
	if c, ok := a.Label.Confidence(); ok && c >= 0 && c <= 1 {
		return c
	}
	return 1
}

// snake makes a value of a name as the client does.
func snake(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "_") }

// place gives an object its coordinates.
func (o *object) place(g export.Geometry, size export.Size, joints map[string]string) {
	switch g := g.(type) {
	case export.Box:
		b := g.Scaled(size, 1)
		o.BoundingBox = &box{H: b.Height, W: b.Width, X: b.Left, Y: b.Top}
	case export.Polygons:
		o.Polygon = indexed(size, g.Rings[0]...)
		for _, ring := range g.Rings {
			o.Polygons = append(o.Polygons, [][]float64{flat(size, ring)})
		}
	case export.Segment:
		o.Polyline = indexed(size, g.From, g.To)
	case export.Keypoints:
		if o.Shape == shapePoint {
			o.Point = indexed(size, g.Points[0].Point)
			return
		}
		o.Skeleton = map[string]joint{}
		for i, k := range g.Points {
			at := k.Scaled(size, 1)
			o.Skeleton[strconv.Itoa(i)] = joint{at.X, at.Y, k.Name, joints[k.Name]}
		}
	}
}

// indexed is a list of points as Encord has it: an object with the keys "0", "1", ...
func indexed(size export.Size, points ...export.Point) map[string]point {
	all := make(map[string]point, len(points))
	for i, p := range points {
		at := p.Scaled(size, 1)
		all[strconv.Itoa(i)] = point{at.X, at.Y}
	}
	return all
}

func flat(size export.Size, ring []export.Point) []float64 {
	all := make([]float64, 0, 2*len(ring))
	for _, p := range ring {
		at := p.Scaled(size, 1)
		all = append(all, at.X, at.Y)
	}
	return all
}

// longTime writes a time as label rows have it, in whatever of Encord's forms it came; what is no time stays as it is.
func longTime(text string) string {
	const long = "Mon, 02 Jan 2006 15:04:05 UTC"
	for _, form := range []string{long, "Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC().Format(long)
		}
	}
	return text
}
