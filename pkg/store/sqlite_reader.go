package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

// readConnections is how many reads can run at once. Each has a page cache of up to 2 MB.
const readConnections = 3

// What is summed up in a delivery's row when a claim ends. Somebody may work on one that is due, or have died over it: there the
// steps tell.
const (
	attemptsColumn = `iif(d.due IS NULL, d.attempts, max(d.attempts, coalesce((SELECT max(latest ->> 0) FROM step WHERE delivery = d.id), 0)))`
	acceptedColumn = `iif(d.due IS NULL, d.accepted,
		(SELECT coalesce(sum(items - refused), 0) FROM step WHERE delivery = d.id AND state = 1))`
	refusedColumn = `iif(d.due IS NULL, d.refused_vendor, (SELECT coalesce(sum(refused), 0) FROM step WHERE delivery = d.id))`
	updatedColumn = `iif(d.due IS NULL, d.updated_at, max(d.updated_at,
		coalesce((SELECT max((latest ->> 5) + (latest ->> 6) / 1000) FROM step WHERE delivery = d.id), 0)))`
)

// deliveryRow selects what scanDelivery reads.
const deliveryRow = `SELECT d.id, d.source, d.route, d.destination, d.state, d.reason, d.detail, ` + attemptsColumn + `, ` + acceptedColumn + `,
	d.refused_plan, ` + refusedColumn + `, d.accepted_at, ` + updatedColumn + `, coalesce(d.due, 0), d.retrying_since, d.failures,
	e.size, e.digest, e.envelope, EXISTS (SELECT 1 FROM step WHERE delivery = d.id), d.noted, d.pending, ` + numberColumn + `
	FROM delivery d JOIN event e ON e.id = d.id `

// sqliteReader is a pool of connections that cannot write.
type sqliteReader struct {
	db         *sql.DB
	statements statements

	delivery, due, untouched, body, page *sql.Stmt
}

func openSQLiteReader(ctx context.Context, path string) (*sqliteReader, error) {
	db, err := openSQLiteFile(path, readConnections, "query_only(1)")
	if err != nil {
		return nil, err
	}
	r := &sqliteReader{db: db}
	err = r.statements.prepare(ctx, db, []statement{
		{&r.delivery, deliveryRow + `WHERE d.id = ?`},
		{&r.due, `SELECT id, due, state FROM delivery WHERE route = ? AND due <= ? ORDER BY due, id`},
		{&r.untouched, `SELECT route FROM delivery WHERE id = ? AND state = 0 AND updated_at = ? AND attempts = 0
			AND NOT EXISTS (SELECT 1 FROM step WHERE delivery = delivery.id)`},
		{&r.body, `SELECT digest, coalesce(file, ''), body FROM event WHERE id = ?`},
		{&r.page, `SELECT entries FROM item_page WHERE delivery = ? AND kind = ? AND step = ? AND n = ?`},
	})
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *sqliteReader) close() error { return errors.Join(r.statements.close(), r.db.Close()) }

// OpenPayload reads a journaled body.
func (s *sqliteStore) OpenPayload(ctx context.Context, d *Delivery) (io.ReadCloser, error) {
	var digest, body []byte
	var file string
	err := s.read.body.QueryRowContext(ctx, d.ID).Scan(&digest, &file, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("payload of delivery %d: %w", d.ID, ErrNotFound)
	case err != nil:
		return nil, s.wrap(err)
	case len(digest) != sha256.Size:
		return nil, fmt.Errorf("payload of delivery %d: digest of %d bytes: %w", d.ID, len(digest), payload.ErrDamaged)
	}
	var r io.ReadCloser
	if file != "" {
		r, err = s.bodies.Open(file, [sha256.Size]byte(digest))
	} else {
		r, err = payload.Inline(body, [sha256.Size]byte(digest))
	}
	if err != nil {
		return nil, fmt.Errorf("payload of delivery %d: %w", d.ID, err)
	}
	return r, nil
}

