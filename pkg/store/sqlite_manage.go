package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// standing is where a delivery stands on disk.
type standing struct {
	route  int64
	state  stateCode
	reason adapter.Reason
}

// Redrive queues a delivery again.
func (s *sqliteStore) Redrive(ctx context.Context, id int64, now time.Time) error {
	from := []stateCode{codeWaiting, codePartial, codeDead}
	return s.change(ctx, id, from, codeQueued, func(was standing) error {
		if was.state == codeWaiting && was.reason == adapter.ReasonOutcomeUnknown {
			if err := s.write.settled(id); err != nil {
				return err
			}
		}
		if isOver(stateNames[was.state], was.reason) {
			if err := beginPass(context.WithoutCancel(ctx), s.write, id); err != nil {
				return err
			}
		}
		_, err := s.write.redrive.Exec(millis(now), id)
		return err
	})
}

// Discard closes a delivery.
func (s *sqliteStore) Discard(ctx context.Context, id int64, now time.Time) error {
	from := []stateCode{codeQueued, codeWaiting, codePartial, codeDead}
	return s.change(ctx, id, from, codeDiscarded, func(standing) error {
		_, err := s.write.discard.Exec(millis(now), id)
		return err
	})
}

// change moves a delivery that nobody works on from one of the states to another.
func (s *sqliteStore) change(
	ctx context.Context, id int64, from []stateCode, to stateCode, write func(standing) error,
) error {
	held, ok := s.claims.hold(id)
	if !ok {
		return fmt.Errorf("delivery %d: running to %s: %w", id, stateNames[to], ErrState)
	}
	var was standing
	err := s.do(ctx, func() (err error) {
		if was, err = s.write.standing(id); err != nil {
			return err
		}
		if !slices.Contains(from, was.state) {
			return fmt.Errorf("delivery %d: %s to %s: %w", id, stateNames[was.state], stateNames[to], ErrState)
		}
		return write(was)
	})
	if err == nil {
		s.counts.move(was.route, was.state, to)
	}
	s.claims.end(held, err)
	return err
}

func (w *sqliteWriter) standing(id int64) (was standing, err error) {
	err = w.stateOf.QueryRow(id).Scan(&was.route, &was.state, &was.reason)
	if errors.Is(err, sql.ErrNoRows) {
		return was, fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	return was, err
}

// purgeBatch and purgeBytes (of payloads, for which there are items and words in proportion) bound one transaction of a purge:
// others wait for it. A delivery above heavyPayload has its words deleted before, in transactions of their own.
const (
	purgeBatch   = 200
	purgeBytes   = 8 << 20
	heavyPayload = 1 << 20
	purgeParts   = 50
)

// purged is a delivery that is deleted.
type purged struct {
	id, route int64
	state     stateCode
	file      string
	size      int64
}

// Purge deletes old deliveries, in batches.
func (s *sqliteStore) Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	for deleted < limit {
		n, err := s.purge(ctx, before, min(purgeBatch, limit-deleted))
		deleted += n
		if err != nil || n == 0 {
			return deleted, err
		}
	}
	return deleted, nil
}

// lighten deletes the words of the next delivery to be purged, where that is a heavy one: it is not found by them any more.
func (s *sqliteStore) lighten(ctx context.Context, before time.Time) error {
	var next []purged
	var last int64
	err := s.do(ctx, func() (err error) {
		if next, err = s.write.purgeableRows(millis(before), 1); err != nil || len(next) == 0 || next[0].size <= heavyPayload {
			return err
		}
		return s.write.lastWords.QueryRow(next[0].id).Scan(&last)
	})
	if err != nil || last == 0 {
		return err
	}
	for from := next[0].id << partBits; from <= last; from += purgeParts {
		err := s.do(ctx, func() error {
			_, err := s.write.dropWords.Exec(from, from+purgeParts-1)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteStore) purge(ctx context.Context, before time.Time, limit int) (int, error) {
	if err := s.lighten(ctx, before); err != nil {
		return 0, err
	}
	var gone []purged
	err := s.do(ctx, func() (err error) {
		gone, err = s.write.purge(millis(before), limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, p := range gone {
		s.counts.add(p.route, p.state, -1)
		if p.file != "" {
			// A file that stays because of this is an orphan, which the next opening deletes.
			err = errors.Join(err, s.bodies.Remove(p.file))
		}
	}
	return len(gone), s.wrap(err)
}

// purge deletes rows. The next id is kept, because the highest one may be among them.
func (w *sqliteWriter) purge(before int64, limit int) ([]purged, error) {
	list, err := w.purgeableRows(before, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for _, p := range list {
		for _, statement := range w.purges {
			if _, err := statement.Exec(p.id); err != nil {
				return nil, err
			}
		}
	}
	_, err = w.keepNextID.Exec(w.nextID)
	return list, err
}

func (w *sqliteWriter) purgeableRows(before int64, limit int) (list []purged, err error) {
	rows, err := w.purgeable.Query(before, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for total := int64(0); total < purgeBytes && rows.Next(); {
		var p purged
		if err := rows.Scan(&p.id, &p.route, &p.state, &p.file, &p.size); err != nil {
			return nil, err
		}
		list = append(list, p)
		total += p.size
	}
	return list, rows.Err()
}
