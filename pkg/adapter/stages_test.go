package adapter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
)

var stages = adapter.Stages{{"find"}, {"add", "found"}, {"label"}}

// walk emits what can be known of three things: each is looked up, added or found, and labelled.
func walk(in adapter.Input) func(adapter.Output) error {
	return func(out adapter.Output) error {
		if err := out.Refuse(adapter.Refusal{Index: 9, Reason: "broken"}); err != nil {
			return err
		}
		for n, then := range []string{"add", "found", "add"} {
			for _, name := range []string{"find", then, "label"} {
				id := adapter.StepID(name, n)
				if err := out.Emit(adapter.Step{ID: id, Call: adapter.Call{Body: adapter.BytesBody([]byte("{}"))}}); err != nil {
					return err
				}
				if !in.Done(id) {
					break
				}
			}
		}
		return out.Note(adapter.Note{Index: 9, Text: "changed"})
	}
}

// plan makes a plan with some steps recorded.
func plan(t *testing.T, s adapter.Stages, done ...string) adaptertest.Plan {
	t.Helper()
	in := adapter.Input{Results: map[string]adapter.Result{}}
	for _, id := range done {
		in.Results[id] = adapter.Result{}
	}
	var out adaptertest.Plan
	var err error
	out.More, err = s.Plan(in, &out, walk(in))
	require.NoError(t, err)
	require.Len(t, out.Refused, 1, "told once")
	require.Len(t, out.Notes, 1)
	return out
}

func steps(p adaptertest.Plan) (ids []string) {
	for _, s := range p.Steps {
		ids = append(ids, s.ID)
	}
	return ids
}

// TestStagesGoOnWithTheVeryNextStep: wherever a delivery is stopped, the next step is the one that would have come.
func TestStagesGoOnWithTheVeryNextStep(t *testing.T) {
	t.Parallel()
	order := []string{
		"find/0000", "find/0001", "find/0002", "add/0000", "found/0001", "add/0002", "label/0000", "label/0001", "label/0002",
	}
	for n := range order {
		p := plan(t, stages, order[:n]...)
		var next []string
		for _, id := range steps(p) {
			if n == 0 || !contains(order[:n], id) {
				next = append(next, id)
			}
		}
		end := (n/3 + 1) * 3
		require.Equal(t, order[n:end], next, "after %d steps", n)
		require.Equal(t, end < len(order), p.More)
	}
	whole := plan(t, stages, order...)
	require.False(t, whole.More)
	require.ElementsMatch(t, order, steps(whole), "the last round has all")
}

func TestAnEmptyStageIsPassed(t *testing.T) {
	t.Parallel()
	p := plan(t, append(adapter.Stages{{"nothing"}}, stages...))
	require.True(t, p.More)
	require.Equal(t, []string{"find/0000", "find/0001", "find/0002"}, steps(p))
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
