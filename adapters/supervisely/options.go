package supervisely

import (
	"errors"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

const (
	modeRelabel = "relabel"
	modeBatch   = "batch"

	byName = "name"
	byID   = "id"
)

// Options are what a config can say.
type Options struct {
	Mode     string            `yaml:"mode" required:"true" enum:"relabel,batch" doc:"relabel rejects images of a labeling job and restarts it with them; batch adds new images by link, with the exported labels."`
	Job      int               `yaml:"job" doc:"relabel: id of the labeling job that the images are in."`
	Dataset  int               `yaml:"dataset" doc:"batch: id of the dataset that the images are added to."`
	IDs      string            `yaml:"ids" doc:"relabel: where the image's name or id is in the export: frame, element, task, or a metadata field such as user__image_id."`
	By       string            `yaml:"by" enum:"name,id" doc:"relabel: whether that is the image's name, with or without the extension of the picture's URL, or its id."`
	Complete bool              `yaml:"complete" doc:"relabel: the labeling job is completed when it is restarted. false leaves it as it is."`
	Labelers []int             `yaml:"labelers" doc:"Ids of the users who get the new labeling job. relabel: left out, the labeler of the old job; batch: left out, no job is made."`
	Reviewer int               `yaml:"reviewer" doc:"Id of the user who reviews the new labeling job. relabel: left out, the reviewer of the old job."`
	Answers  map[string]string `yaml:"answers" doc:"batch: tags with a value for the further answers of a classification label, by the answer's name."`
	adapter.Annotating
}

func defaults() *Options { return &Options{IDs: "frame", By: byName, Complete: true} }

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	var errs []error
	mistake := func(option, text string) {
		errs = append(errs, &adapter.OptionError{Option: option, Err: errors.New(text)})
	}
	switch {
	case o.Mode != modeRelabel && o.Mode != modeBatch:
		mistake("mode", "use relabel or batch")
	case o.Mode == modeRelabel && o.Job <= 0:
		mistake("job", "is needed in mode relabel: the number in the labeling job's address")
	case o.Mode == modeBatch && o.Dataset <= 0:
		mistake("dataset", "is needed in mode batch: the number in the dataset's address")
	}
	if err := export.IDSource(o.IDs).Check(); err != nil {
		errs = append(errs, &adapter.OptionError{Option: "ids", Err: err})
	} else if o.IDs == "label" {
		mistake("ids", "a label cannot name an image; use frame, element, task or a metadata field")
	}
	if o.By != byName && o.By != byID {
		mistake("by", "use name or id")
	}
	for _, id := range o.Labelers {
		if id <= 0 {
			mistake("labelers", "holds what is no user's id")
			break
		}
	}
	if o.Reviewer < 0 {
		mistake("reviewer", "is no user's id")
	}
	errs = append(errs, o.Check())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s := &supervisely{options: o, ids: export.IDSource(o.IDs)}
	s.annotator = o.Annotator(export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints, export.TypeClassification)
	s.annotator.NeedsSize = true // an annotation carries it
	return s, nil
}
