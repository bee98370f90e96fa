package delivery_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// twice plans a step that must not be repeated, and one that needs its result.
func twice(in adapter.Input, out adapter.Output) (bool, error) {
	first := step("one", func(s *adapter.Step) { s.Repeat, s.Items = adapter.RepeatNever, []export.ItemID{"a", "b"} })
	if err := out.Emit(first); err != nil {
		return false, err
	}
	if !in.Done("one") {
		return true, nil
	}
	return false, out.Emit(step("two", func(s *adapter.Step) { s.Call.Path = "/two/" + in.Kept("one", "id") }))
}

func TestAPersonsWordDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		said              store.Settlement
		calls             []string
		state             store.State
		accepted, refused int
	}{
		{"not done is sent again", store.Settlement{Step: "one", Outcome: store.StepFailed}, []string{"/one", "/one", "/two/from-vendor"}, store.Delivered, 3, 0},
		{
			"done is not, and goes on with what the person knows",
			store.Settlement{Step: "one", Outcome: store.StepSettled, Kept: map[string]string{"id": "from-person"}},
			[]string{"/one", "/two/from-person"},
			store.Delivered, 3, 0,
		},
		{
			"done but for an item",
			store.Settlement{
				Step: "one", Outcome: store.StepSettled, Kept: map[string]string{"id": "x"},
				Refused: []adapter.Refusal{{Index: -1, Item: "b", Reason: "not there"}},
			},
			[]string{"/one", "/two/x"},
			store.Partial, 2, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, twice)
			b.vendor.on("/one", lost(), answer{status: 200, body: "from-vendor"})
			id := b.accept(t, "e")
			d := b.await(t, id, store.Waiting)
			require.Equal(t, adapter.ReasonOutcomeUnknown, d.Reason)
			require.Contains(t, d.Detail, "settle")
			require.ErrorIs(t, b.engine.Redrive(t.Context(), id), store.ErrUnsettled)
			require.NoError(t, b.engine.Settle(t.Context(), id, c.said))
			require.Equal(t, []string{"/one"}, b.vendor.made(), "settling sends nothing")
			require.NoError(t, b.engine.Redrive(t.Context(), id))
			d = b.await(t, id, c.state)
			require.Equal(t, c.calls, b.vendor.made())
			require.Equal(t, []int{c.accepted, c.refused}, []int{d.Accepted, d.Refused})
			require.Equal(t, store.StepDone, d.Steps[0].State)
		})
	}
}

// TestALostAnswerToACheckIsAskedForAgain: nothing is known by it, so neither a person nor the vendor is bothered.
func TestALostAnswerToACheckIsAskedForAgain(t *testing.T) {
	t.Parallel()
	check := adapter.Call{Method: "GET", Path: "/check"}
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Repeat, s.Check = adapter.RepeatCheckFirst, &check })))
	b.vendor.on("/one", lost(), answer{status: 200})
	b.vendor.on("/check", lost(), answer{status: 503}, refusedConnection(), answer{status: 200})
	b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/one", "/check", "/check", "/check", "/check"}, b.vendor.made())
}

// TestACheckThatCannotTellWaitsForAPerson: the vendor answers, and not clearly.
func TestACheckThatCannotTellWaitsForAPerson(t *testing.T) {
	t.Parallel()
	check := adapter.Call{Method: "GET", Path: "/check"}
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Repeat, s.Check = adapter.RepeatCheckFirst, &check })))
	b.vendor.on("/one", lost(), answer{status: 200})
	b.vendor.on("/check", answer{status: 599}) // the adapter panics: an answer that nobody understands
	id := b.accept(t, "e")
	require.Eventually(t, func() bool { // it waits for its second try before
		d, err := b.store.Get(context.Background(), id)
		return err == nil && d.State == store.Waiting && d.Reason == adapter.ReasonOutcomeUnknown
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, []string{"/one", "/check"}, b.vendor.made())
}
