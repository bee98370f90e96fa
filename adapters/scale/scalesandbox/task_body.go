package scalesandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// taskBody is what a new image annotation task may say (docs.scale.com, general image annotation).
type taskBody struct {
	Project         string              `json:"project,omitzero"`
	Batch           string              `json:"batch,omitzero"`
	Instruction     string              `json:"instruction,omitzero"`
	CallbackURL     string              `json:"callback_url,omitzero"`
	Attachment      string              `json:"attachment"`
	AttachmentType  string              `json:"attachment_type,omitzero"`
	Geometries      map[string]geometry `json:"geometries,omitzero"`
	Hypothesis      *hypothesis         `json:"hypothesis,omitzero"`
	BaseAnnotations *hypothesis         `json:"base_annotations,omitzero"`
	Priority        *int                `json:"priority,omitzero"`
	UniqueID        *string             `json:"unique_id,omitzero"`
	ClearUniqueID   bool                `json:"clear_unique_id_on_error,omitzero"`
	Metadata        map[string]any      `json:"metadata,omitzero"`
	Tags            []string            `json:"tags,omitzero"`

	// What is taken and not looked at.
	Attributes     jsontext.Value `json:"annotation_attributes,omitzero"`
	Contexts       jsontext.Value `json:"context_attachments,omitzero"`
	Padding        *int           `json:"padding,omitzero"`
	PaddingX       *int           `json:"paddingX,omitzero"`
	PaddingY       *int           `json:"paddingY,omitzero"`
	CanAdd         *bool          `json:"can_add_base_annotations,omitzero"`
	CanEdit        *bool          `json:"can_edit_base_annotations,omitzero"`
	CanEditLabels  *bool          `json:"can_edit_base_annotation_labels,omitzero"`
	CanDelete      *bool          `json:"can_delete_base_annotations,omitzero"`
	LayersToReview jsontext.Value `json:"layers,omitzero"`
}

// hypothesis is a first answer, in the form of a task's response.
type hypothesis struct {
	Annotations []annotation   `json:"annotations"`
	Global      map[string]any `json:"global_attributes,omitzero"`
}

// annotation is one shape: pixels, from the image's top left corner.
type annotation struct {
	Type       string         `json:"type"`
	Label      string         `json:"label"`
	UUID       string         `json:"uuid,omitzero"`
	Left       *float64       `json:"left,omitzero"`
	Top        *float64       `json:"top,omitzero"`
	Width      *float64       `json:"width,omitzero"`
	Height     *float64       `json:"height,omitzero"`
	Vertices   []vertex       `json:"vertices,omitzero"`
	X          *float64       `json:"x,omitzero"`
	Y          *float64       `json:"y,omitzero"`
	Attributes map[string]any `json:"attributes,omitzero"`
}

type vertex struct {
	X *float64 `json:"x"`
	Y *float64 `json:"y"`
}

// refusal is why a task is not taken.
type refusal struct {
	status int
	text   string
}

// place finds the project that the task goes into, by its project or its batch.
func (a *api) place(body *taskBody) (*project, *refusal) {
	if body.Batch == "" {
		p := a.project(body.Project)
		switch {
		case body.Project == "":
			return nil, &refusal{http.StatusBadRequest, `"project" or "batch" is required`}
		case p == nil:
			return nil, &refusal{http.StatusNotFound, fmt.Sprintf("Project with name %q does not exist", body.Project)}
		case p.Rapid:
			return nil, &refusal{http.StatusBadRequest, "Rapid projects need a batch"}
		}
		return p, nil
	}
	b := a.batch(body.Batch)
	switch {
	case b == nil:
		return nil, &refusal{http.StatusNotFound, fmt.Sprintf("Batch with name %q does not exist", body.Batch)}
	case body.Project != "" && body.Project != b.Project:
		return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("Batch %q is of project %q, not of %q", b.Name, b.Project, body.Project)}
	}
	p := a.project(b.Project)
	if p.finalizes() && b.Status != staging || b.Status == completed {
		return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("Batch %q is finalized and takes no more tasks", b.Name)}
	}
	return p, nil
}

