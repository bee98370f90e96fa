package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var manageCases = []testCase{
	{"redrive and discard go by the state table", func(t *testing.T, b *bench) {
		for _, from := range store.States {
			b.try(t, from, store.Queued, func(id int64) error { return b.store.Redrive(t.Context(), id, after(time.Hour)) })
			b.try(t, from, store.Discarded, func(id int64) error { return b.store.Discard(t.Context(), id, after(time.Hour)) })
		}
	}},
	{"there must be a delivery", func(t *testing.T, b *bench) {
		require.ErrorIs(t, b.store.Redrive(t.Context(), 7, noon), store.ErrNotFound)
		require.ErrorIs(t, b.store.Discard(t.Context(), 7, noon), store.ErrNotFound)
		_, err := b.store.Get(t.Context(), 7)
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"redrive starts the schedule anew and keeps done steps", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.begin(t, d, "one")
		b.record(t, d, store.Record{Step: "one", State: store.StepDone, Items: 1})
		b.begin(t, d, "two")
		b.record(t, d, store.Record{Step: "two", State: store.StepUnknown})
		b.finish(t, d, store.Finish{
			State: store.Dead, Reason: adapter.ReasonGaveUp, Detail: "x", Failures: 9,
			RetryingSince: noon, At: noon,
		})
		require.NoError(t, b.store.Redrive(t.Context(), d.ID, after(time.Hour)))
		got := b.get(t, d.ID)
		require.Equal(t, []any{store.Queued, adapter.ReasonNone, "", 0, 2},
			[]any{got.State, got.Reason, got.Detail, got.Failures, got.Attempts})
		require.True(t, got.RetryingSince.IsZero() && got.NextAt.IsZero())
		require.Equal(t, store.StepDone, got.Steps[0].State)
		require.Equal(t, store.StepUnknown, got.Steps[1].State)
		require.Len(t, b.claim(t, after(time.Hour), 9), 1)
	}},
	{"purge takes the old and finished, in batches", func(t *testing.T, b *bench) {
		for range 250 {
			b.in(t, store.Delivered)
		}
		kept := map[int64]bool{}
		for _, state := range []store.State{store.Queued, store.Running, store.Waiting} {
			kept[b.in(t, state).ID] = true
		}
		young := b.running(t)
		b.finish(t, young, store.Finish{State: store.Dead, At: after(2 * time.Hour)})
		kept[young.ID] = true
		n, err := b.store.Purge(t.Context(), after(time.Hour), 210)
		require.NoError(t, err)
		require.Equal(t, 210, n)
		n, err = b.store.Purge(t.Context(), after(time.Hour), 1000)
		require.NoError(t, err)
		require.Equal(t, 40, n)
		require.Equal(t, int64(len(kept)), b.total(t))
		for id := range kept {
			b.get(t, id)
		}
		_, err = b.store.OpenPayload(t.Context(), &store.Delivery{ID: 1})
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"purge takes large ones too, with all that is found of them", func(t *testing.T, b *bench) {
		for i := range 3 {
			d := b.accept(t, b.event(t, fmt.Sprintf("%03000000d", i)))
			require.NoError(t, b.store.Take(t.Context(), &d))
			b.finish(t, &d, store.Finish{State: store.Delivered, At: noon})
			for part := range 120 {
				doc := store.Document{Delivery: &d, Part: part, Last: part == 119, Words: []string{fmt.Sprintf("word-%d-%d", d.ID, part)}}
				require.NoError(t, b.store.Index(t.Context(), []store.Document{doc}))
			}
		}
		require.Len(t, b.list(t, store.Filter{Search: "word-"}), 3)
		n, err := b.store.Purge(t.Context(), after(time.Hour), 2)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Len(t, b.list(t, store.Filter{Search: "word-"}), 1)
		n, err = b.store.Purge(t.Context(), after(time.Hour), 200)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Empty(t, b.list(t, store.Filter{}))
	}},
	{"the spill folder is there and emptied at opening", func(t *testing.T, b *bench) {
		file := filepath.Join(b.store.SpillDir(), "left")
		require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
		b.reopen(t)
		require.NoFileExists(t, filepath.Join(b.store.SpillDir(), "left"))
		require.DirExists(t, b.store.SpillDir())
	}},
	{"ping writes, until it is closed", func(t *testing.T, b *bench) {
		require.NoError(t, b.store.Ping(t.Context()))
		require.NoError(t, b.store.Close())
		require.Error(t, b.store.Ping(t.Context()))
		b.open(t)
	}},
}

//nolint:gochecknoglobals // a constant list
var crashCases = []testCase{
	{"what was acknowledged is there, claims are given back", func(t *testing.T, b *bench) {
		queued, running := b.queued(t), b.running(t)
		b.begin(t, running, "send")
		done := b.in(t, store.Delivered)
		retried := b.running(t)
		b.finish(t, retried, store.Finish{State: store.Waiting, NextAt: after(time.Minute), At: noon})
		b.claim(t, after(time.Hour), 1)
		b.crash(t)
		require.Equal(t, []int64{queued.ID, running.ID, retried.ID}, ids(b.claim(t, after(time.Hour), 9)))
		require.Equal(t, store.Delivered, b.get(t, done.ID).State)
		b.allLost(t, running)
	}},
	{"a large payload that was acknowledged is there", func(t *testing.T, b *bench) {
		body := fmt.Sprintf("%0300000d", 7)
		d := b.accept(t, b.event(t, body))
		b.payload(t, body) // never accepted
		b.crash(t)
		require.Equal(t, body, b.body(t, &d))
	}},
	{"counts are those of before", func(t *testing.T, b *bench) {
		for _, state := range store.States {
			b.in(t, state)
		}
		before := b.counts(t)
		require.Equal(t, int64(1), before[store.RouteState{Route: "relabel", State: store.Running}])
		b.crash(t)
		before[store.RouteState{Route: "relabel", State: store.Queued}]++
		delete(before, store.RouteState{Route: "relabel", State: store.Running})
		require.Equal(t, before, b.counts(t))
	}},
}

// try checks one move of a person's against the state table.
func (b *bench) try(t *testing.T, from, to store.State, move func(id int64) error) {
	t.Helper()
	d := b.in(t, from)
	err := move(d.ID)
	// A running delivery goes back to the queue by its worker only.
	if store.CanMove(from, to) && from != store.Running {
		require.NoError(t, err, "%s to %s", from, to)
		got := b.get(t, d.ID)
		require.Equal(t, to, got.State)
		require.Equal(t, after(time.Hour), got.UpdatedAt)
		return
	}
	require.ErrorIs(t, err, store.ErrState, "%s to %s", from, to)
	require.Equal(t, from, b.get(t, d.ID).State)
}
