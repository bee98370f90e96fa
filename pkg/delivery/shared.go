package delivery

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// watchStore looks for work that other processes brought, or left.
func (e *Engine) watchStore() {
	waker, ok := e.store.(store.Waker)
	if !ok {
		return
	}
	for {
		select {
		case <-e.stopping:
			return
		case <-waker.Wake():
			for _, l := range e.layout.Load().lanes {
				l.wake()
			}
		}
	}
}

// untilStop is a context that ends with the lane.
func (l *lane) untilStop() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(l.engine.calls)
	go func() {
		select {
		case <-l.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// enterShared takes the turn that is counted over all replicas, if there are several; ok is false when the lane stops, or the
// claim is lost.
func (w *work) enterShared() (ok bool) {
	shared := w.engine.limiter
	if shared == nil {
		return true
	}
	ctx, stop := w.untilStop()
	defer stop()
	err := shared.Enter(ctx, w.delivery, w.Name, max(1, w.Concurrency))
	if err != nil && !errors.Is(err, store.ErrLost) && ctx.Err() == nil {
		w.engine.log.Error("turn of a call cannot be taken", w.with(zap.Error(err))...)
	}
	return err == nil
}

// paceShared waits until the calls a minute of all replicas allow one more; ok is false when the lane stops before that.
func (l *lane) paceShared() (ok bool) {
	ctx, stop := l.untilStop()
	defer stop()
	wait, err := l.engine.limiter.Reserve(ctx, l.Name, l.PerMinute, l.burst())
	if err != nil {
		if ctx.Err() == nil {
			l.engine.log.Error("pace of calls cannot be read", zap.String(telemetry.KeyDestination, l.Name), zap.Error(err))
		}
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.stopping:
		return false
	}
}
