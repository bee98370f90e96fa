package encord

import (
	"errors"
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// What the options can name.
const (
	modeBatch   = "batch"
	modeRelabel = "relabel"

	viaReopen = "reopen"
	viaMove   = "move"

	matchTitle     = "title"
	matchDataHash  = "data_hash"
	matchLabelHash = "label_hash"
)

// Options are what a config can say. See docs/vendors/encord.md.
type Options struct {
	Mode     string `yaml:"mode" required:"true" enum:"relabel,batch" doc:"relabel sends what the project has back to its annotators; batch makes new tasks."`
	Project  string `yaml:"project" required:"true" doc:"The project's id (project hash)."`
	Priority string `yaml:"priority" enum:"low,normal,high" doc:"Priority of the tasks: low is 0.1, normal 0.5, high 0.9 of Encord's 0 to 1. Without it none is set."`

	Via   string          `yaml:"via" enum:"reopen,move" doc:"Relabel: reopen returns label rows to the first annotation stage; move moves tasks from one stage to another."`
	IDs   export.IDSource `yaml:"ids" doc:"Relabel: where the export has Encord's name of a frame: frame, element, task, or a metadata field such as user__data_hash."`
	Match string          `yaml:"match" enum:"title,data_hash,label_hash" doc:"Relabel: what that name is: the data unit's title, its data hash, or the hash of its label row."`
	From  []string        `yaml:"from" doc:"Relabel by move: ids of the workflow stages in which tasks are looked for."`
	To    string          `yaml:"to" doc:"Relabel by move: id of the workflow stage that tasks are moved to."`

	Folder         string `yaml:"folder" doc:"Batch: id of the storage folder that images are registered in."`
	Dataset        string `yaml:"dataset" doc:"Batch: id (dataset hash) of the dataset that images are linked to; it must be attached to the project."`
	Integration    string `yaml:"integration" doc:"Batch: id of the cloud integration that can read the images; none for images that anybody can read."`
	UpsertMetadata bool   `yaml:"upsert_metadata" doc:"Batch: replace the metadata of images that are in the folder already."`
	Labels         bool   `yaml:"labels" doc:"Batch: start the label rows with the exported labels."`
	adapter.Annotating
}

func defaults() *Options { return &Options{Via: viaReopen, IDs: "frame", Match: matchTitle} }

// labelTypes are those that Encord has a form for.
func labelTypes() []export.LabelType {
	return []export.LabelType{
		export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints, export.TypeClassification,
	}
}

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	c := &checker{}
	c.uuid("project", o.Project)
	switch o.Mode {
	case modeRelabel:
		c.relabel(o)
	case modeBatch:
		c.batch(o)
	default:
		c.wrong("mode", "%q is not known; use relabel or batch", o.Mode)
	}
	if err := o.Check(); err != nil {
		c.errs = append(c.errs, err)
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, err
	}
	return &encord{options: *o, annotator: o.Annotator(labelTypes()...)}, nil
}

// priority is Encord's value of the option; wanted is false when there is none.
func (o Options) priority() (value float64, wanted bool) {
	return adapter.Priority(o.Priority, 0.1, 0.5, 0.9), o.Priority != ""
}

// checker gathers mistakes.
type checker struct{ errs []error }

func (c *checker) wrong(option, format string, args ...any) {
	c.errs = append(c.errs, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
}

func (c *checker) uuid(option, value string) {
	switch {
	case value == "":
		c.wrong(option, "is missing; it is a UUID that Encord's web app shows in its addresses")
	case !adapter.IsUUID(value):
		c.wrong(option, "%q is not a UUID", value)
	}
}

func (c *checker) relabel(o *Options) {
	if err := o.IDs.Check(); err != nil {
		c.wrong("ids", "%w", err)
	} else if o.IDs == "label" {
		c.wrong("ids", "label does not name a frame; use frame, element, task, or a metadata field such as user__data_hash")
	}
	if !slices.Contains([]string{matchTitle, matchDataHash, matchLabelHash}, o.Match) {
		c.wrong("match", "%q is not known; use title, data_hash or label_hash", o.Match)
	}
	switch o.Via {
	case viaMove:
		c.move(o)
	case viaReopen:
		if len(o.From) > 0 || o.To != "" {
			c.wrong("from", "and to are for via: move; reopen always leads to the first annotation stage")
		}
	default:
		c.wrong("via", "%q is not known; use reopen or move", o.Via)
	}
	for _, batch := range []struct {
		option string
		set    bool
	}{
		{"folder", o.Folder != ""},
		{"dataset", o.Dataset != ""},
		{"integration", o.Integration != ""},
		{"labels", o.Labels},
		{"upsert_metadata", o.UpsertMetadata},
	} {
		if batch.set {
			c.wrong(batch.option, "is for mode batch; leave it out")
		}
	}
}

func (c *checker) move(o *Options) {
	if o.Match == matchLabelHash {
		c.wrong("match", "label_hash names no task; use data_hash or title with via: move")
	}
	if len(o.From) == 0 {
		c.wrong("from", "is missing; name the stages that tasks are moved out of")
	}
	for i, stage := range o.From {
		c.uuid(fmt.Sprintf("from[%d]", i), stage)
	}
	c.uuid("to", o.To)
	if slices.Contains(o.From, o.To) {
		c.wrong("to", "is one of from; tasks cannot be moved to where they are")
	}
}

func (c *checker) batch(o *Options) {
	c.uuid("folder", o.Folder)
	c.uuid("dataset", o.Dataset)
	if o.Integration != "" {
		c.uuid("integration", o.Integration)
	}
	if len(o.From) > 0 || o.To != "" {
		c.wrong("from", "and to are for mode relabel; leave them out")
	}
}
