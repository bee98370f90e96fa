package delivery_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

// closing is a caller that notes when it is closed.
type closing struct {
	*vendor
	closed atomic.Bool
}

func (c *closing) Close() { c.closed.Store(true) }

func TestAReloadLetsCallsInFlightEndAndGoesOnUnderTheNew(t *testing.T) {
	t.Parallel()
	old := &closing{}
	b := setup(t, byItem, func(d *delivery.Destination) { d.Concurrency = 1 })
	old.vendor = b.vendor
	next := &vendor{}
	b.stop(t)
	b.open(t)
	b.dest.Caller = old
	b.start(t)
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	flying := b.accept(t, "one two")
	queued := b.accept(t, "three")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)

	d := b.dest
	d.Caller = next
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{d}, 0))
	later := b.accept(t, "four")
	require.Empty(t, next.made(), "the one call at a time is still in flight")
	require.False(t, old.closed.Load())
	close(hold)
	for _, id := range []int64{flying, queued, later} {
		b.await(t, id, store.Delivered)
	}
	require.Equal(t, []string{"/one"}, b.vendor.made())
	require.ElementsMatch(t, []string{"/two", "/three", "/four"}, next.made())
	require.Eventually(t, old.closed.Load, 5*time.Second, time.Millisecond, "the old connections are closed")
}

func TestARouteThatIsGoneWaitsForItsReturn(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	require.NoError(t, b.engine.Reload(t.Context(), nil, 0))
	id := b.accept(t, "one")
	require.Empty(t, b.engine.Destinations(t.Context()))
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{b.dest}, 0))
	b.await(t, id, store.Delivered)
	b.engine.Stop()
	require.Error(t, b.engine.Reload(t.Context(), []delivery.Destination{b.dest}, 0))
}

func TestAReloadGivesARefusedKeyItsChance(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing, func(d *delivery.Destination) {
		d.Schedule.Initial, d.Schedule.Max = time.Hour, time.Hour
	})
	b.vendor.on("/one", answer{status: 401})
	id := b.accept(t, "one")
	b.awaitPaused(t, true)
	b.vendor.on("/one", answer{status: 200})
	b.vendor.on("/two", answer{status: 200})
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{b.dest}, 0))
	b.awaitPaused(t, false)
	b.await(t, b.accept(t, "two"), store.Delivered)
	require.NoError(t, b.engine.Redrive(t.Context(), id)) // its own schedule is an hour here
	b.await(t, id, store.Delivered)

	require.NoError(t, b.engine.Pause(t.Context(), "d", ""))
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{b.dest}, 0))
	require.NotNil(t, b.paused(t), "a person's pause lasts")
}

// TestADestinationThatComesBackIsAsPausedAsItWas: its pause is in the store, and is read before anything is sent.
func TestADestinationThatComesBackIsAsPausedAsItWas(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	require.NoError(t, b.engine.Pause(t.Context(), "d", ""))
	require.NoError(t, b.engine.Reload(t.Context(), nil, 0))
	id := b.accept(t, "one")
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{b.dest}, 0))
	require.Never(t, func() bool { return len(b.vendor.made()) > 0 }, 200*time.Millisecond, 5*time.Millisecond)
	require.NoError(t, b.engine.Resume(t.Context(), "d"))
	b.await(t, id, store.Delivered)
}

// TestReloadsUnderLoad: nothing is lost, nothing is sent twice, and there are never more calls in flight than one config allows.
func TestReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		return byItem(in, out)
	}, func(d *delivery.Destination) { d.Concurrency = 8 })
	const events = 60
	var ids []int64
	var mu sync.Mutex
	var senders sync.WaitGroup
	for s := range 4 {
		senders.Go(func() {
			for i := range events / 4 {
				id := b.accept(t, fmt.Sprintf("s%d-%d-a s%d-%d-b", s, i, s, i))
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
			}
		})
	}
	stop := make(chan struct{})
	var reloads sync.WaitGroup
	reloads.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			d := b.dest
			d.Concurrency = 1 + n%8
			if err := b.engine.Reload(t.Context(), []delivery.Destination{d}, 0); err != nil {
				return
			}
		}
	})
	senders.Wait()
	for _, id := range ids {
		b.await(t, id, store.Delivered)
	}
	close(stop)
	reloads.Wait()
	made := b.vendor.made()
	require.Len(t, made, 2*events)
	count := map[string]int{}
	for _, path := range made {
		count[path]++
	}
	require.Len(t, count, 2*events, "each call once")
	require.LessOrEqual(t, b.vendor.highest, 8)
	b.engine.Drain(context.Background())
}
