package delivery

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Schedule says when to try again after failures: exponential backoff with full jitter, see
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
type Schedule struct {
	// Initial bounds the first wait; the bound doubles with each failure in a row, up to Max.
	Initial, Max time.Duration
	// MaxRetryAfter is the ceiling for a vendor's own hint.
	MaxRetryAfter time.Duration
	// GiveUpAfter is how long a delivery may fail, or be asked for, before it is dead, 0 for ever. Time in which the
	// destination is paused does not count.
	GiveUpAfter time.Duration
	// Poll is how long to wait at first for a vendor that is still at work and gave no hint; 5 s when it is 0.
	Poll time.Duration
}

// wait is how long to wait after the n-th failure in a row (from 1). hint is the vendor's own, 0 for none: it is waited
// out, up to the ceiling.
func (s Schedule) wait(failures int, hint time.Duration) time.Duration {
	bound := s.Max
	if shift := failures - 1; shift < 32 && s.Initial<<shift > 0 && s.Initial<<shift < s.Max {
		bound = s.Initial << shift
	}
	jittered := time.Duration(0)
	if bound > 0 {
		jittered = rand.N(bound + 1) //nolint:gosec // jitter is no secret
	}
	return max(jittered, min(hint, s.MaxRetryAfter))
}

// pollAfter is how long to wait at first for a vendor that is still at work and gave no hint. Later it is a share of the time
// that was waited already: an hour's work is asked for every few minutes.
const (
	pollAfter = 5 * time.Second
	pollShare = 8
)

// poll is how long to wait before asking a vendor again that has been at work for so long. hint is the vendor's own, 0 for none.
func (s Schedule) poll(lasted, hint time.Duration) time.Duration {
	first := cmp.Or(s.Poll, pollAfter)
	if hint > 0 {
		return min(hint, max(first, s.MaxRetryAfter))
	}
	return min(max(first, lasted/pollShare), max(first, s.Max))
}

// exhausted reports whether a delivery that was tried for so long is to be given up.
func (s Schedule) exhausted(lasted time.Duration) bool {
	return s.GiveUpAfter > 0 && lasted >= s.GiveUpAfter
}

// probe is how long to wait before the probe after n others: as after failures, but without jitter, and not for long.
func (s Schedule) probe(n int) time.Duration {
	return max(time.Millisecond, min(s.Initial<<min(n, 20), s.Max, maxProbeInterval))
}

// retryAfter reads a Retry-After header in both its forms, seconds and HTTP date; 0 when there is none that is good.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		if seconds <= 0 || seconds > 1e9 {
			return 0
		}
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
