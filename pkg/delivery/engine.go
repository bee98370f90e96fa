// Package delivery is the engine: it takes due deliveries from the store, plans them with their route's adapter, makes
// the calls, judges the answers and records everything. Retrying happens here and nowhere else.
package delivery

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/source"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// Caller makes one call at a destination. Its errors are *transport.Failure.
type Caller interface {
	Do(ctx context.Context, call adapter.Call) (adapter.Response, error)
	// Redact removes the destination's secrets from a text.
	Redact(text string) string
}

// Route is what the engine must know of a route.
type Route struct {
	// Name is the route's name in the ledger.
	Name string
	// Adapter maps its events, Source reads their payloads.
	Adapter adapter.Adapter
	Source  source.Source
}

// Destination is where the deliveries of some routes go. Its limits hold over all of them.
type Destination struct {
	// Name and Adapter are names for logs and metrics.
	Name, Adapter string
	// Caller makes the calls.
	Caller Caller
	// Routes are the routes that end here.
	Routes []Route
	// Concurrency is the number of deliveries worked on at once, at least 1.
	Concurrency int
	// PerMinute is the number of calls a minute, 0 for no limit.
	PerMinute int
	// Timeout bounds one call.
	Timeout time.Duration
	// Schedule says when to try again.
	Schedule Schedule
	// PauseAfter is how many calls in a row may fail before the destination pauses itself and probes; a refused key pauses it
	// at once. 0 for never: then a refused key ends a delivery.
	PauseAfter int
	// Price is what an item costs, for estimates.
	Price Price
}

// Options are what an engine is made from.
type Options struct {
	Store        store.Store
	Destinations []Destination
	Log          *zap.Logger
	Metrics      *telemetry.Metrics
	// Retention is how long finished deliveries are kept, 0 for ever.
	Retention time.Duration
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Engine delivers. Each destination has a lane of its own, so that a slow one holds no other up.
type Engine struct {
	store     store.Store
	log       *zap.Logger
	metrics   *telemetry.Metrics
	now       func() time.Time
	retention atomic.Int64 // a time.Duration
	layout    atomic.Pointer[layout]
	watch     watchers
	limiter   store.Limiter // nil where this is the only process
	bulks     bulks
	reloading sync.Mutex // held by what starts, changes or stops the lanes
	started   bool       // guarded by reloading
	pausing   sync.Mutex // held from a change or read of the store's pauses until the gates follow

	stopping chan struct{}      // closed when no new work is to be taken
	calls    context.Context    //nolint:containedctx // bounds all calls in flight; ended by Drain
	cutCalls context.CancelFunc // ends the calls in flight
	workers  sync.WaitGroup
	stopOnce sync.Once
}

// New returns an engine; nothing runs before Start.
func New(o Options) *Engine {
	e := &Engine{store: o.Store, log: o.Log, metrics: o.Metrics, now: o.Now, stopping: make(chan struct{})}
	if e.now == nil {
		e.now = time.Now
	}
	e.limiter, _ = o.Store.(store.Limiter)
	e.retention.Store(int64(o.Retention))
	e.layout.Store(e.newLayout(o.Destinations, &layout{}))
	return e
}

// Start takes up the work that the store holds and all that is offered from now on. ctx carries values only; Drain
// stops the engine.
func (e *Engine) Start(ctx context.Context) {
	e.calls, e.cutCalls = context.WithCancel(context.WithoutCancel(ctx))
	e.reloading.Lock()
	e.started = true
	e.follow(ctx)
	for _, l := range e.layout.Load().lanes {
		l.goes(l.dispatch)
	}
	e.reloading.Unlock()
	e.workers.Go(e.watchPauses)
	e.workers.Go(e.purge)
	e.workers.Go(e.index)
	e.workers.Go(e.watchStore)
}

// Offer tells of a delivery that was just accepted. body is its payload where that is in memory, nil otherwise; it is
// kept until the delivery's turn comes, if there is room. Offer never blocks.
func (e *Engine) Offer(d store.Delivery, body []byte) {
	e.tell(d.Route, func(l *lane) bool { return l.offer(d, body) })
}

// Redrive queues a delivery again, see store.Store.
func (e *Engine) Redrive(ctx context.Context, id int64) error {
	if err := e.store.Redrive(ctx, id, e.now()); err != nil {
		return err
	}
	for _, l := range e.layout.Load().lanes {
		l.wake()
	}
	return nil
}

// Settle writes down a person's word about a step whose outcome is unknown, see store.Store. Redrive goes on with it.
func (e *Engine) Settle(ctx context.Context, id int64, s store.Settlement) error {
	s.Now = e.now()
	return e.store.Settle(ctx, id, s)
}

// Discard closes a delivery for good, see store.Store.
func (e *Engine) Discard(ctx context.Context, id int64) error {
	if err := e.store.Discard(ctx, id, e.now()); err != nil {
		return err
	}
	e.watch.tell(id, store.Discarded)
	return nil
}

// Stop stops taking work: no call is begun any more, those in flight go on. What comes by Offer waits in the store.
func (e *Engine) Stop() {
	e.stopOnce.Do(func() {
		e.reloading.Lock()
		defer e.reloading.Unlock()
		close(e.stopping)
		for _, l := range e.layout.Load().lanes {
			l.retire()
		}
	})
}

// Drain does what Stop does, lets the calls in flight end until ctx does, then cuts them off (their outcome is recorded as
// unknown), and returns when no worker is left. What is not delivered waits in the store.
func (e *Engine) Drain(ctx context.Context) {
	e.Stop()
	done := make(chan struct{})
	go func() {
		e.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		e.cutCalls()
		<-done
	}
	e.cutCalls()
}

// Ready is nil while deliveries are being worked on.
func (e *Engine) Ready() error {
	if e.draining() {
		return errStopping
	}
	return nil
}

func (e *Engine) draining() bool {
	select {
	case <-e.stopping:
		return true
	default:
		return false
	}
}

// errStopping is why nothing is worked on any more.
var errStopping = errors.New("the gateway is stopping")

// Await returns the state of a delivery as soon as it is final; ctx's error, or that of a stopped engine, if that is first.
func (e *Engine) Await(ctx context.Context, id int64) (store.State, error) {
	told, stop := e.watch.add(id)
	defer stop()
	d, err := e.store.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if d.State.Final() {
		return d.State, nil
	}
	select {
	case state := <-told:
		return state, nil
	case <-e.stopping:
		return "", errStopping
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// purgeBatch keeps a purge from holding the writer up: 200 deliveries are a few milliseconds.
const purgeBatch = 200

// purgeLook is how often it is looked for something to purge at least: a reload may have changed the retention.
const purgeLook = 10 * time.Minute

func (e *Engine) purge() {
	for {
		every := time.Hour
		retention := time.Duration(e.retention.Load())
		if retention > 0 {
			every = min(every, max(retention/10, time.Second))
		}
		alarm := time.NewTimer(min(every, purgeLook))
		select {
		case <-e.stopping:
			alarm.Stop()
			return
		case <-alarm.C:
			if retention > 0 {
				e.purgeOnce(retention)
			}
		}
	}
}

func (e *Engine) purgeOnce(retention time.Duration) {
	total := 0
	for !e.draining() {
		n, err := e.store.Purge(e.calls, e.now().Add(-retention), purgeBatch)
		total += n
		if err != nil && !errors.Is(err, context.Canceled) {
			e.log.Error("purge stopped", zap.Error(err))
		}
		if err != nil || n < purgeBatch {
			break
		}
	}
	if total > 0 {
		e.log.Info("purged", zap.Int(telemetry.KeyCount, total))
	}
}
