package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var pauseCases = []testCase{
	{"a pause lasts over a restart until it is ended", func(t *testing.T, b *bench) {
		p := store.Pause{Destination: "labels", By: store.ByPerson, Detail: "moving house", Since: noon}
		require.True(t, b.pause(t, p))
		require.False(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByPerson, Since: after(time.Minute)}))
		require.True(t, b.pause(t, store.Pause{Destination: "other", By: store.ByPerson, Since: after(time.Second)}))
		b.reopen(t)
		require.Equal(t, p, b.pauses(t, noon)[0])
		require.True(t, b.resume(t, "labels", "", after(time.Minute)))
		require.False(t, b.resume(t, "labels", "", after(time.Hour)))
		require.False(t, b.resume(t, "never paused", "", noon))
		p.Until = after(time.Minute)
		require.Equal(t, p, b.pauses(t, after(time.Minute-time.Millisecond))[0])
		require.Equal(t, "other", b.pauses(t, after(time.Minute))[0].Destination, "it ended then")
		require.True(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByBreaker, Since: after(time.Hour)}), "and again")
		require.Len(t, b.pauses(t, noon), 3)
	}},
	{"a person's pause takes over a breaker's, and no breaker ends it", func(t *testing.T, b *bench) {
		breaker := store.Pause{
			Destination: "labels", By: store.ByBreaker, Reason: "unauthorized", Detail: "401", Since: noon, ProbeAt: after(time.Minute),
		}
		require.True(t, b.pause(t, breaker))
		require.False(t, b.pause(t, breaker))
		require.True(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByPerson, Detail: "mine", Since: after(time.Second)}))
		require.Equal(t, []store.Pause{{Destination: "labels", By: store.ByPerson, Detail: "mine", Since: noon}}, b.pauses(t, noon))
		require.False(t, b.pause(t, breaker), "not the other way round")
		require.False(t, b.resume(t, "labels", store.ByBreaker, after(time.Hour)))
		require.True(t, b.resume(t, "labels", store.ByPerson, after(time.Hour)))
		require.True(t, b.pause(t, breaker))
		require.True(t, b.resume(t, "labels", store.ByBreaker, after(2*time.Hour)))
	}},
	{"a probe is one caller's", func(t *testing.T, b *bench) {
		require.False(t, b.probe(t, "labels", noon, after(time.Hour)), "it is not paused")
		require.True(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByBreaker, Since: noon, ProbeAt: after(time.Minute)}))
		require.False(t, b.probe(t, "labels", noon, after(time.Hour)), "it is too early")
		var mine atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if ok, err := b.store.Probe(t.Context(), "labels", after(time.Minute), after(time.Hour)); err == nil && ok {
					mine.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, mine.Load())
		got := b.pauses(t, noon)[0]
		require.Equal(t, []any{after(time.Hour), 1}, []any{got.ProbeAt, got.Probes})
		require.True(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByPerson, Since: noon}))
		require.False(t, b.probe(t, "labels", after(9*time.Hour), after(10*time.Hour)), "a person's pause is not probed")
	}},
	{"the last hundred are kept", func(t *testing.T, b *bench) {
		require.True(t, b.pause(t, store.Pause{Destination: "other", By: store.ByPerson, Since: noon}))
		for i := range 103 {
			at := after(time.Duration(i) * time.Minute)
			require.True(t, b.pause(t, store.Pause{Destination: "labels", By: store.ByPerson, Detail: fmt.Sprint(i), Since: at}))
			require.True(t, b.resume(t, "labels", "", at.Add(time.Second)))
		}
		list := b.pauses(t, noon)
		require.Len(t, list, 101)
		require.Equal(t, []string{"other", "3"}, []string{list[0].Destination, list[1].Detail})
	}},
}

func (b *bench) pause(t *testing.T, p store.Pause) bool {
	t.Helper()
	begun, err := b.store.BeginPause(t.Context(), p)
	require.NoError(t, err)
	return begun
}

func (b *bench) resume(t *testing.T, destination string, by store.PausedBy, at time.Time) bool {
	t.Helper()
	ended, err := b.store.EndPause(t.Context(), destination, by, at)
	require.NoError(t, err)
	return ended
}

func (b *bench) probe(t *testing.T, destination string, now, next time.Time) bool {
	t.Helper()
	mine, err := b.store.Probe(t.Context(), destination, now, next)
	require.NoError(t, err)
	return mine
}

func (b *bench) pauses(t *testing.T, endedAfter time.Time) []store.Pause {
	t.Helper()
	list, err := b.store.Pauses(t.Context(), endedAfter)
	require.NoError(t, err)
	return list
}
