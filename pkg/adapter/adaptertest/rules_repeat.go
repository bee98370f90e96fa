package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// resumed: after any number of recorded steps the plan goes on with the very next one, unchanged.
func (d delivery) resumed() error {
	for n, next := range d.outcome.Steps {
		in := d.inputAfter(n)
		plan, err := Collect(d.adapter, in)
		if err != nil {
			return fmt.Errorf("resume after %d steps: %w", n, err)
		}
		at := slices.IndexFunc(plan.Steps, func(s Step) bool { return !in.Done(s.ID) })
		switch {
		case at < 0:
			return fmt.Errorf("resume after %d steps: nothing is planned any more; step %s came next before", n, next.ID)
		case plan.Steps[at].ID != next.ID:
			return fmt.Errorf("resume after %d steps: step %s comes next; it was %s before", n, plan.Steps[at].ID, next.ID)
		case fingerprint(plan.Steps[at]) != fingerprint(next):
			return fmt.Errorf("resume after %d steps: step %s is another call than before", n, next.ID)
		}
	}
	return nil
}

// maxLost bounds how many calls of one delivery are lost in turn.
const maxLost = 60

// repeated: the reply to any call can be lost, and the vendor holds what it held without that.
func (d delivery) repeated() error {
	for lost := range maxLost {
		vendor := d.kase.Vendor(d.t)
		caller := &losing{Vendor: vendor, at: lost}
		_, err := Deliver(d.t.Context(), d.adapter, d.in, caller)
		if !caller.lost {
			return nil // there were fewer calls
		}
		var stopped *Stopped
		if errors.As(err, &stopped) && stopped.Repeat == adapter.RepeatNever && stopped.Verdict.Kind == adapter.Unknown {
			continue // a person decides
		}
		if err != nil {
			return fmt.Errorf("lost reply: the reply to call %d (%s) is lost: %w", lost, caller.what, err)
		}
		state, err := vendor.State()
		if err != nil {
			return err
		}
		if string(state) != string(d.state) {
			return fmt.Errorf("lost reply: the reply to call %d (%s) is lost, and the vendor holds something else then:\n%s\ninstead of\n%s",
				lost, caller.what, state, d.state)
		}
	}
	return nil
}

// losing loses the reply to one call, after the vendor has had it.
type losing struct {
	Vendor
	at, made int
	lost     bool
	what     string
}

var errLost = errors.New("the reply is lost")

// Do makes the call, and loses the reply where it is that one's turn.
func (l *losing) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	resp, err := l.Vendor.Do(ctx, call)
	l.made++
	if err == nil && l.made == l.at+1 {
		l.lost, l.what = true, call.Method+" "+call.Path+call.Operation
		return adapter.Response{}, errLost
	}
	return resp, err
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
