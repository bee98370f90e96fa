package encordsandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// labels are a label row's content.
type labels struct {
	Objects               []Object
	ObjectAnswers         map[string]json.RawMessage
	ClassificationAnswers map[string]Classification
}

func emptyLabels() labels {
	return labels{Objects: []Object{}, ObjectAnswers: map[string]json.RawMessage{}, ClassificationAnswers: map[string]Classification{}}
}

// Object is a label with a shape, as the client writes it; of the shapes' fields exactly one is there.
type Object struct {
	Name             string           `json:"name"`
	Color            string           `json:"color"`
	Shape            string           `json:"shape"`
	Value            string           `json:"value"`
	CreatedAt        string           `json:"createdAt"`
	CreatedBy        *string          `json:"createdBy"`
	Confidence       *float64         `json:"confidence"`
	ObjectHash       string           `json:"objectHash"`
	FeatureHash      string           `json:"featureHash"`
	ManualAnnotation *bool            `json:"manualAnnotation"`
	LastEditedAt     string           `json:"lastEditedAt,omitempty"`
	LastEditedBy     *string          `json:"lastEditedBy,omitempty"`
	BoundingBox      *Box             `json:"boundingBox,omitempty"`
	Polygon          map[string]Point `json:"polygon,omitempty"`
	Polygons         [][][]float64    `json:"polygons,omitempty"`
	Polyline         map[string]Point `json:"polyline,omitempty"`
	Point            map[string]Point `json:"point,omitempty"`
	Skeleton         map[string]Joint `json:"skeleton,omitempty"`
}

// Box is a box, in fractions of the image.
type Box struct {
	H float64 `json:"h"`
	W float64 `json:"w"`
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Point is a place, in fractions of the image.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Joint is a vertex of a skeleton.
type Joint struct {
	X           float64 `json:"x"`
	Y           float64 `json:"y"`
	Name        string  `json:"name"`
	FeatureHash string  `json:"featureHash"`
}

// Classification is the answer to a question about the whole image.
type Classification struct {
	Classifications    []Answer        `json:"classifications"`
	ClassificationHash string          `json:"classificationHash"`
	FeatureHash        string          `json:"featureHash"`
	Spaces             json.RawMessage `json:"spaces"`
	Range              [][]int         `json:"range"`
	CreatedBy          *string         `json:"createdBy"`
	CreatedAt          *string         `json:"createdAt"`
	LastEditedBy       *string         `json:"lastEditedBy"`
	LastEditedAt       *string         `json:"lastEditedAt"`
	Confidence         *float64        `json:"confidence"`
	ManualAnnotation   *bool           `json:"manualAnnotation"`
}

// Answer is the answer to one attribute.
type Answer struct {
	Name             string         `json:"name"`
	Value            string         `json:"value"`
	Answers          []AnswerOption `json:"answers"`
	FeatureHash      string         `json:"featureHash"`
	ManualAnnotation *bool          `json:"manualAnnotation"`
}

// AnswerOption is a chosen option.
type AnswerOption struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	FeatureHash string `json:"featureHash"`
}

// row is a label row, as it is answered and saved.
type row struct {
	LabelHash             string                     `json:"label_hash"`
	BranchName            string                     `json:"branch_name"`
	CreatedAt             string                     `json:"created_at"`
	LastEditedAt          string                     `json:"last_edited_at"`
	DataHash              string                     `json:"data_hash"`
	DatasetHash           string                     `json:"dataset_hash"`
	DatasetTitle          string                     `json:"dataset_title"`
	DataTitle             string                     `json:"data_title"`
	DataType              string                     `json:"data_type"`
	AnnotationTaskStatus  *string                    `json:"annotation_task_status"`
	IsShadowData          bool                       `json:"is_shadow_data"`
	ObjectAnswers         map[string]json.RawMessage `json:"object_answers"`
	ClassificationAnswers map[string]Classification  `json:"classification_answers"`
	ObjectActions         map[string]json.RawMessage `json:"object_actions"`
	LabelStatus           string                     `json:"label_status"`
	DataUnits             map[string]dataUnit        `json:"data_units"`
	Spaces                map[string]json.RawMessage `json:"spaces"`
}

type dataUnit struct {
	DataHash     string     `json:"data_hash"`
	DataTitle    string     `json:"data_title"`
	DataLink     string     `json:"data_link"`
	DataType     string     `json:"data_type"`
	DataSequence any        `json:"data_sequence"`
	Width        int        `json:"width"`
	Height       int        `json:"height"`
	Labels       unitLabels `json:"labels"`
}

type unitLabels struct {
	Objects         []Object `json:"objects"`
	Classifications []any    `json:"classifications"`
}

func (u *unit) row() row {
	return row{
		LabelHash: u.LabelHash, BranchName: u.Branch, CreatedAt: long(u.created), LastEditedAt: long(u.edited), DataHash: u.DataHash,
		DatasetHash: datasetHash, DatasetTitle: datasetTitle, DataTitle: u.Title, DataType: "image",
		ObjectAnswers: u.labels.ObjectAnswers, ClassificationAnswers: u.labels.ClassificationAnswers,
		ObjectActions: map[string]json.RawMessage{}, LabelStatus: u.labelStatus, Spaces: map[string]json.RawMessage{},
		DataUnits: map[string]dataUnit{u.DataHash: {
			DataHash: u.DataHash, DataTitle: u.Title, DataLink: u.item.URL, DataType: mimeType, DataSequence: "0",
			Width: u.item.Width, Height: u.item.Height, Labels: unitLabels{Objects: u.labels.Objects, Classifications: []any{}},
		}},
	}
}

