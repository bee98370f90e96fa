package delivery

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// What a lane keeps in memory of deliveries whose turn has not come. What is over is read from the store again.
const (
	maxFresh      = 1024
	maxFreshBytes = 8 << 20
)

// claimRetry is how long a lane leaves a store alone that could not be read.
const claimRetry = time.Second

// lane works on the deliveries of one destination, as many at once as its concurrency allows. Deliveries that were just
// accepted come by offer, with their payload; all others are claimed from the store.
type lane struct {
	Destination
	engine *Engine
	names  []string         // of the routes
	routes map[string]Route // by name
	slots  chan struct{}    // one token for each delivery being worked on
	pacer  *rate.Limiter
	woken  chan struct{} // capacity 1: something may be due

	mu         sync.Mutex // guards everything below
	fresh      []offered
	freshBytes int
	backlog    bool      // the store may hold due deliveries that are not in fresh
	nextDue    time.Time // when the store's next delivery is due, zero for none
}

// offered is a delivery that was just accepted, with its payload where that was small.
type offered struct {
	delivery store.Delivery
	body     []byte
}

func newLane(e *Engine, d Destination) *lane {
	l := &lane{
		Destination: d, engine: e, routes: make(map[string]Route, len(d.Routes)),
		slots: make(chan struct{}, max(1, d.Concurrency)), woken: make(chan struct{}, 1),
		pacer: rate.NewLimiter(rate.Inf, 1), backlog: true,
	}
	if d.PerMinute > 0 {
		l.pacer = rate.NewLimiter(rate.Limit(float64(d.PerMinute)/60), max(1, min(d.PerMinute/60, d.Concurrency)))
	}
	for _, r := range d.Routes {
		l.routes[r.Name] = r
		l.names = append(l.names, r.Name)
	}
	return l
}

// offer adds a fresh delivery, or notes that the store holds it when there is no room.
func (l *lane) offer(d store.Delivery, body []byte) {
	l.mu.Lock()
	if len(l.fresh) < maxFresh && l.freshBytes+len(body) <= maxFreshBytes {
		l.fresh = append(l.fresh, offered{d, body})
		l.freshBytes += len(body)
	} else {
		l.backlog = true
	}
	l.mu.Unlock()
	l.signal()
}

// wake makes the lane look into the store.
func (l *lane) wake() {
	l.mu.Lock()
	l.backlog = true
	l.mu.Unlock()
	l.signal()
}

// due makes the lane look into the store at a time.
func (l *lane) due(at time.Time) {
	l.mu.Lock()
	if l.nextDue.IsZero() || at.Before(l.nextDue) {
		l.nextDue = at
	}
	l.mu.Unlock()
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// dispatch starts a worker for each due delivery while there are slots, until the engine stops.
func (l *lane) dispatch() {
	for {
		select {
		case <-l.engine.stopping:
			return
		case l.slots <- struct{}{}:
		}
		next, ok := l.next()
		if !ok {
			return
		}
		l.engine.workers.Go(func() {
			defer func() { <-l.slots }()
			l.deliver(next)
		})
	}
}

// next returns the next claimed delivery; it waits until there is one. ok is false when the engine stops.
func (l *lane) next() (next offered, ok bool) {
	for !l.engine.draining() {
		if next, ok = l.claim(); ok {
			return next, true
		}
		l.await()
	}
	return offered{}, false
}

// await returns when something may be due or the engine stops.
func (l *lane) await() {
	l.mu.Lock()
	idle := !l.backlog && len(l.fresh) == 0
	at := l.nextDue
	l.mu.Unlock()
	if !idle {
		return
	}
	var alarm <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(max(0, at.Sub(l.engine.now())))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-l.woken:
	case <-alarm:
		l.mu.Lock()
		l.backlog, l.nextDue = true, time.Time{}
		l.mu.Unlock()
	case <-l.engine.stopping:
	}
}

// claim claims one delivery: the store's oldest while it has a backlog, else the oldest fresh one.
func (l *lane) claim() (offered, bool) {
	l.mu.Lock()
	if !l.nextDue.IsZero() && !l.nextDue.After(l.engine.now()) {
		l.backlog, l.nextDue = true, time.Time{} // a retry must not starve behind fresh ones
	}
	backlog := l.backlog
	l.mu.Unlock()
	if backlog {
		if next, ok := l.claimStored(); ok {
			return next, true
		}
	}
	return l.claimFresh()
}

func (l *lane) claimFresh() (offered, bool) {
	for {
		l.mu.Lock()
		if len(l.fresh) == 0 {
			l.mu.Unlock()
			return offered{}, false
		}
		next := l.popFresh(0)
		l.mu.Unlock()
		if l.engine.store.Take(l.engine.calls, &next.delivery) == nil {
			return next, true
		}
	}
}

// popFresh removes a fresh delivery. The lock must be held.
func (l *lane) popFresh(i int) offered {
	next := l.fresh[i]
	if i == 0 {
		l.fresh[0] = offered{} // lets the payload go
		l.fresh = l.fresh[1:]
	} else {
		l.fresh = append(l.fresh[:i], l.fresh[i+1:]...)
	}
	l.freshBytes -= len(next.body)
	if len(l.fresh) == 0 {
		l.fresh = nil
	}
	return next
}

func (l *lane) claimStored() (offered, bool) {
	ctx, now := l.engine.calls, l.engine.now()
	claimed, err := l.engine.store.Claim(ctx, l.names, now, 1)
	if err != nil {
		l.storeFailed(err)
		return offered{}, false
	}
	if len(claimed) == 1 {
		return l.withBody(claimed[0]), true
	}
	l.mu.Lock()
	l.backlog = false
	l.mu.Unlock()
	at, some, err := l.engine.store.NextDue(ctx, l.names)
	if err != nil {
		l.storeFailed(err)
	} else if some {
		l.due(at)
	}
	return offered{}, false
}

// withBody takes a stored delivery's payload from the fresh ones, where it is among them.
func (l *lane) withBody(d store.Delivery) offered {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.fresh {
		if l.fresh[i].delivery.ID == d.ID {
			return offered{d, l.popFresh(i).body}
		}
	}
	return offered{delivery: d}
}

func (l *lane) storeFailed(err error) {
	if l.engine.calls.Err() != nil {
		return
	}
	l.engine.log.Error("store cannot be read, trying again", zap.String(telemetry.KeyDestination, l.Name), zap.Error(err))
	l.mu.Lock()
	l.backlog = false
	l.mu.Unlock()
	l.due(l.engine.now().Add(claimRetry))
}

// pace waits for the destination's calls a minute.
func (l *lane) pace(ctx context.Context) error { return l.pacer.Wait(ctx) }

// giveBack gives back a claim whose state could not be recorded, so that it is due again when the store is well.
func (l *lane) giveBack(d *store.Delivery) {
	if err := l.engine.store.Release(context.WithoutCancel(l.engine.calls), d); err != nil {
		l.engine.log.Error("claim cannot be given back", zap.Int64(telemetry.KeyDelivery, d.ID), zap.Error(err))
	}
	l.due(l.engine.now().Add(claimRetry))
}
