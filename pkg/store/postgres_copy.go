package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// snapshot reads the database as it is at one moment, whatever others write meanwhile.
func (s *postgresStore) snapshot(ctx context.Context, read func(copyView) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return s.wrap(pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error { return read(pgView{s, tx}) }))
}

type pgView struct {
	store *postgresStore
	tx    pgx.Tx
}

// each reads rows by a cursor: a table can be larger than the memory.
func (v pgView) each(ctx context.Context, cursor, text string, scan func(pgx.Rows) error) error {
	if _, err := v.tx.Exec(ctx, `DECLARE `+cursor+` NO SCROLL CURSOR FOR `+text); err != nil {
		return err
	}
	for {
		rows, err := v.tx.Query(ctx, fmt.Sprintf(`FETCH %d FROM %s`, copyBatch, cursor))
		if err != nil {
			return err
		}
		n := 0
		for rows.Next() {
			n++
			if err := scan(rows); err != nil {
				rows.Close()
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	_, err := v.tx.Exec(ctx, `CLOSE `+cursor)
	return err
}

func (v pgView) events(ctx context.Context, each func(copiedEvent) error) error {
	// A batch is handed on when its rows are read: the connection must be free for the payloads of large ones.
	for after := int64(0); ; {
		rows, err := v.tx.Query(ctx, `SELECT id, size, digest, dedup, search, envelope, body, blob IS NOT NULL FROM event
			WHERE id > $1 ORDER BY id LIMIT $2`, after, copyBatch)
		if err != nil {
			return err
		}
		batch, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e copiedEvent, err error) {
			err = row.Scan(&e.id, &e.size, &e.digest, &e.dedup, &e.search, &e.envelope, &e.body, &e.isLarge)
			return e, err
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, e := range batch {
			if err := each(e); err != nil {
				return err
			}
		}
		after = batch[len(batch)-1].id
	}
}

func (v pgView) rows(ctx context.Context, t table, each func([]any) error) error {
	return v.each(ctx, "copied_"+t.name, `SELECT `+strings.Join(t.columns, ", ")+` FROM `+t.name+` ORDER BY `+t.key, func(rows pgx.Rows) error {
		values, err := rows.Values()
		if err != nil {
			return err
		}
		return each(values)
	})
}

func (v pgView) open(ctx context.Context, event int64) (io.ReadCloser, error) {
	var digest []byte
	var blob int64
	err := v.tx.QueryRow(ctx, `SELECT digest, blob FROM event WHERE id = $1`, event).Scan(&digest, &blob)
	if err != nil || len(digest) != sha256.Size {
		return nil, errors.Join(fmt.Errorf("payload of event %d", event), err)
	}
	return &pgReader{ctx: ctx, store: v.store, from: v.tx, blob: blob, sum: sha256.New(), want: [sha256.Size]byte(digest)}, nil
}

// begin marks the store.
func (s *postgresStore) begin(ctx context.Context) error {
	return s.wrap(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var used bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM event) OR EXISTS (SELECT FROM pause)`).Scan(&used)
		if err == nil && used {
			err = ErrNotEmpty
		}
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO meta VALUES ('copying', '1') ON CONFLICT DO NOTHING`)
		}
		return err
	}))
}

// end completes the store.
func (s *postgresStore) end(ctx context.Context, id string) error {
	return s.wrap(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM meta WHERE key = 'copying'`)
		batch.Queue(`UPDATE meta SET value = $1 WHERE key = 'id'`, id)
		batch.Queue(`SELECT setval(pg_get_serial_sequence('event', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM event), false)`)
		return tx.SendBatch(ctx, batch).Close()
	}))
}

func (s *postgresStore) writeEvents(ctx context.Context, events []copiedEvent, open func(int64) (io.ReadCloser, error)) error {
	var statements []pgStatement
	for _, e := range events {
		var blob *int64
		if e.isLarge {
			id, err := s.copyBody(e.id, open)
			if err != nil {
				return err
			}
			blob = &id
			statements = append(statements, pgStatement{text: `UPDATE blob SET replica = NULL WHERE id = $1`, args: []any{id}})
		}
		statements = append(statements, pgStatement{
			text: `INSERT INTO event (id, size, digest, dedup, blob, search, envelope, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			args: []any{e.id, e.size, e.digest, e.dedup, blob, clean(e.search), clean(e.envelope), bodyOf(e)},
		})
	}
	if len(statements) == 0 {
		return nil
	}
	return s.do(ctx, statements...)
}

func bodyOf(e copiedEvent) []byte {
	if !e.isLarge && e.body == nil {
		return []byte{}
	}
	return e.body
}

func (s *postgresStore) copyBody(event int64, open func(int64) (io.ReadCloser, error)) (int64, error) {
	from, err := open(event)
	if err != nil {
		return 0, err
	}
	defer from.Close()
	to := &pgPayload{store: s}
	if err := to.begin(); err != nil { // a body that is large at the source is large here, whatever its size
		return 0, err
	}
	if _, err := io.Copy(to, from); err != nil {
		return 0, errors.Join(fmt.Errorf("payload of event %d: %w", event, err), to.Close())
	}
	if _, err := to.seal(); err != nil {
		return 0, errors.Join(err, to.Close())
	}
	return to.blob, nil
}

func (s *postgresStore) writeRows(ctx context.Context, t table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	places := make([]string, len(t.columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	text := fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, t.name, strings.Join(t.columns, ", "), strings.Join(places, ", "))
	statements := make([]pgStatement, len(rows))
	for i, row := range rows {
		for j := range row {
			if text, ok := row[j].(string); ok {
				row[j] = clean(text)
			}
		}
		statements[i] = pgStatement{text: text, args: row}
	}
	return s.do(ctx, statements...)
}
