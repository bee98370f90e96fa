package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var passCases = []testCase{
	{"a redrive of what is partial begins the next pass", func(t *testing.T, b *bench) {
		d := b.refusing(t, store.Finish{State: store.Partial, Reason: adapter.ReasonItemsRefused})
		require.Equal(t, 1, b.get(t, d.ID).Pass)
		b.redrive(t, d.ID)
		b.crash(t)
		got := b.get(t, d.ID)
		require.Equal(t, []any{store.Queued, 2, 3, 1}, []any{got.State, got.Pass, got.Accepted, got.Refused})
		require.Equal(t, store.ItemCounts{Accepted: 3, Refused: 1, Pending: 3}, got.Items)
		require.Equal(t, []int{0, 0, 2, 0, 1, 0}, []int{
			got.Steps[0].Items, got.Steps[0].Refused, got.Steps[1].Items, got.Steps[1].Refused, got.Steps[2].Items, got.Steps[2].Refused,
		})
		require.Equal(t, map[string]string{"id": "7"}, got.Steps[1].Kept)
		require.Nil(t, got.Steps[1].Failed)
		require.Equal(t, []store.Item{
			{ID: "a", State: store.ItemAccepted, Step: "batch/1", Index: -1, Receipt: adapter.Receipt{ID: "v-a"}, Notes: []string{"clamped"}},
			{ID: "c", State: store.ItemAccepted, Step: "batch/1", Index: -1, Receipt: adapter.Receipt{ID: "v-c"}},
			{ID: "e", State: store.ItemAccepted, Step: "batch/2", Index: -1},
			{State: store.ItemRefused, Index: 7, ElementID: "el-7", Reason: "no image_url"},
			{ID: "late", State: store.ItemPending, Index: -1},
			{ID: "b", State: store.ItemPending, Index: -1},
			{ID: "d", State: store.ItemPending, Index: -1},
		}, b.items(t, d.ID, store.ItemFilter{Limit: 2}))
		refused, notes, err := b.store.Told(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, []adapter.Refusal{{Index: 7, ElementID: "el-7", Reason: "no image_url"}}, refused)
		require.Equal(t, []adapter.Note{{Item: "a", Text: "clamped"}}, notes)
		b.sound(t)
	}},
	{"what was refused is counted once, by the pass that settles it", func(t *testing.T, b *bench) {
		d := b.refusing(t, store.Finish{State: store.Partial})
		b.redrive(t, d.ID)
		again := b.claim(t, after(time.Hour), 1)[0]
		require.Equal(t, []any{2, false}, []any{again.Pass, again.Fresh})
		b.beginWith(t, &again, "pass-2/batch/1", "b", "d", "late")
		require.Equal(t, store.ItemCounts{Accepted: 3, Refused: 1, Pending: 3}, b.get(t, d.ID).Items, "each of them waits once")
		b.record(t, &again, store.Record{
			Step: "pass-2/batch/1", State: store.StepDone, Verdict: "done", Items: 3, IDs: []export.ItemID{"b", "d", "late"},
			Refused: []adapter.Refusal{{Index: -1, Item: "d", Reason: "still blurred"}},
		})
		b.finish(t, &again, store.Finish{State: store.Partial, At: after(time.Hour)})
		got := b.get(t, d.ID)
		require.Equal(t, []int{5, 1, 2}, []int{got.Accepted, got.Refused, got.Pass})
		require.Equal(t, store.ItemCounts{Accepted: 5, Refused: 1}, got.Items)
		b.sound(t)
		b.redrive(t, d.ID)
		got = b.get(t, d.ID)
		require.Equal(t, []int{5, 0, 3}, []int{got.Accepted, got.Refused, got.Pass})
		require.Equal(t, []string{"d"}, itemIDs(b.items(t, d.ID, store.ItemFilter{State: []store.ItemState{store.ItemPending}})))
		b.sound(t)
	}},
	{"only what is over begins a pass", func(t *testing.T, b *bench) {
		for _, c := range []struct {
			finish store.Finish
			pass   int
		}{
			{store.Finish{State: store.Dead, Reason: adapter.ReasonNothingToSend}, 2},
			{store.Finish{State: store.Dead, Reason: adapter.ReasonGaveUp}, 1},
			{store.Finish{State: store.Waiting, Reason: adapter.ReasonItemsRefused}, 1},
		} {
			d := b.refusing(t, c.finish)
			before := b.get(t, d.ID)
			require.Equal(t, c.pass == 2, before.Over())
			b.redrive(t, d.ID)
			got := b.get(t, d.ID)
			require.Equal(t, c.pass, got.Pass)
			require.Equal(t, c.pass == 1, got.Refused == before.Refused)
			require.Equal(t, c.pass, b.claim(t, after(time.Hour), 1)[0].Pass)
		}
		require.Equal(t, 1, b.queued(t).Pass)
	}},
	{"a pass can begin with nothing that a step refused", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.finish(t, d, store.Finish{
			State: store.Dead, Reason: adapter.ReasonNothingToSend, Refused: make([]adapter.Refusal, 2), At: noon,
		})
		for pass := 2; pass <= 12; pass++ {
			b.redrive(t, d.ID)
			again := b.claim(t, after(time.Hour), 1)[0]
			require.Equal(t, []any{pass, true, 2}, []any{again.Pass, again.Fresh, again.Refused})
			b.finish(t, &again, store.Finish{State: store.Partial, Refused: make([]adapter.Refusal, 2), At: noon})
		}
		b.sound(t)
		n, err := b.store.Purge(t.Context(), after(time.Hour), 9)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}},
	{"thousands of refused items", func(t *testing.T, b *bench) {
		d := b.running(t)
		all := manyIDs(4321)
		var refused []adapter.Refusal
		var waiting, own []string
		for i, id := range all {
			if i%3 > 0 {
				refused = append(refused, adapter.Refusal{Index: -1, Item: id, Reason: "no"})
				waiting = append(waiting, string(id))
			} else {
				own = append(own, string(id))
			}
		}
		b.beginWith(t, d, "send", all...)
		b.record(t, d, store.Record{Step: "send", State: store.StepDone, Verdict: "done", Items: len(all), IDs: all, Refused: refused})
		b.finish(t, d, store.Finish{State: store.Partial, At: noon})
		b.redrive(t, d.ID)
		require.Equal(t, waiting, itemIDs(b.items(t, d.ID, store.ItemFilter{Limit: 999, State: []store.ItemState{store.ItemPending}})))
		require.Equal(t, own, itemIDs(b.items(t, d.ID, store.ItemFilter{Limit: 999, State: []store.ItemState{store.ItemAccepted}})))
		b.sound(t)
	}},
}

