package delivery

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
	now := time.Unix(1_000_000, 0)
	s := Schedule{GiveUpAfter: time.Hour}
	require.False(t, s.exhausted(now.Add(-59*time.Minute), now))
	require.True(t, s.exhausted(now.Add(-time.Hour), now))
	require.False(t, Schedule{}.exhausted(now.Add(-1000*time.Hour), now), "0 never gives up")
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
