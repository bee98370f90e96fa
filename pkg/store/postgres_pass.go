package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Told reads what the plan refused and noted. It waits for the database, for as long as writes do.
func (s *postgresStore) Told(ctx context.Context, delivery int64) (refused []adapter.Refusal, notes []adapter.Note, err error) {
	err = s.retry(ctx, func() error {
		refused, notes, err = readTold(ctx, s, delivery)
		return err
	})
	return refused, notes, err
}

// pgPass begins a pass inside a transaction.
type pgPass struct{ tx pgx.Tx }

func (p pgPass) refusing(ctx context.Context, delivery int64) ([]string, error) {
	rows, err := p.tx.Query(ctx, `SELECT name FROM step WHERE delivery = $1 AND refused > 0 ORDER BY begun, seq`, delivery)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (p pgPass) itemPage(ctx context.Context, delivery int64, kind pageKind, step string, n int) ([]byte, error) {
	var text string
	err := p.tx.QueryRow(ctx, `SELECT entries FROM item_page WHERE delivery = $1 AND kind = $2 AND step = $3 AND n = $4`,
		delivery, int(kind), step, n).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return []byte(text), err
}

func (p pgPass) exec(ctx context.Context, text string, args ...any) error {
	_, err := p.tx.Exec(ctx, text, args...)
	return err
}
