package cvatsandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// labeledWrite is the document's LabeledDataRequest.
type labeledWrite struct {
	Version   *int              `json:"version"`
	Tags      []shape           `json:"tags"`
	Shapes    []shape           `json:"shapes"`
	Tracks    []json.RawMessage `json:"tracks"`
	Intervals []json.RawMessage `json:"intervals"`
}

// shape is the document's LabeledShapeRequest, and, without the fields of a drawing, its LabeledImageRequest.
type shape struct {
	ID         *int             `json:"id,omitempty"`
	Type       string           `json:"type,omitempty"`
	Label      *int             `json:"label_id"`
	Frame      *int             `json:"frame"`
	Points     []float64        `json:"points,omitempty"`
	Group      *int             `json:"group,omitempty"`
	Source     *string          `json:"source,omitempty"`
	Score      *float64         `json:"score,omitempty"`
	Rotation   *float64         `json:"rotation,omitempty"`
	Occluded   *bool            `json:"occluded,omitempty"`
	Outside    *bool            `json:"outside,omitempty"`
	ZOrder     *int             `json:"z_order,omitempty"`
	Attributes []attributeValue `json:"attributes,omitempty"`
	Elements   []shape          `json:"elements,omitempty"`
}

type attributeValue struct {
	Spec  *int    `json:"spec_id"`
	Value *string `json:"value"`
}

// maxValue is the longest value of an attribute, in letters.
const maxValue = 4096

// annotations answers the annotations of a task or of a job.
func (c *call) annotations(t *task, jobs []*job) *problem {
	return c.byMethod(map[string]func() *problem{
		http.MethodGet: func() *problem { return c.reply(http.StatusOK, labeled(jobs)) },
		http.MethodPut: func() *problem { return c.write(t, jobs, "put") },
		http.MethodPatch: func() *problem {
			if action := c.r.URL.Query().Get("action"); action != "create" {
				return invalid("Please specify a correct 'action' for the request")
			}
			return c.write(t, jobs, "create")
		},
		http.MethodDelete: func() *problem {
			clearAll(jobs)
			return c.reply(http.StatusNoContent, nil)
		},
	})
}

// write replaces or adds annotations. What lies on frames that no job has is dropped without a word, as CVAT does.
func (c *call) write(t *task, jobs []*job, action string) *problem {
	var body labeledWrite
	if err := c.queries("action"); err != nil {
		return err
	}
	if err := c.read(&body); err != nil {
		return err
	}
	if len(body.Tracks)+len(body.Intervals) > 0 {
		return invalid("tracks and intervals are not played")
	}
	if err := checkLabeled(t, body); err != nil {
		return err
	}
	if action == "put" {
		clearAll(jobs)
	}
	kept := 0
	for _, j := range jobs {
		kept += c.put(&j.tags, j, body.Tags) + c.put(&j.shapes, j, body.Shapes)
	}
	sandbox.Effect(c.w, "task %d: %d of %d annotations kept (%s)", t.id, kept, len(body.Tags)+len(body.Shapes), action)
	return c.reply(http.StatusOK, labeled(jobs))
}

func clearAll(jobs []*job) {
	for _, j := range jobs {
		j.shapes, j.tags = nil, nil
	}
}

// put adds those that are on a job's frames.
func (c *call) put(to *[]*shape, j *job, list []shape) (kept int) {
	for i := range list {
		if !j.holds(*list[i].Frame) {
			continue
		}
		made := list[i]
		if slices.ContainsFunc(*to, func(old *shape) bool { return old.same(&made) }) {
			c.twice++
		}
		c.ids.shape++
		id := c.ids.shape
		made.ID = &id
		*to = append(*to, &made)
		kept++
	}
	return kept
}

