package segments

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// sample is a new sample.
type sample struct {
	Name       string     `json:"name"`
	Attributes attributes `json:"attributes"`
	Metadata   metadata   `json:"metadata"`
	Priority   int        `json:"priority"`
	Labeler    string     `json:"assigned_labeler,omitempty"`
	Reviewer   string     `json:"assigned_reviewer,omitempty"`

	item export.ItemID
}

// attributes are the sample's content.
type attributes struct {
	Image image `json:"image"`
}

type image struct {
	URL string `json:"url"`
}

// metadata says what a sample was made of.
type metadata struct {
	Delivery     string   `json:"labelgate_delivery"`
	IssueID      string   `json:"issue_id,omitempty"`
	Issue        string   `json:"issue,omitempty"`
	Dataset      string   `json:"dataset,omitempty"`
	FrameID      string   `json:"frame_id"`
	ElementIDs   []string `json:"element_ids,omitempty"`
	PreviousTask string   `json:"previous_task_id,omitempty"`
}

// maxName bounds a sample's name. The vendor names no bound.
const maxName = 200

// planBatch makes the samples, in bulk, and puts their labels once all are there. The dataset is read meanwhile: categories
// have numbers there. A sample without labels is settled as it is made, the others by their label.
func (a *segments) planBatch(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := batching{segments: a, in: in, out: out}
	if err := p.samples(); err != nil || !p.labeled {
		return false, err
	}
	if p.waiting {
		return true, nil
	}
	return false, p.labels()
}

// batching is a round of a plan in mode batch.
type batching struct {
	*segments
	in  adapter.Input
	out adapter.Output

	labeled bool // there are samples that get labels
	waiting bool // for the dataset or samples that are not recorded yet
}

// fields are the parts of elements that are read.
const fields = adapter.AnnotationFields | export.FieldFrame

// samples plans the samples. The dataset is read before the first that gets labels.
func (p *batching) samples() error {
	bulk := func(name string) adapter.Chunks[sample] {
		return adapter.Chunks[sample]{Size: bulkSize, Flush: func(n int, chunk []sample) error { return p.makeSamples(adapter.StepID(name, n), chunk) }}
	}
	withLabels, without := bulk(stepSamples), bulk(stepImages)
	err := adapter.EachSubject(p.in, p.out, fields, func(s *export.Subject) error {
		ready, ok, err := p.prepare(s, p.out)
		switch {
		case err != nil || !ok:
			return err
		case len(ready.Annotations) == 0:
			return without.Add(p.newSample(s, ready))
		}
		if err := p.readDataset(); err != nil {
			return err
		}
		return withLabels.Add(p.newSample(s, ready))
	})
	if err != nil {
		return err
	}
	if err := withLabels.Close(); err != nil {
		return err
	}
	return without.Close()
}

// prepare makes a frame ready, or refuses it.
func (p *batching) prepare(s *export.Subject, out adapter.Output) (adapter.Prepared, bool, error) {
	if !p.options.Prelabels {
		bare := *s
		bare.Labels = nil
		s = &bare
	}
	ready, ok, err := p.annotator.Prepare(s, out)
	if err != nil || !ok {
		return ready, false, err
	}
	if at, err := url.Parse(ready.Image.URL); err != nil || at.Scheme == "" || at.Host == "" {
		return ready, false, adapter.RefuseSubject(out, s, fmt.Sprintf("image_url %q is no absolute URL", ready.Image.URL))
	}
	return ready, true, nil
}

func (p *batching) readDataset() error {
	if p.labeled {
		return nil
	}
	p.labeled = true
	p.waiting = !p.in.Done(stepDataset)
	return p.out.Emit(adapter.Step{ID: stepDataset, Call: adapter.Call{Method: "GET", Path: p.dataset}, Repeat: adapter.RepeatSafe})
}

