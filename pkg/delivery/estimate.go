package delivery

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// Estimate is what a redrive would send.
type Estimate struct {
	// Deliveries would be queued again. Unsettled would not be, because a person must settle a step first; nor Running
	// and Closed ones (delivered, discarded), nor Stranded ones, whose route is not in the config or whose plan fails.
	Deliveries int `json:"deliveries"`
	Unsettled  int `json:"unsettled,omitempty"`
	Running    int `json:"running,omitempty"`
	Closed     int `json:"closed,omitempty"`
	Stranded   int `json:"stranded,omitempty"`
	// Items and Calls are unfinished. AtLeast says that some plans go on by what the vendor answers, with more of both.
	Items   int  `json:"items"`
	Calls   int  `json:"calls"`
	AtLeast bool `json:"at_least,omitempty"`
	// Destinations are the parts of it, in the order of their names.
	Destinations []DestinationEstimate `json:"destinations"`
}

// DestinationEstimate is a destination's part of an estimate.
type DestinationEstimate struct {
	Name       string `json:"name"`
	Deliveries int    `json:"deliveries"`
	Items      int    `json:"items"`
	Calls      int    `json:"calls"`
	// Cost is Items by the destination's price, in Currency; 0 where the config gives no price.
	Cost     float64 `json:"cost,omitempty"`
	Currency string  `json:"currency,omitempty"`
}

// Price is what an item costs at a destination; 0 where nobody said.
type Price struct {
	PerItem  float64
	Currency string
}

// Estimate plans what a redrive of the chosen deliveries would send, by what is recorded of them; nothing is sent.
func (e *Engine) Estimate(ctx context.Context, s Selection) (Estimate, error) {
	sum := &estimator{engine: e, byName: map[string]*DestinationEstimate{}}
	err := s.each(ctx, e.store, func(d *store.Delivery) error { return sum.add(ctx, d) })
	return sum.result(), err
}

// estimator adds up an estimate.
type estimator struct {
	engine *Engine
	total  Estimate
	byName map[string]*DestinationEstimate
}

func (m *estimator) add(ctx context.Context, d *store.Delivery) error {
	switch {
	case d.State == store.Running:
		m.total.Running++
		return nil
	case !store.CanMove(d.State, store.Queued):
		m.total.Closed++
		return nil
	}
	l, route, ok := m.engine.route(d.Route)
	if !ok {
		m.total.Stranded++
		return nil
	}
	steps, err := m.engine.store.Steps(ctx, d.ID)
	if err != nil {
		return err
	}
	if d.State == store.Waiting && d.Reason == adapter.ReasonOutcomeUnknown && slices.ContainsFunc(steps, unsettled) {
		m.total.Unsettled++
		return nil
	}
	p := &dryRun{store: m.engine.store, route: route, delivery: d, pass: comingPass(d)}
	if err := p.run(ctx, steps); err != nil {
		if ctx.Err() != nil {
			return err
		}
		m.total.Stranded++
		return nil
	}
	m.count(l.Destination, p)
	return nil
}

func unsettled(s store.Step) bool {
	return s.State == store.StepStarted || s.State == store.StepUnknown
}

func (m *estimator) count(d Destination, p *dryRun) {
	if p.more { // the plan does not name them all yet
		p.items = max(p.items, p.unsent())
	}
	part := m.byName[d.Name]
	if part == nil {
		part = &DestinationEstimate{Name: d.Name, Currency: d.Price.Currency}
		m.byName[d.Name] = part
	}
	part.Deliveries++
	part.Items += p.items
	part.Calls += p.calls
	part.Cost += float64(p.items) * d.Price.PerItem
	m.total.Deliveries++
	m.total.Items += p.items
	m.total.Calls += p.calls
	m.total.AtLeast = m.total.AtLeast || p.more
}

func (m *estimator) result() Estimate {
	m.total.Destinations = []DestinationEstimate{}
	for _, part := range m.byName {
		m.total.Destinations = append(m.total.Destinations, *part)
	}
	slices.SortFunc(m.total.Destinations, func(a, b DestinationEstimate) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return m.total
}

// dryRun plans one delivery and counts what is not done. It is the plan's Output.
type dryRun struct {
	store    store.Store
	route    Route
	delivery *store.Delivery
	pass     *pass

	done         map[string]bool
	items, calls int
	more         bool
}

func (p *dryRun) run(ctx context.Context, steps []store.Step) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("adapter panicked: %v", panicked)
		}
	}()
	p.done = map[string]bool{}
	results := map[string]adapter.Result{}
	for _, s := range steps {
		id, own := p.pass.own(s.ID)
		if own && (s.State == store.StepDone || s.State == store.StepSettled) {
			p.done[id], results[id] = true, adapter.Result{Kept: s.Kept, Failed: s.Failed}
		}
	}
	if err := p.pass.load(ctx, p.store, steps, p.elements(ctx)); err != nil {
		return err
	}
	p.more, err = p.route.Adapter.Plan(adapter.Input{
		Key: p.pass.key, Event: p.delivery.Event, Results: results, Elements: p.pass.over(p.elements(ctx)),
	}, p)
	return err
}

func (p *dryRun) elements(ctx context.Context) func(export.Fields) iter.Seq2[*export.Element, error] {
	return func(fields export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			payload, err := p.store.OpenPayload(ctx, p.delivery)
			if err != nil {
				yield(nil, err)
				return
			}
			defer payload.Close()
			for element, err := range p.route.Source.Elements(p.delivery.Event, payload, fields) {
				if !yield(element, errors.Join(err, ctx.Err())) || err != nil {
					return
				}
			}
		}
	}
}

// unsent is how many items are not sent yet, as far as the ledger can tell.
func (p *dryRun) unsent() int {
	switch {
	case !p.pass.later():
		return p.delivery.Event.Issue.Elements - p.delivery.Accepted
	case p.delivery.Over():
		return p.delivery.Refused - len(p.pass.refused)
	default:
		return len(p.pass.pending)
	}
}

// NewBody implements adapter.Output.
func (p *dryRun) NewBody() *adapter.Body { return adapter.NewBody(newSpill(p.store.SpillDir())) }

// Emit implements adapter.Output.
func (p *dryRun) Emit(step adapter.Step) error {
	if step.Call.Body != nil {
		defer step.Call.Body.Close()
	}
	if err := p.pass.repeats(step); err != nil {
		return err
	}
	if !p.done[step.ID] {
		p.calls++
		p.items += len(step.Items)
	}
	return nil
}

// Refuse implements adapter.Output.
func (*dryRun) Refuse(adapter.Refusal) error { return nil }

// Note implements adapter.Output.
func (*dryRun) Note(adapter.Note) error { return nil }
