package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Redrive queues a delivery again.
func (s *postgresStore) Redrive(ctx context.Context, id int64, now time.Time) error {
	from := []stateCode{codeWaiting, codePartial, codeDead}
	return s.change(ctx, id, from, codeQueued, func(tx pgx.Tx, was pgStanding) error {
		if was.state == codeWaiting && was.reason == adapter.ReasonOutcomeUnknown {
			if err := pgSettled(ctx, tx, id); err != nil {
				return err
			}
		}
		if isOver(stateNames[was.state], was.reason) {
			if err := beginPass(ctx, pgPass{tx}, id); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE delivery SET state = 0, due = $1, updated_at = $1, failures = 0, retrying_since = 0,
			reason = '', detail = '' WHERE id = $2`, millis(now), id)
		if err == nil {
			err = notify(ctx, tx, s.id)
		}
		return err
	})
}

// Discard closes a delivery.
func (s *postgresStore) Discard(ctx context.Context, id int64, now time.Time) error {
	from := []stateCode{codeQueued, codeWaiting, codePartial, codeDead}
	return s.change(ctx, id, from, codeDiscarded, func(tx pgx.Tx, _ pgStanding) error {
		_, err := tx.Exec(ctx, `UPDATE delivery SET state = 6, due = NULL, updated_at = $1 WHERE id = $2`, millis(now), id)
		return err
	})
}

// pgStanding is where a delivery stands.
type pgStanding struct {
	state   stateCode
	claimed bool
	reason  adapter.Reason
}

// change moves a delivery that nobody works on from one of the states to another.
func (s *postgresStore) change(
	ctx context.Context, id int64, from []stateCode, to stateCode, write func(pgx.Tx, pgStanding) error,
) error {
	return s.atRest(ctx, id, func(tx pgx.Tx, was pgStanding) error {
		if was.claimed {
			return fmt.Errorf("delivery %d: running to %s: %w", id, stateNames[to], ErrState)
		}
		if !slices.Contains(from, was.state) {
			return fmt.Errorf("delivery %d: %s to %s: %w", id, stateNames[was.state], stateNames[to], ErrState)
		}
		return write(tx, was)
	})
}

// atRest runs a write while nobody can claim the delivery.
func (s *postgresStore) atRest(ctx context.Context, id int64, write func(pgx.Tx, pgStanding) error) error {
	return s.wrap(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was pgStanding
		err := tx.QueryRow(ctx, `SELECT state, owner IS NOT NULL, reason FROM delivery WHERE id = $1 FOR UPDATE`, id).
			Scan(&was.state, &was.claimed, &was.reason)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("delivery %d: %w", id, ErrNotFound)
		}
		if err != nil {
			return err
		}
		return write(tx, was)
	}))
}

// pgSettled is nil when the outcome of every step of a delivery is known.
func pgSettled(ctx context.Context, tx pgx.Tx, id int64) error {
	var step string
	err := tx.QueryRow(ctx, `SELECT name FROM step WHERE delivery = $1 AND state IN (0, 3) ORDER BY name LIMIT 1`, id).Scan(&step)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return unsettledError(id, step)
}

// Settle writes down a person's word about a step.
func (s *postgresStore) Settle(ctx context.Context, id int64, said Settlement) error {
	if err := said.check(id); err != nil {
		return err
	}
	kept, err := jsonOrNil(said.Kept, len(said.Kept))
	if err != nil {
		return err
	}
	return s.atRest(ctx, id, func(tx pgx.Tx, was pgStanding) error {
		if was.claimed {
			return fmt.Errorf("delivery %d: running: %w", id, ErrState)
		}
		if err := mayBeSettled(ctx, tx, id, said.Step, was.state); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM item_page WHERE delivery = $1 AND kind IN (1, 2) AND step = $2`, id, said.Step)
		for n, entries := range pagesOf(said.Refused) {
			text, err := json.Marshal(entries)
			if err != nil {
				return err
			}
			batch.Queue(`INSERT INTO item_page (delivery, kind, step, n, entries) VALUES ($1, $2, $3, $4, $5)`,
				id, int(pageRefused), said.Step, n, string(text))
		}
		batch.Queue(`UPDATE step SET state = $1, kept = $2 WHERE delivery = $3 AND name = $4`,
			int(said.Outcome.code()), kept, id, said.Step)
		batch.Queue(`UPDATE delivery SET detail = $1, updated_at = $2 WHERE id = $3`, clean(said.String()), millis(said.Now), id)
		return tx.SendBatch(ctx, batch).Close()
	})
}

func mayBeSettled(ctx context.Context, tx pgx.Tx, id int64, step string, was stateCode) error {
	if !slices.Contains([]stateCode{codeQueued, codeWaiting, codeDead}, was) {
		return fmt.Errorf("delivery %d: %s: %w", id, stateNames[was], ErrState)
	}
	var state stepCode
	err := tx.QueryRow(ctx, `SELECT state FROM step WHERE delivery = $1 AND name = $2`, id, step).Scan(&state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("step %q of delivery %d: %w", step, id, ErrNotFound)
	case err != nil:
		return err
	}
	return settleable(id, step, state)
}

// Purge deletes old deliveries, in batches. Of several replicas that purge, each takes others.
func (s *postgresStore) Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	for deleted < limit {
		n, err := s.purge(ctx, before, min(purgeBatch, limit-deleted))
		deleted += n
		if err != nil || n < purgeBatch {
			return deleted, err
		}
	}
	return deleted, nil
}

func (s *postgresStore) purge(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = s.wrap(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM delivery WHERE state >= 3 AND owner IS NULL AND accepted_at < $1 AND updated_at < $1
			ORDER BY accepted_at LIMIT $2 FOR UPDATE SKIP LOCKED`, millis(before), limit)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		batch := &pgx.Batch{}
		for _, table := range []string{"item_page", "attempt", "step", "words"} {
			batch.Queue(`DELETE FROM `+table+` WHERE delivery = ANY ($1)`, ids)
		}
		batch.Queue(`DELETE FROM delivery WHERE id = ANY ($1)`, ids)
		batch.Queue(`WITH gone AS (DELETE FROM event WHERE id = ANY ($1) RETURNING blob)
			UPDATE blob SET replica = 0 FROM gone WHERE blob.id = gone.blob`, ids)
		batch.Queue(`DELETE FROM blob WHERE replica = 0`)
		return tx.SendBatch(ctx, batch).Close()
	}))
	if err != nil {
		return 0, err
	}
	return n, nil
}
