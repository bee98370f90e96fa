package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// BulkKind is what is done to many deliveries.
type BulkKind string

// The kinds of bulk.
const (
	BulkRedrive BulkKind = "redrive"
	BulkDiscard BulkKind = "discard"
)

// Bulk is a redrive or discard of many deliveries, on its way or ended. It lives in the process that does it: after a restart
// what was not reached is as it was, and the same selection chooses it again.
type Bulk struct {
	// ID counts the bulks of this process, from 1.
	ID int64 `json:"id"`
	// Kind is what is done, PerMinute how many deliveries a minute; 0 for as fast as it goes.
	Kind      BulkKind `json:"kind"`
	PerMinute int      `json:"per_minute,omitempty"`
	// Done counts the deliveries that it was done to, Skipped those whose state did not allow it (any more).
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	// State is running, done, stopped (by a person, or with the gateway) or failed; Detail says why it failed.
	State  BulkState `json:"state"`
	Detail string    `json:"detail,omitempty"`
	// Started and Ended bound it.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}

// BulkState is where a bulk stands.
type BulkState string

// The states of a bulk.
const (
	BulkRunning BulkState = "running"
	BulkDone    BulkState = "done"
	BulkStopped BulkState = "stopped"
	BulkFailed  BulkState = "failed"
)

// keptBulks is how many bulks are remembered.
const keptBulks = 100

// bulks are the bulks of the process.
type bulks struct {
	mu   sync.Mutex
	last int64
	list []*bulk
}

// bulk is a bulk and the way to stop it.
type bulk struct {
	Bulk
	cancel context.CancelFunc
}

// StartBulk begins to redrive or discard the chosen deliveries, so many a minute (0: as fast as it goes), and returns at once.
func (e *Engine) StartBulk(kind BulkKind, s Selection, perMinute int) (Bulk, error) {
	if kind != BulkRedrive && kind != BulkDiscard {
		return Bulk{}, fmt.Errorf("bulk: %q is neither redrive nor discard", kind)
	}
	if e.draining() {
		return Bulk{}, errStopping
	}
	ctx, cancel := context.WithCancel(e.calls)
	e.bulks.mu.Lock()
	defer e.bulks.mu.Unlock()
	e.bulks.last++
	b := &bulk{cancel: cancel, Bulk: Bulk{
		ID: e.bulks.last, Kind: kind, PerMinute: perMinute, State: BulkRunning, Started: e.now(),
	}}
	e.bulks.list = append(e.bulks.list[max(0, len(e.bulks.list)+1-keptBulks):], b)
	e.workers.Go(func() {
		defer cancel()
		e.endBulk(b, e.runBulk(ctx, b, s))
	})
	return b.Bulk, nil
}

// RunBulk does a bulk in an engine that is not started, to its end or ctx's.
func (e *Engine) RunBulk(ctx context.Context, kind BulkKind, s Selection) (Bulk, error) {
	b := &bulk{Bulk: Bulk{Kind: kind, State: BulkRunning, Started: e.now()}}
	err := e.runBulk(ctx, b, s)
	e.endBulk(b, err)
	return b.Bulk, err
}

// Bulks are the last bulks of the process, newest first.
func (e *Engine) Bulks() []Bulk {
	e.bulks.mu.Lock()
	defer e.bulks.mu.Unlock()
	out := make([]Bulk, 0, len(e.bulks.list))
	for _, b := range slices.Backward(e.bulks.list) {
		out = append(out, b.Bulk)
	}
	return out
}

// StopBulk stops a bulk. What is redriven or discarded stays so. ErrNotFound when there is none of that id.
func (e *Engine) StopBulk(id int64) error {
	e.bulks.mu.Lock()
	defer e.bulks.mu.Unlock()
	for _, b := range e.bulks.list {
		if b.ID == id {
			b.cancel()
			return nil
		}
	}
	return fmt.Errorf("bulk %d: %w", id, store.ErrNotFound)
}

// runBulk does it to one delivery after the other.
func (e *Engine) runBulk(ctx context.Context, b *bulk, s Selection) error {
	pace := rate.NewLimiter(rate.Inf, 1)
	if b.PerMinute > 0 {
		pace.SetLimit(rate.Limit(float64(b.PerMinute) / 60))
	}
	return s.each(ctx, e.store, func(d *store.Delivery) error {
		if err := e.waitTurn(ctx, pace); err != nil {
			return err
		}
		err := e.change(ctx, b.Kind, d)
		skipped := errors.Is(err, store.ErrState) || errors.Is(err, store.ErrNotFound)
		if err != nil && !skipped {
			return err
		}
		e.bulks.mu.Lock()
		defer e.bulks.mu.Unlock()
		if skipped {
			b.Skipped++
		} else {
			b.Done++
		}
		return nil
	})
}

// waitTurn waits for the pace, or for a stop.
func (e *Engine) waitTurn(ctx context.Context, pace *rate.Limiter) error {
	turn := pace.Reserve()
	alarm := time.NewTimer(turn.Delay())
	defer alarm.Stop()
	select {
	case <-alarm.C:
		if e.draining() {
			return errStopping
		}
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-e.stopping:
		return errStopping
	}
}

// change does it to one delivery.
func (e *Engine) change(ctx context.Context, kind BulkKind, d *store.Delivery) error {
	if kind == BulkDiscard {
		return e.Discard(ctx, d.ID)
	}
	if err := e.store.Redrive(ctx, d.ID, e.now()); err != nil {
		return err
	}
	e.wake(d.Route)
	return nil
}

func (e *Engine) endBulk(b *bulk, err error) {
	e.bulks.mu.Lock()
	defer e.bulks.mu.Unlock()
	b.Ended, b.State = e.now(), BulkDone
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled), errors.Is(err, errStopping):
		b.State = BulkStopped
	default:
		b.State, b.Detail = BulkFailed, err.Error()
	}
	e.log.Info("bulk ended", zap.String(telemetry.KeyState, string(b.State)), zap.String(telemetry.KeyReason, string(b.Kind)),
		zap.Int(telemetry.KeyCount, b.Done), zap.String(telemetry.KeyDetail, b.Detail))
}
