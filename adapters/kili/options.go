package kili

import (
	"errors"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

const (
	modeRelabel = "relabel"
	modeBatch   = "batch"

	byExternalID = "external_id"
	byAssetID    = "asset_id"
)

// Options are what a config can say.
type Options struct {
	Mode     string `yaml:"mode" required:"true" enum:"relabel,batch" doc:"relabel sends assets that Kili has back to the queue; batch adds new assets with the exported labels as predictions."`
	Project  string `yaml:"project" required:"true" doc:"Kili's id of the project."`
	IDs      string `yaml:"ids" doc:"relabel: where the asset's id is in the export: frame, element, task, or a metadata field such as user__kili_id."`
	By       string `yaml:"by" enum:"external_id,asset_id" doc:"relabel: which of Kili's ids that is."`
	Priority string `yaml:"priority" enum:"low,normal,high" doc:"How soon the assets are labelled: Kili's priority -1, 0 or 1. Left out: it is not touched."`
	Model    string `yaml:"model" doc:"batch: the model name that the predictions carry. Predictions of another name are left alone."`
	Jobs     Jobs   `yaml:"jobs" doc:"batch: the project's jobs that take the labels, by their names in its JSON interface. Labels of a kind without a job are refused; without any job the assets are added bare."`
	adapter.Annotating
}

// Jobs name the jobs that take labels.
type Jobs struct {
	Box     string            `yaml:"box" doc:"Object detection with the tool rectangle: boxes."`
	Polygon string            `yaml:"polygon" doc:"Object detection with the tool polygon: polygons, one annotation for each part."`
	Line    string            `yaml:"line" doc:"Object detection with the tool polyline: line segments."`
	Point   string            `yaml:"point" doc:"Object detection with the tool marker: keypoints, one annotation for each point."`
	Class   string            `yaml:"class" doc:"Classification: the class of whole images."`
	Answers map[string]string `yaml:"answers" doc:"Classification jobs for the further answers of a classification label, by the answer's name."`
}

// any reports whether there is a job.
func (j Jobs) any() bool {
	return j.Box != "" || j.Polygon != "" || j.Line != "" || j.Point != "" || j.Class != "" || len(j.Answers) > 0
}

func defaults() *Options {
	return &Options{IDs: "frame", By: byExternalID, Model: "labelgate"}
}

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	var errs []error
	mistake := func(option, text string) {
		errs = append(errs, &adapter.OptionError{Option: option, Err: errors.New(text)})
	}
	if o.Mode != modeRelabel && o.Mode != modeBatch {
		mistake("mode", "use relabel or batch")
	}
	if o.Project == "" {
		mistake("project", "is empty; it is the part of the project's address behind /projects/")
	}
	if err := export.IDSource(o.IDs).Check(); err != nil {
		errs = append(errs, &adapter.OptionError{Option: "ids", Err: err})
	} else if o.IDs == "label" {
		mistake("ids", "a label cannot name an asset; use frame, element, task or a metadata field")
	}
	if o.By != byExternalID && o.By != byAssetID {
		mistake("by", "use external_id or asset_id")
	}
	if o.Model == "" {
		mistake("model", "is empty; Kili wants a name for every prediction")
	}
	if o.Mode == modeRelabel && o.Jobs.any() {
		mistake("jobs", "is for mode batch; in mode relabel the assets keep the labels they have")
	}
	if len(o.Jobs.Answers) > 0 && o.Jobs.Class == "" {
		mistake("jobs.answers", "needs jobs.class, the job of the label's own class")
	}
	errs = append(errs, o.Check())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	k := &kili{options: o, ids: export.IDSource(o.IDs)}
	k.annotator = o.Annotator(export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints, export.TypeClassification)
	k.annotator.NeedsSize = true // vertices are fractions of it
	return k, nil
}
