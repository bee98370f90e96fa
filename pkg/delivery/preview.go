package delivery

import (
	"bytes"
	"iter"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Preview is what a plan would do, with nothing sent and nothing stored.
type Preview struct {
	// Key is the delivery key to plan with.
	Key string
	// OnStep is given each step, as it is planned; its body is closed afterwards.
	OnStep func(adapter.Step) error
	// OnRefusal is given each item that the plan refuses.
	OnRefusal func(adapter.Refusal) error
	// OnNote is given what the plan changed about an item; nil for nobody.
	OnNote func(adapter.Note) error
}

// Run plans an event of a route, from its payload. more says that further steps depend on what the vendor answers, so
// that they cannot be shown.
func (p Preview) Run(route Route, event *export.Event, payload []byte) (more bool, err error) {
	return route.Adapter.Plan(adapter.Input{
		Key:   p.Key,
		Event: event,
		Elements: func(fields export.Fields) iter.Seq2[*export.Element, error] {
			return route.Source.Elements(event, bytes.NewReader(payload), fields)
		},
		Results: map[string]adapter.Result{},
	}, previewOutput{p})
}

// previewOutput shows steps instead of making them. Bodies stay in memory: a preview is for a person to read.
type previewOutput struct{ Preview }

func (previewOutput) NewBody() *adapter.Body { return adapter.NewBody(nil) }

func (o previewOutput) Emit(step adapter.Step) error {
	if step.Call.Body != nil {
		defer step.Call.Body.Close()
	}
	return o.OnStep(step)
}

func (o previewOutput) Refuse(r adapter.Refusal) error { return o.OnRefusal(r) }

func (o previewOutput) Note(n adapter.Note) error {
	if o.OnNote == nil {
		return nil
	}
	return o.OnNote(n)
}
