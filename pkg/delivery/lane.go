package delivery

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/labelgate/labelgate/pkg/store"
)

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
	gate   *gate
	names  []string         // of the routes
	routes map[string]Route // by name
	slots  chan struct{}    // one token for each delivery being worked on
	large  chan struct{}    // one token for each large one among them
	turns  chan struct{}    // one token for each call in flight
	pacer  *rate.Limiter
	work   chan offered  // to the workers; a slot is held for each that is sent
	woken  chan struct{} // capacity 1: something may be due

	stopping   chan struct{}  // closed when the lane takes no more work
	dispatched chan struct{}  // closed when the dispatcher has ended
	running    sync.WaitGroup // its dispatcher and workers

	claimed []offered // from the store, waiting for a slot; only the dispatcher uses it

	mu      sync.Mutex // guards everything below
	retired bool       // stopping is closed
	fresh   fresh
	backlog bool      // the store may hold due deliveries that are not in fresh
	nextDue time.Time // when the store's next delivery is due, zero for none
}

func newLane(e *Engine, d Destination) *lane {
	l := &lane{
		Destination: d, engine: e, routes: make(map[string]Route, len(d.Routes)),
		work: make(chan offered), woken: make(chan struct{}, 1), pacer: rate.NewLimiter(rate.Inf, 1), backlog: true,
		gate: &gate{}, stopping: make(chan struct{}), dispatched: make(chan struct{}),
	}
	calls := max(1, d.Concurrency)
	l.turns, l.large = make(chan struct{}, calls), make(chan struct{}, calls)
	l.slots = make(chan struct{}, workAtOnce(calls))
	if d.PerMinute > 0 {
		l.pacer = rate.NewLimiter(rate.Limit(float64(d.PerMinute)/60), l.burst())
	}
	for _, r := range d.Routes {
		l.routes[r.Name] = r
		l.names = append(l.names, r.Name)
	}
	return l
}

// burst is how many calls may follow each other at once under a limit of calls a minute.
func (d *Destination) burst() int { return max(1, min(d.PerMinute/60, d.Concurrency)) }

func workAtOnce(calls int) int {
	if calls == 1 {
		return 1
	}
	return max(calls, min(workPerCall*calls, maxSmallWork))
}

// offer adds a fresh delivery, or notes that the store holds it when there is no room. ok is false when the lane has retired.
func (l *lane) offer(d store.Delivery, body []byte) (ok bool) {
	return l.change(func() { l.fresh.add(offered{delivery: d, body: body}) })
}

// wake makes the lane look into the store.
func (l *lane) wake() (ok bool) {
	return l.change(func() { l.backlog = true })
}

// due makes the lane look into the store at a time.
func (l *lane) due(at time.Time) (ok bool) {
	return l.change(func() {
		if l.nextDue.IsZero() || at.Before(l.nextDue) {
			l.nextDue = at
		}
	})
}

func (l *lane) change(make func()) (ok bool) {
	l.mu.Lock()
	retired := l.retired
	if !retired {
		make()
	}
	l.mu.Unlock()
	l.signal()
	return !retired
}

func (l *lane) signal() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// goes runs a part of the lane.
func (l *lane) goes(part func()) {
	l.running.Add(1)
	l.engine.workers.Go(func() {
		defer l.running.Done()
		part()
	})
}