// refusing is a delivery of three done steps that ends so: one that failed an item for later ones, and two that were
// refused an item each. Its plan has refused an element.
func (b *bench) refusing(t *testing.T, f store.Finish) *store.Delivery {
	t.Helper()
	d := b.running(t)
	no := func(item export.ItemID) []adapter.Refusal {
		return []adapter.Refusal{{Index: -1, Item: item, Reason: "blurred"}}
	}
	b.beginWith(t, d, "upload")
	b.record(t, d, store.Record{Step: "upload", State: store.StepDone, Verdict: "done", Items: 1, Refused: no("late")})
	b.beginWith(t, d, "batch/1", "a", "b", "c")
	b.record(t, d, store.Record{
		Step: "batch/1", State: store.StepDone, Verdict: "done", Items: 3, IDs: []export.ItemID{"a", "b", "c"}, Refused: no("b"),
		Taken: map[export.ItemID]adapter.Receipt{"a": {ID: "v-a"}, "c": {ID: "v-c"}}, Kept: map[string]string{"id": "7"},
	})
	b.beginWith(t, d, "batch/2", "d", "e")
	b.record(t, d, store.Record{Step: "batch/2", State: store.StepDone, Verdict: "done", Items: 2, Refused: no("d")})
	f.At, f.Notes = noon, []adapter.Note{{Item: "a", Text: "clamped"}}
	f.Refused = []adapter.Refusal{{Index: 7, ElementID: "el-7", Reason: "no image_url"}}
	b.finish(t, d, f)
	return d
}

// redrive redrives an hour after noon.
func (b *bench) redrive(t *testing.T, id int64) {
	t.Helper()
	require.NoError(t, b.store.Redrive(t.Context(), id, after(time.Hour)))
}

// sound looks for anything wrong with the store.
func (b *bench) sound(t *testing.T) {
	t.Helper()
	audited, err := store.Audit(t.Context(), b.store)
	require.NoError(t, err)
	require.Empty(t, audited.Findings)
}
