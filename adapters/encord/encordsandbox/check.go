package encordsandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// check compares a row that is to be saved with the unit and the ontology.
func (u *unit) check(r row) *refusal {
	data, ok := r.DataUnits[u.DataHash]
	switch {
	case r.LabelHash != u.LabelHash || r.DataHash != u.DataHash || r.DatasetHash != datasetHash || r.DataTitle != u.Title:
		return corrupted("label_hash, data_hash, dataset_hash and data_title are not those of the row")
	case r.DataType != "image" || r.BranchName != u.Branch || r.LabelStatus != u.labelStatus || r.DatasetTitle != datasetTitle:
		return corrupted("data_type, branch_name, label_status or dataset_title is not that of the row")
	case !isTime(r.CreatedAt) || !isTime(r.LastEditedAt):
		return corrupted("created_at and last_edited_at must be times such as Tue, 24 Nov 2026 00:22:10 UTC")
	case !ok || len(r.DataUnits) != 1 || r.ObjectActions == nil || r.Spaces == nil || data.Labels.Objects == nil || data.Labels.Classifications == nil:
		return corrupted("data_units must be the row's one unit, with objects and classifications; object_actions and spaces must be there")
	case data.DataHash != u.DataHash || data.DataTitle != u.Title || data.DataLink != u.item.URL || data.DataType != mimeType,
		data.Width != u.item.Width || data.Height != u.item.Height:
		return corrupted("data_units is not that of the row")
	}
	if no := checkObjects(data.Labels.Objects, r.ObjectAnswers); no != nil {
		return no
	}
	return checkClassifications(r.ClassificationAnswers)
}

func corrupted(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "CORRUPTED_LABEL_ERROR", fmt.Sprintf(format, args...)}
}

func isTime(text string) bool {
	_, err := time.Parse(longForm, text)
	return err == nil
}

func checkObjects(objects []Object, answers map[string]json.RawMessage) *refusal {
	seen := map[string]bool{}
	for _, o := range objects {
		if no := o.check(); no != nil {
			return no
		}
		if seen[o.ObjectHash] {
			return corrupted("objectHash %s is there twice", o.ObjectHash)
		}
		seen[o.ObjectHash] = true
		var answer struct {
			Classifications []json.RawMessage `json:"classifications"`
			ObjectHash      string            `json:"objectHash"`
		}
		if strict(answers[o.ObjectHash], &answer) != nil || answer.ObjectHash != o.ObjectHash || answer.Classifications == nil {
			return &refusal{http.StatusBadRequest, "ANSWER_DICTIONARY_ERROR", o.ObjectHash}
		}
	}
	if len(answers) != len(objects) {
		return &refusal{http.StatusBadRequest, "ANSWER_DICTIONARY_ERROR", "an answer without its object"}
	}
	return nil
}

func (o Object) check() *refusal {
	feature, ok := ontology().object(o.FeatureHash)
	switch {
	case !ok:
		return &refusal{http.StatusBadRequest, "FEATURE_DOES_NOT_EXIST_ERROR", o.FeatureHash}
	case o.Name != feature.Name || o.Color != feature.Color || o.Shape != feature.Shape || o.Value != snake(feature.Name):
		return corrupted("object %s is not as the ontology has %s", o.ObjectHash, o.FeatureHash)
	case len(o.ObjectHash) != 8 || !isTime(o.CreatedAt) || o.ManualAnnotation == nil || o.Confidence == nil || *o.Confidence < 0 || *o.Confidence > 1:
		return corrupted("object %s: objectHash has 8 characters; createdAt, manualAnnotation and confidence must be there", o.ObjectHash)
	case !o.drawn():
		return corrupted("object %s: needs the coordinates of a %s, and no others, from 0 to 1", o.ObjectHash, o.Shape)
	}
	return nil
}

// snake is how the client makes a value of a name.
func snake(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "_") }

