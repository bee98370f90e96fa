package storetest

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var itemCases = []testCase{
	{"every item says where it stands", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.mixed(t, d)
		want := []store.Item{
			{ID: "a", State: store.ItemAccepted, Step: "z-done", Index: -1, Receipt: adapter.Receipt{ID: "v1", Link: "/t/1"}, Notes: []string{"clamped", "twice"}},
			{ID: "b", State: store.ItemRefused, Step: "z-done", Index: -1, Reason: "blurred"},
			{ID: "c", State: store.ItemAccepted, Step: "z-done", Index: -1},
			{ID: "late", State: store.ItemRefused, Step: "z-done", Index: -1, Reason: "gone"},
			{ID: "d", State: store.ItemPending, Step: "failed", Index: -1},
			{ID: "e", State: store.ItemUnknown, Step: "unknown", Index: -1},
			{ID: "f", State: store.ItemUnknown, Step: "begun", Index: -1},
			{ID: "g", State: store.ItemRefused, Step: "rejected", Index: -1, Reason: "422: no"},
			{State: store.ItemRefused, Index: 7, ElementID: "el-7", Reason: "no image_url", Notes: []string{"of an element"}},
			{ID: "h", State: store.ItemPending, Index: -1},
		}
		require.Equal(t, want, b.items(t, d.ID, store.ItemFilter{Limit: 100}))
		got := b.get(t, d.ID)
		require.Equal(t, store.ItemCounts{Pending: 2, Accepted: 2, Refused: 4, Unknown: 2}, got.Items)
		require.Len(t, got.Notes, 3)
		b.reopen(t)
		for limit := 1; limit <= len(want); limit++ {
			require.Equal(t, want, b.items(t, d.ID, store.ItemFilter{Limit: limit}), limit)
		}
		for _, state := range store.ItemStates {
			var some []store.Item
			for _, item := range want {
				if item.State == state {
					some = append(some, item)
				}
			}
			require.Equal(t, some, b.items(t, d.ID, store.ItemFilter{State: []store.ItemState{state}, Limit: 1}), state)
		}
	}},
	{"a call under way is pending, after a crash it is unknown", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.beginWith(t, d, "send", "a")
		require.Equal(t, store.ItemPending, b.items(t, d.ID, store.ItemFilter{})[0].State)
		require.Equal(t, store.ItemCounts{Pending: 1}, b.get(t, d.ID).Items)
		b.crash(t)
		require.Equal(t, store.ItemUnknown, b.items(t, d.ID, store.ItemFilter{})[0].State)
		require.Equal(t, store.ItemCounts{Unknown: 1}, b.get(t, d.ID).Items)
	}},
	{"a step that is begun again has the items of then", func(t *testing.T, b *bench) {
		d := b.running(t)
		many := manyIDs(1500)
		b.beginWith(t, d, "send", many...)
		b.record(t, d, store.Record{Step: "send", State: store.StepFailed})
		require.Len(t, b.items(t, d.ID, store.ItemFilter{Limit: 2000}), 1500)
		b.beginWith(t, d, "send", "only")
		require.Len(t, b.items(t, d.ID, store.ItemFilter{}), 1)
		b.record(t, d, store.Record{Step: "send", State: store.StepDone, Items: 1, Taken: map[export.ItemID]adapter.Receipt{"only": {ID: "1"}}})
		b.record(t, d, store.Record{Step: "send", State: store.StepDone, Items: 1, Taken: map[export.ItemID]adapter.Receipt{"only": {ID: "2"}}})
		require.Equal(t, "2", b.items(t, d.ID, store.ItemFilter{})[0].Receipt.ID)
	}},
	{"what waits stops waiting once a step is begun for it", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.finish(t, d, store.Finish{State: store.Queued, Pending: []export.ItemID{"a", "b", "c"}, Notes: []adapter.Note{{Text: "x"}}, At: noon})
		now := b.claim(t, noon, 1)[0]
		b.beginWith(t, &now, "send", "b")
		require.Equal(t, store.ItemCounts{Pending: 3}, b.get(t, d.ID).Items)
		require.Equal(t, []string{"b", "a", "c"}, itemIDs(b.items(t, d.ID, store.ItemFilter{})))
		b.record(t, &now, store.Record{Step: "send", State: store.StepDone, Items: 1})
		require.Equal(t, store.ItemCounts{Pending: 2, Accepted: 1}, b.get(t, d.ID).Items)
		b.finish(t, &now, store.Finish{State: store.Delivered, At: noon})
		got := b.get(t, d.ID)
		require.Equal(t, store.ItemCounts{Accepted: 1}, got.Items)
		require.Empty(t, got.Notes)
	}},
	{"lists of thousands keep their order over pages", func(t *testing.T, b *bench) {
		d := b.running(t)
		ids := manyIDs(4321)
		taken, refused := map[export.ItemID]adapter.Receipt{}, []adapter.Refusal{}
		for i, id := range ids {
			if i%3 == 0 {
				refused = append([]adapter.Refusal{{Index: -1, Item: id, Reason: "no " + string(id)}}, refused...)
			} else {
				taken[id] = adapter.Receipt{ID: "v" + strconv.Itoa(i)}
			}
		}
		b.beginWith(t, d, "send", ids...)
		b.record(t, d, store.Record{Step: "send", State: store.StepDone, Items: len(ids), IDs: ids, Taken: taken, Refused: refused})
		got := b.items(t, d.ID, store.ItemFilter{Limit: 500})
		require.Len(t, got, len(ids))
		for i, item := range got {
			require.Equal(t, ids[i], item.ID)
			if i%3 == 0 {
				require.Equal(t, []any{store.ItemRefused, "no " + string(ids[i])}, []any{item.State, item.Reason})
			} else {
				require.Equal(t, []any{store.ItemAccepted, "v" + strconv.Itoa(i)}, []any{item.State, item.Receipt.ID})
			}
		}
		require.Len(t, b.items(t, d.ID, store.ItemFilter{State: []store.ItemState{store.ItemRefused}, Limit: 777}), len(refused))
		require.Len(t, b.get(t, d.ID).Refusals, 1000)
		steps, err := b.store.Steps(t.Context(), d.ID)
		require.NoError(t, err)
		require.Len(t, steps[0].Failed, len(refused))
	}},
	{"there must be a delivery, and a place in its list", func(t *testing.T, b *bench) {
		_, err := b.store.Items(t.Context(), 7, store.ItemFilter{})
		require.ErrorIs(t, err, store.ErrNotFound)
		d := b.queued(t)
		require.Empty(t, b.items(t, d.ID, store.ItemFilter{}))
		for _, after := range []string{"x", "1", "-1.0.0.0", "0.0.0.0 ", "1.2.3.4.5"} {
			_, err = b.store.Items(t.Context(), d.ID, store.ItemFilter{After: after})
			require.ErrorIs(t, err, store.ErrCursor, after)
		}
	}},
}

