package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The times of a session. A replica is taken over once its lock was free twice in a row. After the connection was lost
// others may have lost theirs too (a restart, a failover), so they get time to come back first.
const (
	pgSweep   = 250 * time.Millisecond
	pgGrace   = 3 * time.Second
	pgAnswers = 5 * time.Second // how long the server may take to answer the session
)

// errNoSession says that this replica does not count as alive now.
var errNoSession = errors.New("the session of this replica is lost, connecting again")

// pgSession is the one connection that says "this replica lives": it holds the advisory lock of the replica's id, hears
// what others notify, and looks for replicas that died.
type pgSession struct {
	store  *postgresStore
	config *pgx.ConnConfig
	woken  chan struct{}
	stop   context.CancelFunc
	ended  chan struct{}

	conn     *pgx.Conn // only the serving goroutine uses it
	suspects map[int64]bool
	since    time.Time // when the connection was made; zero for the first, which knows nothing of a failover

	mu      sync.Mutex // guards everything below
	id      int64
	address string
	indexer bool // this replica holds indexLock
	err     error
}

func openPGSession(ctx context.Context, config *pgx.ConnConfig, store *postgresStore) (*pgSession, error) {
	config = config.Copy()
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3,
	}}
	config.DialFunc = dialer.DialContext
	s := &pgSession{
		store: store, config: config, woken: make(chan struct{}, 1), ended: make(chan struct{}), suspects: map[int64]bool{},
	}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.first(ctx); err != nil {
		return nil, errors.Join(err, s.conn.Close(ctx))
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.serve(ctx)
	return s, nil
}

// first takes over at once what a replica of before left, such as this process before it was killed.
func (s *pgSession) first(ctx context.Context) error {
	if err := s.sweep(ctx); err != nil || len(s.suspects) == 0 {
		return err
	}
	timer := time.NewTimer(pgSweep)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.sweep(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect makes the connection and becomes the replica of before again, unless the others have taken that over.
func (s *pgSession) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pgAnswers)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return err
	}
	if err := s.join(ctx, conn); err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	s.conn = conn
	return nil
}

func (s *pgSession) join(ctx context.Context, conn *pgx.Conn) error {
	s.mu.Lock()
	id, address := s.id, s.address
	s.mu.Unlock()
	if id != 0 {
		known, err := s.rejoin(ctx, conn, id)
		if err != nil || known {
			return err
		}
		s.store.claims.clear()
		s.store.turns.rejoined()
	}
	id = newReplicaID()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, id); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `INSERT INTO replica (id, address) VALUES ($1, $2)`, id, address); err != nil {
		return err
	}
	s.mu.Lock()
	s.id, s.err = id, nil
	s.mu.Unlock()
	_, err := conn.Exec(ctx, `LISTEN labelgate`)
	return err
}

