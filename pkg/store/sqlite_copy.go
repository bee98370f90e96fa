package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// snapshot reads the store as it is: this process owns it, and nobody writes.
func (s *sqliteStore) snapshot(_ context.Context, read func(copyView) error) error {
	return s.wrap(read(sqliteView{s}))
}

type sqliteView struct{ *sqliteStore }

func (v sqliteView) events(ctx context.Context, each func(copiedEvent) error) error {
	return v.read.each(ctx, `SELECT id, size, digest, dedup, search, envelope, body, file IS NOT NULL FROM event ORDER BY id`,
		func(rows *sql.Rows) error {
			var e copiedEvent
			err := rows.Scan(&e.id, &e.size, &e.digest, &e.dedup, &e.search, &e.envelope, &e.body, &e.isLarge)
			if err != nil {
				return err
			}
			return each(e)
		})
}

func (v sqliteView) rows(ctx context.Context, t table, each func([]any) error) error {
	text := `SELECT ` + copiedColumns(t) + ` FROM ` + t.name + ` d ORDER BY ` + t.key
	if t.name == attemptTable {
		text = strings.Replace(text, attemptTable, `all_attempts`, 1)
	}
	return v.read.each(ctx, text, func(rows *sql.Rows) error {
		values := make([]any, len(t.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		return each(values)
	})
}

// copiedColumns selects the columns of a table as both kinds of store have them.
func copiedColumns(t table) string {
	if t.name != deliveryTable.name {
		return strings.Join(t.columns, ", ")
	}
	columns := slices.Clone(t.columns)
	for i, name := range columns {
		switch name {
		case "source", "route", "destination":
			columns[i] = "(SELECT name FROM name WHERE id = d." + name + ")"
		case "attempts":
			columns[i] = attemptsColumn
		case "accepted":
			columns[i] = acceptedColumn
		case "refused_vendor":
			columns[i] = refusedColumn
		case "updated_at":
			columns[i] = updatedColumn
		}
	}
	return strings.Join(columns, ", ")
}

func (v sqliteView) open(ctx context.Context, event int64) (io.ReadCloser, error) {
	return v.OpenPayload(ctx, &Delivery{ID: event})
}

// begin marks the store.
func (s *sqliteStore) begin(ctx context.Context) error {
	return s.do(ctx, func() error {
		var used bool
		err := s.write.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM event) OR EXISTS (SELECT 1 FROM pause)`).Scan(&used)
		if err == nil && used {
			err = ErrNotEmpty
		}
		if err == nil {
			_, err = s.write.conn.ExecContext(ctx, `INSERT OR REPLACE INTO meta VALUES ('copying', 1)`)
		}
		return err
	})
}

// end completes the store. What is in memory is not brought up to date: the store is closed then.
func (s *sqliteStore) end(ctx context.Context, id string) error {
	return s.do(ctx, func() error {
		for _, text := range []string{
			`DELETE FROM meta WHERE key = 'copying'`,
			`UPDATE meta SET value = (SELECT coalesce(max(id), 0) + 1 FROM event) WHERE key = 'next_id'`,
			`INSERT INTO twin SELECT dedup, id FROM event WHERE dedup IS NOT NULL ORDER BY dedup, id`,
			`UPDATE meta SET value = (SELECT coalesce(max(id), 0) FROM event) WHERE key = 'twins'`,
			`UPDATE meta SET value = (SELECT coalesce(max(accepted_at), 0) FROM delivery) WHERE key = 'twins_at'`,
		} {
			if _, err := s.write.conn.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		_, err := s.write.conn.ExecContext(ctx, `UPDATE meta SET value = ? WHERE key = 'id'`, id)
		return err
	})
}

func (s *sqliteStore) writeEvents(ctx context.Context, events []copiedEvent, open func(int64) (io.ReadCloser, error)) error {
	files := make([]any, len(events))
	for i, e := range events {
		if !e.isLarge {
			continue
		}
		file, err := s.copyBody(e.id, open)
		if err != nil {
			return err
		}
		files[i] = file
	}
	return s.do(ctx, func() error {
		for i, e := range events {
			var dedup, body any
			if e.dedup != nil {
				dedup = *e.dedup
			}
			if files[i] == nil {
				body = e.body
			}
			_, err := s.write.quick.insertEvent.exec(e.id, e.size, e.digest, dedup, files[i], e.search, e.envelope, body)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// copyBody writes a large body to a file.
func (s *sqliteStore) copyBody(event int64, open func(int64) (io.ReadCloser, error)) (string, error) {
	from, err := open(event)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to := s.bodies.New()
	if _, err := io.Copy(to, from); err != nil {
		return "", errors.Join(fmt.Errorf("payload of event %d: %w", event, err), to.Close())
	}
	sealed, err := to.Seal()
	if err != nil {
		return "", errors.Join(err, to.Close())
	}
	to.Keep()
	return sealed.File, nil
}

func (s *sqliteStore) writeRows(ctx context.Context, t table, rows [][]any) error {
	if t.name == deliveryTable.name {
		for _, row := range rows {
			for i := 1; i <= 3; i++ { // source, route and destination are numbers of names here
				id, err := s.nameID(ctx, fmt.Sprint(row[i]))
				if err != nil {
					return err
				}
				row[i] = id
			}
		}
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")
	text := `INSERT INTO ` + t.name + ` (` + strings.Join(t.columns, ", ") + `) VALUES (` + places + `)` //nolint:gosec // constant names
	return s.do(ctx, func() error {
		insert, err := s.write.conn.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, row := range rows {
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		return nil
	})
}
