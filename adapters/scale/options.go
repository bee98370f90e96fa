package scale

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The modes.
const (
	modeBatch   = "batch"
	modeRelabel = "relabel"
)

// The fields of a task that can hold labels to begin from.
const (
	fieldHypothesis = "hypothesis"
	fieldBase       = "base_annotations"
	fieldNone       = "none"
)

// Options are what a config can say.
type Options struct {
	Mode        string              `yaml:"mode" required:"true" enum:"batch,relabel" doc:"batch makes a batch and a task in it for each image; relabel makes the tasks alone, in the project."`
	Project     string              `yaml:"project" required:"true" doc:"Name of the project."`
	BatchName   string              `yaml:"batch_name" doc:"How names of batches begin; a part of the delivery's key follows, because names are taken once. The issue's name when empty."`
	Finalize    bool                `yaml:"finalize" doc:"Finalize the batch once its tasks are there. Rapid and Studio projects begin to work then; for others it does nothing."`
	Priority    string              `yaml:"priority" enum:"low,normal,high" doc:"Priority of the tasks within their project: 10, 20 or 30."`
	Instruction string              `yaml:"instruction" doc:"Instruction of the tasks, in markdown; that of the project when empty."`
	CallbackURL string              `yaml:"callback_url" doc:"Where the vendor reports each completed task: a URL or an email address."`
	Callback    string              `yaml:"batch_callback" doc:"Where the vendor reports a completed batch: a URL or an email address."`
	Geometries  map[string]Geometry `yaml:"geometries" doc:"What to annotate, by shape: box, polygon, line, point. Those of the project when left out."`
	Prelabels   string              `yaml:"prelabels" enum:"hypothesis,base_annotations,none" doc:"The field of a task that the existing labels are sent in; none sends the images alone."`
	Global      string              `yaml:"classification_attribute" doc:"Global attribute that the class of a CLASSIFICATION_2D label is sent as; without it such labels are refused."`
	Keypoint    string              `yaml:"keypoint_attribute" doc:"Attribute of a point that the name of its keypoint is sent as; empty leaves names out, with a note."`
	ClearOnFail bool                `yaml:"clear_unique_id_on_error" doc:"Let the vendor forget a task's unique_id when the task goes into error later, such as for an image that it cannot read."`

	adapter.Annotating
}

// Geometry says what is to be annotated in one shape.
type Geometry struct {
	Objects       []string `yaml:"objects_to_annotate" json:"objects_to_annotate" required:"true" doc:"Names of the classes."`
	MinHeight     int      `yaml:"min_height" json:"min_height,omitempty" doc:"Least height of a box, in pixels."`
	MinWidth      int      `yaml:"min_width" json:"min_width,omitempty" doc:"Least width of a box, in pixels."`
	CanRotate     bool     `yaml:"can_rotate" json:"can_rotate,omitempty" doc:"Boxes may be turned."`
	IntegerPixels bool     `yaml:"integer_pixels" json:"integer_pixels,omitempty" doc:"Boxes have whole coordinates."`
	MinVertices   int      `yaml:"min_vertices" json:"min_vertices,omitempty" doc:"Least number of vertices of a polygon or a line."`
	MaxVertices   int      `yaml:"max_vertices" json:"max_vertices,omitempty" doc:"Greatest number of vertices of a polygon or a line."`
}

func defaults() *Options {
	return &Options{Finalize: true, Priority: "normal", Prelabels: fieldHypothesis, Keypoint: "keypoint"}
}

// shapes are the geometries that labels of the export have a form in.
func shapes() []string { return []string{"box", "polygon", "line", "point"} }

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	errs := []error{o.Check()}
	wrong := func(option, format string, args ...any) {
		errs = append(errs, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
	}
	if o.Mode != modeBatch && o.Mode != modeRelabel {
		wrong("mode", "%q is not known; use batch or relabel", o.Mode)
	}
	if strings.TrimSpace(o.Project) == "" {
		wrong("project", "is empty; name the project")
	}
	if o.Mode == modeRelabel && (o.BatchName != "" || o.Callback != "") {
		wrong("mode", "relabel makes no batch; remove batch_name and batch_callback, or use mode: batch")
	}
	if !slices.Contains(strings.Split(adapter.PriorityNames, ","), o.Priority) {
		wrong("priority", "%q is not known; use %s", o.Priority, adapter.PriorityNames)
	}
	if !slices.Contains([]string{fieldHypothesis, fieldBase, fieldNone}, o.Prelabels) {
		wrong("prelabels", "%q is not known; use hypothesis, base_annotations or none", o.Prelabels)
	}
	for _, callback := range []struct{ option, to string }{{"callback_url", o.CallbackURL}, {"batch_callback", o.Callback}} {
		if err := checkCallback(callback.to); err != nil {
			errs = append(errs, &adapter.OptionError{Option: callback.option, Err: err})
		}
	}
	for _, shape := range slices.Sorted(maps.Keys(o.Geometries)) {
		if err := o.Geometries[shape].check(shape); err != nil {
			errs = append(errs, &adapter.OptionError{Option: "geometries." + shape, Err: err})
		}
	}
	return &scale{options: o, annotator: o.annotator()}, errors.Join(errs...)
}

// checkCallback: a URL with its scheme, or an email address (docs.scale.com, callbacks).
func checkCallback(to string) error {
	if to == "" || strings.Contains(to, "@") && !strings.Contains(to, "/") {
		return nil
	}
	if at, err := url.Parse(to); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return fmt.Errorf("%q is neither an http or https URL nor an email address", to)
	}
	return nil
}

func (g Geometry) check(shape string) error {
	switch {
	case !slices.Contains(shapes(), shape):
		return fmt.Errorf("the shape is not known; use %s", strings.Join(shapes(), ", "))
	case len(g.Objects) == 0:
		return errors.New("has no objects_to_annotate; name the classes")
	case g.MinHeight < 0 || g.MinWidth < 0 || g.MinVertices < 0 || g.MaxVertices < 0:
		return errors.New("has a negative number")
	}
	return nil
}

func (o *Options) annotator() adapter.Annotator {
	types := []export.LabelType{export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints}
	if o.Global != "" {
		types = append(types, export.TypeClassification)
	}
	return o.Annotator(types...)
}
