package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

func dead() delivery.Selection {
	return delivery.Selection{Filter: store.Filter{State: []store.State{store.Dead}}}
}

// fail makes n deliveries of two calls each that end dead at their second.
func (b *bundle) fail(t *testing.T, n int) []int64 {
	t.Helper()
	ids := make([]int64, 0, n)
	for i := range n {
		bad := fmt.Sprintf("bad%d", i)
		b.vendor.on("/"+bad, answer{status: 400}, answer{status: 200})
		ids = append(ids, b.accept(t, fmt.Sprintf("good%d %s", i, bad)))
	}
	for _, id := range ids {
		b.await(t, id, store.Dead)
	}
	return ids
}

func (b *bundle) awaitBulk(t *testing.T, id int64) delivery.Bulk {
	t.Helper()
	var found delivery.Bulk
	require.Eventually(t, func() bool {
		for _, bulk := range b.engine.Bulks() {
			if bulk.ID == id {
				found = bulk
			}
		}
		return found.State != delivery.BulkRunning
	}, 10*time.Second, time.Millisecond)
	return found
}

func TestAnEstimateCountsWhatIsUnfinished(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, func(d *delivery.Destination) { d.Price = delivery.Price{PerItem: 0.5, Currency: "EUR"} })
	ids := b.fail(t, 3)
	b.await(t, b.accept(t, "fine"), store.Delivered)
	made := len(b.vendor.made())
	e, err := b.engine.Estimate(t.Context(), dead())
	require.NoError(t, err)
	require.Equal(t, delivery.Estimate{Deliveries: 3, Items: 3, Calls: 3, Destinations: []delivery.DestinationEstimate{
		{Name: "d", Deliveries: 3, Items: 3, Calls: 3, Cost: 1.5, Currency: "EUR"},
	}}, e, "the first call of each is done")
	e, err = b.engine.Estimate(t.Context(), delivery.Selection{IDs: []int64{ids[1], 4, 99}})
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 1}, []int{e.Deliveries, e.Items, e.Closed})
	require.Len(t, b.vendor.made(), made, "nothing is sent")
}

func TestAnEstimateOfWhatCannotBeRedriven(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		if err := out.Emit(step("one", func(s *adapter.Step) { s.Repeat = adapter.RepeatNever })); err != nil {
			return false, err
		}
		if in.Done("one") {
			panic("a later version of the adapter")
		}
		return true, nil
	})
	b.vendor.on("/one", lost(), answer{status: 200})
	b.await(t, b.accept(t, "unknown"), store.Waiting)
	b.await(t, b.accept(t, "panics"), store.Dead)
	e, err := b.engine.Estimate(t.Context(), delivery.Selection{Filter: store.Filter{State: []store.State{store.Waiting, store.Dead}}})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 1}, []int{e.Deliveries, e.Unsettled, e.Stranded})
}

func TestABulkRedrivesWhatIsChosenOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	b.fail(t, 5)
	b.vendor.on("/never", answer{status: 400})
	never := b.accept(t, "never")
	b.await(t, never, store.Dead)
	started, err := b.engine.StartBulk(delivery.BulkRedrive, dead(), 0)
	require.NoError(t, err)
	bulk := b.awaitBulk(t, started.ID)
	require.Equal(t, []any{delivery.BulkDone, 6, 0}, []any{bulk.State, bulk.Done, bulk.Skipped})
	for id := range int64(5) {
		b.await(t, id+1, store.Delivered)
	}
	require.Equal(t, 2, b.await(t, never, store.Dead).Attempts, "it is not redriven because it is dead again")
	count := map[string]int{}
	for _, path := range b.vendor.made() {
		count[path]++
	}
	require.Equal(t, []int{1, 2}, []int{count["/good0"], count["/bad0"]}, "what is done is not repeated")
}

func TestABulkKeepsItsPaceAndStops(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	ids := b.fail(t, 4)
	started, err := b.engine.StartBulk(delivery.BulkRedrive, dead(), 60)
	require.NoError(t, err)
	b.await(t, ids[0], store.Delivered)
	begun := time.Now()
	b.await(t, ids[1], store.Delivered)
	require.Greater(t, time.Since(begun), 500*time.Millisecond, "one a second")
	require.ErrorIs(t, b.engine.StopBulk(99), store.ErrNotFound)
	require.NoError(t, b.engine.StopBulk(started.ID))
	bulk := b.awaitBulk(t, started.ID)
	require.Equal(t, delivery.BulkStopped, bulk.State)
	require.Less(t, bulk.Done, 4)
	require.Equal(t, store.Dead, b.await(t, ids[3], store.Dead).State, "what was not reached is as it was")
}

func TestABulkDiscards(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	ids := b.fail(t, 3)
	_, err := b.engine.StartBulk("archive", dead(), 0)
	require.Error(t, err)
	started, err := b.engine.StartBulk(delivery.BulkDiscard, delivery.Selection{Filter: store.Filter{Before: ids[2]}}, 0)
	require.NoError(t, err)
	require.Equal(t, 2, b.awaitBulk(t, started.ID).Done)
	b.await(t, ids[0], store.Discarded)
	b.await(t, ids[1], store.Discarded)
	b.await(t, ids[2], store.Dead)
}

func TestABulkEndsWithTheEngine(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	b.fail(t, 3)
	_, err := b.engine.StartBulk(delivery.BulkRedrive, dead(), 1)
	require.NoError(t, err)
	b.engine.Drain(context.Background())
	require.Equal(t, delivery.BulkStopped, b.engine.Bulks()[0].State)
	_, err = b.engine.StartBulk(delivery.BulkRedrive, dead(), 0)
	require.Error(t, err)
}
