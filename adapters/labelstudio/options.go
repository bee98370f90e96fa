package labelstudio

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The modes.
const (
	modeRelabel = "relabel"
	modeBatch   = "batch"
)

// The ways to reopen a task.
const (
	reopenDraft  = "draft"
	reopenDelete = "delete"
	reopenReview = "review"
	reopenMark   = "mark"
)

// Options are what a config can say.
type Options struct {
	Mode    string `yaml:"mode" required:"true" enum:"batch,relabel" doc:"batch makes new tasks with the existing labels as predictions; relabel sends tasks that are there back to their queue."`
	Project int    `yaml:"project" required:"true" doc:"Id of the project: the number in its address, /projects/NUMBER."`
	Column  string `yaml:"column" doc:"Column of task data that holds the frame's id: batch writes it, relabel finds tasks by it. Empty in relabel: ids are Label Studio's own task ids."`

	Image        string            `yaml:"image" doc:"batch: column of task data that the label config shows as the image: image for value=\"$image\"."`
	Columns      map[string]string `yaml:"columns" doc:"batch: further columns of task data, and the metadata field of the frame that each comes from: {weather: user__weather}."`
	Controls     Controls          `yaml:"controls" doc:"batch: names of the label config's tags."`
	ModelVersion string            `yaml:"model_version" doc:"batch: model_version of the predictions; the inference set, or ground_truth, when empty."`
	Predictions  bool              `yaml:"predictions" doc:"batch: send the existing labels as predictions; false sends the images alone."`
	Priority     string            `yaml:"priority" enum:"low,normal,high" doc:"batch: value of the column priority: 1, 2 or 3. Label Studio has no priority of its own; order the Data Manager by the column."`
	Batch        int               `yaml:"batch" doc:"batch: tasks in an import, at most 1000."`

	IDs     export.IDSource `yaml:"ids" doc:"relabel: where the ids are that tasks are found by: label, frame, element, task, or a metadata field such as user__task."`
	Reopen  string          `yaml:"reopen" enum:"draft,delete,review,mark" doc:"relabel: draft makes annotations drafts again, delete deletes them, review rejects them (Enterprise), mark only marks the tasks."`
	Mark    string          `yaml:"mark" doc:"relabel: column of task data that is set on each task; not with reopen: review."`
	Value   string          `yaml:"value" doc:"relabel: what the column is set to; the issue's name when empty."`
	Comment string          `yaml:"comment" doc:"relabel: comment of a review; it names the issue when empty."`

	adapter.Annotating
}

// Controls are the names of the label config's tags. A label whose control has no name is refused.
type Controls struct {
	Image    string            `yaml:"image" doc:"Name of the Image tag (to_name)."`
	Box      string            `yaml:"box" doc:"Name of the RectangleLabels tag, for boxes."`
	Polygon  string            `yaml:"polygon" doc:"Name of the PolygonLabels tag, for polygons."`
	Keypoint string            `yaml:"keypoint" doc:"Name of the KeyPointLabels tag, for keypoints. A keypoint's label is its own name, or the class where it has none."`
	Line     string            `yaml:"line" doc:"Name of the VectorLabels tag, for line segments. Older servers have no such tag."`
	Class    string            `yaml:"class" doc:"Name of the Choices tag, for classifications of the whole image."`
	Answers  map[string]string `yaml:"answers" doc:"Names of further Choices tags, by the secondary label that each holds: {weather: weather}."`
}

func defaults() *Options {
	return &Options{
		Column: "frame_id", Image: "image", Predictions: true, Batch: 200,
		Controls: Controls{Image: "image", Box: "bbox", Polygon: "poly", Keypoint: "kp", Class: "scene"},
		IDs:      "frame", Reopen: reopenDraft, Mark: "labelgate_rework",
	}
}

// The columns of task data that are Labelgate's own.
const (
	columnKey      = "labelgate_key"    // the task's key, of delivery and frame
	columnImport   = "labelgate_import" // the import's, by which its tasks are found
	columnPriority = "priority"
)

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	c := checking{}
	c.add(o.Check())
	if o.Project <= 0 {
		c.wrong("project", "%d is not the id of a project; it is the number in the project's address", o.Project)
	}
	switch o.Mode {
	case modeBatch:
		o.checkBatch(&c)
	case modeRelabel:
		o.checkRelabel(&c)
	default:
		c.wrong("mode", "%q is not known; use batch or relabel", o.Mode)
	}
	annotator := o.Annotator(export.TypeBox, export.TypePolygons, export.TypeKeypoints, export.TypeSegment, export.TypeClassification)
	annotator.NeedsSize = true
	return &labelStudio{options: o, annotator: annotator}, errors.Join(c.errs...)
}

func (o *Options) checkBatch(c *checking) {
	if o.Batch < 1 || o.Batch > maxTasks {
		c.wrong("batch", "%d is not from 1 to %d", o.Batch, maxTasks)
	}
	if o.Priority != "" && !slices.Contains(strings.Split(adapter.PriorityNames, ","), o.Priority) {
		c.wrong("priority", "%q is not known; use %s", o.Priority, adapter.PriorityNames)
	}
	if o.Image == "" {
		c.wrong("image", "is empty; name the column that the label config shows as the image")
	}
	if o.Controls.Image == "" && o.Predictions {
		c.wrong("controls.image", "is empty; name the Image tag of the label config")
	}
	taken := map[string]string{columnKey: "Labelgate's own", columnImport: "Labelgate's own"}
	c.column(taken, "image", o.Image)
	c.column(taken, "column", o.Column)
	if o.Priority != "" {
		c.column(taken, "priority", columnPriority)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Columns)) {
		c.column(taken, "columns."+name, name)
		if field := o.Columns[name]; !strings.HasPrefix(field, "user__") {
			c.wrong("columns."+name, "%q is not a metadata field; they begin with user__", field)
		}
	}
}

func (o *Options) checkRelabel(c *checking) {
	if err := o.IDs.Check(); err != nil {
		c.wrong("ids", "%w", err)
	}
	switch o.Reopen {
	case reopenDraft, reopenDelete, reopenMark:
		if o.Mark == "" {
			c.wrong("mark", "is empty; name a column, such as labelgate_rework")
		}
		c.column(map[string]string{o.Column: "what tasks are found by", columnKey: "Labelgate's own", columnImport: "Labelgate's own"}, "mark", o.Mark)
	case reopenReview:
	default:
		c.wrong("reopen", "%q is not known; use draft, delete, review or mark", o.Reopen)
	}
	c.column(map[string]string{}, "column", o.Column)
}

// checking gathers mistakes.
type checking struct{ errs []error }

func (c *checking) add(err error) {
	if err != nil {
		c.errs = append(c.errs, err)
	}
}

func (c *checking) wrong(option, format string, args ...any) {
	c.add(&adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
}

// column checks the name of a column of task data, and that nothing else has it.
func (c *checking) column(taken map[string]string, option, name string) {
	switch by, there := taken[name]; {
	case name == "":
	case strings.ContainsAny(name, ". ") || strings.Contains(name, "__"):
		c.wrong(option, "%q cannot be filtered by: a column must hold no dot, space or double underscore", name)
	case there:
		c.wrong(option, "the column %q is %s; choose another name", name, by)
	default:
		taken[name] = "that of " + option
	}
}

func (a *labelStudio) project() string { return strconv.Itoa(a.options.Project) }