// same reports whether two annotations are the same but for their ids.
func (s *shape) same(o *shape) bool {
	a, b := *s, *o
	a.ID, b.ID = nil, nil
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func labeled(jobs []*job) object {
	tags, shapes := []*shape{}, []*shape{}
	for _, j := range jobs {
		tags, shapes = append(tags, j.tags...), append(shapes, j.shapes...)
	}
	return object{"version": 0, "tags": tags, "shapes": shapes, "tracks": []any{}, "intervals": []any{}}
}

func checkLabeled(t *task, body labeledWrite) *problem {
	labels := t.labelList()
	for i := range body.Tags {
		tag := &body.Tags[i]
		if tag.Type != "" || tag.Points != nil || tag.Elements != nil || tag.Score != nil {
			return field("tags", "[%d]: a tag has no type, points, elements and score.", i)
		}
		if err := checkShape("tags", i, tag, labels); err != nil {
			return err
		}
	}
	for i := range body.Shapes {
		if err := checkShape("shapes", i, &body.Shapes[i], labels); err != nil {
			return err
		}
		if err := checkDrawn(i, &body.Shapes[i], labels); err != nil {
			return err
		}
	}
	return nil
}

// checkShape checks what shapes and tags have in common.
func checkShape(list string, i int, s *shape, labels []*label) *problem {
	switch {
	case s.Frame == nil:
		return field(list, "[%d] frame: %s", i, required)
	case s.Label == nil:
		return field(list, "[%d] label_id: %s", i, required)
	case *s.Frame < 0 || *s.Label < 0 || s.Group != nil && *s.Group < 0:
		return field(list, "[%d]: Ensure this value is greater than or equal to 0.", i)
	case s.Source != nil && *s.Source == "":
		return field(list, "[%d] source: %s", i, blank)
	}
	at := slices.IndexFunc(labels, func(l *label) bool { return l.id == *s.Label })
	if at < 0 {
		return invalid("label_id `%d` is invalid", *s.Label)
	}
	for _, a := range s.Attributes {
		switch {
		case a.Spec == nil || a.Value == nil:
			return field(list, "[%d] attributes: spec_id and value are required.", i)
		case utf8.RuneCountInString(*a.Value) > maxValue:
			return field(list, "[%d] attributes: Ensure this field has no more than %d characters.", i, maxValue)
		case !slices.ContainsFunc(labels[at].attributes, func(spec attribute) bool { return spec.ID == *a.Spec }):
			return invalid("spec_id `%d` is invalid", *a.Spec)
		}
	}
	return nil
}

// fewest is how many numbers the points of a type of shape have at least. CVAT itself does not look, and shows nonsense.
var fewest = map[string]int{"rectangle": 4, "polygon": 6, "polyline": 4, "points": 2, "ellipse": 4, "cuboid": 16, "mask": 5, "skeleton": 0} //nolint:gochecknoglobals // constant

func checkDrawn(i int, s *shape, labels []*label) *problem {
	least, known := fewest[s.Type]
	class := labels[slices.IndexFunc(labels, func(l *label) bool { return l.id == *s.Label })]
	switch {
	case !known:
		return field("shapes", "[%d] type: \"%s\" is not a valid choice.", i, s.Type)
	case len(s.Points) < least || s.Type == "rectangle" && len(s.Points) != 4 || len(s.Points)%2 != 0 && s.Type != "mask":
		return field("shapes", "[%d] points: a %s has not %d numbers.", i, s.Type, len(s.Points))
	case s.Score != nil && (*s.Score < 0 || *s.Score > 1):
		return field("shapes", "[%d] score: Ensure this value is from 0 to 1.", i)
	case s.Rotation != nil && (*s.Rotation < 0 || *s.Rotation > 360):
		return field("shapes", "[%d] rotation: Ensure this value is from 0 to 360.", i)
	case class.kind != "any" && class.kind != s.Type:
		return field("shapes", "[%d]: label %q is for %s.", i, class.name, class.kind)
	case s.Type == "skeleton" && len(s.Points) > 0:
		return field("shapes", "[%d]: a skeleton has no points of its own.", i)
	case s.Type != "skeleton" && len(s.Elements) > 0:
		return field("shapes", "[%d]: only a skeleton has elements.", i)
	}
	for n := range s.Elements {
		if err := checkElement(fmt.Sprintf("[%d] elements[%d]", i, n), &s.Elements[n], class.sublabels); err != nil {
			return err
		}
		if s.Elements[n].Frame == nil || *s.Elements[n].Frame != *s.Frame {
			return field("shapes", "[%d] elements[%d]: the frame is another than the skeleton's.", i, n)
		}
	}
	return nil
}

func checkElement(where string, s *shape, labels []*label) *problem {
	if err := checkShape("shapes", 0, s, labels); err != nil {
		return err
	}
	if s.Type != "points" || len(s.Points) != 2 {
		return field("shapes", "%s: an element is a point.", where)
	}
	return nil
}
