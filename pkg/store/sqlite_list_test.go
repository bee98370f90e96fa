package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

// TestTroubleIsFoundByItsIndex: what people look for among millions of delivered ones is not found by reading all.
func TestTroubleIsFoundByItsIndex(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	for _, states := range [][]store.State{
		{store.Waiting}, {store.Dead}, {store.Partial}, {store.Dead, store.Partial}, {store.Waiting, store.Dead, store.Partial},
	} {
		plan, err := store.QueryPlan(t.Context(), s, store.Filter{State: states})
		require.NoError(t, err)
		require.Contains(t, plan, "SEARCH d USING INDEX delivery_trouble", "%v", states)
	}
	plan, err := store.QueryPlan(t.Context(), s, store.Filter{State: []store.State{store.Delivered, store.Dead}})
	require.NoError(t, err)
	require.NotContains(t, plan, "delivery_trouble")
	require.NoError(t, s.Close())
}
