package delivery

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// claimRetry is how long a lane leaves a store alone that could not be read.
const claimRetry = time.Second

// claimBatch is how many deliveries are claimed at once at least. They count as running, so they are few.
const claimBatch = 8

// lookAgain is how long a lane with fresh deliveries leaves the store alone once it has claimed what is older than they are.
const lookAgain = time.Second

// A lane works on more deliveries than it makes calls: while some wait for a vendor, the intents and outcomes of others
// are written, and the more of these there are, the fewer commits they take. With one call at a time it works on one
// delivery after the other, so that they keep their order.
const (
	workPerCall  = 4
	maxSmallWork = 64
	smallPayload = 64 << 10 // the working memory of a larger one counts, so there are only as many at once as calls
)

// lane works on the deliveries of one destination, with as many calls in flight as its concurrency allows. Deliveries that
// were just accepted come by offer, with their payload; all others are claimed from the store.
type lane struct {
	Destination
	engine *Engine
	names  []string         // of the routes
	routes map[string]Route // by name
	slots  chan struct{}    // one token for each delivery being worked on
	large  chan struct{}    // one token for each large one among them
	turns  chan struct{}    // one token for each call in flight
	pacer  *rate.Limiter
	woken  chan struct{} // capacity 1: something may be due

	claimed []offered // from the store, waiting for a slot; only the dispatcher uses it

	mu      sync.Mutex // guards everything below
	fresh   fresh
	backlog bool      // the store may hold due deliveries that are not in fresh
	nextDue time.Time // when the store's next delivery is due, zero for none
}

func newLane(e *Engine, d Destination) *lane {
	l := &lane{
		Destination: d, engine: e, routes: make(map[string]Route, len(d.Routes)),
		woken: make(chan struct{}, 1), pacer: rate.NewLimiter(rate.Inf, 1), backlog: true,
	}
	calls := max(1, d.Concurrency)
	l.turns, l.large = make(chan struct{}, calls), make(chan struct{}, calls)
	l.slots = make(chan struct{}, workAtOnce(calls))
	if d.PerMinute > 0 {
		l.pacer = rate.NewLimiter(rate.Limit(float64(d.PerMinute)/60), max(1, min(d.PerMinute/60, d.Concurrency)))
	}
	for _, r := range d.Routes {
		l.routes[r.Name] = r
		l.names = append(l.names, r.Name)
	}
	return l
}

func workAtOnce(calls int) int {
	if calls == 1 {
		return 1
	}
	return max(calls, min(workPerCall*calls, maxSmallWork))
}

// offer adds a fresh delivery, or notes that the store holds it when there is no room.
func (l *lane) offer(d store.Delivery, body []byte) {
	l.mu.Lock()
	l.fresh.add(offered{d, body})
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
	defer l.releaseClaimed()
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
			l.admit(next)
		})
	}
}

// admit works on a delivery once there is memory for it.
func (l *lane) admit(next offered) {
	if next.delivery.Size > smallPayload {
		if !l.enter(l.large) {
			l.giveBack(&next.delivery)
			return
		}
		defer func() { <-l.large }()
	}
	l.deliver(next)
}

// enter takes one of the places; ok is false when the engine stops, even if a place has just become free.
func (l *lane) enter(places chan struct{}) (ok bool) {
	select {
	case places <- struct{}{}:
	case <-l.engine.stopping:
		return false
	}
	if l.engine.draining() {
		<-places
		return false
	}
	return true
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
	idle := !l.backlog && !l.fresh.full && len(l.fresh.list) == 0
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
	if len(l.claimed) == 0 && l.mustLook() {
		l.claimStored()
	}
	if len(l.claimed) > 0 {
		next := l.claimed[0]
		l.claimed = l.claimed[1:]
		return next, true
	}
	return l.claimFresh()
}

// mustLook reports whether the store may hold a delivery whose turn is before the fresh ones.
func (l *lane) mustLook() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.nextDue.IsZero() && !l.nextDue.After(l.engine.now()) {
		l.backlog, l.nextDue = true, time.Time{} // a retry must not starve behind fresh ones
	}
	return l.backlog || l.fresh.full && len(l.fresh.list) == 0
}

func (l *lane) claimFresh() (offered, bool) {
	for {
		l.mu.Lock()
		next, ok := l.fresh.pop()
		l.mu.Unlock()
		if !ok {
			return offered{}, false
		}
		err := l.engine.store.Take(l.engine.calls, &next.delivery)
		if err == nil {
			return next, true
		}
		if !errors.Is(err, store.ErrLost) {
			l.storeFailed(err)
		}
	}
}

// claimStored claims the store's oldest deliveries: as many as there are slots for, or a few to be worked on next.
func (l *lane) claimStored() {
	ctx, now := l.engine.calls, l.engine.now()
	claimed, err := l.engine.store.Claim(ctx, l.names, now, max(claimBatch, cap(l.slots)-len(l.slots)))
	if err != nil {
		l.storeFailed(err)
	}
	reached := false
	for _, d := range claimed {
		next, isFresh := l.withBody(d)
		l.claimed = append(l.claimed, next)
		reached = reached || isFresh
	}
	switch {
	case err != nil:
	case reached:
		l.mu.Lock()
		l.backlog = false
		l.mu.Unlock()
		l.due(now.Add(lookAgain))
	case len(claimed) == 0:
		l.caughtUp(ctx)
	}
}

// caughtUp notes that the store has nothing that is due now.
func (l *lane) caughtUp(ctx context.Context) {
	l.mu.Lock()
	l.backlog, l.fresh.full = false, false
	l.mu.Unlock()
	// Asked after that, so that what came meanwhile is not missed.
	at, some, err := l.engine.store.NextDue(ctx, l.names)
	if err != nil {
		l.storeFailed(err)
	} else if some {
		l.due(at)
	}
}

// withBody takes a stored delivery's payload from the fresh ones, where it is among them.
func (l *lane) withBody(d store.Delivery) (next offered, isFresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, isFresh = l.fresh.take(d.ID)
	return offered{d, next.body}, isFresh
}

// releaseClaimed gives back what was claimed and never begun.
func (l *lane) releaseClaimed() {
	for i := range l.claimed {
		l.giveBack(&l.claimed[i].delivery)
	}
	l.claimed = nil
}

func (l *lane) storeFailed(err error) {
	if l.engine.calls.Err() != nil {
		return
	}
	l.engine.log.Error("store cannot be read, trying again", zap.String(telemetry.KeyDestination, l.Name), zap.Error(err))
	l.mu.Lock()
	l.backlog, l.fresh.full = false, false
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