// check returns what is wrong with the body for a task of the project.
func (b *taskBody) check(p *project) error {
	at, err := url.Parse(b.Attachment)
	switch {
	case b.Attachment == "":
		return errors.New(`"attachment" is required`)
	case err != nil || at.Host == "" || !contains([]string{"http", "https", "s3", "gs"}, at.Scheme):
		return errors.New(`"attachment" must be a URL`)
	case b.AttachmentType != "" && b.AttachmentType != "image":
		return errors.New(`"attachment_type" must be image`)
	case b.Priority != nil && *b.Priority != 10 && *b.Priority != 20 && *b.Priority != 30:
		return errors.New(`"priority" must be one of [10, 20, 30]`)
	case b.UniqueID != nil && *b.UniqueID == "":
		return errors.New(`"unique_id" is not allowed to be empty`)
	case b.Hypothesis != nil && b.BaseAnnotations != nil:
		return errors.New(`"hypothesis" and "base_annotations" do not go together`)
	}
	allowed := b.Geometries
	if allowed == nil {
		allowed = p.latest().Geometries
	}
	if err := checkGeometries(allowed); err != nil {
		return err
	}
	for name, h := range map[string]*hypothesis{"hypothesis": b.Hypothesis, "base_annotations": b.BaseAnnotations} {
		if err := h.check(name, allowed); err != nil {
			return err
		}
	}
	return nil
}

func (b *taskBody) priority() int {
	if b.Priority == nil {
		return 10
	}
	return *b.Priority
}

func checkGeometries(g map[string]geometry) error {
	if len(g) == 0 {
		return errors.New(`"geometries" is required: neither the task nor its project has any`)
	}
	for _, shape := range slices.Sorted(maps.Keys(g)) {
		if !contains(shapes(), shape) {
			return fmt.Errorf(`"geometries.%s" is not allowed`, shape)
		}
		if len(g[shape].Objects) == 0 {
			return fmt.Errorf(`"geometries.%s.objects_to_annotate" must contain at least one item`, shape)
		}
	}
	return nil
}

// check looks at the shapes. A shape must be among the task's geometries; whether the vendor also wants its label to be among
// the objects to annotate is not written, and it is not looked at.
func (h *hypothesis) check(name string, allowed map[string]geometry) error {
	if h == nil {
		return nil
	}
	if h.Annotations == nil {
		return fmt.Errorf(`"%s.annotations" is required`, name)
	}
	for i := range h.Annotations {
		one := &h.Annotations[i]
		if err := one.check(); err != nil {
			return fmt.Errorf(`"%s.annotations[%d]": %w`, name, i, err)
		}
		if _, ok := allowed[one.Type]; !ok {
			return fmt.Errorf(`"%s.annotations[%d].type": %s is not one of the task's geometries`, name, i, one.Type)
		}
	}
	return nil
}

func (s *annotation) check() error {
	box := s.Left != nil && s.Top != nil && s.Width != nil && s.Height != nil
	noBox := s.Left == nil && s.Top == nil && s.Width == nil && s.Height == nil
	point, noPoint := s.X != nil && s.Y != nil, s.X == nil && s.Y == nil
	for i, v := range s.Vertices {
		if v.X == nil || v.Y == nil {
			return fmt.Errorf("vertices[%d] needs x and y", i)
		}
	}
	n := len(s.Vertices)
	ok := false
	switch s.Type {
	case "box":
		ok = box && n == 0 && noPoint && *s.Width >= 0 && *s.Height >= 0
	case "polygon":
		ok = noBox && n >= 3 && noPoint
	case "line":
		ok = noBox && n >= 2 && noPoint
	case "point":
		ok = noBox && n == 0 && point
	default:
		return fmt.Errorf("type %q is not played here", s.Type)
	}
	switch {
	case !ok:
		return fmt.Errorf("these are not the fields of a %s", s.Type)
	case s.Label == "":
		return errors.New("label is required")
	}
	return nil
}
