package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Audited is what an audit has looked at, and what is wrong.
type Audited struct {
	// Accepted is the number of events in the journal, and of deliveries; Open those that are queued, running or waiting.
	Accepted  int64 `json:"accepted"`
	Delivered int64 `json:"delivered"`
	Partial   int64 `json:"partial"`
	Dead      int64 `json:"dead"`
	Discarded int64 `json:"discarded"`
	Open      int64 `json:"open"`
	// Steps, Calls and Bytes are the numbers of steps and recorded calls, and the size of the payloads, that were looked at.
	Steps int64 `json:"steps"`
	Calls int64 `json:"calls"`
	Bytes int64 `json:"bytes"`
	// Unknown counts the steps whose outcome is not known.
	Unknown int64 `json:"unknown"`
	// Findings are what is wrong, at most 1,000 of them.
	Findings []Finding `json:"findings"`
}

// Finding is something that is wrong with a store.
type Finding struct {
	// Delivery is the delivery that it is about, 0 for the store itself.
	Delivery int64 `json:"delivery,omitempty"`
	// What says what is wrong.
	What string `json:"what"`
}

// auditable is what an audit reads of a store.
type auditable interface {
	itemPages
	List(ctx context.Context, f Filter) ([]Delivery, error)
	Get(ctx context.Context, id int64) (*Detail, error)
	OpenPayload(ctx context.Context, d *Delivery) (io.ReadCloser, error)
	// integrity is what the database itself finds wrong, and the number of journaled events and of those and deliveries that
	// lack the other.
	integrity(ctx context.Context) (findings []string, events int64, err error)
}

const maxFindings = 1000

// Audit looks at everything in a store: every accepted event has one delivery in one state, every step's calls are accounted
// for, counts agree with what they count, and every payload is what was accepted. What changes meanwhile is looked at again.
func Audit(ctx context.Context, s Reader) (*Audited, error) {
	from, ok := s.(auditable)
	if !ok {
		return nil, fmt.Errorf("a store of type %T cannot be audited", s)
	}
	return audit(ctx, from)
}

func audit(ctx context.Context, s auditable) (*Audited, error) {
	a := &auditor{store: s, out: &Audited{Findings: []Finding{}}}
	findings, events, err := s.integrity(ctx)
	if err != nil {
		return nil, err
	}
	for _, what := range findings {
		a.find(0, "%s", what)
	}
	for after := int64(0); ; {
		list, err := s.List(ctx, Filter{OldestFirst: true, After: after, Limit: copyBatch})
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			break
		}
		for i := range list {
			if err := a.delivery(ctx, list[i].ID); err != nil {
				return nil, err
			}
		}
		after = list[len(list)-1].ID
	}
	o := a.out
	if sum := o.Delivered + o.Partial + o.Dead + o.Discarded + o.Open; sum != o.Accepted || events > o.Accepted {
		a.find(0, "%d events are accepted (%d in the journal), but %d deliveries were found", o.Accepted, events, sum)
	}
	return o, nil
}

// auditor collects what is wrong.
type auditor struct {
	store auditable
	out   *Audited
}

func (a *auditor) find(delivery int64, format string, args ...any) {
	if len(a.out.Findings) < maxFindings {
		a.out.Findings = append(a.out.Findings, Finding{delivery, fmt.Sprintf(format, args...)})
	}
}

// delivery looks at one delivery. One that has changed while it was looked at is looked at again.
func (a *auditor) delivery(ctx context.Context, id int64) error {
	var wrong []string
	var d *Detail
	for range 5 {
		var err error
		if d, err = a.store.Get(ctx, id); errors.Is(err, ErrNotFound) {
			return nil // purged meanwhile
		}
		if err != nil {
			return err
		}
		if wrong, err = a.look(ctx, d); err != nil {
			return err
		}
		again, err := a.store.Get(ctx, id)
		if len(wrong) == 0 || err == nil && again.State == d.State && again.UpdatedAt.Equal(d.UpdatedAt) && d.State != Running {
			break
		}
	}
	a.count(d)
	for _, what := range wrong {
		a.find(id, "%s", what)
	}
	return nil
}

func (a *auditor) count(d *Detail) {
	o := a.out
	o.Accepted++
	switch d.State {
	case Delivered:
		o.Delivered++
	case Partial:
		o.Partial++
	case Dead:
		o.Dead++
	case Discarded:
		o.Discarded++
	case Queued, Running, Waiting:
		o.Open++
	}
	o.Steps, o.Calls, o.Bytes = o.Steps+int64(len(d.Steps)), o.Calls+int64(len(d.Tries)), o.Bytes+d.Size
	for _, s := range d.Steps {
		if itemState(d.State, s.State) == ItemUnknown {
			o.Unknown++
		}
	}
}

