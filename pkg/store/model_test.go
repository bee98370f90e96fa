package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

// model is the state machine of deliveries in memory, written from docs/states.md and the comments of store.Store. It is
// what both stores are compared with.
type model struct {
	deliveries []*modelDelivery // by id, from 1; nil once purged
}

type modelDelivery struct {
	id                               int64
	route, body                      string
	state                            store.State
	held                             int // the handle that holds it, -1 for none
	acceptedAt, updatedAt, due       time.Time
	reason                           adapter.Reason
	detail                           string
	attempts, failures               int
	retryingSince                    time.Time
	refusedPlan, notes, pendingItems int
	pass                             int
	steps                            []*modelStep
}

type modelStep struct {
	name    string
	state   store.StepState
	items   int
	refused int
	kept    string
	counted bool // its last outcome was recorded by a call (a person's word counts later)
}

func (m *model) get(id int64) *modelDelivery {
	if id < 1 || id > int64(len(m.deliveries)) {
		return nil
	}
	return m.deliveries[id-1]
}

// accept returns the id of the delivery, and whether it is an earlier one.
func (m *model) accept(route, body string, now time.Time, window time.Duration) (id int64, duplicate bool) {
	for _, d := range m.deliveries {
		if window > 0 && d != nil && d.route == route && d.body == body && d.acceptedAt.After(now.Add(-window)) && strings.HasPrefix(body, "w") {
			return d.id, true
		}
	}
	d := &modelDelivery{
		id: int64(len(m.deliveries)) + 1, route: route, body: body, state: store.Queued, held: -1, pass: 1,
		acceptedAt: now, updatedAt: now, due: now,
	}
	m.deliveries = append(m.deliveries, d)
	return d.id, false
}

// claim returns the ids that a claim gets, in order.
func (m *model) claim(routes []string, now time.Time, limit int) []int64 {
	var due []*modelDelivery
	for _, d := range m.deliveries {
		if d != nil && d.held < 0 && !d.due.IsZero() && !d.due.After(now) && slices.Contains(routes, d.route) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b *modelDelivery) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.id, b.id)) })
	ids := []int64{}
	for _, d := range due[:min(limit, len(due))] {
		ids = append(ids, d.id)
	}
	return ids
}

func (m *model) nextDue(routes []string) (at time.Time) {
	for _, d := range m.deliveries {
		if d != nil && d.held < 0 && !d.due.IsZero() && slices.Contains(routes, d.route) && (at.IsZero() || d.due.Before(at)) {
			at = d.due
		}
	}
	return at
}

func (d *modelDelivery) step(name string) *modelStep {
	for _, s := range d.steps {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (d *modelDelivery) begin(name string, items int) error {
	s := d.step(name)
	switch {
	case s == nil:
		d.steps = append(d.steps, &modelStep{name: name, state: store.StepStarted, items: items})
	case s.state == store.StepDone:
		return errors.New("done already")
	default:
		s.state, s.items = store.StepStarted, items
	}
	return nil
}

func (d *modelDelivery) record(r store.Record) {
	s := d.step(r.Step)
	d.attempts++
	s.state, s.refused, s.kept, s.counted = r.State, len(r.Refused), fmt.Sprint(r.Kept), true
	if r.State == store.StepDone || r.Items > 0 {
		s.items = r.Items
	}
	d.updatedAt = r.Ended
}

func (d *modelDelivery) finish(f store.Finish) {
	d.state, d.reason, d.detail, d.updatedAt = f.State, f.Reason, f.Detail, f.At
	d.failures, d.retryingSince, d.held = f.Failures, f.RetryingSince, -1
	d.refusedPlan, d.notes, d.pendingItems = len(f.Refused), len(f.Notes), len(f.Pending)
	d.due = time.Time{}
	switch {
	case f.State != store.Queued && f.State != store.Waiting:
	case !f.NextAt.IsZero():
		d.due = f.NextAt
	case f.State == store.Queued:
		d.due = f.At
	}
}

func (d *modelDelivery) redrive(now time.Time) error {
	if d.held >= 0 || !slices.Contains([]store.State{store.Waiting, store.Partial, store.Dead}, d.state) {
		return store.ErrState
	}
	if d.state == store.Waiting && d.reason == adapter.ReasonOutcomeUnknown {
		for _, s := range d.steps {
			if s.state == store.StepStarted || s.state == store.StepUnknown {
				return store.ErrUnsettled
			}
		}
	}
	if d.state == store.Partial || d.state == store.Dead && d.reason == adapter.ReasonNothingToSend {
		d.pass++
		for _, s := range d.steps {
			s.items, s.refused = s.items-s.refused, 0
		}
	}
	d.state, d.due, d.updatedAt, d.failures, d.retryingSince, d.reason, d.detail = store.Queued, now, now, 0, time.Time{}, "", ""
	return nil
}

func (d *modelDelivery) discard(now time.Time) error {
	if d.held >= 0 || !store.CanMove(d.state, store.Discarded) {
		return store.ErrState
	}
	d.state, d.due, d.updatedAt = store.Discarded, time.Time{}, now
	return nil
}

func (d *modelDelivery) settle(said store.Settlement) error {
	if d.held >= 0 || !slices.Contains([]store.State{store.Queued, store.Waiting, store.Dead}, d.state) {
		return store.ErrState
	}
	s := d.step(said.Step)
	switch {
	case s == nil:
		return store.ErrNotFound
	case !slices.Contains([]store.StepState{store.StepStarted, store.StepUnknown, store.StepSettled}, s.state):
		return store.ErrState
	}
	s.state, s.kept = said.Outcome, fmt.Sprint(said.Kept)
	d.detail, d.updatedAt = said.String(), said.Now
	return nil
}

func (m *model) purge(before time.Time, limit int) (n int) {
	for i, d := range m.deliveries {
		if n < limit && d != nil && d.held < 0 && d.state.Final() && d.updatedAt.Before(before) && d.acceptedAt.Before(before) {
			m.deliveries[i] = nil
			n++
		}
	}
	return n
}

// accepted and refused are the items that count in the delivery.
func (d *modelDelivery) counts() (accepted, refused int) {
	refused = d.refusedPlan
	for _, s := range d.steps {
		if s.state == store.StepDone && s.counted {
			accepted += s.items - s.refused
		}
		refused += s.refused
	}
	return accepted, refused
}

// visible is the state that others see.
func (d *modelDelivery) visible() store.State {
	if d.held >= 0 {
		return store.Running
	}
	return d.state
}
