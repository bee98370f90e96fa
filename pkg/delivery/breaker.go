package delivery

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// maxProbeInterval bounds the time between two probes of a paused destination: one call a minute hurts no vendor, and a
// delivery that fails by itself must not hold others up for longer.
const maxProbeInterval = time.Minute

// watchVendor learns from an attempt how the vendor is: it pauses the destination of one that refuses the key or keeps
// failing, and resumes when a call that was begun since then works.
func (w *work) watchVendor(a attempt) {
	if w.PauseAfter <= 0 || w.engine.calls.Err() != nil { // a call that was cut off says nothing
		return
	}
	lasting := w.gate.paused()
	switch healthOf(a.verdict) {
	case neutral:
	case well:
		w.gate.succeeded.Store(a.ended.UnixMilli())
		if w.gate.failures.Load() != 0 {
			w.gate.failures.Store(0)
		}
		if lasting != nil && lasting.By == store.ByBreaker && a.started.After(lasting.Since) {
			w.engine.resumeByBreaker(w.engine.calls, w.Name, a.ended)
		}
	case refuses:
		if w.ownFault() { // nobody might be left to probe with
			return
		}
		w.trip(a, fmt.Sprintf("the vendor refuses the key: %s", a.verdict.Detail))
	case failing:
		if n := w.gate.failures.Add(1); n >= int64(w.PauseAfter) {
			w.trip(a, fmt.Sprintf("%d calls in a row failed; the last one: %s", n, a.verdict.Detail))
		}
	}
}

// trip pauses the destination, unless it is paused already.
func (w *work) trip(a attempt, detail string) {
	if w.gate.paused() != nil {
		return
	}
	w.engine.begin(store.Pause{
		Destination: w.Name, By: store.ByBreaker, Reason: a.verdict.Reason, Detail: w.brief(detail),
		Since: a.ended, ProbeAt: a.ended.Add(w.Schedule.probe(0)),
	})
}

// keyRefused is what becomes of a delivery whose call was refused for its key: the whole destination is paused, and it waits
// like all the others. nil where the vendor took other calls since it refused this delivery before, which is then its own fault.
func (w *work) keyRefused(a attempt) *store.Finish {
	if w.PauseAfter <= 0 || healthOf(a.verdict) != refuses {
		return nil
	}
	if w.ownFault() {
		return nil
	}
	f := w.retry(a)
	return &f
}

// ownFault reports whether the vendor took other calls since it refused the key of this delivery before.
func (w *work) ownFault() bool {
	before := w.delivery.Reason == adapter.ReasonUnauthorized || w.delivery.Reason == adapter.ReasonForbidden
	return before && w.gate.succeeded.Load() > w.delivery.UpdatedAt.UnixMilli()
}

// begin pauses a destination; a failure to write it down is logged, and the next call that fails tries again.
func (e *Engine) begin(p store.Pause) {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	begun, err := e.store.BeginPause(context.WithoutCancel(e.calls), p)
	if err != nil {
		e.log.Error("destination cannot be paused", zap.String(telemetry.KeyDestination, p.Destination), zap.Error(err))
		return
	}
	if begun {
		e.logPause(p)
	}
	e.followAll(e.calls)
}

func (e *Engine) logPause(p store.Pause) {
	fields := []zap.Field{
		zap.String(telemetry.KeyDestination, p.Destination), zap.String(telemetry.KeyPausedBy, string(p.By)),
		zap.String(telemetry.KeyReason, string(p.Reason)), zap.String(telemetry.KeyDetail, p.Detail),
	}
	if !p.ProbeAt.IsZero() {
		fields = append(fields, zap.Time(telemetry.KeyRetryAt, p.ProbeAt))
	}
	e.log.Warn("destination paused", fields...)
}

// resumeByBreaker ends a breaker's pause because the vendor is well again.
func (e *Engine) resumeByBreaker(ctx context.Context, name string, at time.Time) {
	if _, err := e.end(context.WithoutCancel(ctx), name, store.ByBreaker, at); err != nil {
		e.log.Error("destination cannot be resumed", zap.String(telemetry.KeyDestination, name), zap.Error(err))
	}
}

// end resumes a destination.
func (e *Engine) end(ctx context.Context, name string, by store.PausedBy, at time.Time) (ended bool, err error) {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	if ended, err = e.store.EndPause(ctx, name, by, at); err != nil {
		return false, err
	}
	if ended {
		e.log.Info("destination resumed", zap.String(telemetry.KeyDestination, name),
			zap.String(telemetry.KeyPausedBy, cmp.Or(string(by), string(store.ByPerson))))
	}
	e.followAll(ctx)
	return ended, nil
}

// forgiveBreakers ends the breakers' pauses after a reload.
func (e *Engine) forgiveBreakers(ctx context.Context, now *layout) {
	for _, l := range now.lanes {
		if p := l.gate.paused(); p != nil && p.By == store.ByBreaker {
			e.resumeByBreaker(ctx, l.Name, e.now())
		}
	}
}

// probe lets the one delivery through by which a breaker's pause finds out how the vendor is. mine is false when it is not time
// for that, or another replica has done so.
func (l *lane) probe(p *store.Pause) (mine bool) {
	now := l.engine.now()
	mine, err := l.engine.store.Probe(l.engine.calls, l.Name, now, now.Add(l.Schedule.probe(p.Probes+1)))
	if err != nil {
		l.storeFailed(err)
	}
	l.engine.follow(l.engine.calls)
	return mine && err == nil
}
