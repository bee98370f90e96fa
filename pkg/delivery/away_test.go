package delivery_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

// away is a store whose payloads cannot be reached for a while.
type away struct {
	store.Store
	tries chan struct{}
}

func (s away) OpenPayload(ctx context.Context, d *store.Delivery) (io.ReadCloser, error) {
	select {
	case s.tries <- struct{}{}:
		return nil, store.ErrUnavailable
	default:
		return s.Store.OpenPayload(ctx, d)
	}
}

// TestAPayloadThatCannotBeReachedIsNotDamaged: the delivery waits for the store, and is not given up.
func TestAPayloadThatCannotBeReachedIsNotDamaged(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		for _, err := range in.Elements(0) {
			if err != nil {
				return false, err
			}
		}
		return false, out.Emit(step("one"))
	})
	b.stop(t)
	b.open(t)
	b.store = away{b.store, make(chan struct{}, 2)}
	b.start(t)
	id := b.accept(t, strings.Repeat("el ", 30_000)) // too large to be kept in memory
	require.Eventually(t, func() bool {
		d, err := b.store.Get(context.Background(), id)
		return err == nil && d.State == store.Delivered
	}, 20*time.Second, 5*time.Millisecond)
}
