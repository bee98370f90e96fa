package kili

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// job is a job's part of a prediction: categories for a classification, annotations for what is drawn.
type job struct {
	Categories  []category   `json:"categories,omitempty"`
	Annotations []annotation `json:"annotations,omitempty"`
}

// category is a class. Confidence is in percent.
type category struct {
	Name       string `json:"name"`
	Confidence *int   `json:"confidence,omitempty"`
}

// annotation is something drawn. Mid tells it from the others of its asset.
type annotation struct {
	Mid          string         `json:"mid"`
	Type         string         `json:"type"`
	Categories   []category     `json:"categories"`
	BoundingPoly []boundingPoly `json:"boundingPoly,omitempty"`
	Polyline     []vertex       `json:"polyline,omitempty"`
	Point        *vertex        `json:"point,omitempty"`
	Children     none           `json:"children"`
}

type boundingPoly struct {
	Vertices []vertex `json:"normalizedVertices"`
}

// vertex is a place as fractions of the image's width and height.
type vertex struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// response is the prediction of an asset, as JSON text; empty where there is none.
func (k *kili) response(out adapter.Output, s *export.Subject, ready adapter.Prepared) (string, error) {
	if len(ready.Annotations) == 0 {
		return "", nil
	}
	if !k.options.Jobs.any() {
		return "", out.Note(adapter.Note{
			Index: s.Elements[0].Index, ElementID: s.Elements[0].ID, Item: s.Item(), Text: "sent without its labels: the option jobs names no job",
		})
	}
	r := responding{jobs: k.options.Jobs, out: out, subject: s, size: ready.Image.Size, answer: map[string]job{}}
	for i, a := range ready.Annotations {
		r.place = i
		if err := r.add(a); err != nil {
			return "", err
		}
	}
	if len(r.answer) == 0 {
		return "", nil
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(r.answer)
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), err
}

// responding is a prediction being made.
type responding struct {
	jobs    Jobs
	out     adapter.Output
	subject *export.Subject
	size    export.Size
	place   int // of the label in work, among those of the frame
	answer  map[string]job
}

// add adds a label to the job that takes it.
func (r *responding) add(a adapter.Annotation) error {
	switch g := a.Geometry.(type) {
	case export.Box:
		return r.draw(a, "box", r.jobs.Box, annotation{Type: "rectangle", BoundingPoly: r.poly(corners(g))})
	case export.Polygons:
		parts := make([]annotation, len(g.Rings))
		for i, ring := range g.Rings {
			parts[i] = annotation{Type: "polygon", BoundingPoly: r.poly(ring)}
		}
		return r.draw(a, "polygon", r.jobs.Polygon, parts...)
	case export.Segment:
		return r.draw(a, "line", r.jobs.Line, annotation{Type: "polyline", Polyline: r.vertices([]export.Point{g.From, g.To})})
	case export.Keypoints:
		parts := make([]annotation, len(g.Points))
		for i, p := range g.Points {
			at := r.vertices([]export.Point{p.Point})
			parts[i] = annotation{Type: "marker", Point: &at[0]}
		}
		return r.draw(a, "point", r.jobs.Point, parts...)
	case export.Classification:
		return r.classify(a, g)
	default:
		return a.Refuse(r.out, fmt.Sprintf("kili has no form for labels of type %s", a.Geometry.Type()))
	}
}

// draw adds what is drawn of one label: one annotation, or several for its parts.
func (r *responding) draw(a adapter.Annotation, kind, name string, parts ...annotation) error {
	if name == "" {
		return a.Refuse(r.out, "no job takes it: the option jobs."+kind+" is not set")
	}
	mid, to := r.mid(a), r.answer[name]
	for i, part := range parts {
		part.Mid, part.Categories = mid, []category{{a.Class, confidence(a.Label)}}
		if len(parts) > 1 {
			part.Mid += "-" + strconv.Itoa(i+1)
		}
		to.Annotations = append(to.Annotations, part)
	}
	r.answer[name] = to
	if kind == "point" {
		return a.Note(r.out, fmt.Sprintf("sent as %d single points, without their names and box", len(parts)))
	}
	if len(parts) > 1 {
		return a.Note(r.out, fmt.Sprintf("sent as %d annotations, one for each part", len(parts)))
	}
	return nil
}

// classify answers what is asked of the whole image.
func (r *responding) classify(a adapter.Annotation, g export.Classification) error {
	if r.jobs.Class == "" {
		return a.Refuse(r.out, "no job takes it: the option jobs.class is not set")
	}
	r.choose(r.jobs.Class, category{a.Class, confidence(a.Label)})
	for _, name := range slices.Sorted(maps.Keys(g.Secondary)) {
		answer, isText := export.Text(g.Secondary[name])
		to, asked := r.jobs.Answers[name]
		if !asked || !isText {
			if err := a.Note(r.out, fmt.Sprintf("its answer %q is not sent: the option jobs.answers names no job for it", name)); err != nil {
				return err
			}
			continue
		}
		r.choose(to, category{answer, nil})
	}
	return nil
}

func (r *responding) choose(name string, c category) {
	to := r.answer[name]
	if !slices.ContainsFunc(to.Categories, func(other category) bool { return other.Name == c.Name }) {
		to.Categories = append(to.Categories, c)
	}
	r.answer[name] = to
}

func (r *responding) poly(ring []export.Point) []boundingPoly {
	return []boundingPoly{{r.vertices(ring)}}
}

func (r *responding) vertices(points []export.Point) []vertex {
	all := make([]vertex, len(points))
	for i, p := range points {
		scaled := p.Scaled(r.size, 1)
		all[i] = vertex{scaled.X, scaled.Y}
	}
	return all
}

// corners are in the client's own order: from the bottom left by the top left to the right.
func corners(b export.Box) []export.Point {
	c := b.Corners()
	return []export.Point{c[3], c[0], c[1], c[2]}
}

// mid is the label's uuid, so that a label in Kili leads back to the export.
func (r *responding) mid(a adapter.Annotation) string {
	if a.Label.ID != "" {
		return a.Label.ID
	}
	return adapter.UUID(string(r.subject.Item()), strconv.Itoa(r.place))
}

// confidence is in percent; nil where the label tells none.
func confidence(l *export.Label) *int {
	c, ok := l.Confidence()
	if !ok || c < 0 || c > 1 {
		return nil
	}
	percent := int(math.Round(c * 100))
	return &percent
}

// assetID makes an id of an asset that is new. The client chooses the ids of the assets that it makes, in the form of a cuid:
// a c and 24 digits of base 36.
func assetID(externalID string) string {
	const digits = 24
	sum := sha256.Sum256([]byte(externalID))
	text := new(big.Int).SetBytes(sum[:]).Text(36)
	return "c" + text[len(text)-digits:]
}
