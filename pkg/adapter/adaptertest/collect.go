// Package adaptertest checks adapters: it runs a plan the way the gateway does, without a network, and holds the plan to
// the rules of the adapter contract.
package adaptertest

import (
	"bytes"
	"io"
	"iter"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source"
)

// Key is the delivery key of every Input made here.
const Key = "0123456789abcdef0123456789abcdef"

// Plan is what an adapter planned.
type Plan struct {
	Steps   []Step
	Refused []adapter.Refusal
	Notes   []adapter.Note
	More    bool
}

// Step is a step with its body as text, which makes plans comparable.
type Step struct {
	adapter.Step
	Body string
}

// Collect makes a plan and keeps all of it.
func Collect(a adapter.Adapter, in adapter.Input) (Plan, error) {
	var p Plan
	more, err := a.Plan(in, &p)
	p.More = more
	return p, err
}

// NewBody returns a body in memory.
func (*Plan) NewBody() *adapter.Body { return adapter.NewBody(nil) }

// Emit keeps a step.
func (p *Plan) Emit(s adapter.Step) error {
	step := Step{Step: s}
	if s.Call.Body != nil {
		r, err := s.Call.Body.Reader()
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		step.Body, step.Call.Body = string(body), nil
	}
	p.Steps = append(p.Steps, step)
	return nil
}

// Refuse keeps a refusal.
func (p *Plan) Refuse(r adapter.Refusal) error {
	p.Refused = append(p.Refused, r)
	return nil
}

// Note keeps a note.
func (p *Plan) Note(n adapter.Note) error {
	p.Notes = append(p.Notes, n)
	return nil
}

// Input reads an event's body by its source.
func Input(src source.Source, body []byte) (adapter.Input, error) {
	event, err := src.Scan(bytes.NewReader(body), func(string) bool { return true })
	if err != nil {
		return adapter.Input{}, err
	}
	return adapter.Input{
		Key:   Key,
		Event: event,
		Elements: func(fields export.Fields) iter.Seq2[*export.Element, error] {
			return src.Elements(event, bytes.NewReader(body), fields)
		},
	}, nil
}

// Elements is an Input of ready elements.
func Elements(event *export.Event, elements ...export.Element) adapter.Input {
	event.Issue.Elements = len(elements)
	return adapter.Input{
		Key:   Key,
		Event: event,
		Elements: func(export.Fields) iter.Seq2[*export.Element, error] {
			return func(yield func(*export.Element, error) bool) {
				for i := range elements {
					el := elements[i]
					el.Index = i
					if !yield(&el, nil) {
						return
					}
				}
			}
		},
	}
}
