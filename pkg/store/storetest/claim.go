package storetest

import (
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var claimCases = []testCase{
	{"earliest first, over routes, up to the limit", func(t *testing.T, b *bench) {
		var want []int64
		for _, e := range []struct {
			route string
			at    time.Duration
		}{{"other", 3 * time.Second}, {"relabel", 2 * time.Second}, {"foreign", 0}, {"other", time.Second}} {
			a := b.event(t, e.route+e.at.String())
			a.Route, a.Now = e.route, after(e.at)
			want = append(want, b.accept(t, a).ID)
		}
		list, err := b.store.Claim(t.Context(), []string{"relabel", "other", "never used"}, after(time.Minute), 2)
		require.NoError(t, err)
		require.Equal(t, []int64{want[3], want[1]}, ids(list))
		list, err = b.store.Claim(t.Context(), []string{"relabel", "other"}, after(time.Minute), 9)
		require.NoError(t, err)
		require.Equal(t, []int64{want[0]}, ids(list))
		require.Equal(t, store.Running, list[0].State)
		require.Equal(t, "other", list[0].Route)
	}},
	{"a delivery has one holder, however many ask", func(t *testing.T, b *bench) {
		const n = 60
		for range n {
			b.queued(t)
		}
		var mu sync.Mutex
		held := map[int64]int{}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					list, err := b.store.Claim(t.Context(), []string{"relabel"}, after(time.Hour), 3)
					if err != nil || len(list) == 0 {
						return
					}
					for i := range list {
						_ = b.store.Finish(t.Context(), &list[i], store.Finish{State: store.Delivered, At: noon})
						mu.Lock()
						held[list[i].ID]++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		require.Len(t, held, n)
		for id, times := range held {
			require.Equal(t, 1, times, id)
		}
		require.Equal(t, map[store.RouteState]int64{{Route: "relabel", State: store.Delivered}: n}, b.counts(t))
	}},
	{"Take is for what nobody has touched", func(t *testing.T, b *bench) {
		taken := b.queued(t)
		require.NoError(t, b.store.Take(t.Context(), &taken))
		require.Equal(t, store.Running, taken.State)
		again := taken
		require.ErrorIs(t, b.store.Take(t.Context(), &again), store.ErrLost)
		b.finish(t, &taken, store.Finish{State: store.Delivered, At: noon})
		require.ErrorIs(t, b.store.Take(t.Context(), &again), store.ErrLost)

		discarded := b.queued(t)
		require.NoError(t, b.store.Discard(t.Context(), discarded.ID, noon))
		require.ErrorIs(t, b.store.Take(t.Context(), &discarded), store.ErrLost)

		claimed := b.queued(t)
		require.Equal(t, []int64{claimed.ID}, ids(b.claim(t, noon, 9)))
		require.ErrorIs(t, b.store.Take(t.Context(), &claimed), store.ErrLost)
	}},
	{"an old token writes nothing", func(t *testing.T, b *bench) {
		old := *b.running(t)
		require.NoError(t, b.store.Release(t.Context(), &old))
		now := b.claim(t, noon, 1)[0]
		require.NotEqual(t, old.Token, now.Token)
		b.allLost(t, &old)
		b.begin(t, &now, "send")
		b.finish(t, &now, store.Finish{State: store.Delivered, At: noon})
		b.allLost(t, &now)
		require.Equal(t, store.Delivered, b.get(t, now.ID).State)
	}},
	{"a released delivery is due as before", func(t *testing.T, b *bench) {
		d := b.running(t)
		require.Equal(t, store.Running, b.get(t, d.ID).State)
		require.Empty(t, b.claim(t, noon, 9))
		require.NoError(t, b.store.Release(t.Context(), d))
		require.Equal(t, store.Queued, b.get(t, d.ID).State)
		require.Equal(t, []int64{d.ID}, ids(b.claim(t, noon, 9)))
	}},
	{"a waiting delivery comes at its time, and NextDue says when", func(t *testing.T, b *bench) {
		d := b.running(t)
		require.False(t, b.due(t))
		b.finish(t, d, store.Finish{
			State: store.Waiting, Reason: "rate_limited", Detail: "429", NextAt: after(time.Minute),
			Failures: 2, RetryingSince: after(-time.Minute), At: noon,
		})
		got := b.get(t, d.ID).Delivery
		require.Equal(t, after(time.Minute), got.NextAt)
		require.Equal(t, after(-time.Minute), got.RetryingSince)
		require.Equal(t, []any{2, "429"}, []any{got.Failures, got.Detail})
		require.Empty(t, b.claim(t, after(time.Minute-time.Millisecond), 9))
		at, ok, err := b.store.NextDue(t.Context(), []string{"relabel"})
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, after(time.Minute), at)
		require.Equal(t, []int64{d.ID}, ids(b.claim(t, after(time.Minute), 9)))
	}},
	{"one that waits for a person never comes", func(t *testing.T, b *bench) {
		d := b.in(t, store.Waiting)
		require.True(t, b.get(t, d.ID).NextAt.IsZero())
		require.Empty(t, b.claim(t, after(9999*time.Hour), 9))
		require.False(t, b.due(t))
	}},
	{"a delivery is fresh until a step is begun", func(t *testing.T, b *bench) {
		d := b.running(t)
		require.NoError(t, b.store.Release(t.Context(), d))
		again := b.claim(t, noon, 1)[0]
		require.True(t, again.Fresh)
		b.begin(t, &again, "send")
		require.NoError(t, b.store.Release(t.Context(), &again))
		require.False(t, b.claim(t, noon, 1)[0].Fresh)
	}},
}

func (b *bench) allLost(t *testing.T, d *store.Delivery) {
	t.Helper()
	r := at(store.Record{Step: "send", State: store.StepDone})
	f := store.Finish{State: store.Dead, At: noon}
	require.ErrorIs(t, b.store.Begin(t.Context(), d, store.Begin{Step: "late", Digest: "d", At: noon}), store.ErrLost)
	require.ErrorIs(t, b.store.Record(t.Context(), d, r, nil), store.ErrLost)
	require.ErrorIs(t, b.store.Record(t.Context(), d, r, &f), store.ErrLost)
	require.ErrorIs(t, b.store.Finish(t.Context(), d, f), store.ErrLost)
	require.ErrorIs(t, b.store.Release(t.Context(), d), store.ErrLost)
}

func (b *bench) due(t *testing.T) bool {
	t.Helper()
	_, ok, err := b.store.NextDue(t.Context(), []string{"relabel"})
	require.NoError(t, err)
	return ok
}

func (b *bench) counts(t *testing.T) map[store.RouteState]int64 {
	t.Helper()
	counts, err := b.store.Counts(t.Context())
	require.NoError(t, err)
	return counts
}

// readAll reads a payload to its end.
func readAll(t *testing.T, s store.Store, d *store.Delivery) error {
	t.Helper()
	r, err := s.OpenPayload(t.Context(), d)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	require.NoError(t, r.Close())
	return err
}
