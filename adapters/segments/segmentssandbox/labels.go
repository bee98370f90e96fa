package segmentssandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// label is a sample's label in a labelset.
type label struct {
	status     string
	attributes *labelAttributes
	score      *float64
	updated    string
}

// labelAttributes are a vector label.
type labelAttributes struct {
	FormatVersion string         `json:"format_version,omitzero"`
	Annotations   []annotation   `json:"annotations"`
	Image         map[string]any `json:"image_attributes,omitzero"`
}

type annotation struct {
	ID         int            `json:"id"`
	CategoryID int            `json:"category_id"`
	Type       string         `json:"type"`
	Points     [][]float64    `json:"points"`
	Attributes map[string]any `json:"attributes,omitzero"`
}

// statuses are those of typing.py, LabelStatus.
func statuses() []string {
	return []string{
		"REVIEWED", "REVIEWING_IN_PROGRESS", "LABELED", "LABELING_IN_PROGRESS", "REJECTED", "PRELABELED", "SKIPPED", "VERIFIED", "UNLABELED",
	}
}

func (l *label) told(s *sample, set string) map[string]any {
	return map[string]any{
		"sample_uuid": s.uuid, "label_type": s.dataset.taskType, "label_status": l.status, "labelset": set, "attributes": l.attributes,
		"created_at": s.created, "created_by": user, "updated_at": l.updated, "updated_by": user, "score": l.score,
	}
}

func (l *label) summary() map[string]any {
	return map[string]any{"label_status": l.status, "score": l.score, "updated_at": l.updated, "created_by": user}
}

// labelBody is what PUT and PATCH say; PUT needs attributes, PATCH changes what is named.
type labelBody struct {
	Status     *string          `json:"label_status"`
	Attributes *labelAttributes `json:"attributes"`
	Score      *float64         `json:"score"`
}

// theLabelset is the sample and the labelset that the path names; a nil sample when it was refused. There is one labelset.
func (a *api) theLabelset(c *call) (*sample, string) {
	set := c.r.PathValue("labelset")
	s := a.theSample(c)
	if s != nil && set != groundTruth {
		c.notFound()
		return nil, ""
	}
	return s, set
}

func (a *api) getLabel(c *call) {
	s, set := a.theLabelset(c)
	switch {
	case s == nil:
	case s.labels[set] == nil:
		c.notFound()
	default:
		c.answer(http.StatusOK, s.labels[set].told(s, set))
	}
}

// putLabel adds or replaces: the same label twice is one.
func (a *api) putLabel(c *call) {
	s, set := a.theLabelset(c)
	var body labelBody
	if s == nil || !c.decode(&body) {
		return
	}
	if body.Attributes == nil {
		c.invalid("attributes", "This field is required.")
		return
	}
	if !c.good(s.dataset, &body) {
		return
	}
	l := &label{status: "PRELABELED", attributes: body.Attributes, score: body.Score, updated: a.time()}
	if body.Status != nil {
		l.status = *body.Status
	}
	s.labels[set] = l
	c.effect("sample %q has a label of %d annotations: %s", s.name, len(l.attributes.Annotations), l.status)
	c.answer(http.StatusOK, l.told(s, set))
}

func (a *api) patchLabel(c *call) {
	s, set := a.theLabelset(c)
	var body labelBody
	if s == nil || !c.decode(&body) {
		return
	}
	l := s.labels[set]
	if l == nil {
		c.notFound()
		return
	}
	if !c.good(s.dataset, &body) {
		return
	}
	if body.Status != nil {
		l.status = *body.Status
	}
	if body.Attributes != nil {
		l.attributes = body.Attributes
	}
	if body.Score != nil {
		l.score = body.Score
	}
	l.updated = a.time()
	c.effect("the label of sample %q is %s", s.name, l.status)
	c.answer(http.StatusOK, l.told(s, set))
}

func (a *api) deleteLabel(c *call) {
	s, set := a.theLabelset(c)
	if s == nil {
		return
	}
	delete(s.labels, set)
	c.effect("the label of sample %q is deleted", s.name)
	c.answer(http.StatusNoContent, nil)
}

// good reports whether a label's body is right for a dataset; it was refused when it is not.
func (c *call) good(d *dataset, body *labelBody) bool {
	if body.Status != nil && !slices.Contains(statuses(), *body.Status) {
		c.invalid("label_status", "%q is not a valid choice.", *body.Status)
		return false
	}
	if body.Attributes == nil {
		return true
	}
	if err := body.Attributes.check(d); err != nil {
		c.invalid("attributes", "%s", err)
		return false
	}
	return true
}

func (l *labelAttributes) check(d *dataset) error {
	if l.Annotations == nil {
		return errors.New("annotations: this field is required")
	}
	ids := map[int]bool{}
	for i := range l.Annotations {
		one := &l.Annotations[i]
		if ids[one.ID] {
			return fmt.Errorf("annotations[%d]: the id %d stands twice", i, one.ID)
		}
		ids[one.ID] = true
		if err := one.check(d); err != nil {
			return fmt.Errorf("annotations[%d]: %w", i, err)
		}
	}
	for name, value := range l.Image {
		if !plain(value) {
			return fmt.Errorf("image_attributes.%s: not a text, number, boolean or list of texts", name)
		}
	}
	return nil
}

func (s *annotation) check(d *dataset) error {
	if s.ID < 1 {
		return errors.New("id: must be a positive integer")
	}
	if !d.hasCategory(s.CategoryID) {
		return fmt.Errorf("category_id: %d is not a category of the dataset", s.CategoryID)
	}
	n, ok := len(s.Points), false
	switch s.Type {
	case "bbox":
		ok = n == 2
	case "polygon":
		ok = n >= 3 && d.taskType == "vector"
	case "polyline":
		ok = n >= 2 && d.taskType == "vector"
	case "point":
		ok = n == 1 && d.taskType == "vector"
	}
	if !ok {
		return fmt.Errorf("a %q of %d points is no annotation of a %s dataset", s.Type, n, d.taskType)
	}
	for _, p := range s.Points {
		if len(p) != 2 {
			return errors.New("points: each is [x, y]")
		}
	}
	for name, value := range s.Attributes {
		if !plain(value) {
			return fmt.Errorf("attributes.%s: not a text, number, boolean or list of texts", name)
		}
	}
	return nil
}

// plain reports whether a value is one that attributes can have (typing.py, ObjectAttributes).
func plain(value any) bool {
	switch v := value.(type) {
	case nil, string, bool, float64, jsontext.Value:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(one any) bool { _, isText := one.(string); return !isText })
	default:
		return false
	}
}
