package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"sync"
)

const (
	// twinsInMemory is how many of the latest bodies are found without asking the table. One takes about 80 bytes.
	twinsInMemory = 65536
	// twinLot is how many bodies go to the table together, twinBatch how many of them in one transaction.
	twinLot   = 8192
	twinBatch = 256
)

// seenBody is what is known of an event whose route takes a body once.
type seenBody struct {
	digest, route int64 // the first 8 bytes of the digest
	id, at        int64
}

type bodyKey struct{ digest, route int64 }

func (b seenBody) key() bodyKey { return bodyKey{b.digest, b.route} }

// twins are the latest bodies. What they say is a hint that is checked in the event's row: a transaction that is rolled back leaves
// an id here that there is no event of.
type twins struct {
	most, lotSize int // twinsInMemory and twinLot

	mu     sync.Mutex // guards everything below
	latest map[bodyKey]seenBody
	queue  []seenBody // in the order they came
	filed  int        // how many of queue, from its beginning, are in the table
	filing bool
	away   int64 // the latest time of acceptance of those that are in the table alone; 0 for none

	background sync.WaitGroup
}

func newTwins() *twins {
	return &twins{most: twinsInMemory, lotSize: twinLot, latest: map[bodyKey]seenBody{}}
}

// find returns the event of the same digest that was accepted last, if that was after a time. inTable says that the table may have
// one where memory has none.
func (t *twins) find(key bodyKey, after int64) (id int64, inTable bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b, ok := t.latest[key]; ok && b.at > after {
		return b.id, false
	}
	return 0, t.away > after
}

// add remembers a body.
func (t *twins) add(b seenBody) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest[b.key()] = b
	t.queue = append(t.queue, b)
}

// lot returns the bodies that are to go to the table now, in its order, none while there are few or others are on their way. last is
// the id of the last one to come, at the latest time.
func (t *twins) lot() (sorted []seenBody, last, at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.filing || len(t.queue)-t.filed < 2*t.lotSize {
		return nil, 0, 0
	}
	t.filing = true
	sorted = slices.Clone(t.queue[t.filed : t.filed+t.lotSize])
	for _, b := range sorted {
		last, at = max(last, b.id), max(at, b.at)
	}
	slices.SortFunc(sorted, func(a, b seenBody) int { return cmp.Or(cmp.Compare(a.digest, b.digest), cmp.Compare(a.id, b.id)) })
	return sorted, last, at
}

// arrived notes that a lot is in the table, and forgets the oldest of those that are. With an error it is still to go.
func (t *twins) arrived(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.filing = false
	if err != nil {
		return
	}
	t.filed += n
	excess := min(len(t.queue)-t.most, t.filed)
	if excess <= 0 {
		return
	}
	for _, b := range t.queue[:excess] {
		t.away = max(t.away, b.at)
		if t.latest[b.key()].id == b.id {
			delete(t.latest, b.key())
		}
	}
	t.queue, t.filed = slices.Clone(t.queue[excess:]), t.filed-excess
}

// fileTwins moves a lot to the table in the background, when there is one.
func (s *sqliteStore) fileTwins() {
	lot, last, at := s.twins.lot()
	if lot == nil {
		return
	}
	s.twins.background.Go(func() {
		var err error
		for batch := range slices.Chunk(lot, twinBatch) {
			if err == nil {
				err = s.group.Do(func() error { return s.write.fileTwins(batch) })
			}
		}
		if err == nil {
			err = s.group.Do(func() error { return s.write.twinsAreFiled(last, at) })
		}
		s.twins.arrived(len(lot), err)
	})
}

func (w *sqliteWriter) fileTwins(batch []seenBody) error {
	rows := make([][2]int64, len(batch))
	for i, b := range batch {
		rows[i] = [2]int64{b.digest, b.id}
	}
	text, err := json.Marshal(rows)
	if err == nil {
		_, err = w.insertTwins.Exec(string(text))
	}
	return err
}

func (w *sqliteWriter) twinsAreFiled(last, at int64) error {
	_, err := w.saveTwins.Exec(last, at)
	return err
}

// loadTwins reads the bodies that are not in the table yet, which are few.
func (s *sqliteStore) loadTwins(ctx context.Context) error {
	const filed = `SELECT (SELECT value FROM meta WHERE key = 'twins'), (SELECT value FROM meta WHERE key = 'twins_at')`
	var last int64
	if err := s.read.db.QueryRowContext(ctx, filed).Scan(&last, &s.twins.away); err != nil {
		return err
	}
	return s.read.each(ctx, `SELECT e.dedup, d.route, e.id, d.accepted_at FROM event e JOIN delivery d ON d.id = e.id
		WHERE e.id > ? AND e.dedup IS NOT NULL ORDER BY e.id`, func(rows *sql.Rows) error {
		var b seenBody
		err := rows.Scan(&b.digest, &b.route, &b.id, &b.at)
		s.twins.add(b)
		return err
	}, last)
}

// twin finds a delivery of an identical body inside the window, 0 when there is none.
func (w *sqliteWriter) twin(twins *twins, row *arrival) (id int64, err error) {
	if row.window <= 0 {
		return 0, nil
	}
	key, after := bodyKey{prefix(row.body.Digest), row.route}, row.at-row.window
	hint, inTable := twins.find(key, after)
	if hint != 0 {
		err = w.isTwin.QueryRow(hint, row.body.Digest[:]).Scan(&id)
	} else if inTable {
		err = w.findTwin.QueryRow(key.digest, row.body.Digest[:], row.route, after).Scan(&id)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}
