package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// replicas opens a database several times, as so many processes would.
func replicas(t *testing.T, url string, n int) []store.Store {
	t.Helper()
	list := make([]store.Store, n)
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() {
			s, err := store.Open(t.Context(), url)
			if err == nil {
				list[i] = s
			} else {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range list {
		require.NotNil(t, s)
		t.Cleanup(func() { _ = s.Close() }) // some tests have done so
	}
	return list
}

func TestReplicasThatStartAtOnceShareOneStore(t *testing.T) {
	t.Parallel()
	list := replicas(t, pgtest.URL(t), 5)
	for _, s := range list[1:] {
		require.Equal(t, list[0].ID(), s.ID())
	}
	d, err := acceptBody(t, list[0], "one")
	require.NoError(t, err)
	got, err := list[4].Get(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, d, got.Delivery)
	_, err = acceptBody(t, list[3], "one")
	require.NoError(t, err)
	counts, err := list[2].Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[store.RouteState]int64{{Route: "r", State: store.Queued}: 1}, counts, "the second was a duplicate")
}

func TestADeliveryHasOneHolderOverAllReplicas(t *testing.T) {
	t.Parallel()
	const n = 200
	list := replicas(t, pgtest.URL(t), 3)
	for i := range n {
		_, err := acceptBody(t, list[i%3], fmt.Sprint(i))
		require.NoError(t, err)
	}
	var mu sync.Mutex
	held := map[int64]int{}
	var all sync.WaitGroup
	for _, s := range list {
		for range 4 {
			all.Go(func() {
				for {
					some, err := s.Claim(t.Context(), []string{"r"}, time.Now().Add(time.Minute), 5)
					if err != nil || len(some) == 0 {
						return
					}
					for i := range some {
						mu.Lock()
						held[some[i].ID]++
						mu.Unlock()
						if err := s.Finish(t.Context(), &some[i], store.Finish{State: store.Delivered, At: time.Now()}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	all.Wait()
	require.Len(t, held, n)
	for id, times := range held {
		require.Equal(t, 1, times, id)
	}
}

func TestADeadReplicaIsTakenOver(t *testing.T) {
	t.Parallel()
	list := replicas(t, pgtest.URL(t), 2)
	d, err := acceptBody(t, list[0], "work")
	require.NoError(t, err)
	require.NoError(t, list[0].Take(t.Context(), &d))
	require.NoError(t, list[0].Begin(t.Context(), &d, store.Begin{Step: "send", Digest: "x", At: time.Now()}))
	large, err := list[0].NewPayload()
	require.NoError(t, err)
	_, err = large.Write(make([]byte, 3<<20)) // never accepted
	require.NoError(t, err)
	require.Empty(t, claimAll(t, list[1]))
	for len(list[1].(store.Waker).Wake()) > 0 {
		<-list[1].(store.Waker).Wake()
	}
	died := time.Now()
	store.Kill(list[0])
	select {
	case <-list[1].(store.Waker).Wake():
	case <-time.After(10 * time.Second):
		t.Fatal("nobody was told")
	}
	require.Eventually(t, func() bool { return len(claimAll(t, list[1])) == 1 }, 10*time.Second, 10*time.Millisecond)
	require.Less(t, time.Since(died), 5*time.Second)
	t.Logf("taken over after %s", time.Since(died))
	steps, err := list[1].Steps(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, store.StepStarted, steps[0].State)
}

func claimAll(t *testing.T, s store.Store) []store.Delivery {
	t.Helper()
	list, err := s.Claim(t.Context(), []string{"r"}, time.Now().Add(time.Hour), 1000)
	require.NoError(t, err)
	return list
}

// TestAReplicaThatWasTakenForDeadWritesNothing: its session is gone for long enough, its claims are another's, and it lives.
func TestAReplicaThatWasTakenForDeadWritesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	list := replicas(t, url, 2)
	d, err := acceptBody(t, list[0], "work")
	require.NoError(t, err)
	require.NoError(t, list[0].Take(t.Context(), &d))
	// As the other replica does it, without waiting for the first one's session to come back.
	pgtest.Exec(t, url, `UPDATE delivery SET owner = NULL, token = token + 1`)
	again := claimAll(t, list[1])
	require.Len(t, again, 1)
	begin := store.Begin{Step: "send", Digest: "x", At: time.Now()}
	require.NoError(t, list[1].Begin(t.Context(), &again[0], begin))
	require.ErrorIs(t, list[0].Begin(t.Context(), &d, begin), store.ErrLost)
	require.ErrorIs(t, list[0].(store.Limiter).Enter(t.Context(), &d, "d", 9), store.ErrLost)
	record := store.Record{Step: "send", State: store.StepDone, Items: 7, Started: time.Now(), Ended: time.Now()}
	require.ErrorIs(t, list[0].Record(t.Context(), &d, record, nil), store.ErrLost)
	require.ErrorIs(t, list[0].Finish(t.Context(), &d, store.Finish{State: store.Dead, At: time.Now()}), store.ErrLost)
	got, err := list[1].Get(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, []any{store.Running, 0, store.StepStarted}, []any{got.State, got.Attempts, got.Steps[0].State})
}

// TestALostConnectionLosesNothing: all connections of a replica are broken; it comes back under its name and goes on.
func TestALostConnectionLosesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t) + "&application_name=broken"
	list := replicas(t, url, 2)
	d, err := acceptBody(t, list[0], "work")
	require.NoError(t, err)
	require.NoError(t, list[0].Take(t.Context(), &d))
	for range 3 {
		pgtest.Exec(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = 'broken' AND pid <> pg_backend_pid()`)
		begin := store.Begin{Step: "send", Digest: "x", At: time.Now()}
		require.NoError(t, list[0].Begin(t.Context(), &d, begin), "the write is tried again, and the claim is still ours")
	}
	require.NoError(t, list[0].Finish(t.Context(), &d, store.Finish{State: store.Delivered, At: time.Now()}))
	require.Eventually(t, func() bool { return list[0].Ping(context.Background()) == nil }, 10*time.Second, 10*time.Millisecond)
	got, err := list[1].Get(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, store.Delivered, got.State)
}

// TestADatabaseThatCrashesLosesNothing: what was acknowledged is there; what was not is an error that says so.
func TestADatabaseThatCrashesLosesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	list := replicas(t, server.URL(), 2)
	var mu sync.Mutex
	accepted, unavailable, other := map[int64]bool{}, 0, []error{}
	var stop atomic.Bool
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := 0; !stop.Load(); i++ {
				d, err := acceptBody(t, list[w%2], fmt.Sprintf("%d/%d", w, i))
				mu.Lock()
				switch {
				case err == nil:
					accepted[d.ID] = true
				case errors.Is(err, store.ErrUnavailable):
					unavailable++
				default:
					other = append(other, err)
				}
				mu.Unlock()
			}
		})
	}
	many := func(n int) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return len(accepted) >= n }
	}
	for round := range 3 {
		require.Eventually(t, many(200*(round+1)), 30*time.Second, time.Millisecond)
		server.Kill()
		require.NoError(t, server.Start())
	}
	require.Eventually(t, many(len(accepted)+200), 30*time.Second, time.Millisecond)
	stop.Store(true)
	all.Wait()
	require.Empty(t, other)
	require.Positive(t, unavailable)
	found := 0
	for after := int64(0); ; {
		some, err := list[1].List(t.Context(), store.Filter{OldestFirst: true, After: after, Limit: 1000})
		require.NoError(t, err)
		if len(some) == 0 {
			break
		}
		for _, d := range some {
			after = d.ID
			if accepted[d.ID] {
				found++
			}
		}
	}
	require.Equal(t, len(accepted), found)
}

func TestLimitsHoldOverAllReplicas(t *testing.T) {
	t.Parallel()
	const limit, calls = 3, 120
	list := replicas(t, pgtest.URL(t), 2)
	var flying, highest, made atomic.Int64
	var all sync.WaitGroup
	for w := range 16 {
		s := list[w%2]
		d, err := acceptBody(t, s, fmt.Sprint(w))
		require.NoError(t, err)
		require.NoError(t, s.Take(t.Context(), &d))
		all.Go(func() {
			for made.Add(1) <= calls {
				if err := s.(store.Limiter).Enter(t.Context(), &d, "labels", limit); err != nil {
					t.Error(err)
					return
				}
				now := flying.Add(1)
				for high := highest.Load(); now > high && !highest.CompareAndSwap(high, now); high = highest.Load() {
				}
				_ = s.Ping(t.Context()) // a call that takes a moment
				flying.Add(-1)
				s.(store.Limiter).Leave("labels")
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, highest.Load(), int64(limit))
	require.Positive(t, highest.Load())

	d, err := acceptBody(t, list[0], "dies")
	require.NoError(t, err)
	require.NoError(t, list[0].Take(t.Context(), &d))
	for range limit {
		require.NoError(t, list[0].(store.Limiter).Enter(t.Context(), &d, "labels", limit))
	}
	other, err := acceptBody(t, list[1], "lives")
	require.NoError(t, err)
	require.NoError(t, list[1].Take(t.Context(), &other))
	soon, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	require.ErrorIs(t, list[1].(store.Limiter).Enter(soon, &other, "labels", limit), context.DeadlineExceeded)
	store.Kill(list[0])
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, list[1].(store.Limiter).Enter(ctx, &other, "labels", limit), "the dead one's places are free again")
}

func TestThePaceIsThatOfAllReplicas(t *testing.T) {
	t.Parallel()
	list := replicas(t, pgtest.URL(t), 2)
	var last time.Duration
	begun := time.Now()
	for i := range 41 {
		wait, err := list[i%2].(store.Limiter).Reserve(t.Context(), "labels", 60, 2)
		require.NoError(t, err)
		if i < 2 {
			require.Zero(t, wait, "a burst of two")
		}
		last = wait
	}
	require.InDelta(t, 39, (last + time.Since(begun)).Seconds(), 1, "one a second")
}

func TestAClosedReplicaGivesBackWhatItHas(t *testing.T) {
	t.Parallel()
	list := replicas(t, pgtest.URL(t), 2)
	d, err := acceptBody(t, list[0], strings.Repeat("large", 100_000))
	require.NoError(t, err)
	require.NoError(t, list[0].Take(t.Context(), &d))
	require.NoError(t, list[0].Close())
	require.Len(t, claimAll(t, list[1]), 1)
}
