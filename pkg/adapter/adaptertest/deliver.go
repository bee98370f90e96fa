package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Caller makes one call. An error means that bytes may have reached the vendor and no whole answer came back.
type Caller interface {
	Do(ctx context.Context, call adapter.Call) (adapter.Response, error)
}

// Outcome is what a delivery came to.
type Outcome struct {
	// Steps are the steps that are done, in the order they were, with their bodies.
	Steps []Step
	// Results are what was recorded of them.
	Results map[string]adapter.Result
	// Taken are the items that the vendor took, with its ids; Failed those that it did not, with the reason.
	Taken  map[export.ItemID]adapter.Receipt
	Failed map[export.ItemID]string
	// Refused and Notes are the plan's own, of its last round.
	Refused []adapter.Refusal
	Notes   []adapter.Note
	// Plan is the last round's plan, all of its steps included.
	Plan Plan
}

// Stopped is the error of a delivery that a verdict has ended or that nobody but a person can go on with.
type Stopped struct {
	// Step is the step's id, Verdict what ended it.
	Step    string
	Verdict adapter.Verdict
	// Repeat is the step's rule.
	Repeat adapter.Repeat
}

// Error names the step and the verdict.
func (s *Stopped) Error() string {
	return fmt.Sprintf("step %s: %s: %s: %s", s.Step, s.Verdict.Kind, s.Verdict.Reason, s.Verdict.Detail)
}

// The bounds of a delivery here: the gateway has a clock instead.
const (
	maxRounds = 50
	maxTries  = 50
)

// Deliver delivers as the gateway does, rule by rule, but without a store, a clock and waiting: what must be tried or asked
// again is, at once, up to 50 times. in.Results are taken as recorded. The outcome is there, as far as it came, with an
// error too.
func Deliver(ctx context.Context, a adapter.Adapter, in adapter.Input, caller Caller) (Outcome, error) {
	return DeliverStopping(ctx, a, in, caller, 0)
}

// DeliverStopping delivers as Deliver does, and stops after every so many steps, as a gateway that is killed: the plan begins
// anew with what is recorded. 0 never stops.
func DeliverStopping(ctx context.Context, a adapter.Adapter, in adapter.Input, caller Caller, every int) (Outcome, error) {
	d := &delivering{
		ctx: ctx, adapter: a, caller: caller, done: map[string]string{}, every: every,
		outcome: Outcome{
			Results: map[string]adapter.Result{}, Taken: map[export.ItemID]adapter.Receipt{}, Failed: map[export.ItemID]string{},
		},
	}
	maps.Copy(d.outcome.Results, in.Results)
	err := errStopped
	for errors.Is(err, errStopped) {
		d.stopAt = len(d.outcome.Steps) + every
		err = d.deliver(in)
	}
	return d.outcome, err
}

// errStopped ends a plan, to begin it anew.
var errStopped = errors.New("stopped")

// deliver goes on from what is recorded, round by round.
func (d *delivering) deliver(in adapter.Input) error {
	for range maxRounds {
		d.plan, d.progress = Plan{}, false
		in.Results = maps.Clone(d.outcome.Results)
		more, err := d.adapter.Plan(in, d)
		d.plan.More = more
		d.outcome.Plan, d.outcome.Refused, d.outcome.Notes = d.plan, d.plan.Refused, d.plan.Notes
		switch {
		case err != nil || !more:
			return err
		case !d.progress:
			return errors.New("the plan asks for more without a new result")
		}
	}
	return fmt.Errorf("the plan asks for more after %d rounds", maxRounds)
}

// delivering is a delivery in work. It is the plan's output.
type delivering struct {
	ctx      context.Context //nolint:containedctx // an Output has no context of its own
	adapter  adapter.Adapter
	caller   Caller
	done     map[string]string // body of each step that was made, by its id
	every    int               // stop after so many steps, 0 for never
	stopAt   int
	plan     Plan
	progress bool
	outcome  Outcome
}

// NewBody returns a body in memory.
func (*delivering) NewBody() *adapter.Body { return adapter.NewBody(nil) }

// Refuse keeps a refusal.
func (d *delivering) Refuse(r adapter.Refusal) error { return d.plan.Refuse(r) }

// Note keeps a note.
func (d *delivering) Note(n adapter.Note) error { return d.plan.Note(n) }

// Emit makes a step's call unless it is done.
func (d *delivering) Emit(s adapter.Step) error {
	if err := d.plan.Emit(s); err != nil {
		return err
	}
	step := d.plan.Steps[len(d.plan.Steps)-1]
	if _, recorded := d.outcome.Results[s.ID]; recorded {
		if body, made := d.done[s.ID]; made && body != fingerprint(step) {
			return fmt.Errorf("plan drift: step %s is another call than the one that was made", s.ID)
		}
		return nil
	}
	if d.every > 0 && len(d.outcome.Steps) >= d.stopAt {
		return errStopped
	}
	v, err := d.make(s)
	if err != nil {
		return err
	}
	d.record(step, v)
	return nil
}

// make makes a step's call until there is a verdict that ends it.
func (d *delivering) make(s adapter.Step) (adapter.Verdict, error) {
	check := false
	for range maxTries {
		v := d.ask(s, check)
		switch v.Kind {
		case adapter.Done:
			return v, nil
		case adapter.Reject:
			return v, &Stopped{s.ID, v, s.Repeat}
		case adapter.Absent:
			check = false
		case adapter.Exists:
			if s.Check == nil || check {
				return v, &Stopped{s.ID, v, s.Repeat}
			}
			check = true
		case adapter.Unknown:
			if check || s.Repeat == adapter.RepeatNever || s.Repeat == adapter.RepeatCheckFirst && s.Check == nil {
				return v, &Stopped{s.ID, v, s.Repeat}
			}
			check = s.Repeat == adapter.RepeatCheckFirst
		case adapter.Wait, adapter.Retry:
		}
	}
	return adapter.Verdict{}, fmt.Errorf("step %s is not done after %d tries", s.ID, maxTries)
}

// ask makes the call of a step, or its check, once.
func (d *delivering) ask(s adapter.Step, check bool) adapter.Verdict { //nolint:revive // it chooses the call
	call := s.Call
	if check {
		call = *s.Check
	}
	resp, err := d.caller.Do(d.ctx, call)
	if err != nil {
		kind := adapter.Unknown
		if check {
			kind = adapter.Retry
		}
		return adapter.Verdict{Kind: kind, Reason: adapter.ReasonConnection, Detail: err.Error()}
	}
	resp.Check = check
	return d.adapter.Judge(s, resp)
}

func (d *delivering) record(step Step, v adapter.Verdict) {
	d.progress = true
	d.done[step.ID] = fingerprint(step)
	d.outcome.Steps = append(d.outcome.Steps, step)
	d.outcome.Results[step.ID] = adapter.Result{Kept: v.Kept, Failed: v.Failed}
	for _, item := range step.Items {
		if _, failed := v.Failed[item]; !failed {
			d.outcome.Taken[item] = v.Taken[item]
		}
	}
	maps.Copy(d.outcome.Failed, v.Failed)
}

// fingerprint is a whole call as text.
func fingerprint(s Step) string {
	return fmt.Sprint(s.Call.Method, " ", s.Call.Path, s.Call.Link, s.Call.Header, s.Call.Document, s.Call.Operation, s.Call.ContentType, s.Body)
}
