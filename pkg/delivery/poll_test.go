package delivery_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

// TestAPollIsBounded: a vendor whose work never ends is given up after give_up_after, counted from the first time that it said
// so.
func TestAPollIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("import")), func(d *delivery.Destination) { d.Schedule.GiveUpAfter = 150 * time.Millisecond })
	b.vendor.on("/import", answer{status: 202, body: "still importing"})
	begun := time.Now()
	id := b.accept(t, "e")
	d := b.await(t, id, store.Dead)
	require.GreaterOrEqual(t, time.Since(begun), 150*time.Millisecond)
	require.Equal(t, adapter.ReasonGaveUp, d.Reason)
	require.Contains(t, d.Detail, "still at work")
	require.Contains(t, d.Detail, "still importing")

	patient := b.dest
	patient.Schedule.GiveUpAfter = time.Hour
	require.NoError(t, b.engine.Reload(t.Context(), []delivery.Destination{patient}, 0))
	b.vendor.on("/import", answer{status: 202}, answer{status: 202}, answer{status: 200})
	require.NoError(t, b.engine.Redrive(t.Context(), id))
	b.await(t, id, store.Delivered) // a redrive starts the count anew
}
