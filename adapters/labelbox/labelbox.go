// Package labelbox sends exports to Labelbox: data rows back to a rework queue of their project, or new data rows in a new
// batch with the existing labels as pre-labels. A second adapter, in legacy.go, is the label deletion of old projects.
//
// Paths, documents and bodies are those of Labelbox's Python client 7.17.0 for the same work. docs/vendors/labelbox.md
// says what is done at the vendor, call by call, and what is not certain.
package labelbox

import (
	"errors"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The paths below the destination's URL. The client sends some operations to the second one (labelbox/client.py, execute:
// experimental), and so does the adapter, operation by operation.
const (
	plainPath        = "/graphql"
	experimentalPath = "/_gql"
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "labelbox",
		Summary: "Labelbox: data rows back to a rework queue, or new data rows in a batch with pre-labels.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(*o.(*Options)) },
		Auth:    adapter.Auth{Header: "Authorization", Scheme: "Bearer"},
		Limits:  adapter.Limits{Items: batchLimit, Concurrency: 4, PerMinute: perMinute},
	}
}

// perMinute is what an account of the free plan may ask for (docs.labelbox.com/docs/limits).
const perMinute = 1500

// labelbox is the adapter.
type labelbox struct {
	options   Options
	annotator adapter.Annotator
}

func newAdapter(o Options) (adapter.Adapter, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &labelbox{options: o, annotator: o.Annotator(
		export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints, export.TypeClassification,
	)}
	if len(o.MaskColors) > 0 {
		a.annotator.Types = append(a.annotator.Types, export.TypeSemanticMask)
	}
	return a, nil
}

// Plan makes the calls of the mode.
func (a *labelbox) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := &plan{labelbox: a, in: in, out: out, gone: map[export.ItemID]string{}}
	if a.options.Mode == modeRelabel {
		return p.run(p.relabelRows, p.lookUp, p.found, p.move, p.moved, p.prioritise, p.prioritised)
	}
	if waiting, err := p.wait(); err != nil || waiting {
		return waiting, err
	}
	return p.run(p.newRows, p.list, p.upsert, p.upserted, p.refusedRows, p.lookUp, p.found, p.process,
		p.makeBatches, p.fill, p.filled, p.held, p.preLabel)
}

// wait asks the vendor once more, where it is at work on data rows that are uploaded: the event is not read again for that.
func (p *plan) wait() (waiting bool, err error) {
	if p.in.Done(stepUpsert) && !p.in.Done(stepUpserted) {
		_, err := p.upserted()
		return true, err
	}
	n := 1
	for ; p.in.Done(adapter.StepID(stepFound, n)); n++ {
		for _, id := range strings.Split(p.in.Kept(adapter.StepID(stepFound, n), keptIDs), ",") {
			if id != "" {
				p.rows = append(p.rows, row{id: id})
			}
		}
	}
	switch {
	case len(p.rows) == 0 || p.in.Done(adapter.StepID(stepLookUp, n)): // not all ids are known
	case !p.processed():
		_, err := p.process()
		return true, err
	case p.filling():
		_, err := p.filled()
		return true, err
	}
	p.rows = nil
	return false, nil
}

// plan is one round of planning.
type plan struct {
	*labelbox
	in   adapter.Input
	out  adapter.Output
	rows []row                    // what is sent, without what has been refused up to the stage under way
	gone map[export.ItemID]string // what has been refused on the way, with the reasons
}

// row is a frame on its way to be a data row.
type row struct {
	item    export.ItemID
	index   int    // of its first element
	element string // id of its first element
	key     string // global key; or the data row's id, where ids are
	id      string // data row id, once it is known
}

// run goes through the stages. A stage that waits for results ends the round: what comes after it is planned when all its
// steps are done, so that steps come in the same order whenever a delivery is stopped and goes on.
func (p *plan) run(stages ...func() (ready bool, err error)) (more bool, err error) {
	for _, stage := range stages {
		ready, err := stage()
		switch {
		case errors.Is(err, errNothing):
			return false, nil
		case err != nil:
			return false, err
		case !ready:
			return true, nil
		}
	}
	return false, nil
}

// errNothing ends a plan that has nothing left to send.
var errNothing = errors.New("nothing to send")

// emit emits a step and reports whether its result is there.
func (p *plan) emit(s adapter.Step) (done bool, err error) {
	return p.in.Done(s.ID), p.out.Emit(s)
}

// chunks calls do for each so many of a list, numbered from 1, and reports whether all were ready.
func chunks[T any](list []T, size int, do func(n int, chunk []T) (bool, error)) (ready bool, err error) {
	ready = true
	for n := 1; len(list) > 0; n++ {
		some := list[:min(size, len(list))]
		list = list[len(some):]
		done, err := do(n, some)
		if err != nil {
			return false, err
		}
		ready = ready && done
	}
	return ready, nil
}

// drop refuses the rows for which why has a reason, and keeps the others.
func (p *plan) drop(why func(row) string) error {
	kept := p.rows[:0]
	for _, r := range p.rows {
		reason := why(r)
		if reason == "" {
			kept = append(kept, r)
			continue
		}
		p.gone[r.item] = reason
		if err := p.out.Refuse(adapter.Refusal{Index: r.index, ElementID: r.element, Item: r.item, Reason: reason}); err != nil {
			return err
		}
	}
	p.rows = kept
	if len(kept) == 0 {
		return errNothing
	}
	return nil
}

// complain reports what went wrong with items that the vendor does not name.
func (p *plan) complain(reason string) error {
	return p.out.Refuse(adapter.Refusal{Index: -1, Reason: reason})
}
