package delivery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// checked is a step whose outcome can be read at /check.
func checked(s *adapter.Step) {
	s.Repeat, s.Check = adapter.RepeatCheckFirst, &adapter.Call{Method: "GET", Path: "/check"}
}

func TestWhatTheVendorHasAlreadyIsLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked), step("two")))
	b.vendor.on("/one", answer{status: 409})
	b.vendor.on("/check", answer{status: 200, body: "id-1"})
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/one", "/check", "/two"}, b.vendor.made())
	require.Equal(t, map[string]string{"id": "id-1"}, d.Steps[0].Kept)
	require.Equal(t, 2, d.Accepted)
}

func TestWhatTheVendorHasAlreadyIsSomebodyElses(t *testing.T) {
	t.Parallel()
	for status, reason := range map[int]adapter.Reason{400: adapter.ReasonInvalid, 404: adapter.ReasonConflict} {
		b := setup(t, steps(step("one", checked)))
		b.vendor.on("/one", answer{status: 409})
		b.vendor.on("/check", answer{status: status})
		d := b.await(t, b.accept(t, "e"), store.Dead)
		require.Equal(t, reason, d.Reason)
	}
}

func TestACheckThatFailsLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked)))
	b.vendor.on("/one", lost())
	b.vendor.on("/check", answer{status: 503}, refusedConnection(), answer{status: 202}, answer{status: 200})
	b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/one", "/check", "/check", "/check", "/check"}, b.vendor.made(), "it is never sent again on a guess")
}

func TestItemsOfLaterStepsCanFail(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		upload := adapter.Step{ID: "upload", Call: adapter.Call{Path: "/upload"}}
		if err := out.Emit(upload); err != nil || !in.Done("upload") {
			return true, err
		}
		var items []export.ItemID
		for _, item := range []export.ItemID{"good", "bad"} {
			if _, failed := in.Results["upload"].Failed[item]; !failed {
				items = append(items, item)
			}
		}
		return false, out.Emit(adapter.Step{ID: "batch", Call: adapter.Call{Path: "/batch"}, Items: items})
	})
	b.vendor.on("/upload", answer{status: 207})
	b.vendor.on("/batch", answer{status: 503}, answer{status: 200})
	d := b.await(t, b.accept(t, "e"), store.Partial)
	require.Equal(t, 1, d.Accepted)
	require.Equal(t, 1, d.Refused, "it is remembered over the retry")
}

func TestResultsDoNotChangeDuringARound(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		before := len(in.Results)
		if err := out.Emit(step("one")); err != nil {
			return false, err
		}
		if len(in.Results) != before {
			panic("a result came in the middle of a round")
		}
		return !in.Done("one"), nil
	})
	b.await(t, b.accept(t, "e"), store.Delivered)
}
