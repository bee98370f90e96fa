package delivery_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

// begunBeforeACrash is a delivery whose step was begun by a process that is gone.
func (b *bundle) begunBeforeACrash(t *testing.T) int64 {
	t.Helper()
	b.vendor.on("/one", answer{hold: make(chan struct{})})
	id := b.accept(t, "e")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, b.store.Close()) // nothing can be recorded any more, as after a kill
	b.engine.Drain(cut)
	b.open(t)
	steps, err := b.store.Steps(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, store.StepStarted, steps[0].State)
	return id
}

func TestACheckIsPutOffWhileTheVendorMayBeAtWork(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked)))
	id := b.begunBeforeACrash(t)
	before := time.Now()
	b.start(t)
	d := b.await(t, id, store.Waiting)
	require.Equal(t, []string{"/one"}, b.vendor.made(), "the vendor has not been asked yet")
	require.Equal(t, store.StepUnknown, d.Steps[0].State)
	require.WithinRange(t, d.NextAt, before.Add(b.dest.Timeout-time.Second), time.Now().Add(b.dest.Timeout), "a call's whole time later")
	require.Contains(t, d.Tries[0].Detail, "the gateway ended during the call")
}

func TestACheckIsMadeWhenTheCallsTimeIsOver(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked)), func(d *delivery.Destination) { d.Timeout = 100 * time.Millisecond })
	id := b.begunBeforeACrash(t)
	b.vendor.on("/check", answer{status: 200, body: "id-1"})
	b.start(t)
	d := b.await(t, id, store.Delivered)
	require.Equal(t, []string{"/one", "/check"}, b.vendor.made())
	require.GreaterOrEqual(t, d.Tries[1].Started.Sub(d.Tries[0].Started), b.dest.Timeout)
}

func TestACheckAfterACallThatADrainCutOffIsPutOff(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked)))
	b.vendor.on("/one", answer{hold: make(chan struct{})})
	id := b.accept(t, "e")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	b.engine.Drain(cut)
	d := b.await(t, id, store.Waiting)
	require.Greater(t, time.Until(d.NextAt), b.dest.Timeout/2)
}

func TestACheckAfterAGatewayTimeoutIsPutOff(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", checked)))
	b.vendor.on("/one", answer{status: 504})
	d := b.await(t, b.accept(t, "e"), store.Waiting)
	require.Equal(t, []string{"/one"}, b.vendor.made())
	require.Greater(t, time.Until(d.NextAt), b.dest.Timeout/2)
}
