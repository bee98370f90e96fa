package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// quickStmt is a statement that every delivery runs, on the writer's one connection. It goes to the driver past database/sql,
// whose locks and conversions take a good part of such a statement's time; its arguments are as the driver wants them: int64,
// string, []byte or nil.
type quickStmt struct {
	stmt driverStmt
	ctx  context.Context // never done: what is queued is carried out, whatever becomes of its caller, see do
	args []driver.NamedValue
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
}

// quickStatements are in the order of a delivery's life. A parameter with a number would be looked up by name each time.
type quickStatements struct {
	begin, commit                   quickStmt
	insertEvent, insertDelivery     quickStmt
	beginStep, recordStep, savePage quickStmt
	finish                          quickStmt
}

type quickText struct {
	to   *quickStmt
	text string
}

func (q *quickStatements) list() []quickText {
	return []quickText{
		{&q.begin, `BEGIN IMMEDIATE`},
		{&q.commit, `COMMIT`},
		{&q.insertEvent, `INSERT INTO event (id, size, digest, dedup, file, search, envelope, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&q.insertDelivery, `INSERT INTO delivery (id, source, route, destination, state, accepted_at, updated_at, due)
			VALUES (?, ?, ?, ?, 0, ?, ?, ?)`},
		{&q.beginStep, `INSERT INTO step (delivery, name, begun, seq, state, digest, items) VALUES (?, ?, ?, ?, 0, ?, ?)
			ON CONFLICT DO UPDATE SET state = 0, digest = excluded.digest, items = excluded.items WHERE state <> 1`},
		{&q.recordStep, `UPDATE step SET state = ?, items = coalesce(?, items), refused = ?, kept = ?, latest = ?
			WHERE delivery = ? AND name = ?`},
		{&q.savePage, `INSERT OR REPLACE INTO item_page (delivery, kind, step, n, entries) VALUES (?, ?, ?, ?, ?)`},
		{&q.finish, `UPDATE delivery SET attempts = ?, accepted = ?, refused_vendor = ?, updated_at = ?,
			state = ?, reason = ?, detail = ?, due = ?, failures = ?, retrying_since = ?, refused_plan = ?, noted = ?, pending = ?
			WHERE id = ?`},
	}
}

// prepare makes the statements on a connection that is used by one goroutine at a time.
func (q *quickStatements) prepare(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(raw any) error {
		preparer, ok := raw.(driver.ConnPrepareContext)
		if !ok {
			return fmt.Errorf("driver connection %T: it cannot prepare", raw)
		}
		for _, s := range q.list() {
			stmt, err := preparer.PrepareContext(ctx, s.text)
			if err != nil {
				return fmt.Errorf("%.40s...: %w", s.text, err)
			}
			s.to.ctx = context.WithoutCancel(ctx)
			if s.to.stmt, ok = stmt.(driverStmt); !ok {
				return fmt.Errorf("driver statement %T: it cannot execute", stmt)
			}
		}
		return nil
	})
}

func (q *quickStatements) close() error {
	var errs []error
	for _, s := range q.list() {
		if s.to.stmt != nil {
			errs = append(errs, s.to.stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// exec runs the statement and returns how many rows it changed.
func (q *quickStmt) exec(args ...driver.Value) (changed int64, err error) {
	q.args = q.args[:0]
	for i, v := range args {
		q.args = append(q.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	result, err := q.stmt.ExecContext(q.ctx, q.args)
	clear(q.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
