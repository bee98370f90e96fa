package delivery

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

func TestScheduleWait(t *testing.T) {
	t.Parallel()
	s := Schedule{Initial: time.Second, Max: time.Minute, MaxRetryAfter: time.Hour}
	for _, c := range []struct {
		name     string
		failures int
		hint     time.Duration
		low      time.Duration
		high     time.Duration
	}{
		{"first failure", 1, 0, 0, time.Second},
		{"the bound doubles", 3, 0, 0, 4 * time.Second},
		{"up to max", 10, 0, 0, time.Minute},
		{"no overflow", 10_000, 0, 0, time.Minute},
		{"a hint is waited out", 1, 10 * time.Second, 10 * time.Second, 10 * time.Second},
		{"a hint has a ceiling", 1, 5 * time.Hour, time.Hour, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 200 {
				wait := s.wait(c.failures, c.hint)
				require.GreaterOrEqual(t, wait, c.low)
				require.LessOrEqual(t, wait, c.high)
			}
		})
	}
}

func TestScheduleWaitJitters(t *testing.T) {
	t.Parallel()
	s := Schedule{Initial: time.Hour, Max: time.Hour}
	seen := map[time.Duration]bool{}
	for range 50 {
		seen[s.wait(1, 0)] = true
	}
	require.Greater(t, len(seen), 10, "full jitter spreads waits over the whole range")
}

func TestScheduleExhausted(t *testing.T) {
	t.Parallel()
	s := Schedule{GiveUpAfter: time.Hour}
	require.False(t, s.exhausted(59*time.Minute))
	require.True(t, s.exhausted(time.Hour))
	require.False(t, Schedule{}.exhausted(1000*time.Hour), "0 never gives up")
}

func TestPollsGrowApart(t *testing.T) {
	t.Parallel()
	s := Schedule{Max: 10 * time.Minute, MaxRetryAfter: time.Hour}
	polls, last := 0, time.Duration(0)
	for lasted := time.Duration(0); lasted < 24*time.Hour; polls++ {
		wait := s.poll(lasted, 0)
		require.GreaterOrEqual(t, wait, last)
		last, lasted = wait, lasted+wait
	}
	require.Equal(t, 10*time.Minute, last)
	require.Less(t, polls, 200)
	require.Equal(t, 5*time.Second, s.poll(0, 0))
	require.Equal(t, time.Second, s.poll(time.Hour, time.Second), "a hint is kept")
	require.Equal(t, time.Hour, s.poll(0, 9*time.Hour), "up to the ceiling")
	require.Equal(t, 5*time.Second, Schedule{}.poll(time.Hour, 0))
}

func TestScheduleProbe(t *testing.T) {
	t.Parallel()
	s := Schedule{Initial: time.Second, Max: 10 * time.Minute}
	for n, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 1000: time.Minute} {
		require.Equal(t, want, s.probe(n), n)
	}
	require.Equal(t, 5*time.Second, Schedule{Initial: time.Second, Max: 5 * time.Second}.probe(9))
}

func TestPausedTimeDoesNotCount(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return time.Unix(int64(60*minutes), 0) }
	g := &gate{}
	g.follow([]store.Pause{
		{Since: at(10), Until: at(20)},
		{Since: at(15), Until: at(30)}, // another replica's
		{Since: at(50), Until: at(60)},
		{Since: at(100)},
	})
	require.NotNil(t, g.paused())
	for _, c := range []struct{ from, to, lost int }{
		{0, 5, 0}, {0, 10, 0}, {0, 15, 5}, {12, 14, 2}, {0, 40, 20}, {25, 55, 10}, {30, 50, 0}, {0, 110, 40}, {105, 110, 5},
	} {
		require.Equal(t, time.Duration(c.lost)*time.Minute, g.lost(at(c.from), at(c.to)), "%+v", c)
	}
	require.True(t, g.follow([]store.Pause{{Since: at(100), Until: at(110)}}), "it opens")
	require.False(t, g.follow(nil), "it was open")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":    0,
		"3":   3 * time.Second,
		" 3 ": 3 * time.Second,
		"0":   0,
		"-1":  0,
		"1.5": 1500 * time.Millisecond,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Minute).Format(http.TimeFormat):     0,
		"soon":        0,
		"99999999999": 0,
	} {
		require.Equal(t, want, retryAfter(header, now), "header %q", header)
	}
}
