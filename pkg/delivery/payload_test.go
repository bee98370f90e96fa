package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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

// awayStore is a store whose payloads cannot be read now and then.
type awayStore struct {
	store.Store
	fail func(n int64) error // what the n-th opening or reading fails with
	n    atomic.Int64
}

func (s *awayStore) OpenPayload(ctx context.Context, d *store.Delivery) (io.ReadCloser, error) {
	if err := s.fail(s.n.Add(1)); err != nil {
		return nil, err
	}
	r, err := s.Store.OpenPayload(ctx, d)
	return &awayReader{r, s}, err
}

type awayReader struct {
	io.ReadCloser
	store *awayStore
}

func (r *awayReader) Read(b []byte) (int, error) {
	if err := r.store.fail(r.store.n.Add(1)); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(b)
}

// TestAStoreThatIsAwayEndsNoDelivery: only a payload that is damaged or gone does.
func TestAStoreThatIsAwayEndsNoDelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   error
		times int64
		want  store.State
	}{
		"away":        {fmt.Errorf("store x: %w: refused", store.ErrUnavailable), 1, store.Delivered},
		"away, twice": {fmt.Errorf("store x: %w: refused", store.ErrUnavailable), 2, store.Delivered},
		"damaged":     {errors.New("damaged"), 99, store.Dead},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, byItem)
			b.engine.Drain(context.Background())
			away := &awayStore{Store: b.store, fail: func(n int64) error {
				if n <= c.times {
					return c.err
				}
				return nil
			}}
			b.engine = delivery.New(delivery.Options{
				Store: away, Destinations: []delivery.Destination{b.dest}, Log: zap.NewNop(),
				Metrics: telemetry.NewMetrics("test", func() []telemetry.DeliveryCount { return nil }),
			})
			payload, err := b.store.NewPayload()
			require.NoError(t, err)
			_, err = io.Copy(payload, strings.NewReader("one"))
			require.NoError(t, err)
			id := acceptPayload(t, b, payload)
			b.engine.Start(t.Context())
			d := b.await(t, id, c.want)
			if c.want == store.Dead {
				require.Equal(t, adapter.ReasonPayload, d.Reason)
			}
		})
	}
}

// acceptPayload journals an event that nobody is told of.
func acceptPayload(t *testing.T, b *bundle, payload store.Payload) int64 {
	t.Helper()
	accepted, err := b.store.Accept(t.Context(), store.Accept{
		Source: "s", Route: "r", Destination: "d", Payload: payload, Now: time.Now(), Event: event(),
	})
	require.NoError(t, err)
	return accepted.Delivery.ID
}
