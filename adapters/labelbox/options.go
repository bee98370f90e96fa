package labelbox

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

// The kinds of id by which data rows are named in relabel mode.
const (
	byGlobalKey = "global_key"
	byID        = "data_row_id"
)

// Options are the adapter's options.
type Options struct {
	Mode     string `yaml:"mode" required:"true" enum:"relabel,batch" doc:"relabel: move the data rows of the export back to a rework queue of the project; batch: make new data rows and a batch of them, with the existing labels as pre-labels."`
	Project  string `yaml:"project" required:"true" doc:"Id of the project."`
	Priority string `yaml:"priority" enum:"low,normal,high" doc:"Priority of the data rows: 5, 3 or 1. In batch mode it is normal when it is not set; in relabel mode it is changed only when it is set."`

	IDs    export.IDSource `yaml:"ids" doc:"relabel: where the id of a frame's data row is: frame, element, task, or a metadata field such as user__global_key."`
	IDType string          `yaml:"id_type" enum:"global_key,data_row_id" doc:"relabel: what ids are: global keys, or Labelbox's own ids of data rows."`
	Queue  string          `yaml:"queue" doc:"relabel: name or id of the task queue to move to; empty: the project's only rework queue."`

	Dataset   string `yaml:"dataset" doc:"batch: id of the dataset that new data rows are put into; required in this mode."`
	PreLabels bool   `yaml:"pre_labels" doc:"batch: send the existing labels as pre-labels (model-assisted labeling)."`

	adapter.Annotating

	ToolNames  map[string]string `yaml:"tool_names" doc:"batch: how the ontology's tools are called, by shape (box, polygon, line, point), where that is not the class alone. {class} stands for the class, {point} for a keypoint's name: names are unique in an ontology, so a class that is drawn as a box and as a polygon has two tools. Example: polygon: '{class} outline'."`
	MaskColors map[string]string `yaml:"mask_colors" doc:"batch: the ontology's mask tool for each colour of semantic masks, such as {'#00ff00': ground}; without it masks are refused, and other colours are left out."`
	Question   string            `yaml:"question" doc:"batch: name of the radio classification that classes of whole images answer; without it such labels are refused."`
	Answers    map[string]string `yaml:"answers" doc:"batch: secondary attributes of classifications that are sent as answers to the classification of the same name, by its kind: radio, checklist or text. Others are left out, and noted."`
}

// The shapes that tool names are given for.
const (
	shapeBox     = "box"
	shapePolygon = "polygon"
	shapeLine    = "line"
	shapePoint   = "point"
)

// defaultNames are the tool names of shapes that the option does not name.
func defaultName(shape string) string {
	if shape == shapePoint {
		return "{point}"
	}
	return "{class}"
}

func defaults() *Options {
	return &Options{IDs: "frame", IDType: byGlobalKey, PreLabels: true}
}

// check returns every mistake.
func (o Options) check() error {
	errs := []error{o.Check()}
	mistake := func(option, format string, args ...any) {
		errs = append(errs, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
	}
	if o.Mode != modeRelabel && o.Mode != modeBatch {
		mistake("mode", "is %q; use relabel or batch", o.Mode)
	}
	if o.Project == "" {
		mistake("project", "is empty; it is in the project's address in the browser")
	}
	if o.Mode == modeBatch && o.Dataset == "" {
		mistake("dataset", "is empty; batch mode puts new data rows into a dataset")
	}
	if o.IDType != byGlobalKey && o.IDType != byID {
		mistake("id_type", "is %q; use global_key or data_row_id", o.IDType)
	}
	if !slices.Contains([]string{"", "low", "normal", "high"}, o.Priority) {
		mistake("priority", "is %q; use low, normal or high", o.Priority)
	}
	errs = append(errs, o.checkIDs(), o.checkNames(), o.checkMasks(), o.checkAnswers())
	return errors.Join(errs...)
}

func (o Options) checkIDs() error {
	err := o.IDs.Check()
	if o.IDs == "label" {
		err = errors.New("is label: labels are moved with their data row; say where the data row's id is, such as frame")
	}
	if err != nil {
		return &adapter.OptionError{Option: "ids", Err: err}
	}
	return nil
}

func (o Options) checkNames() error {
	var errs []error
	for _, shape := range slices.Sorted(maps.Keys(o.ToolNames)) {
		option := "tool_names." + shape
		switch name := o.ToolNames[shape]; {
		case !slices.Contains([]string{shapeBox, shapePolygon, shapeLine, shapePoint}, shape):
			errs = append(errs, &adapter.OptionError{Option: option, Err: errors.New("is no shape; use box, polygon, line or point")})
		case name == "":
			errs = append(errs, &adapter.OptionError{Option: option, Err: errors.New("is empty; name the tool, such as '{class} outline'")})
		}
	}
	return errors.Join(errs...)
}

func (o Options) checkMasks() error {
	var errs []error
	for _, color := range slices.Sorted(maps.Keys(o.MaskColors)) {
		option := "mask_colors." + color
		if _, err := rgb(color); err != nil {
			errs = append(errs, &adapter.OptionError{Option: option, Err: err})
		}
		if o.MaskColors[color] == "" {
			errs = append(errs, &adapter.OptionError{Option: option, Err: errors.New("is empty; name the mask tool")})
		}
	}
	return errors.Join(errs...)
}

// rgb reads a colour such as "#00ff00".
func rgb(color string) (parts [3]int, err error) {
	digits, marked := strings.CutPrefix(color, "#")
	number, err := strconv.ParseUint(digits, 16, 24)
	if err != nil || !marked || len(digits) != 6 {
		return parts, fmt.Errorf("%q is no colour; write it as #00ff00", color)
	}
	return [3]int{int(number >> 16), int(number >> 8 & 0xff), int(number & 0xff)}, nil
}

func (o Options) checkAnswers() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(o.Answers)) {
		if kind := o.Answers[name]; !slices.Contains([]string{answerRadio, answerChecklist, answerText}, kind) {
			errs = append(errs, &adapter.OptionError{Option: "answers." + name, Err: fmt.Errorf("is %q; use radio, checklist or text", kind)})
		}
	}
	return errors.Join(errs...)
}

// toolName is the name of the ontology's tool for a shape of a class.
func (o Options) toolName(shape, class, point string) string {
	name, given := o.ToolNames[shape]
	if !given {
		name = defaultName(shape)
	}
	if point == "" {
		point = class
	}
	return strings.NewReplacer("{class}", class, "{point}", point).Replace(name)
}

// The priorities of the editor, 1 the highest (docs.labelbox.com/reference/batch).
const (
	priorityHigh   = 1
	priorityNormal = 3
	priorityLow    = 5
)

func (o Options) priority() int {
	return adapter.Priority(o.Priority, priorityLow, priorityNormal, priorityHigh)
}
