package delivery_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// TestEveryItemIsTold: of a delivery that stops half way, also of what was never sent.
func TestEveryItemIsTold(t *testing.T) {
	t.Parallel()
	plan := func(_ adapter.Input, out adapter.Output) (bool, error) {
		for _, s := range []adapter.Step{
			step("one", func(s *adapter.Step) { s.Items = []export.ItemID{"good", "bad"} }),
			step("look-up", func(s *adapter.Step) { s.Items = nil }), step("two"), step("three"),
		} {
			if err := out.Emit(s); err != nil {
				return false, err
			}
			if err := out.Note(adapter.Note{Item: "good", Text: "after " + s.ID}); err != nil {
				return false, err
			}
		}
		return false, out.Refuse(adapter.Refusal{Index: 9, ElementID: "el-9", Reason: "at the end of the plan"})
	}
	for _, c := range []struct {
		name   string
		answer answer
		state  store.State
		two    store.ItemState
	}{
		{"the vendor refuses", answer{status: 400, body: "never"}, store.Dead, store.ItemRefused},
		{"the vendor is down", answer{status: 503, body: "down"}, store.Waiting, store.ItemPending},
		{"nobody knows", lost(), store.Waiting, store.ItemUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, plan, func(d *delivery.Destination) { d.Schedule.Initial, d.Schedule.Max = time.Hour, time.Hour })
			b.vendor.on("/one", answer{status: 207})
			b.vendor.on("/two", c.answer)
			id := b.accept(t, "e")
			b.await(t, id, c.state)
			page, err := b.store.Items(t.Context(), id, store.ItemFilter{})
			require.NoError(t, err)
			notes := []string{"after one", "after look-up", "after two", "after three"}
			require.Equal(t, []store.Item{
				{ID: "good", State: store.ItemAccepted, Step: "one", Index: -1, Notes: notes},
				{ID: "bad", State: store.ItemRefused, Step: "one", Index: -1, Reason: "not known"},
				{ID: "two", State: c.two, Step: "two", Index: -1, Reason: page.Items[2].Reason},
				{State: store.ItemRefused, Index: 9, ElementID: "el-9", Reason: "at the end of the plan"},
				{ID: "three", State: store.ItemPending, Index: -1},
			}, page.Items)
			require.Equal(t, []string{"/one", "/look-up", "/two"}, b.vendor.made(), "the rest is planned, not sent")
		})
	}
}

// TestIDsOfThePayloadAreFound: also of what no step names.
func TestIDsOfThePayloadAreFound(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")))
	first, second := b.accept(t, "el-1 el-2"), b.accept(t, "el-2 el-3")
	require.Eventually(t, func() bool {
		left, err := b.store.Unindexed(context.Background(), 1)
		return err == nil && len(left) == 0
	}, 10*time.Second, 10*time.Millisecond)
	for search, want := range map[string][]int64{"el-1": {first}, "EL-2": {second, first}, "el-3 p": {second}, "el-4": nil} {
		list, err := b.store.List(t.Context(), store.Filter{Search: search})
		require.NoError(t, err)
		var got []int64
		for _, d := range list {
			got = append(got, d.ID)
		}
		require.Equal(t, want, got, search)
	}
}
