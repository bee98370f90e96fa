package adaptertest

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/document"
	"github.com/labelgate/labelgate/pkg/export"
)

// pure: equal input gives equal plans, before anything is recorded, in the middle and at the end; and it is not changed.
func (d delivery) pure() error {
	for _, n := range []int{0, len(d.outcome.Steps) / 2, len(d.outcome.Steps)} {
		in := d.inputAfter(n)
		before := d.inputAfter(n).Results
		want, err := Collect(d.adapter, in)
		if err != nil {
			return fmt.Errorf("purity: planning again after %d steps: %w", n, err)
		}
		if err := equalPlans(d.adapter, in, want); err != nil {
			return fmt.Errorf("purity: after %d steps: %w", n, err)
		}
		if !reflect.DeepEqual(before, in.Results) {
			return errors.New("purity: the plan has changed its input's results")
		}
	}
	return nil
}

// equalPlans plans 100 times, four at once.
func equalPlans(a adapter.Adapter, in adapter.Input, want Plan) error {
	const workers, rounds = 4, 25
	faults := make(chan error, workers)
	for range workers {
		go func() {
			for range rounds {
				got, err := Collect(a, in)
				if err == nil && !reflect.DeepEqual(got, want) {
					err = errors.New("equal input gave another plan")
				}
				if err != nil {
					faults <- err
					return
				}
			}
			faults <- nil
		}()
	}
	var all error
	for range workers {
		all = errors.Join(all, <-faults)
	}
	return all
}

