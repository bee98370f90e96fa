// Package commit groups the writes of a process: whatever is queued goes into one transaction, so that one fsync serves
// all of it. A lone write does not wait for others.
package commit

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/labelgate/labelgate/pkg/crash"
)

// maxBatch bounds a transaction, and so the time that its first write waits for its last.
const maxBatch = 256

// ErrClosed says that the group takes no more writes.
var ErrClosed = errors.New("store is closed")

// Engine is the database. It is used by one goroutine at a time.
type Engine interface {
	Begin() error
	// Commit returns when the transaction is on disk.
	Commit() error
	Rollback()
	// Fatal reports whether nothing may be written after this error until the database is opened again.
	Fatal(err error) bool
	// Idle is called when no write has come for a while.
	Idle()
}

// Group runs writes in shared transactions.
type Group struct {
	engine Engine
	idle   time.Duration
	queue  chan *write
	ended  chan struct{}
	pool   sync.Pool

	mu     sync.RWMutex // guards closed, and the queue against being closed under a sender
	closed bool

	broken error // why nothing is written any more; only the committing goroutine uses it
}

type write struct {
	run  func() error
	done chan error
	late *Late
}

// Late is a write that nobody waits for yet.
type Late struct {
	done chan struct{}
	err  error
}

// Done is closed when the write is on disk, or has failed.
func (l *Late) Done() <-chan struct{} { return l.done }

// Failed is the error of a write that has failed, nil as long as it has not. A write that was started after this one, and asks while
// it runs, is not on disk unless this one is.
func (l *Late) Failed() error {
	if l == nil {
		return nil
	}
	select {
	case <-l.done:
		return l.err
	default:
		return nil // if it is part of the same transaction, both are on disk or neither is
	}
}

// New starts a group. After idle without a write it calls engine.Idle.
func New(engine Engine, idle time.Duration) *Group {
	g := &Group{engine: engine, idle: idle, queue: make(chan *write, maxBatch), ended: make(chan struct{})}
	g.pool.New = func() any { return &write{done: make(chan error, 1)} }
	go g.serve()
	return g
}

// Do runs a write inside a transaction and returns when it is on disk. When it returns an error nothing of the write is
// there. run can be called twice: when another write of its transaction fails, all are rolled back and run again one by
// one. So run may change only what it sets anew each time.
func (g *Group) Do(run func() error) error {
	w, _ := g.pool.Get().(*write)
	w.run = run
	if !g.send(w) {
		return ErrClosed
	}
	err := <-w.done
	w.run = nil
	g.pool.Put(w)
	return err
}

// Start is Do without the waiting. Writes are carried out in the order they are started.
func (g *Group) Start(run func() error) (*Late, error) {
	w := &write{run: run, late: &Late{done: make(chan struct{})}}
	if !g.send(w) {
		return nil, ErrClosed
	}
	return w.late, nil
}

// Close waits for the writes that are queued.
func (g *Group) Close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.ended
}

func (g *Group) send(w *write) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return false
	}
	g.queue <- w
	return true
}

func (g *Group) serve() {
	defer close(g.ended)
	timer := time.NewTimer(g.idle)
	defer timer.Stop()
	batch := make([]*write, 0, maxBatch)
	for {
		select {
		case first, ok := <-g.queue:
			if !ok {
				return
			}
			// Whoever is ready to run may queue its write first: it costs a lone write nothing, and an fsync less for many.
			runtime.Gosched()
			batch = g.gather(append(batch[:0], first))
			g.commit(batch)
			clear(batch)
			timer.Reset(g.idle)
		case <-timer.C:
			g.engine.Idle()
		}
	}
}

func (g *Group) gather(batch []*write) []*write {
	for len(batch) < maxBatch {
		select {
		case w, ok := <-g.queue:
			if !ok {
				return batch
			}
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch, and one by one when a write of it fails by itself, so that only the bad one fails.
func (g *Group) commit(batch []*write) {
	bad, err := g.transact(batch)
	if bad && len(batch) > 1 {
		for i := range batch {
			g.commit(batch[i : i+1])
		}
		return
	}
	for _, w := range batch {
		w.answer(err)
	}
}

func (w *write) answer(err error) {
	if w.late == nil {
		w.done <- err
		return
	}
	w.late.err = err
	close(w.late.done)
}

// transact runs the writes in one transaction; bad says that a write failed, not the transaction.
func (g *Group) transact(batch []*write) (bad bool, err error) {
	if g.broken != nil {
		return false, g.broken
	}
	if err := g.engine.Begin(); err != nil {
		return false, g.judge(err)
	}
	for _, w := range batch {
		if err := w.run(); err != nil {
			g.engine.Rollback()
			return true, g.judge(err)
		}
	}
	crash.At(crash.Committing)
	if err := g.engine.Commit(); err != nil {
		return false, g.judge(err)
	}
	crash.At(crash.Committed)
	return false, nil
}

// judge remembers an error after which the state of the disk is not known: an fsync that failed must not be tried
// again as if nothing had happened, because the kernel may have dropped the pages.
func (g *Group) judge(err error) error {
	if g.engine.Fatal(err) && g.broken == nil {
		g.broken = fmt.Errorf("no more writes until the gateway is restarted, because an earlier one failed: %w", err)
	}
	return err
}
