package delivery

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

// gate says whether a destination may get anything. It stays over reloads, and follows the store, where pauses are kept.
type gate struct {
	pause     atomic.Pointer[store.Pause] // nil while the destination is open
	succeeded atomic.Int64                // when a call last showed that the vendor is well, in milliseconds; 0 for never
	failures  atomic.Int64                // calls that failed in a row

	mu      sync.Mutex    // guards everything below
	history []store.Pause // pauses that ended or last, oldest first, as far back as give_up_after counts
}

// paused returns the pause that lasts, nil for none.
func (g *gate) paused() *store.Pause { return g.pause.Load() }

// follow takes over what the store says: the pauses of the destination, oldest first. It reports whether the gate is now open
// and was not.
func (g *gate) follow(pauses []store.Pause) (opened bool) {
	var lasting *store.Pause
	for i := range pauses {
		if pauses[i].Until.IsZero() {
			lasting = &pauses[i]
		}
	}
	g.mu.Lock()
	g.history = pauses
	g.mu.Unlock()
	before := g.pause.Swap(lasting)
	if opened = before != nil && lasting == nil; opened {
		g.failures.Store(0)
	}
	return opened
}

// lost is how much of a time the destination was paused.
func (g *gate) lost(from, to time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	total := time.Duration(0)
	for _, p := range g.history {
		total += p.Overlap(from, to)
		if p.Until.After(from) { // the next may begin before this one ended, where replicas paused it
			from = p.Until
		}
	}
	return total
}

// health is what an attempt says of the vendor as a whole.
type health int

const (
	neutral health = iota // nothing
	well                  // it works
	failing               // it does not, or was not reached
	refuses               // it does not take the key
)

func healthOf(v adapter.Verdict) health {
	switch {
	case v.Reason == adapter.ReasonUnauthorized || v.Reason == adapter.ReasonForbidden:
		return refuses
	case v.Reason == adapter.ReasonRateLimited || v.Reason == adapter.ReasonPanic || v.Reason == adapter.ReasonInternal:
		return neutral
	case v.Kind == adapter.Retry || v.Kind == adapter.Unknown:
		return failing
	default: // a rejection too: the vendor looked at the call
		return well
	}
}
