package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var listCases = []testCase{
	{"newest first, page by page", func(t *testing.T, b *bench) {
		var want []int64
		for range 7 {
			want = append([]int64{b.queued(t).ID}, want...)
		}
		require.Equal(t, want[:3], ids(b.list(t, store.Filter{Limit: 3})))
		require.Equal(t, want[3:6], ids(b.list(t, store.Filter{Limit: 3, Before: want[2]})))
		require.Equal(t, want[6:], ids(b.list(t, store.Filter{Limit: 3, Before: want[5]})))
		require.Equal(t, want, ids(b.list(t, store.Filter{})))
	}},
	{"oldest first, page by page", func(t *testing.T, b *bench) {
		var want []int64
		for range 7 {
			want = append(want, b.queued(t).ID)
		}
		require.Equal(t, want[:3], ids(b.list(t, store.Filter{Limit: 3, OldestFirst: true})))
		require.Equal(t, want[3:6], ids(b.list(t, store.Filter{Limit: 3, OldestFirst: true, After: want[2]})))
		require.Equal(t, want[6:], ids(b.list(t, store.Filter{OldestFirst: true, After: want[5]})))
		require.Equal(t, want[2:4], ids(b.list(t, store.Filter{OldestFirst: true, After: want[1], Before: want[4]})))
	}},
	{"by destination and time of acceptance", func(t *testing.T, b *bench) {
		a := b.event(t, "one")
		a.Destination, a.Now = "elsewhere", after(time.Minute)
		want := []int64{b.accept(t, a).ID}
		b.queued(t)
		late := b.event(t, "late")
		late.Now = after(time.Hour)
		b.accept(t, late)
		for _, f := range []store.Filter{
			{Destination: "elsewhere"},
			{Since: after(time.Minute), Until: after(time.Hour)},
			{Since: after(time.Second), Until: after(time.Minute + time.Millisecond), Route: "relabel"},
		} {
			require.Equal(t, want, ids(b.list(t, f)), "%+v", f)
		}
		for _, f := range []store.Filter{
			{Destination: "nowhere"}, {Destination: "elsewhere", Since: after(time.Hour)}, {Until: noon}, {Since: after(2 * time.Hour)},
		} {
			require.Empty(t, b.list(t, f), "%+v", f)
		}
	}},
	{"fifty when no limit is given", func(t *testing.T, b *bench) {
		for range 51 {
			b.queued(t)
		}
		require.Len(t, b.list(t, store.Filter{}), 50)
	}},
	{"by state, where claimed ones are running", func(t *testing.T, b *bench) {
		want := map[store.State]int64{}
		for _, state := range store.States {
			want[state] = b.in(t, state).ID
		}
		for state, id := range want {
			list := b.list(t, store.Filter{State: []store.State{state}})
			require.Equal(t, []int64{id}, ids(list), state)
			require.Equal(t, state, list[0].State)
		}
		require.Equal(t, []int64{want[store.Dead], want[store.Running]},
			ids(b.list(t, store.Filter{State: []store.State{store.Running, store.Dead}})))
		require.Empty(t, b.list(t, store.Filter{State: []store.State{"no such state"}}))
	}},
	{"by route and by what it is about", func(t *testing.T, b *bench) {
		a := b.event(t, "one")
		a.Route, a.Event.Project, a.Event.Issue.ID = "other", "Straße 100%", "Ä-77"
		a.Event.Issue.Name, a.Event.Issue.Dataset = "Missed_Boxes", "night-DRIVE"
		want := []int64{b.accept(t, a).ID}
		b.queued(t)
		for _, f := range []store.Filter{
			{Route: "other"},
			{Search: "straße 100%"},
			{Search: "ä-7"},
			{Search: "77"},
			{Search: "drive boxes"},
			{Search: "missed_box"},
			{Search: "Night-drive"},
			{Search: "night", Route: "other", State: []store.State{store.Queued}},
		} {
			require.Equal(t, want, ids(b.list(t, f)), "%+v", f)
		}
		for _, f := range []store.Filter{
			{Route: "none"}, {Search: "missed-box"}, {Search: "s_reet"}, {Search: "oxes"}, {Search: "drive night-car"}, {Search: "night", Route: "relabel"},
		} {
			require.Empty(t, b.list(t, f), "%+v", f)
		}
	}},
}

func (b *bench) list(t *testing.T, f store.Filter) []store.Delivery {
	t.Helper()
	list, err := b.store.List(t.Context(), f)
	require.NoError(t, err)
	return list
}
