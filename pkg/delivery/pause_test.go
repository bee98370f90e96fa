package delivery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

// pausing is a destination with a breaker that trips soon and probes soon.
func pausing(d *delivery.Destination) {
	d.PauseAfter, d.Concurrency = 3, 1
	d.Schedule = delivery.Schedule{Initial: 20 * time.Millisecond, Max: 20 * time.Millisecond, MaxRetryAfter: time.Second, GiveUpAfter: time.Hour}
}

// byItem plans one call for each line of the event.
func byItem(in adapter.Input, out adapter.Output) (bool, error) {
	for e, err := range in.Elements(0) {
		if err != nil {
			return false, err
		}
		if err := out.Emit(step(e.ID)); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (b *bundle) paused(t *testing.T) *store.Pause {
	t.Helper()
	all := b.engine.Destinations(t.Context())
	require.Len(t, all, 1)
	return all[0].Paused
}

func (b *bundle) awaitPaused(t *testing.T, want bool) {
	t.Helper()
	require.Eventually(t, func() bool { return (b.engine.Destinations(t.Context())[0].Paused != nil) == want }, 10*time.Second, time.Millisecond)
}

func TestAPersonPausesAndResumes(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	require.ErrorIs(t, b.engine.Resume(t.Context(), "d"), store.ErrState)
	require.ErrorIs(t, b.engine.Pause(t.Context(), "elsewhere", ""), store.ErrNotFound)
	require.NoError(t, b.engine.Pause(t.Context(), "d", "they move house"))
	require.ErrorIs(t, b.engine.Pause(t.Context(), "d", ""), store.ErrState)
	require.Equal(t, "they move house", b.paused(t).Detail)
	id := b.accept(t, "one")
	b.stop(t)
	require.Empty(t, b.vendor.made())

	b.open(t) // the pause lasts over a restart
	b.start(t)
	require.Equal(t, store.ByPerson, b.paused(t).By)
	other := b.accept(t, "two")
	require.NoError(t, b.engine.Resume(t.Context(), "d"))
	b.await(t, id, store.Delivered)
	b.await(t, other, store.Delivered)
	require.ElementsMatch(t, []string{"/one", "/two"}, b.vendor.made())
	require.Nil(t, b.paused(t))
}

func TestAPauseOfAnotherReplicaIsSeen(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	_, err := b.store.BeginPause(t.Context(), store.Pause{Destination: "d", By: store.ByPerson, Since: time.Now()})
	require.NoError(t, err)
	b.awaitPaused(t, true)
	id := b.accept(t, "one")
	_, err = b.store.EndPause(t.Context(), "d", "", time.Now())
	require.NoError(t, err)
	b.await(t, id, store.Delivered)
}

func TestAPauseLetsCallsInFlightEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	hold := make(chan struct{})
	b.vendor.on("/one", answer{status: 200, hold: hold})
	id := b.accept(t, "one two")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, b.engine.Pause(t.Context(), "d", ""))
	close(hold)
	d := b.await(t, id, store.Queued)
	require.Equal(t, 1, d.Accepted, "the call in flight is recorded")
	require.Equal(t, []string{"/one"}, b.vendor.made())
	require.NoError(t, b.engine.Resume(t.Context(), "d"))
	b.await(t, id, store.Delivered)
	require.Equal(t, []string{"/one", "/two"}, b.vendor.made())
}

func TestARefusedKeyPausesAndProbesUntilItIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing)
	b.vendor.on("/one", answer{status: 401, body: "expired " + secret})
	b.vendor.on("/two", answer{status: 401})
	one := b.accept(t, "one")
	require.Eventually(t, func() bool { return b.logs.FilterMessage("destination paused").Len() == 1 }, 10*time.Second, time.Millisecond)
	line := b.logs.FilterMessage("destination paused").All()[0].ContextMap()
	require.Equal(t, []any{"d", "breaker", "unauthorized"}, []any{line["destination"], line["paused_by"], line["reason"]})
	require.NotContains(t, fmt.Sprint(line), secret)
	two := b.accept(t, "two")
	require.Eventually(t, func() bool { p := b.engine.Destinations(t.Context())[0].Paused; return p != nil && p.Probes >= 3 }, 10*time.Second, time.Millisecond)
	b.vendor.on("/one", answer{status: 200})
	b.vendor.on("/two", answer{status: 200})
	b.await(t, one, store.Delivered)
	b.await(t, two, store.Delivered)
	b.awaitPaused(t, false)
	require.NotZero(t, b.logs.FilterMessage("destination resumed").Len())
	for _, id := range []int64{one, two} {
		d, err := b.store.Get(t.Context(), id)
		require.NoError(t, err)
		require.NotEqual(t, adapter.ReasonUnauthorized, d.Reason)
	}
}

