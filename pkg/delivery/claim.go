package delivery

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// claimRetry is how long a lane leaves a store alone that could not be read.
const claimRetry = time.Second

// claimBatch is how many deliveries are claimed at once at least. They count as running, so they are few.
const claimBatch = 8

// lookAgain is how long a lane with fresh deliveries leaves the store alone once it has claimed what is older than they are.
const lookAgain = time.Second

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
	return offered{delivery: d, body: next.body}, isFresh
}

// claimProbe claims the one delivery by which a breaker's pause finds out how the vendor is, when it is time for that.
func (l *lane) claimProbe(p *store.Pause) (offered, bool) {
	now := l.engine.now()
	if p.ProbeAt.IsZero() || p.ProbeAt.After(now) {
		return offered{}, false
	}
	claimed, err := l.engine.store.Claim(l.engine.calls, l.names, now, 1)
	if err != nil {
		l.storeFailed(err)
	}
	if err != nil || len(claimed) == 0 {
		return offered{}, false
	}
	if !l.probe(p) {
		l.release(&claimed[0])
		return offered{}, false
	}
	next, _ := l.withBody(claimed[0])
	next.probe = true
	return next, true
}

// releaseClaimed gives back what was claimed and never begun.
func (l *lane) releaseClaimed() {
	for i := range l.claimed {
		l.release(&l.claimed[i].delivery)
	}
	l.claimed = nil
}

// release gives a claim back that was not begun, or that must not go on now: it is due as before.
func (l *lane) release(d *store.Delivery) {
	if err := l.engine.store.Release(context.WithoutCancel(l.engine.calls), d); err != nil {
		l.engine.log.Error("claim cannot be given back", zap.Int64(telemetry.KeyDelivery, d.ID), zap.Error(err))
	}
	l.engine.wake(d.Route)
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

// giveBack gives back a claim whose state could not be recorded, so that it is due again when the store is well.
func (l *lane) giveBack(d *store.Delivery) {
	if err := l.engine.store.Release(context.WithoutCancel(l.engine.calls), d); err != nil {
		l.engine.log.Error("claim cannot be given back", zap.Int64(telemetry.KeyDelivery, d.ID), zap.Error(err))
	}
	l.engine.due(d.Route, l.engine.now().Add(claimRetry))
}