func (p *batching) newSample(s *export.Subject, ready adapter.Prepared) sample {
	event, o := p.in.Event, p.options
	made := sample{
		Name: p.name(s), Attributes: attributes{image{ready.Image.URL}}, Priority: o.priority(), Labeler: o.Labeler, Reviewer: o.Reviewer,
		Metadata: metadata{
			Delivery: p.in.Key, IssueID: event.Issue.ID, Issue: event.Issue.Name, Dataset: s.Element.Dataset,
			FrameID: s.Element.FrameID, PreviousTask: s.Element.Frame.TaskID,
		},
		item: s.Item(),
	}
	for _, element := range s.Elements {
		if element.ID != "" {
			made.Metadata.ElementIDs = append(made.Metadata.ElementIDs, element.ID)
		}
	}
	return made
}

// name is the sample's key: taken once in the dataset.
func (p *batching) name(s *export.Subject) string {
	return adapter.ItemKey(p.in.Key, s.Item(), maxName)
}

// makeSamples plans a bulk call. Samples that are there already come back as they are, so the names are keys.
func (p *batching) makeSamples(id string, chunk []sample) error {
	step := adapter.Step{ID: id, Repeat: adapter.RepeatKeyed}
	images := strings.HasPrefix(id, stepImages)
	for _, s := range chunk {
		step.Refs = append(step.Refs, s.Name)
		if images {
			step.Items = append(step.Items, s.item)
		} else {
			step.Refs = append(step.Refs, string(s.item))
		}
	}
	if !images && !p.in.Done(id) {
		p.waiting = true
	}
	var err error
	step.Call, err = adapter.RESTCall(p.out, "POST", p.dataset+"samples_bulk/", chunk)
	if err != nil {
		return err
	}
	return p.out.Emit(step)
}

// labels plans the labels of the samples that are there.
func (p *batching) labels() error {
	d, err := readKept(p.in)
	if err != nil {
		return err
	}
	number := 0
	return adapter.EachSubject(p.in, quiet{p.out}, fields, func(s *export.Subject) error {
		ready, ok, err := p.prepare(s, quiet{p.out})
		if err != nil || !ok || len(ready.Annotations) == 0 {
			return err
		}
		number++
		made := adapter.StepID(stepSamples, (number-1)/bulkSize+1)
		if _, failed := p.in.Results[made].Failed[s.Item()]; failed {
			return nil
		}
		return p.putLabel(adapter.StepID(stepLabel, number), made, s, drawing{d, ready.Annotations})
	})
}

// putLabel plans a sample's label. It replaces what is there, which may be people's work by the time that a lost reply is
// tried again: so it is looked at first.
func (p *batching) putLabel(id, made string, s *export.Subject, d drawing) error {
	uuid := p.in.Kept(made, p.name(s))
	if uuid == "" {
		return fmt.Errorf("step %q is done and has kept no uuid of sample %q; discard the delivery and export the issue again", made, p.name(s))
	}
	label, err := p.draw(d)
	if err != nil {
		return err
	}
	step := adapter.Step{ID: id, Items: []export.ItemID{s.Item()}, Refs: []string{uuid}, Repeat: adapter.RepeatSafe}
	if len(label.Attributes.Annotations) == 0 && label.Attributes.Image == nil { // all refused: a look settles the sample
		step.Call = adapter.Call{Method: "GET", Path: samplePath(uuid)}
		return p.out.Emit(step)
	}
	step.Repeat = adapter.RepeatCheckFirst
	step.Check = &adapter.Call{Method: "GET", Path: p.labelPath(uuid)}
	step.Call, err = adapter.RESTCall(p.out, "PUT", p.labelPath(uuid), label)
	if err != nil {
		return err
	}
	return p.out.Emit(step)
}

// dataset is what is kept of the vendor's.
type dataset struct {
	taskType   string
	categories map[string]int // number by name
}

// What is kept of a dataset.
const (
	keptType       = "task_type"
	keptCategories = "categories"
)

// readKept reads what the dataset's step has kept.
func readKept(in adapter.Input) (dataset, error) {
	d := dataset{taskType: in.Kept(stepDataset, keptType)}
	if err := json.Unmarshal([]byte(in.Kept(stepDataset, keptCategories)), &d.categories); err != nil {
		return d, fmt.Errorf("step %q is done and has kept no categories: %w", stepDataset, err)
	}
	return d, nil
}