// delivery reads one delivery, as it stands for others.
func (s *sqliteStore) delivery(ctx context.Context, id int64) (Delivery, error) {
	d, _, err := s.planned(ctx, id)
	return d, err
}

// planned reads one delivery and what its plan left.
func (s *sqliteStore) planned(ctx context.Context, id int64) (Delivery, planned, error) {
	d, plan, err := s.scanDelivery(s.read.delivery.QueryRowContext(ctx, id))
	if errors.Is(err, sql.ErrNoRows) {
		return d, plan, fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return d, plan, s.wrap(err)
	}
	for _, cl := range s.claims.running() {
		if cl.id == id {
			d.State = Running
		}
	}
	return d, plan, nil
}

// claimed reads a delivery for the holder of its claim, and completes the claim.
func (r *sqliteReader) claimed(ctx context.Context, s *sqliteStore, cl *claim) (Delivery, error) {
	d, plan, err := s.scanDelivery(r.delivery.QueryRowContext(ctx, cl.id))
	if err != nil {
		return d, fmt.Errorf("delivery %d: %w", cl.id, err)
	}
	s.claims.mu.Lock()
	defer s.claims.mu.Unlock()
	cl.attempts, cl.planned, cl.stepsBefore = d.Attempts, plan != planned{}, !d.Fresh
	cl.settled = settled{d.Accepted, d.Refused - plan.refused}
	d.State, d.Token = Running, cl.token
	return d, nil
}

// files are the names of all files that hold bodies.
func (r *sqliteReader) files(ctx context.Context) (map[string]bool, error) {
	known := map[string]bool{}
	err := r.each(ctx, `SELECT file FROM event WHERE file IS NOT NULL`, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		known[name] = true
		return err
	})
	return known, err
}

// each calls row for every row of a query.
func (r *sqliteReader) each(ctx context.Context, query string, row func(*sql.Rows) error, args ...any) (err error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// planned are the lengths of the lists that the plan of a delivery left.
type planned struct{ refused, noted, pending int }

// scanDelivery reads a row of deliveryRow, with the state on disk.
func (s *sqliteStore) scanDelivery(row interface{ Scan(dest ...any) error }) (d Delivery, plan planned, err error) {
	var source, route, destination, acceptedAt, updatedAt, dueAt, retrying int64
	var state stateCode
	var refusedVendor int
	var digest, envelope []byte
	var steps bool
	err = row.Scan(&d.ID, &source, &route, &destination, &state, &d.Reason, &d.Detail, &d.Attempts, &d.Accepted,
		&plan.refused, &refusedVendor, &acceptedAt, &updatedAt, &dueAt, &retrying, &d.Failures,
		&d.Size, &digest, &envelope, &steps, &plan.noted, &plan.pending, &d.Pass)
	if err != nil {
		return d, plan, err
	}
	if d.Event, err = readEnvelope(envelope); err != nil {
		return d, plan, fmt.Errorf("delivery %d: envelope: %w", d.ID, err)
	}
	d.Key, d.Digest, d.Fresh = DeliveryKey(s.id, d.ID), hex.EncodeToString(digest), !steps
	d.Source, d.Route, d.Destination = s.names.of(source), s.names.of(route), s.names.of(destination)
	d.State, d.Refused = stateNames[state], plan.refused+refusedVendor
	d.AcceptedAt, d.UpdatedAt, d.RetryingSince = fromMillis(acceptedAt), fromMillis(updatedAt), fromMillis(retrying)
	// A delivery that is queued since its last change waits for its turn, not for a time.
	if state == codeWaiting || dueAt > updatedAt {
		d.NextAt = fromMillis(dueAt)
	}
	return d, plan, nil
}

func readEnvelope(text []byte) (*export.Event, error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var e export.Event
	return &e, decoder.Decode(&e)
}