func TestAVendorThatKeepsFailingIsProbedByOneDelivery(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing, func(d *delivery.Destination) {
		d.Schedule.Initial, d.Schedule.Max = 300*time.Millisecond, 300*time.Millisecond
	})
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e"} {
		b.vendor.on(path, answer{status: 503})
	}
	var ids []int64
	for _, item := range []string{"a", "b", "c", "d", "e"} {
		ids = append(ids, b.accept(t, item))
	}
	b.awaitPaused(t, true)
	require.Equal(t, adapter.ReasonUnavailable, b.paused(t).Reason)
	tripped := len(b.vendor.made())
	require.LessOrEqual(t, tripped, 4, "the breaker trips at the third failure in a row")
	require.Eventually(t, func() bool { p := b.engine.Destinations(t.Context())[0].Paused; return p != nil && p.Probes >= 2 }, 10*time.Second, time.Millisecond)
	require.LessOrEqual(t, len(b.vendor.made()), tripped+3, "one call a probe")
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e"} {
		b.vendor.on(path, answer{status: 200})
	}
	for _, id := range ids {
		b.await(t, id, store.Delivered)
	}
	require.Nil(t, b.paused(t))
}

func TestPausedTimeDoesNotUseUpGiveUpAfter(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing, func(d *delivery.Destination) { d.Schedule.GiveUpAfter = 250 * time.Millisecond })
	for _, path := range []string{"/a", "/b", "/c"} {
		b.vendor.on(path, answer{status: 401})
	}
	ids := []int64{b.accept(t, "a"), b.accept(t, "b"), b.accept(t, "c")}
	require.Eventually(t, func() bool {
		p := b.engine.Destinations(t.Context())[0].Paused
		return p != nil && time.Since(p.Since) > 400*time.Millisecond
	},
		10*time.Second, time.Millisecond)
	for _, id := range ids {
		d, err := b.store.Get(t.Context(), id)
		require.NoError(t, err)
		require.False(t, d.State.Final(), "%s %s", d.State, d.Detail)
	}
	for _, path := range []string{"/a", "/b", "/c"} {
		b.vendor.on(path, answer{status: 200})
	}
	for _, id := range ids {
		b.await(t, id, store.Delivered)
	}
}

// TestADeliveryThatIsRefusedForItself: where the vendor takes others, a refusal is not the key's fault.
func TestADeliveryThatIsRefusedForItself(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing)
	b.vendor.on("/foreign", answer{status: 403, body: "not your project"})
	foreign := b.accept(t, "foreign")
	b.awaitPaused(t, true)
	for i := 0; ; i++ {
		b.await(t, b.accept(t, fmt.Sprintf("good%d", i)), store.Delivered)
		d, err := b.store.Get(t.Context(), foreign)
		require.NoError(t, err)
		if d.State == store.Dead {
			require.Equal(t, adapter.ReasonForbidden, d.Reason)
			break
		}
		require.Less(t, i, 200)
	}
	b.awaitPaused(t, false)
}

func TestRateLimitsAndRejectionsPauseNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem, pausing, func(d *delivery.Destination) {
		d.Schedule.Initial, d.Schedule.Max = time.Millisecond, time.Millisecond
	})
	b.vendor.on("/slow", answer{status: 429}, answer{status: 429}, answer{status: 429}, answer{status: 429}, answer{status: 200})
	b.await(t, b.accept(t, "slow"), store.Delivered)
	for i := range 5 {
		path := fmt.Sprintf("bad%d", i)
		b.vendor.on("/"+path, answer{status: 400})
		b.await(t, b.accept(t, path), store.Dead)
	}
	b.vendor.on("/flaky", answer{status: 503}, answer{status: 503}, answer{status: 200}, answer{status: 200})
	b.await(t, b.accept(t, "flaky"), store.Delivered)
	require.Zero(t, b.logs.FilterMessage("destination paused").Len())
}

func TestWithoutABreakerARefusedKeyIsDead(t *testing.T) {
	t.Parallel()
	b := setup(t, byItem)
	b.vendor.on("/one", answer{status: 401})
	require.Equal(t, adapter.ReasonUnauthorized, b.await(t, b.accept(t, "one"), store.Dead).Reason)
	require.Nil(t, b.paused(t))
}