// drawn reports whether the object has the coordinates of its shape and no others.
func (o Object) drawn() bool {
	there := map[string]bool{
		"bounding_box": o.BoundingBox != nil, "polygon": o.Polygon != nil && o.Polygons != nil, "polyline": o.Polyline != nil,
		"point": o.Point != nil, "skeleton": o.Skeleton != nil,
	}
	for shape, is := range there {
		if is != (shape == o.Shape) {
			return false
		}
	}
	switch o.Shape {
	case "bounding_box":
		b := *o.BoundingBox
		return b.W > 0 && b.H > 0 && unitary(b.X, b.Y, b.X+b.W, b.Y+b.H)
	case "polygon":
		return indexed(o.Polygon, 3) && ringed(o)
	case "polyline":
		return indexed(o.Polyline, 2)
	case "point":
		return len(o.Point) == 1 && indexed(o.Point, 1)
	default:
		return jointed(o)
	}
}

// unitary reports whether values are from 0 to 1, give or take rounding.
func unitary(values ...float64) bool {
	const dust = 1e-9
	for _, v := range values {
		if math.IsNaN(v) || v < -dust || v > 1+dust {
			return false
		}
	}
	return true
}

// indexed reports whether there are at least so many points, under the keys "0", "1", ...
func indexed(points map[string]Point, least int) bool {
	for i := range len(points) {
		p, ok := points[strconv.Itoa(i)]
		if !ok || !unitary(p.X, p.Y) {
			return false
		}
	}
	return len(points) >= least
}

// ringed reports whether polygons are lists of rings of flat pairs, and polygon is the first ring.
func ringed(o Object) bool {
	for _, polygon := range o.Polygons {
		for _, ring := range polygon {
			if len(ring) < 6 || len(ring)%2 != 0 || !unitary(ring...) {
				return false
			}
		}
		if len(polygon) == 0 {
			return false
		}
	}
	if len(o.Polygons) == 0 || len(o.Polygons[0][0]) != 2*len(o.Polygon) {
		return false
	}
	for i := range len(o.Polygon) {
		p := o.Polygon[strconv.Itoa(i)]
		if p.X != o.Polygons[0][0][2*i] || p.Y != o.Polygons[0][0][2*i+1] {
			return false
		}
	}
	return true
}

// jointed reports whether a skeleton has each vertex of its template, and no other.
func jointed(o Object) bool {
	for _, s := range ontology().SkeletonTemplates {
		if s.Template.FeatureNodeHash != o.FeatureHash || len(s.Template.Skeleton) != len(o.Skeleton) {
			continue
		}
		left := map[string]string{}
		for _, v := range s.Template.Skeleton {
			left[v.Name] = v.FeatureHash
		}
		for _, j := range o.Skeleton {
			if left[j.Name] != j.FeatureHash || !unitary(j.X, j.Y) {
				return false
			}
			delete(left, j.Name)
		}
		return len(left) == 0
	}
	return false
}

func checkClassifications(answers map[string]Classification) *refusal {
	for hash, c := range answers {
		feature, ok := ontology().classification(c.FeatureHash)
		switch {
		case !ok:
			return &refusal{http.StatusBadRequest, "FEATURE_DOES_NOT_EXIST_ERROR", c.FeatureHash}
		case c.ClassificationHash != hash || len(hash) != 8 || c.ManualAnnotation == nil || len(c.Classifications) != 1:
			return corrupted("classification %s: needs its hash (8 characters), manualAnnotation and one answer", hash)
		case len(c.Range) != 1 || len(c.Range[0]) != 2 || c.Range[0][0] != 0 || c.Range[0][1] != 0:
			return corrupted("classification %s: the range of an image is [[0, 0]]", hash)
		case !feature.answered(c.Classifications[0]):
			return corrupted("classification %s: the answer is not one of the ontology's", hash)
		}
	}
	return nil
}

func (c classification) answered(a Answer) bool {
	at := c.Attributes[0]
	if a.FeatureHash != at.FeatureNodeHash || a.Name != at.Name || a.Value != snake(at.Name) || a.ManualAnnotation == nil || len(a.Answers) != 1 {
		return false
	}
	for _, o := range at.Options {
		if a.Answers[0] == (AnswerOption{o.Label, o.Value, o.FeatureNodeHash}) {
			return true
		}
	}
	return false
}