var stepID = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]*$`)

// wellFormed: ids are as the contract says, stand once, and nothing follows the last step.
func (d delivery) wellFormed() error {
	seen := map[string]bool{}
	for i, s := range d.outcome.Plan.Steps {
		switch {
		case !stepID.MatchString(s.ID):
			return fmt.Errorf("step %q: the id may hold lower-case letters, digits and ._/- only", s.ID)
		case seen[s.ID]:
			return fmt.Errorf("step %s: the id stands twice", s.ID)
		case s.Last && (i < len(d.outcome.Plan.Steps)-1 || d.outcome.Plan.More):
			return fmt.Errorf("step %s says that it is the last, and is not", s.ID)
		case s.Repeat == adapter.RepeatCheckFirst && s.Check == nil:
			return fmt.Errorf("step %s is to be checked first and has no check", s.ID)
		case len(s.Refs) > 0 && len(s.Items) > 0 && len(s.Refs) != len(s.Items):
			return fmt.Errorf("step %s has %d items and %d refs for them", s.ID, len(s.Items), len(s.Refs))
		}
		seen[s.ID] = true
	}
	for _, s := range d.outcome.Steps {
		if !seen[s.ID] {
			return fmt.Errorf("step %s was made and is not planned any more; its record would be forgotten", s.ID)
		}
	}
	return nil
}

// settled: every item is in one step, or refused, or failed by a step, and in no two.
func (d delivery) settled() error {
	taken := map[export.ItemID]string{}
	claim := func(item export.ItemID, by string) error {
		if other, twice := taken[item]; twice {
			return fmt.Errorf("item %q is settled twice: by %s and by %s", item, other, by)
		}
		taken[item] = by
		return nil
	}
	for _, s := range d.outcome.Plan.Steps {
		failed := d.outcome.Results[s.ID].Failed
		for _, item := range s.Items {
			if err := claim(item, "step "+s.ID); err != nil {
				return err
			}
		}
		for item := range failed {
			if taken[item] == "step "+s.ID {
				continue
			}
			if err := claim(item, "step "+s.ID+" (failed)"); err != nil {
				return err
			}
		}
	}
	for _, r := range d.outcome.Refused {
		if r.Reason == "" {
			return fmt.Errorf("item %q (element %d) is refused without a reason", r.Item, r.Index)
		}
		if r.Item == "" {
			continue
		}
		if err := claim(r.Item, "refusal"); err != nil {
			return err
		}
	}
	return nil
}

// accounted: of every element something is settled or refused by name.
func (d delivery) accounted() error {
	known, refused := d.known()
	for el, err := range d.in.Elements(export.FieldLabels) {
		if err != nil {
			return err
		}
		if refused[el.Index] || known[export.ItemID(el.ID)] || known[export.ItemID(el.FrameID)] || anyLabel(el, known) {
			continue
		}
		if el.Frame != nil && el.Type == export.ElementFrame && len(el.Frame.Labels) == 0 {
			continue // it has nothing of what a mapping over labels could send
		}
		return fmt.Errorf("element %d (%q) is dropped: nothing of it is settled or refused", el.Index, el.ID)
	}
	return nil
}

func (d delivery) known() (items map[export.ItemID]bool, refused map[int]bool) {
	items, refused = map[export.ItemID]bool{}, map[int]bool{}
	for item := range d.outcome.Taken {
		items[item] = true
	}
	for item := range d.outcome.Failed {
		items[item] = true
	}
	for _, r := range d.outcome.Refused {
		items[r.Item], refused[r.Index] = true, true
	}
	return items, refused
}

func anyLabel(el *export.Element, items map[export.ItemID]bool) bool {
	if el.Crop != nil && items[export.ItemID(el.Crop.ID)] {
		return true
	}
	if el.Frame == nil {
		return false
	}
	for i := range el.Frame.Labels {
		if items[export.ItemID(el.Frame.Labels[i].ID)] {
			return true
		}
	}
	return false
}

// limited: calls are within what the factory declares.
func (d delivery) limited() error {
	limits := d.factory.Limits
	for _, s := range d.outcome.Plan.Steps {
		if limits.Items > 0 && len(s.Items) > limits.Items {
			return fmt.Errorf("step %s settles %d items; the declared limit is %d", s.ID, len(s.Items), limits.Items)
		}
		if limits.Bytes > 0 && int64(len(s.Body)) > limits.Bytes {
			return fmt.Errorf("step %s sends %d bytes; the declared limit is %d", s.ID, len(s.Body), limits.Bytes)
		}
	}
	return nil
}

// clean: calls hold no host and no credential, and links come from the vendor.
func (d delivery) clean() error {
	for _, s := range d.outcome.Plan.Steps {
		calls := []adapter.Call{s.Call}
		if s.Check != nil {
			calls = append(calls, *s.Check)
		}
		for _, call := range calls {
			if err := d.cleanCall(call); err != nil {
				return fmt.Errorf("step %s: %w", s.ID, err)
			}
		}
	}
	return nil
}

func (d delivery) cleanCall(call adapter.Call) error {
	path, _, _ := strings.Cut(call.Path, "?")
	if strings.Contains(path, "://") || strings.HasPrefix(path, "//") {
		return fmt.Errorf("the path %q holds a host; that is the destination's url", call.Path)
	}
	for name := range call.Header {
		switch strings.ToLower(name) {
		case "authorization", "cookie", "x-api-key", "host", "content-length":
			return fmt.Errorf("the header %q is the host's", name)
		}
	}
	if call.Link == "" {
		return nil
	}
	for _, r := range d.outcome.Results {
		for _, kept := range r.Kept {
			if kept == call.Link {
				return nil
			}
		}
	}
	return errors.New("the link was not given by the vendor")
}

// documents: GraphQL documents parse, and the variables are those that they declare.
func (d delivery) documents() error {
	for _, s := range d.outcome.Plan.Steps {
		if !s.Call.GraphQL() {
			continue
		}
		op, err := document.Parse(s.Call.Document, s.Call.Operation)
		if err == nil && s.Body != "" {
			err = op.CheckVariables([]byte(s.Body))
		}
		if err != nil {
			return fmt.Errorf("step %s: document: %w", s.ID, err)
		}
	}
	return nil
}
