package delivery_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// stoppedStore is a store of several processes where this one is stopped while it writes an intent, and taken over meanwhile.
type stoppedStore struct {
	store.Store
	stopped atomic.Int64 // for how long, in nanoseconds
	turns   atomic.Int64
}

func (s *stoppedStore) Begin(ctx context.Context, d *store.Delivery, b store.Begin) error {
	err := s.Store.Begin(ctx, d, b)
	s.stopped.Store(int64(4 * time.Second))
	return err
}

func (s *stoppedStore) Enter(context.Context, *store.Delivery, string, int) error {
	s.turns.Add(1)
	if s.stopped.Load() > 0 {
		return store.ErrLost
	}
	return nil
}

func (*stoppedStore) Leave(string) {}

func (*stoppedStore) Reserve(context.Context, string, int, int) (time.Duration, error) { return 0, nil }

func TestAProcessThatWasStoppedAfterItsIntentAsksOnceMore(t *testing.T) {
	t.Parallel()
	for _, repeat := range []adapter.Repeat{adapter.RepeatCheckFirst, adapter.RepeatNever} {
		b := setup(t, steps())
		b.engine.Drain(t.Context())
		stopped := &stoppedStore{Store: b.store}
		b.dest.Routes[0].Adapter = scripted{steps(step("one", checked, func(s *adapter.Step) { s.Repeat = repeat }))}
		b.engine = delivery.New(delivery.Options{
			Store: stopped, Destinations: []delivery.Destination{b.dest}, Log: zap.NewNop(),
			Metrics: telemetry.NewMetrics("test", func() []telemetry.DeliveryCount { return nil }),
			Now:     func() time.Time { return time.Now().Add(time.Duration(stopped.stopped.Load())) },
		})
		b.engine.Start(t.Context())
		b.accept(t, "e")
		require.Eventually(t, func() bool { return stopped.turns.Load() >= 2 }, 5*time.Second, time.Millisecond)
		b.stop(t)
		require.Empty(t, b.vendor.made(), "the claim is another's")
	}
}