// rejoin takes the lock of an id that this replica had. known is false when others hold it for dead.
func (s *pgSession) rejoin(ctx context.Context, conn *pgx.Conn, id int64) (known bool, err error) {
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, id); err != nil {
		return false, err
	}
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM replica WHERE id = $1)`, id).Scan(&known); err != nil || !known {
		return false, err
	}
	s.mu.Lock()
	s.err = nil
	s.mu.Unlock()
	_, err = conn.Exec(ctx, `LISTEN labelgate`)
	return true, err
}

func newReplicaID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails, see crypto/rand
	return int64(binary.LittleEndian.Uint64(b[:])>>2) | 1
}

// replica is the id that claims are made under.
func (s *pgSession) replica() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// indexes reports whether this replica is the one that indexes.
func (s *pgSession) indexes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.indexer
}

// tryIndex takes the lock of the replica that indexes, if it is free.
func (s *pgSession) tryIndex(ctx context.Context) error {
	if s.indexes() {
		return nil
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.store.id)) // it never fails
	var mine bool
	err := s.conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(indexLock)^int64(h.Sum32())<<24).Scan(&mine)
	s.mu.Lock()
	s.indexer = mine
	s.mu.Unlock()
	return err
}

// alive is nil while this replica counts as alive.
func (s *pgSession) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *pgSession) serve(ctx context.Context) {
	defer close(s.ended)
	next := time.Now().Add(pgSweep)
	for ctx.Err() == nil {
		err := s.listen(ctx, next)
		if err == nil && !time.Now().Before(next) {
			err = s.sweep(ctx)
			next = time.Now().Add(pgSweep)
		}
		if err != nil && ctx.Err() == nil {
			s.reconnect(ctx, err)
		}
	}
}

// listen waits for a notification until then.
func (s *pgSession) listen(ctx context.Context, until time.Time) error {
	wait, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	n, err := s.conn.WaitForNotification(wait)
	if err != nil {
		if wait.Err() != nil && !s.conn.IsClosed() {
			return nil
		}
		return err
	}
	if n.Payload == s.store.id && n.PID != s.conn.PgConn().PID() {
		s.wake()
	}
	return nil
}

func (s *pgSession) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// reconnect goes on until there is a session again. Nothing is claimed meanwhile, and what is being worked on is written
// under its claims' tokens, which hold as long as nobody took them over.
func (s *pgSession) reconnect(ctx context.Context, why error) {
	s.mu.Lock()
	s.err, s.indexer = fmt.Errorf("%w: %w", errNoSession, why), false
	s.mu.Unlock()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	_ = s.conn.Close(closing) // it is broken
	cancel()
	for wait := 20 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, time.Second) {
		if err := s.connect(ctx); err == nil {
			s.suspects, s.since = map[int64]bool{}, time.Now()
			s.wake()
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// sweep takes over from replicas whose lock was free twice in a row, and shares what waits here for too long.
func (s *pgSession) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pgAnswers)
	defer cancel()
	rows, err := s.conn.Query(ctx, `SELECT id FROM replica WHERE id <> $1 AND pg_try_advisory_xact_lock(id)`, s.replica())
	if err != nil {
		return err
	}
	free, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	before := s.suspects
	s.suspects = make(map[int64]bool, len(free))
	if time.Since(s.since) < pgGrace {
		return nil
	}
	if err := s.tryIndex(ctx); err != nil {
		return err
	}
	for _, id := range free {
		if !before[id] {
			s.suspects[id] = true
			continue
		}
		if err := s.takeOver(ctx, id); err != nil {
			return err
		}
	}
	if err := s.store.claims.settle(func(known []int64) error { return s.free(ctx, known) }); err != nil {
		return err
	}
	if err := s.store.turns.settle(s.replica()); err != nil {
		return err
	}
	if s.store.claims.waiting() {
		err = notify(ctx, s.conn, s.store.id)
	}
	return err
}

// takeOver gives back what a dead replica had. Its row is locked first, so that it claims nothing meanwhile.
func (s *pgSession) takeOver(ctx context.Context, id int64) error {
	taken := false
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, id).Scan(&taken)
		if err != nil || !taken {
			return err
		}
		return bury(ctx, tx, id)
	})
	if err == nil && taken {
		s.wake()
		err = notify(ctx, s.conn, s.store.id)
	}
	return err
}

// pgExecer is a connection or a transaction.
type pgExecer interface {
	Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error)
}

// notify tells all replicas that there may be work for them.
func notify(ctx context.Context, on pgExecer, store string) error {
	_, err := on.Exec(ctx, `SELECT pg_notify('labelgate', $1)`, store)
	return err
}

// free gives back what the database holds for this replica and this replica does not know of.
func (s *pgSession) free(ctx context.Context, known []int64) error {
	_, err := s.conn.Exec(ctx, `UPDATE delivery SET owner = NULL, token = token + 1 WHERE owner = $1 AND id <> ALL ($2)`, s.replica(), known)
	return err
}

func bury(ctx context.Context, tx pgx.Tx, id int64) error {
	for _, text := range []string{
		`SELECT id FROM replica WHERE id = $1 FOR UPDATE`,
		`UPDATE delivery SET owner = NULL, token = token + 1 WHERE owner = $1`,
		`DELETE FROM blob WHERE replica = $1`,
		`DELETE FROM replica WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *pgSession) setAddress(addr string) error {
	s.mu.Lock()
	s.address = addr
	id := s.id
	s.mu.Unlock()
	return s.store.group.do(pgStatement{text: `UPDATE replica SET address = $1 WHERE id = $2`, args: []any{addr, id}})
}

// close ends the session, and gives back what this replica still has.
func (s *pgSession) close() error {
	s.stop()
	<-s.ended
	ctx, cancel := context.WithTimeout(context.Background(), pgAnswers) //nolint:forbidigo // closing has no context
	defer cancel()
	if s.conn.IsClosed() {
		return nil // others take over
	}
	err := pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		return errors.Join(bury(ctx, tx, s.replica()), notify(ctx, tx, s.store.id))
	})
	return errors.Join(err, s.conn.Close(ctx))
}
