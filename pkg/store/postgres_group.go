package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/labelgate/labelgate/pkg/crash"
)

// errPGClosed says that the store takes no more writes.
var errPGClosed = errors.New("store is closed")

// pgBatch bounds a transaction, and so the time that its first write waits for its last. pgTimeout bounds it where the
// database does not answer.
const (
	pgBatch   = 64
	pgTimeout = 15 * time.Second
)

// pgStatement is a statement of a write.
type pgStatement struct {
	text string
	args []any
	// none is the write's error when a guarded statement finds no row. Text must be made by guard.
	none error
	// into is where its row goes, if it has one.
	into []any
}

// guard makes a statement with RETURNING fail when it changes no row, so that all of its transaction is undone: that a
// claim is lost is then known without a round trip of its own. Dividing by zero is how SQL raises an error inside a query.
func guard(text string) string {
	return `WITH changed AS (` + text + `) SELECT 1 / count(*) FROM changed`
}

// pgWrite is a write on its way.
type pgWrite struct {
	statements []pgStatement
	done       chan error
}

// pgGroup carries out writes: whatever is queued goes into one transaction and one round trip, so that one fsync serves all
// of it. A lone write does not wait for others.
type pgGroup struct {
	pool    *pgxpool.Pool
	queue   chan *pgWrite
	writers sync.WaitGroup

	mu     sync.RWMutex // guards closed, and the queue against being closed under a sender
	closed bool
}

func newPGGroup(pool *pgxpool.Pool, writers int) *pgGroup {
	g := &pgGroup{pool: pool, queue: make(chan *pgWrite, 4*pgBatch)}
	for range writers {
		g.writers.Go(g.serve)
	}
	return g
}

// do carries out the statements, all or none, and returns when they are on disk.
func (g *pgGroup) do(statements ...pgStatement) error {
	w := &pgWrite{statements: statements, done: make(chan error, 1)}
	if !g.send(w) {
		return errPGClosed
	}
	return <-w.done
}

func (g *pgGroup) send(w *pgWrite) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return false
	}
	g.queue <- w
	return true
}

// close waits for the writes that are queued.
func (g *pgGroup) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	g.writers.Wait()
}

func (g *pgGroup) serve() {
	for first := range g.queue {
		batch := g.gather([]*pgWrite{first})
		g.commit(batch)
	}
}

func (g *pgGroup) gather(batch []*pgWrite) []*pgWrite {
	for len(batch) < pgBatch {
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

// commit carries out a batch, and one by one where a write of it fails, so that only the bad one fails.
func (g *pgGroup) commit(batch []*pgWrite) {
	err := g.transact(batch)
	if err != nil && len(batch) > 1 && !isUnavailable(err) {
		for i := range batch {
			g.commit(batch[i : i+1])
		}
		return
	}
	for tries := 0; err != nil && isCollision(err) && tries < 5; tries++ {
		err = g.transact(batch)
	}
	for _, w := range batch {
		w.done <- err
	}
}

// transact sends all statements at once; without a BEGIN, PostgreSQL takes them for one transaction.
func (g *pgGroup) transact(batch []*pgWrite) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), pgTimeout) //nolint:forbidigo // a write that is queued is carried out
	defer cancel()
	all := &pgx.Batch{}
	for _, w := range batch {
		for _, s := range w.statements {
			all.Queue(s.text, s.args...)
		}
	}
	results := g.pool.SendBatch(ctx, all)
	defer func() { err = errors.Join(err, results.Close()) }()
	for _, w := range batch {
		for _, s := range w.statements {
			if err := s.result(results); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *pgStatement) result(results pgx.BatchResults) error {
	var err error
	if len(s.into) > 0 {
		err = results.QueryRow().Scan(s.into...)
	} else {
		_, err = results.Exec()
	}
	if s.none != nil && isNothing(err) {
		return s.none
	}
	return err
}

// pgPatience is how long a write that must not be lost is tried again while the database is away.
const pgPatience = 30 * time.Second

// do runs a write once.
func (s *postgresStore) do(ctx context.Context, statements ...pgStatement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	crash.At(crash.Committing)
	defer crash.At(crash.Committed)
	return s.wrap(s.group.do(statements...))
}

// insist runs a write of a claim until the database has taken it: what became of a call is known here and nowhere else.
// The write must have the same effect twice, because an answer can be lost after the database took it.
func (s *postgresStore) insist(ctx context.Context, statements ...pgStatement) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	crash.At(crash.Committing)
	defer crash.At(crash.Committed)
	return s.retry(ctx, func() error { return s.group.do(statements...) })
}
