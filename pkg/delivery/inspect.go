package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// maxInspectRounds bounds an inspection, and how often one read is asked again.
const maxInspectRounds = 50

// Inspection compares an adapter's options with what is at the vendor, by reads alone.
type Inspection struct {
	// Caller makes the calls, Timeout bounds each.
	Caller  Caller
	Timeout time.Duration
	// Wait is how long to leave a vendor alone, at least, that is still working.
	Wait time.Duration
}

// Run returns the mistakes that the adapter finds. The error says why it could not be asked.
func (i Inspection) Run(ctx context.Context, a adapter.Adapter) (mistakes []error, err error) {
	inspector, ok := a.(adapter.Inspector)
	if !ok {
		return nil, nil
	}
	r := inspecting{Inspection: i, adapter: a, results: map[string]adapter.Result{}}
	for range maxInspectRounds {
		mistakes, more, err := inspector.Inspect(r.results, func(s adapter.Step) error { return r.read(ctx, s) })
		if err != nil || !more {
			return mistakes, err
		}
	}
	return nil, fmt.Errorf("the adapter asks for more after %d rounds", maxInspectRounds)
}

type inspecting struct {
	Inspection
	adapter adapter.Adapter
	results map[string]adapter.Result
}

// read makes one read unless its result is known.
func (r *inspecting) read(ctx context.Context, step adapter.Step) error {
	if step.Call.Body != nil {
		defer step.Call.Body.Close()
	}
	if _, known := r.results[step.ID]; known {
		return nil
	}
	for range maxInspectRounds {
		v, err := r.ask(ctx, step)
		switch {
		case err != nil:
			return err
		case v.Kind == adapter.Done:
			r.results[step.ID] = adapter.Result{Kept: v.Kept, Failed: v.Failed}
			return nil
		case v.Kind != adapter.Wait:
			return fmt.Errorf("%s: %s: %s", step.ID, v.Reason, v.Detail)
		}
		if err := pause(ctx, max(v.After, r.Wait)); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: the vendor is still working on it", step.ID)
}

func (r *inspecting) ask(ctx context.Context, step adapter.Step) (adapter.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	resp, err := r.Caller.Do(ctx, step.Call)
	if err != nil {
		return adapter.Verdict{}, fmt.Errorf("%s: %w", step.ID, err)
	}
	v := r.adapter.Judge(step, resp)
	v.Detail = r.Caller.Redact(v.Detail)
	return v, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
