package delivery

import (
	"time"

	"github.com/labelgate/labelgate/pkg/store"
)

// dispatch hands each due delivery to a worker while there are slots, until the engine stops.
func (l *lane) dispatch() {
	defer close(l.dispatched)
	defer close(l.work)
	defer l.releaseClaimed()
	for workers := 0; ; {
		select {
		case <-l.stopping:
			return
		case l.slots <- struct{}{}:
		}
		next, ok := l.next()
		if !ok {
			return
		}
		select {
		case l.work <- next:
			continue
		default:
		}
		if workers < cap(l.slots) {
			workers++
			l.goes(l.worker)
		}
		l.work <- next
	}
}

// worker works on one delivery after the other. It is kept, because a new goroutine grows its stack with each delivery.
func (l *lane) worker() {
	for next := range l.work {
		l.admit(next)
		<-l.slots
	}
}

// admit works on a delivery once there is memory for it.
func (l *lane) admit(next offered) {
	if next.delivery.Size > smallPayload {
		if !l.enter(l.large) {
			l.release(&next.delivery)
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
	case <-l.stopping:
		return false
	}
	if l.halted() {
		<-places
		return false
	}
	return true
}

// next returns the next claimed delivery; it waits until there is one. ok is false when the engine stops.
func (l *lane) next() (next offered, ok bool) {
	for !l.halted() {
		pause := l.gate.paused()
		if pause != nil {
			l.releaseClaimed()
			if next, ok = l.claimProbe(pause); !ok {
				l.awaitProbe(pause)
			}
		} else if next, ok = l.claim(); !ok {
			l.await()
		}
		if ok {
			return next, true
		}
	}
	return offered{}, false
}

// awaitProbe returns when a probe may be due, the pause may have ended or the lane retires.
func (l *lane) awaitProbe(p *store.Pause) {
	var alarm <-chan time.Time
	if wait := p.ProbeAt.Sub(l.engine.now()); !p.ProbeAt.IsZero() && wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-l.woken:
	case <-alarm:
	case <-l.stopping:
	}
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
	case <-l.stopping:
	}
}

// pace waits until the destination's calls a minute allow one more; ok is false when the engine stops before that.
func (l *lane) pace() (ok bool) {
	if l.engine.limiter != nil && l.PerMinute > 0 {
		return l.paceShared()
	}
	turn := l.pacer.Reserve()
	delay := turn.Delay()
	if delay == 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.stopping:
		turn.Cancel()
		return false
	}
}