// look returns what is wrong with a delivery.
func (a *auditor) look(ctx context.Context, d *Detail) (wrong []string, err error) {
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if d.State.Final() && !d.NextAt.IsZero() {
		add("it is %s and due at %s", d.State, d.NextAt)
	}
	last := map[string]Attempt{}
	for i, try := range d.Tries {
		last[try.Step] = try
		if i > 0 && try.Number <= d.Tries[i-1].Number {
			add("call %d does not follow call %d", try.Number, d.Tries[i-1].Number)
		}
	}
	if n := len(d.Tries); n > 0 && d.Tries[n-1].Number > d.Attempts || d.Attempts < n {
		add("%d calls are counted, %d are recorded", d.Attempts, n)
	}
	accepted, refused := 0, 0
	for i := range d.Steps {
		step := &d.Steps[i]
		a.step(d, step, last, add)
		if step.State == StepDone {
			accepted += step.Items - step.Refused
		}
		refused += step.Refused
		if err := a.pages(ctx, d, step, add); err != nil {
			return nil, err
		}
		delete(last, step.ID)
	}
	for step := range last {
		add("a call of step %q is recorded, the step is not", step)
	}
	planned, err := a.length(ctx, d.ID, pageRefused, planStep)
	if err != nil {
		return nil, err
	}
	if accepted != d.Accepted || refused+planned != d.Refused {
		add("%d items are counted as accepted and %d as refused, its steps and plan have %d and %d",
			d.Accepted, d.Refused, accepted, refused+planned)
	}
	return append(wrong, a.payload(ctx, d)...), nil
}

// step accounts for the calls of a step.
func (a *auditor) step(d *Detail, step *Step, last map[string]Attempt, add func(string, ...any)) {
	try, called := last[step.ID]
	switch {
	case step.State == StepDone && (!called || try.Verdict != "done"):
		add("step %q is done, and no call of it is recorded that says so", step.ID)
	case (step.State == StepFailed || step.State == StepRejected || step.State == StepUnknown) && !called:
		if step.State != StepFailed { // a person can say so of one that was only begun
			add("step %q is %s, and no call of it is recorded", step.ID, step.State)
		}
	case d.State == Delivered && (step.State == StepStarted || step.State == StepUnknown || step.State == StepSettled):
		add("it is delivered, and step %q is %s", step.ID, step.State)
	}
}

// pages compares the item ledger of a step with its counts.
func (a *auditor) pages(ctx context.Context, d *Detail, step *Step, add func(string, ...any)) error {
	refused, err := a.length(ctx, d.ID, pageRefused, step.ID)
	if err != nil {
		return err
	}
	items, err := a.length(ctx, d.ID, pageItems, step.ID)
	if err != nil {
		return err
	}
	if step.State != StepSettled && refused != step.Refused {
		add("step %q counts %d refused items, %d are listed", step.ID, step.Refused, refused)
	}
	if items > step.Items+refused {
		add("step %q settles %d items, %d are listed", step.ID, step.Items, items)
	}
	return nil
}

// length is how many entries a list of the item ledger has.
func (a *auditor) length(ctx context.Context, delivery int64, kind pageKind, step string) (n int, err error) {
	for page := 0; ; page++ {
		text, err := a.store.itemPage(ctx, delivery, kind, step, page)
		if err != nil || text == nil {
			return n, err
		}
		var entries []json.RawMessage
		if err := json.Unmarshal(text, &entries); err != nil {
			return n, fmt.Errorf("items of step %q of delivery %d: %w", step, delivery, err)
		}
		n += len(entries)
	}
}

// payload reads the body to its end.
func (a *auditor) payload(ctx context.Context, d *Detail) []string {
	r, err := a.store.OpenPayload(ctx, &d.Delivery)
	if err != nil {
		return []string{err.Error()}
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("payload: %v", err)}
	case n != d.Size || hex.EncodeToString(sum.Sum(nil)) != d.Digest:
		return []string{fmt.Sprintf("payload: it has %d bytes and SHA-256 %x, accepted were %d bytes and %s", n, sum.Sum(nil), d.Size, d.Digest)}
	}
	return nil
}

// lacking is what integrity says of events without deliveries and the other way round.
func lacking(events, deliveries int64) (findings []string) {
	if events > 0 {
		findings = append(findings, fmt.Sprintf("%d accepted events have no delivery", events))
	}
	if deliveries > 0 {
		findings = append(findings, fmt.Sprintf("%d deliveries have no accepted event", deliveries))
	}
	return findings
}
