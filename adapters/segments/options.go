package segments

import (
	"errors"
	"fmt"
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

// Options are what a config can say.
type Options struct {
	Mode      string `yaml:"mode" required:"true" enum:"batch,relabel" doc:"batch makes a sample of each image, with its labels; relabel sends the labels of samples that are there back."`
	Dataset   string `yaml:"dataset" required:"true" doc:"The dataset, as OWNER/NAME."`
	Labelset  string `yaml:"labelset" doc:"The labelset that labels are put into, or sent back from."`
	Status    string `yaml:"label_status" enum:"PRELABELED,REJECTED,UNLABELED,LABELED" doc:"Status that labels get. When left out: PRELABELED in mode batch, REJECTED in mode relabel."`
	Priority  string `yaml:"priority" enum:"low,normal,high" doc:"Priority of the samples in the labeling queue: -10, 0 or 10. When left out: normal for new samples, unchanged for others."`
	Labeler   string `yaml:"assigned_labeler" doc:"User who is to label the samples; nobody in particular when empty, and unchanged for samples that are there."`
	Reviewer  string `yaml:"assigned_reviewer" doc:"User who is to review the samples, likewise."`
	Prelabels bool   `yaml:"prelabels" doc:"Mode batch: send the existing labels along."`
	LabelID   string `yaml:"label_attribute" doc:"Mode batch: object attribute that a label's id is sent as; empty for none."`
	Keypoint  string `yaml:"keypoint_attribute" doc:"Mode batch: object attribute that the name of a keypoint is sent as; empty leaves names out, with a note."`
	Global    string `yaml:"classification_attribute" doc:"Mode batch: image attribute that the class of a CLASSIFICATION_2D label is sent as; without it such labels are refused."`
	IDs       string `yaml:"ids" doc:"Mode relabel: where the sample's uuid is: frame, element, task, or a metadata field such as user__segments_uuid. Samples are found by their names when it is empty."`
	Names     string `yaml:"names" doc:"Mode relabel: where the sample's name is, when ids is empty: frame, element, task, or a metadata field."`
	Issue     bool   `yaml:"issue" doc:"Mode relabel: make an issue of each sample."`
	IssueText string `yaml:"issue_text" doc:"Mode relabel: what the issues say; the exported issue's name and labels when empty. The delivery's key is added."`
	Anchor    bool   `yaml:"issue_anchor" doc:"Mode relabel: anchor an issue that is about one label at that label's centre."`

	adapter.Annotating
}

func defaults() *Options {
	return &Options{Labelset: "ground-truth", Prelabels: true, LabelID: "label_id", Keypoint: "keypoint", Names: "frame", Issue: true}
}

// newAdapter checks the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	errs := []error{o.Check()}
	wrong := func(option, format string, args ...any) {
		errs = append(errs, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
	}
	if o.Mode != modeBatch && o.Mode != modeRelabel {
		wrong("mode", "%q is not known; use batch or relabel", o.Mode)
	}
	owner, name, ok := strings.Cut(o.Dataset, "/")
	if !ok || !isSegment(owner) || !isSegment(name) {
		wrong("dataset", "%q is not OWNER/NAME, such as acme/pets", o.Dataset)
	}
	if !isSegment(o.Labelset) {
		wrong("labelset", "%q is no name; the labelset that every dataset has is ground-truth", o.Labelset)
	}
	if !slices.Contains([]string{"", "PRELABELED", "REJECTED", "UNLABELED", "LABELED"}, o.Status) {
		wrong("label_status", "%q is not known; use PRELABELED, REJECTED, UNLABELED or LABELED", o.Status)
	}
	if o.Priority != "" && !slices.Contains(strings.Split(adapter.PriorityNames, ","), o.Priority) {
		wrong("priority", "%q is not known; use %s", o.Priority, adapter.PriorityNames)
	}
	if err := checkSource(o.IDs); o.IDs != "" && err != nil {
		errs = append(errs, &adapter.OptionError{Option: "ids", Err: err})
	}
	if err := checkSource(o.Names); o.IDs == "" && err != nil {
		errs = append(errs, &adapter.OptionError{Option: "names", Err: err})
	}
	if o.Anchor && !o.Issue {
		wrong("issue_anchor", "needs issue: true")
	}
	return &segments{
		options: o, annotator: o.annotator(), dataset: "/datasets/" + quote(owner) + "/" + quote(name) + "/",
	}, errors.Join(errs...)
}

// isSegment reports whether a name can be a segment of a path.
func isSegment(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\`)
}

// checkSource: a sample is an image, so that nothing of a label names it.
func checkSource(source string) error {
	if source == "label" {
		return errors.New("a sample is an image and has no label's id; use frame, element, task or a metadata field")
	}
	return export.IDSource(source).Check()
}

func (o *Options) annotator() adapter.Annotator {
	types := []export.LabelType{export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints}
	if o.Global != "" {
		types = append(types, export.TypeClassification)
	}
	return o.Annotator(types...)
}

// status is what labels get.
func (o *Options) status() string {
	switch {
	case o.Status != "":
		return o.Status
	case o.Mode == modeBatch:
		return "PRELABELED"
	default:
		return "REJECTED"
	}
}

// priority is the samples': more is sooner (client.py, add_sample).
func (o *Options) priority() int { return adapter.Priority(o.Priority, -10, 0, 10) }