func rowsOf(units []*unit) []row {
	rows := make([]row, len(units))
	for i, u := range units {
		rows[i] = u.row()
	}
	return rows
}

// getRows is labelrow GET, by label hashes.
func (a *api) getRows(c *rpc) (any, *refusal) {
	hashes, no := c.ids()
	if no != nil {
		return nil, no
	}
	var payload struct {
		GetSignedURL                  bool     `json:"get_signed_url"`
		MultiRequest                  bool     `json:"multi_request"`
		IncludeObjectFeatures         []string `json:"include_object_feature_hashes"`
		IncludeClassificationFeatures []string `json:"include_classification_feature_hashes"`
		IncludeReviews                bool     `json:"include_reviews"`
		IncludeExportHistory          bool     `json:"include_export_history"`
		IncludeArchived               bool     `json:"include_archived"`
	}
	if no := c.read(&payload, "get_signed_url", "multi_request", "include_object_feature_hashes", "include_classification_feature_hashes",
		"include_reviews", "include_export_history", "include_archived"); no != nil {
		return nil, no
	}
	if !payload.MultiRequest {
		return nil, invalid("multi_request must be true where uid is a list")
	}
	units, no := a.labelled(hashes)
	return rowsOf(units), no
}

// createRows is labelrow PUT, by data hashes. Whether Encord refuses rows that exist is not known; here it does.
func (a *api) createRows(c *rpc) (any, *refusal) {
	hashes, no := c.ids()
	if no != nil {
		return nil, no
	}
	var payload struct {
		MultiRequest bool    `json:"multi_request"`
		GetSignedURL bool    `json:"get_signed_url"`
		BranchName   *string `json:"branch_name"`
	}
	if no := c.read(&payload, "multi_request", "get_signed_url", "branch_name"); no != nil {
		return nil, no
	}
	if !payload.MultiRequest || payload.BranchName == nil {
		return nil, invalid("multi_request must be true where uid is a list, and branch_name be set")
	}
	units := make([]*unit, len(hashes))
	for i, hash := range hashes {
		units[i] = a.world.unitBy(func(u *unit) bool { return u.DataHash == hash })
		if units[i] == nil {
			return nil, absent("data %s not found", hash)
		}
		if units[i].LabelHash != "" {
			return nil, &refusal{http.StatusConflict, "RESOURCE_EXISTS_ERROR", "data " + hash + " has a label row"}
		}
	}
	for _, u := range units {
		a.world.initialise(u, *payload.BranchName)
	}
	c.effect("%d label rows created", len(units))
	return rowsOf(units), nil
}

// saveRows is labelrow POST: labels of rows, replacing what is there.
func (a *api) saveRows(c *rpc) (any, *refusal) {
	hashes, no := c.ids()
	if no != nil {
		return nil, no
	}
	var payload struct {
		MultiRequest bool  `json:"multi_request"`
		Labels       []row `json:"labels"`
		Validate     bool  `json:"validate_before_saving"`
	}
	if no := c.read(&payload, "multi_request", "labels", "validate_before_saving"); no != nil {
		return nil, no
	}
	units, no := a.labelled(hashes)
	if no != nil {
		return nil, no
	}
	if !payload.MultiRequest || len(payload.Labels) != len(units) {
		return nil, invalid("labels must be as many as uid")
	}
	for i, u := range units {
		if no := u.check(payload.Labels[i]); no != nil {
			return nil, no
		}
	}
	for i, u := range units {
		a.save(u, payload.Labels[i])
	}
	c.effect("labels of %d rows saved", len(units))
	return true, nil
}

func (a *api) save(u *unit, r row) {
	saved := labels{Objects: r.DataUnits[u.DataHash].Labels.Objects, ObjectAnswers: r.ObjectAnswers, ClassificationAnswers: r.ClassificationAnswers}
	before, _ := json.Marshal(u.labels)
	after, _ := json.Marshal(saved)
	if len(saved.Objects)+len(saved.ClassificationAnswers) > 0 && bytes.Equal(before, after) {
		a.world.twice++
	}
	u.labels, u.edited = saved, a.options.Now()
}

// seedLabels are those of the units that are there at the start.
func seedLabels(u *unit) labels {
	l := emptyLabels()
	manual, sure := true, 1.0
	hash := "seed" + u.DataHash[len(u.DataHash)-4:]
	l.Objects = append(l.Objects, Object{
		Name: "rabbit", Color: "#D33115", Shape: "bounding_box", Value: "rabbit", CreatedAt: long(u.linked), Confidence: &sure,
		ObjectHash: hash, FeatureHash: "obj00001", ManualAnnotation: &manual, LastEditedAt: long(u.linked),
		BoundingBox: &Box{H: 0.1, W: 0.1, X: 0.5, Y: 0.5},
	})
	l.ObjectAnswers[hash] = json.RawMessage(`{"classifications":[],"objectHash":"` + hash + `"}`)
	return l
}
