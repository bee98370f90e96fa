package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

func TestConcurrencyIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")))
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	var ids []int64
	for i := range 6 {
		ids = append(ids, b.accept(t, fmt.Sprint(i)))
	}
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 2 }, 5*time.Second, time.Millisecond)
	close(hold)
	for _, id := range ids {
		b.await(t, id, store.Delivered)
	}
	require.Equal(t, 2, b.vendor.highest)
}

func TestDrainEndsCallsInFlightAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one"), step("two")), func(d *delivery.Destination) { d.Concurrency = 1 })
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	first, second := b.accept(t, "1"), b.accept(t, "2")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	drained := make(chan struct{})
	go func() {
		b.engine.Drain(context.Background())
		close(drained)
	}()
	require.Eventually(t, func() bool { return b.engine.Ready() != nil }, 5*time.Second, time.Millisecond)
	close(hold)
	<-drained
	require.Equal(t, []string{"/one"}, b.vendor.made())
	require.NoError(t, b.store.Close())

	b.open(t)
	b.start(t)
	b.await(t, first, store.Delivered)
	b.await(t, second, store.Delivered)
	require.Equal(t, []string{"/one", "/two", "/one", "/two"}, b.vendor.made(), "the recorded step of the first is not repeated")
}

func TestDiscardedDeliveriesAreNotSent(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")), func(d *delivery.Destination) { d.Concurrency = 1 })
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	first, second := b.accept(t, "1"), b.accept(t, "2")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	require.ErrorIs(t, b.engine.Discard(t.Context(), first), store.ErrState, "one that is running cannot be discarded")
	require.NoError(t, b.engine.Discard(t.Context(), second))
	close(hold)
	b.await(t, first, store.Delivered)
	b.await(t, second, store.Discarded)
	require.Len(t, b.vendor.made(), 1)
}

func TestAwaitTellsTheFinalState(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")))
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	id := b.accept(t, "e")
	short, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.engine.Await(short, id)
	require.ErrorIs(t, err, context.Canceled)
	close(hold)
	state, err := b.engine.Await(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, store.Delivered, state)
}

func TestDrainDoesNotWaitForPacedCalls(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")), func(d *delivery.Destination) { d.PerMinute = 1 })
	first, second := b.accept(t, "1"), b.accept(t, "2")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	b.engine.Drain(context.Background()) // would take a minute
	states := map[store.State]int{}
	for _, id := range []int64{first, second} {
		d, err := b.store.Get(t.Context(), id)
		require.NoError(t, err)
		states[d.State]++
	}
	require.Equal(t, map[store.State]int{store.Delivered: 1, store.Queued: 1}, states)
}
