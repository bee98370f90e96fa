package delivery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/labelgate/labelgate/pkg/store"
)

// layout is the lanes by one config. A reload replaces it whole.
type layout struct {
	lanes   []*lane
	byRoute map[string]*lane
}

// newLayout returns the lanes of the destinations. A destination that was there before goes on with its calls in flight,
// its pace and its pause.
func (e *Engine) newLayout(destinations []Destination, before *layout) *layout {
	next := &layout{byRoute: make(map[string]*lane)}
	for _, d := range destinations {
		l := newLane(e, d)
		for _, old := range before.lanes {
			if old.Name == d.Name {
				l.inherit(old)
			}
		}
		next.lanes = append(next.lanes, l)
		for _, r := range d.Routes {
			next.byRoute[r.Name] = l
		}
	}
	return next
}

// Reload goes on with other destinations: deliveries that are worked on make the call that is in flight under those of
// before, everything else goes by the new ones. Each breaker's pause ends, so that a new key gets its chance at once. An
// error says that nothing has changed.
func (e *Engine) Reload(ctx context.Context, destinations []Destination, retention time.Duration) error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	if e.draining() {
		return errStopping
	}
	old := e.layout.Load()
	next := e.newLayout(destinations, old)
	e.retention.Store(int64(retention))
	e.layout.Store(next) // before the old lanes retire: who finds one retired looks here again
	for _, l := range old.lanes {
		l.retire()
	}
	e.metrics.ForgetPauses()
	e.follow(ctx) // before anything is sent: a destination that comes back may be paused
	e.forgiveBreakers(ctx, next)
	if !e.started {
		return nil
	}
	for _, l := range next.lanes {
		l.goes(l.dispatch)
	}
	for _, l := range old.lanes {
		<-l.dispatched // soon: nobody takes work under the config of before when Reload returns
	}
	return nil
}

// tell does something to the lane of a route, if there is one. do returns false when the lane has retired, so that the one
// that took its place must be told.
func (e *Engine) tell(route string, do func(*lane) bool) {
	for {
		now := e.layout.Load()
		l, ok := now.byRoute[route]
		if !ok || do(l) || e.layout.Load() == now {
			return
		}
	}
}

// due makes the lane of a route look into the store at a time.
func (e *Engine) due(route string, at time.Time) {
	e.tell(route, func(l *lane) bool { return l.due(at) })
}

// wake makes the lane of a route look into the store.
func (e *Engine) wake(route string) { e.tell(route, (*lane).wake) }

// inherit takes over from the lane that the destination had before a reload. Calls that are in flight there hold turns here,
// so that there are never more than the limit, and paced calls go on at the pace.
func (l *lane) inherit(old *lane) {
	l.gate = old.gate
	limit, burst := l.pacer.Limit(), l.pacer.Burst()
	l.pacer = old.pacer
	l.pacer.SetLimit(limit)
	l.pacer.SetBurst(burst)
	if cap(l.turns) == cap(old.turns) {
		l.turns = old.turns
		return
	}
	held := min(len(old.turns), cap(l.turns))
	for range held {
		l.turns <- struct{}{}
	}
	l.engine.workers.Go(func() {
		for i := range cap(old.turns) {
			old.turns <- struct{}{} // comes when a call ends there; no other begins
			if i >= cap(old.turns)-held {
				<-l.turns
			}
		}
	})
}

// retire stops the lane: it takes no more work. What was offered to it and not begun is claimed from the store by the lane that
// takes its place.
func (l *lane) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired {
		return
	}
	l.retired = true
	close(l.stopping)
	if c, ok := l.Caller.(interface{ Close() }); ok {
		l.engine.workers.Go(func() {
			l.running.Wait()
			c.Close()
		})
	}
}

// halted reports whether the lane takes no more work.
func (l *lane) halted() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

// route returns what the engine knows of a route.
func (e *Engine) route(name string) (*lane, Route, bool) {
	l, ok := e.layout.Load().byRoute[name]
	if !ok {
		return nil, Route{}, false
	}
	return l, l.routes[name], true
}

// knows is nil where there is a destination of that name.
func (e *Engine) knows(name string) error {
	if !slices.ContainsFunc(e.layout.Load().lanes, func(l *lane) bool { return l.Name == name }) {
		return fmt.Errorf("destination %q: %w", name, store.ErrNotFound)
	}
	return nil
}