//nolint:gochecknoglobals // a constant list
var searchCases = []testCase{
	{"words of the payload are found once they are indexed, those of the envelope at once", func(t *testing.T, b *bench) {
		first, second := b.queued(t), b.queued(t)
		require.Equal(t, []int64{second.ID, first.ID}, ids(b.list(t, store.Filter{Search: "street"})))
		require.Empty(t, b.list(t, store.Filter{Search: "label-1"}))
		list := b.unindexed(t)
		require.Equal(t, []int64{first.ID, second.ID}, ids(list))
		require.Equal(t, first, list[0])
		require.NoError(t, b.store.Index(t.Context(), []store.Document{
			{Delivery: &list[0], Words: []string{"Label-1", "frame'\"{é} \\x"}},
			{Delivery: &list[0], Part: 1, Last: true, Words: []string{"label-2"}},
		}))
		require.Equal(t, []int64{second.ID}, ids(b.unindexed(t)))
		b.reopen(t)
		for _, found := range []string{"label-1", "LABEL", "label-2", "label-1 label-2", "street label-2", "frame'\"{É", `\X`} {
			require.Equal(t, []int64{first.ID}, ids(b.list(t, store.Filter{Search: found})), found)
		}
		for _, none := range []string{"label-3", "abel-1", "label-1 nothing", "9"} {
			require.Empty(t, b.list(t, store.Filter{Search: none}), none)
		}
		require.Equal(t, []int64{second.ID, first.ID}, ids(b.list(t, store.Filter{Search: " street\t"})))
		require.NoError(t, b.store.Index(t.Context(), []store.Document{{Delivery: &list[1], Last: true}}))
		require.Empty(t, b.unindexed(t))
		require.Equal(t, []int64{second.ID, first.ID}, ids(b.list(t, store.Filter{Search: "street"})))
	}},
	{"a document written twice is found once, a purged one not at all", func(t *testing.T, b *bench) {
		d := b.in(t, store.Delivered)
		doc := []store.Document{{Delivery: d, Words: []string{"w"}}, {Delivery: d, Part: 1, Words: []string{"w2"}}}
		require.NoError(t, b.store.Index(t.Context(), doc[:1])) // and the process dies
		require.NoError(t, b.store.Index(t.Context(), doc))
		require.Equal(t, []int64{d.ID}, ids(b.list(t, store.Filter{Search: "w"})))
		n, err := b.store.Purge(t.Context(), after(time.Hour), 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.NoError(t, b.store.Index(t.Context(), []store.Document{{Delivery: d, Part: 2, Last: true, Words: []string{"w"}}}))
		require.Empty(t, b.list(t, store.Filter{Search: "w"}))
		require.Empty(t, b.unindexed(t))
	}},
	{"by time", func(t *testing.T, b *bench) {
		var all []int64
		for i := range 4 {
			a := b.event(t, fmt.Sprint(i))
			a.Now = after(time.Duration(i) * time.Minute)
			all = append([]int64{b.accept(t, a).ID}, all...)
		}
		require.Equal(t, all[1:3], ids(b.list(t, store.Filter{Since: after(time.Minute), Until: after(3 * time.Minute)})))
		require.Equal(t, all[:1], ids(b.list(t, store.Filter{Since: after(3 * time.Minute)})))
		require.Equal(t, all[3:], ids(b.list(t, store.Filter{Until: after(time.Minute), Search: "street"})))
	}},
}

// mixed brings a running delivery to a state in which it has items of every kind.
func (b *bench) mixed(t *testing.T, d *store.Delivery) {
	t.Helper()
	b.beginWith(t, d, "z-done", "a", "b", "c")
	b.record(t, d, store.Record{
		Step: "z-done", State: store.StepDone, Verdict: "done", Items: 4, IDs: []export.ItemID{"a", "b", "c"},
		Taken:   map[export.ItemID]adapter.Receipt{"a": {ID: "v1", Link: "/t/1"}},
		Refused: []adapter.Refusal{{Index: -1, Item: "late", Reason: "gone"}, {Index: -1, Item: "b", Reason: "blurred"}},
	})
	for _, s := range []struct {
		step  string
		item  export.ItemID
		state store.StepState
	}{{"failed", "d", store.StepFailed}, {"unknown", "e", store.StepUnknown}, {"begun", "f", ""}, {"rejected", "g", store.StepRejected}} {
		b.beginWith(t, d, s.step, s.item)
		if s.state != "" {
			b.record(t, d, store.Record{Step: s.step, State: s.state, Reason: adapter.ReasonInvalid, Detail: "422: no"})
		}
	}
	b.finish(t, d, store.Finish{
		State: store.Dead, At: noon, Refused: []adapter.Refusal{{Index: 7, ElementID: "el-7", Reason: "no image_url"}},
		Notes: []adapter.Note{
			{Item: "a", Text: "clamped"}, {Index: 7, ElementID: "el-7", Text: "of an element"}, {Item: "a", Text: "twice"},
		},
		Pending: []export.ItemID{"h"},
	})
}

func (b *bench) beginWith(t *testing.T, d *store.Delivery, step string, items ...export.ItemID) {
	t.Helper()
	require.NoError(t, b.store.Begin(t.Context(), d, store.Begin{Step: step, Digest: "d-" + step, Items: items, At: noon}))
}

// items reads all pages.
func (b *bench) items(t *testing.T, id int64, f store.ItemFilter) (all []store.Item) {
	t.Helper()
	for range 10_000 {
		page, err := b.store.Items(t.Context(), id, f)
		require.NoError(t, err)
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		require.NotEmpty(t, page.Items)
		f.After = page.Next
	}
	t.Fatal("the list of items has no end")
	return nil
}

func (b *bench) unindexed(t *testing.T) []store.Delivery {
	t.Helper()
	list, err := b.store.Unindexed(t.Context(), 10)
	require.NoError(t, err)
	return list
}

func manyIDs(n int) []export.ItemID {
	list := make([]export.ItemID, n)
	for i := range list {
		list[i] = export.ItemID(fmt.Sprintf("item-%07d", (i*7919)%n))
	}
	return list
}

func itemIDs(list []store.Item) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = string(list[i].ID)
	}
	return out
}
