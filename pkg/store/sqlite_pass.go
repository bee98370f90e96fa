package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Told reads what the plan refused and noted.
func (s *sqliteStore) Told(ctx context.Context, delivery int64) ([]adapter.Refusal, []adapter.Note, error) {
	refused, notes, err := readTold(ctx, s, delivery)
	return refused, notes, s.wrap(err)
}

// refusing lists the steps with refused items, as the transaction of the writer sees them.
func (w *sqliteWriter) refusing(ctx context.Context, delivery int64) (names []string, err error) {
	rows, err := w.conn.QueryContext(ctx, `SELECT name FROM step WHERE delivery = ? AND refused > 0 ORDER BY begun, seq`, delivery)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// itemPage reads a page of the item ledger, as the transaction of the writer sees it.
func (w *sqliteWriter) itemPage(ctx context.Context, delivery int64, kind pageKind, step string, n int) (text []byte, err error) {
	err = w.conn.QueryRowContext(ctx, `SELECT entries FROM item_page WHERE delivery = ? AND kind = ? AND step = ? AND n = ?`,
		delivery, int(kind), step, n).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return text, err
}

// exec runs a statement whose arguments are written as PostgreSQL wants them.
func (w *sqliteWriter) exec(ctx context.Context, text string, args ...any) error {
	_, err := w.conn.ExecContext(ctx, strings.ReplaceAll(text, "$", "?"), args...)
	return err
}
