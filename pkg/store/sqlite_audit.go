package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

const (
	// orphanEvents and orphanDeliveries count what lacks the other half; both databases understand them.
	orphanEvents     = `SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = e.id)`
	orphanDeliveries = `SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.id = d.id)`
)

func (s *sqliteStore) integrity(ctx context.Context) (findings []string, events int64, err error) {
	err = s.read.each(ctx, `PRAGMA integrity_check(20)`, func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		if text != "ok" {
			findings = append(findings, "database: "+text)
		}
		return err
	})
	var lone, bare int64
	for _, q := range []struct {
		text string
		to   *int64
	}{{`SELECT count(*) FROM event`, &events}, {orphanEvents, &lone}, {orphanDeliveries, &bare}} {
		if err == nil {
			err = s.read.db.QueryRowContext(ctx, q.text).Scan(q.to)
		}
	}
	return append(findings, lacking(lone, bare)...), events, s.wrap(err)
}

// Reader is a store that is only read.
type Reader interface {
	List(ctx context.Context, f Filter) ([]Delivery, error)
	Get(ctx context.Context, id int64) (*Detail, error)
	Items(ctx context.Context, id int64, f ItemFilter) (ItemPage, error)
	OpenPayload(ctx context.Context, d *Delivery) (io.ReadCloser, error)
	ID() string
	Close() error
}

// OpenToRead opens a store to be audited, also a SQLite store that a gateway holds: nothing is written to it then, and what
// its owner has in work is not known.
func OpenToRead(ctx context.Context, address string) (Reader, error) {
	path, ok := strings.CutPrefix(address, "sqlite://")
	if !ok {
		return Open(ctx, address)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() == 0 {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	s := &sqliteReadStore{&sqliteStore{path: path, claims: newClaims(), counts: newCounts(), names: newNames()}}
	return s.open(ctx)
}

func (s *sqliteReadStore) open(ctx context.Context) (_ Reader, err error) {
	if s.read, err = openSQLiteReader(ctx, s.path); err != nil {
		return nil, s.wrap(err)
	}
	if err := s.loadNames(ctx); err != nil {
		return nil, errors.Join(s.wrap(err), s.Close())
	}
	s.bodies = payload.At(s.path + ".payloads")
	return s, nil
}

// sqliteReadStore is a store that another process may own. Only the methods of Reader work.
type sqliteReadStore struct{ *sqliteStore }

// Close closes what was opened to read.
func (s *sqliteReadStore) Close() error { return s.closeFiles() }

// List knows names that the owner has made meanwhile.
func (s *sqliteReadStore) List(ctx context.Context, f Filter) ([]Delivery, error) {
	if err := s.loadNames(ctx); err != nil {
		return nil, s.wrap(err)
	}
	return s.sqliteStore.List(ctx, f)
}
