package store

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// turnPoll is how long a call waits at most before it looks again for a free place, half of it on average.
const turnPoll = 20 * time.Millisecond

// pgTurns are the places that this replica holds. They are writes of a group of their own: a place that is lost with the
// server is lost with everybody's session, so nothing waits for the disk.
type pgTurns struct {
	group *pgGroup
	// settled is held for reading while the database is told of a place, until it is counted here.
	settled sync.RWMutex

	mu    sync.Mutex // guards everything below
	held  map[string]int
	doubt map[string]bool // the database may count places that are not held
}

func newPGTurns(group *pgGroup) *pgTurns {
	return &pgTurns{group: group, held: map[string]int{}, doubt: map[string]bool{}}
}

// The row of a destination is locked while its places are counted, so that two replicas never count at the same time.
const (
	lazily    = `SELECT set_config('synchronous_commit', 'off', true)`
	makePace  = `INSERT INTO pace (destination) VALUES ($1) ON CONFLICT DO NOTHING`
	lockPace  = `SELECT 1 FROM pace WHERE destination = $1 FOR UPDATE`
	enterTurn = `WITH ours AS (SELECT 1 FROM delivery WHERE id = $4 AND token = $5 AND owner = $2), entered AS (
		INSERT INTO turn (destination, replica, held) SELECT $1, $2, 1
		WHERE EXISTS (SELECT FROM ours) AND (SELECT coalesce(sum(held), 0) FROM turn WHERE destination = $1) < $3
		ON CONFLICT (destination, replica) DO UPDATE SET held = turn.held + 1 RETURNING 1
	) SELECT (SELECT count(*) FROM ours), (SELECT count(*) FROM entered)`
	leaveTurn   = `UPDATE turn SET held = held - 1 WHERE destination = $1 AND replica = $2 AND held > 0`
	settleTurn  = `UPDATE turn SET held = $3 WHERE destination = $1 AND replica = $2`
	reservePace = `WITH now AS (SELECT extract(epoch FROM clock_timestamp())::double precision AS at),
		before AS (SELECT greatest(next, at - $3) AS next, at FROM pace, now WHERE destination = $1),
		taken AS (UPDATE pace SET next = before.next + $2 FROM before WHERE destination = $1)
		SELECT next - at FROM before`
)

// Enter takes a place for a call.
func (s *postgresStore) Enter(ctx context.Context, d *Delivery, destination string, limit int) error {
	for {
		entered, err := s.turns.enter(s.session.replica(), d, destination, limit)
		switch {
		case isReaped(err):
			return ErrLost
		case err != nil && !isUnavailable(err):
			return s.wrap(err)
		case entered:
			return nil
		}
		timer := time.NewTimer(rand.N(turnPoll)) //nolint:gosec // a wait is no secret
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (t *pgTurns) enter(replica int64, d *Delivery, destination string, limit int) (entered bool, err error) {
	t.settled.RLock()
	defer t.settled.RUnlock()
	var ours, places int
	err = t.group.do(
		pgStatement{text: lazily},
		pgStatement{text: makePace, args: []any{destination}},
		pgStatement{text: lockPace, args: []any{destination}},
		pgStatement{text: enterTurn, args: []any{destination, replica, limit, d.ID, d.Token}, into: []any{&ours, &places}},
	)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.doubt[destination] = true
		return false, err
	case ours == 0:
		return false, ErrLost
	}
	t.held[destination] += places
	return places > 0, nil
}

// Leave gives a place back. Where the database is away that is made good later.
func (s *postgresStore) Leave(destination string) {
	t := s.turns
	t.settled.RLock()
	defer t.settled.RUnlock()
	t.mu.Lock()
	t.held[destination]--
	t.mu.Unlock()
	err := t.group.do(
		pgStatement{text: lazily},
		pgStatement{text: leaveTurn, args: []any{destination, s.session.replica()}},
	)
	if err != nil {
		t.mu.Lock()
		t.doubt[destination] = true
		t.mu.Unlock()
	}
}

// settle tells the database how many places are held, where an answer of it was lost.
func (t *pgTurns) settle(replica int64) error {
	t.mu.Lock()
	some := len(t.doubt) > 0
	t.mu.Unlock()
	if !some {
		return nil
	}
	t.settled.Lock()
	defer t.settled.Unlock()
	for destination := range t.doubt {
		err := t.group.do(pgStatement{text: settleTurn, args: []any{destination, replica, t.held[destination]}})
		if err != nil {
			return err
		}
		delete(t.doubt, destination)
	}
	return nil
}

// rejoined makes all places be told again: under a new id none is known to the database.
func (t *pgTurns) rejoined() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for destination := range t.held {
		t.doubt[destination] = true
	}
}

// Reserve takes the next call of a pace. The clock is the database's, the same for all.
func (s *postgresStore) Reserve(ctx context.Context, destination string, perMinute, burst int) (time.Duration, error) {
	interval := 60 / float64(perMinute)
	var wait float64
	err := s.retry(ctx, func() error {
		return s.turns.group.do(
			pgStatement{text: lazily},
			pgStatement{text: makePace, args: []any{destination}},
			pgStatement{text: lockPace, args: []any{destination}},
			pgStatement{
				text: reservePace, args: []any{destination, interval, interval * float64(burst-1)}, into: []any{&wait},
			},
		)
	})
	return max(0, time.Duration(wait*float64(time.Second))), err
}
