package store

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Copied says what Copy has copied.
type Copied struct {
	// Deliveries with their events, Steps, Attempts and Pauses are numbers of rows, Bytes those of payloads.
	Deliveries int64 `json:"deliveries"`
	Steps      int64 `json:"steps"`
	Attempts   int64 `json:"attempts"`
	Pauses     int64 `json:"pauses"`
	Bytes      int64 `json:"bytes"`
}

// table is a table that both kinds of store have, with the columns that are the same in both.
type table struct {
	name    string
	columns []string
	key     string // what its rows are read in the order of
}

// attemptTable has a column for everything that is known of an attempt. On SQLite the latest ones are in their steps' rows.
const attemptTable = "attempt"

// copiedTables are copied as they are. Events go before, with their payloads; the search index is made anew.
//
//nolint:gochecknoglobals // a constant list
var (
	deliveryTable = table{"delivery", []string{
		"id", "source", "route", "destination", "state", "accepted_at", "updated_at", "due", "retrying_since", "failures",
		"attempts", "accepted", "refused_plan", "refused_vendor", "noted", "pending", "reason", "detail",
	}, "id"}
	copiedTables = []table{
		deliveryTable,
		{"step", []string{"delivery", "name", "begun", "seq", "state", "items", "refused", "digest", "kept"}, "delivery, name"},
		{attemptTable, []string{"delivery", "number", "step", "verdict", "reason", "detail", "status", "started", "took"}, "delivery, number"},
		{"item_page", []string{"delivery", "kind", "step", "n", "entries"}, "delivery, kind, step, n"},
		{"pause", []string{"destination", "paused_by", "reason", "detail", "since", "until", "probe_at", "probes"}, "id"},
	}
)

// copiedEvent is a row of the journal. Of a large one the body is read from large.
type copiedEvent struct {
	id, size         int64
	digest           []byte
	dedup            *int64
	search, envelope string
	body             []byte
	isLarge          bool
}

// copySource is a store that can be read whole, as it was at one moment.
type copySource interface {
	Store
	// snapshot calls read with a view of one moment.
	snapshot(ctx context.Context, read func(view copyView) error) error
}

// copyView is a store at one moment.
type copyView interface {
	events(ctx context.Context, each func(copiedEvent) error) error
	rows(ctx context.Context, t table, each func(values []any) error) error
	open(ctx context.Context, event int64) (io.ReadCloser, error)
}

// copyTarget is a store that another can be copied to.
type copyTarget interface {
	Store
	// begin refuses a store that holds anything, and marks it as incomplete until end, which gives it the source's id.
	begin(ctx context.Context) error
	end(ctx context.Context, id string) error
	writeEvents(ctx context.Context, events []copiedEvent, open func(event int64) (io.ReadCloser, error)) error
	writeRows(ctx context.Context, t table, rows [][]any) error
}

// ErrNotEmpty says that there is something in the store to copy to.
var ErrNotEmpty = errors.New("the store to copy to is not empty")

// copyBatch is how many rows are written at once.
const copyBatch = 200

// Copy copies a store to an empty one, of either kind: events with their payloads, deliveries with all that is recorded of
// them, and pauses. The copy has the id of the original, so that deliveries keep their keys. A SQLite store that a gateway
// holds cannot be copied (see Backup); of a PostgreSQL store it is a view of one moment.
func Copy(ctx context.Context, from, to string) (done Copied, err error) {
	source, err := Open(ctx, from)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := Open(ctx, to)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return copyStore(ctx, source.(copySource), target.(copyTarget)) //nolint:forcetypeassert // both kinds are both
}

func copyStore(ctx context.Context, source copySource, target copyTarget) (done Copied, err error) {
	if err := target.begin(ctx); err != nil {
		return done, err
	}
	err = source.snapshot(ctx, func(view copyView) error {
		if err := copyEvents(ctx, view, target, &done); err != nil {
			return err
		}
		for _, t := range copiedTables {
			n, err := copyTable(ctx, view, target, t)
			if err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
			switch t.name {
			case "delivery":
				done.Deliveries = n
			case "step":
				done.Steps = n
			case attemptTable:
				done.Attempts = n
			case "pause":
				done.Pauses = n
			}
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	return done, target.end(ctx, source.ID())
}

func copyEvents(ctx context.Context, view copyView, target copyTarget, done *Copied) error {
	batch := []copiedEvent{}
	open := func(event int64) (io.ReadCloser, error) { return view.open(ctx, event) }
	flush := func() error {
		err := target.writeEvents(ctx, batch, open)
		batch = batch[:0]
		return err
	}
	err := view.events(ctx, func(e copiedEvent) error {
		done.Bytes += e.size
		if batch = append(batch, e); len(batch) < copyBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return err
}

func copyTable(ctx context.Context, view copyView, target copyTarget, t table) (n int64, err error) {
	batch := [][]any{}
	err = view.rows(ctx, t, func(values []any) error {
		n++
		if batch = append(batch, values); len(batch) < copyBatch {
			return nil
		}
		err := target.writeRows(ctx, t, batch)
		batch = batch[:0]
		return err
	})
	if err == nil {
		err = target.writeRows(ctx, t, batch)
	}
	return n, err
}

// errIncomplete says that a copy to a store was never finished.
var errIncomplete = errors.New("a copy to this store was never finished; remove it, and copy again")

// complete is nil unless a copy to the store was never finished.
func complete(copying bool, err error) error { //nolint:revive // copying is what was read, not a mode
	if err == nil && copying {
		return errIncomplete
	}
	return err
}
