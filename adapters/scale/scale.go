// Package scale makes image annotation tasks at Scale AI (API v1): in a batch of their own, or one by one with the old labels
// to begin from. The vendor's facts come from its own Python client (scaleapi 2.18.4) and its reference (docs.scale.com);
// docs/vendors/scale.md says how sure each is.
package scale

import (
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "scale",
		Summary: "Scale AI: image annotation tasks with the old labels to begin from, in a batch or one by one.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Basic: true},
		Limits:  adapter.Limits{Items: 1}, // a task a call, the vendor has no bulk call
	}
}

// The steps. Tasks are numbered.
const (
	stepBatch    = "batch"
	stepTask     = "task"
	stepFinalize = "finalize"
	stepProject  = "project" // of an inspection
)

// scale is the adapter.
type scale struct {
	options   *Options
	annotator adapter.Annotator
}

// Plan makes a task of each frame. In batch mode the batch comes first, and once all tasks are there, in a round of its own, it
// is finalized; a batch that has nothing in it is neither made nor finalized.
func (a *scale) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := planning{scale: a, in: in, out: out}
	if a.options.Mode == modeBatch {
		p.batch = a.batchName(in)
	}
	if err := adapter.EachSubject(in, out, adapter.AnnotationFields|export.FieldFrame, p.task); err != nil {
		return false, err
	}
	if p.batch == "" || p.tasks == 0 || !a.options.Finalize {
		return false, nil
	}
	if p.done < p.tasks {
		return true, nil
	}
	if p.taken == 0 {
		return false, nil
	}
	return false, p.finalize()
}

// planning is a round of a plan.
type planning struct {
	*scale
	in    adapter.Input
	out   adapter.Output
	batch string // the batch's name, empty without one
	// How many tasks are planned, are recorded, and were taken by the vendor.
	tasks, done, taken int
}

// task plans a frame's task, and before the first one its batch.
func (p *planning) task(s *export.Subject) error {
	if p.options.Prelabels == fieldNone {
		bare := *s
		bare.Labels = nil
		s = &bare
	}
	ready, ok, err := p.annotator.Prepare(s, p.out)
	if err != nil || !ok {
		return err
	}
	answer, err := p.firstAnswer(ready)
	if err != nil {
		return err
	}
	if p.batch != "" && p.tasks == 0 {
		if err := p.createBatch(); err != nil {
			return err
		}
	}
	p.tasks++
	step := adapter.Step{ID: adapter.StepID(stepTask, p.tasks), Items: []export.ItemID{s.Item()}, Repeat: adapter.RepeatKeyed}
	if p.in.Done(step.ID) {
		p.done++
		if _, failed := p.in.Results[step.ID].Failed[s.Item()]; !failed {
			p.taken++
		}
	}
	body := p.newTask(s, ready, answer)
	step.Refs = []string{body.UniqueID}
	step.Check = &adapter.Call{Method: "GET", Path: "/tasks?unique_id=" + quote(body.UniqueID)}
	step.Call, err = adapter.RESTCall(p.out, "POST", "/task/imageannotation", body)
	if err != nil {
		return err
	}
	return p.out.Emit(step)
}

// createBatch plans the batch. Its name is taken once, so it is the key.
func (p *planning) createBatch() error {
	call, err := adapter.RESTCall(p.out, "POST", "/batches", p.newBatch())
	if err != nil {
		return err
	}
	return p.out.Emit(adapter.Step{
		ID: stepBatch, Call: call, Refs: []string{p.in.Key}, Repeat: adapter.RepeatKeyed,
		Check: &adapter.Call{Method: "GET", Path: "/batches/" + quote(p.batch)},
	})
}

// finalize plans the last step: workers begin. Whether a second time is refused is not known, but the batch tells whether the
// first one has worked.
func (p *planning) finalize() error {
	at := "/batches/" + quote(p.batch)
	return p.out.Emit(adapter.Step{
		ID: stepFinalize, Call: adapter.Call{Method: "POST", Path: at + "/finalize"}, Repeat: adapter.RepeatCheckFirst,
		Check: &adapter.Call{Method: "GET", Path: at}, Last: true,
	})
}
