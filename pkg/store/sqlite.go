package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/labelgate/labelgate/pkg/store/internal/commit"
	"github.com/labelgate/labelgate/pkg/store/internal/lockfile"
	"github.com/labelgate/labelgate/pkg/store/internal/payload"
)

// idleAfter is how long nothing must be written before the write-ahead log is emptied.
const idleAfter = 5 * time.Second

// sqliteStore is a store in one SQLite file that one process owns. Beside the file are its lock (.lock), large payloads
// (.payloads) and temporary files (.spill).
//
// Because one process owns it, claims are in memory only: on disk a claimed delivery stays as it was, so a crash gives
// it back by itself. Claims, counts and names are brought up to date after the commit that they follow.
type sqliteStore struct {
	id     string
	path   string
	lock   *lockfile.Lock
	bodies *payload.Dir
	write  *sqliteWriter
	group  *commit.Group
	read   *sqliteReader
	claims *claims
	counts *counts
	names  *names
	twins  *twins
}

func openSQLite(ctx context.Context, path string) (_ Store, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &sqliteStore{path: path, claims: newClaims(), counts: newCounts(), names: newNames(), twins: newTwins()}
	defer func() {
		if err != nil {
			_ = s.closeFiles() // the error that matters is why it did not open
		}
	}()
	if err = s.own(); err != nil {
		return nil, err
	}
	if err = s.openDatabase(ctx); err != nil {
		return nil, s.wrap(err)
	}
	if err = s.openFolders(ctx); err != nil {
		return nil, s.wrap(err)
	}
	s.group = commit.New(s.write, idleAfter)
	return s, nil
}

// own takes the lock, so that no other process opens the store.
func (s *sqliteStore) own() error {
	path := s.path + ".lock"
	lock, holder, err := lockfile.Acquire(path)
	if errors.Is(err, lockfile.ErrHeld) {
		return &LockedError{Path: path, Holder: holder}
	}
	if err != nil {
		return fmt.Errorf("store: %w", explain(err))
	}
	s.lock = lock
	return s.SetAddress("")
}

func (s *sqliteStore) openDatabase(ctx context.Context) error {
	if err := ensureSQLite(ctx, s.path); err != nil {
		return err
	}
	var err error
	if s.write, err = openSQLiteWriter(ctx, s.path); err != nil {
		return err
	}
	if s.read, err = openSQLiteReader(ctx, s.path); err != nil {
		return err
	}
	return s.load(ctx)
}

func (s *sqliteStore) openFolders(ctx context.Context) error {
	known, err := s.read.files(ctx)
	if err != nil {
		return err
	}
	if s.bodies, err = payload.OpenDir(s.path + ".payloads"); err != nil {
		return err
	}
	if err := os.RemoveAll(s.SpillDir()); err != nil {
		return err
	}
	return errors.Join(s.bodies.Sweep(known), os.MkdirAll(s.SpillDir(), 0o700))
}

// load reads what is kept in memory.
func (s *sqliteStore) load(ctx context.Context) error {
	if err := s.loadNames(ctx); err != nil {
		return err
	}
	if err := s.write.loadNextID(ctx); err != nil {
		return err
	}
	if err := s.loadTwins(ctx); err != nil {
		return err
	}
	const tally = `SELECT route, state, count(*) FROM delivery GROUP BY route, state`
	return s.read.each(ctx, tally, func(rows *sql.Rows) error {
		var route, state, n int64
		err := rows.Scan(&route, &state, &n)
		s.counts.add(route, stateCode(state), n)
		return err
	})
}

// loadNames reads what a reader needs.
func (s *sqliteStore) loadNames(ctx context.Context) error {
	if err := s.read.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'id'`).Scan(&s.id); err != nil {
		return fmt.Errorf("id of the store: %w", err)
	}
	var copying bool
	err := s.read.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'copying')`).Scan(&copying)
	if err := complete(copying, err); err != nil {
		return err
	}
	return s.read.each(ctx, `SELECT id, name FROM name`, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		s.names.put(id, name)
		return err
	})
}

// SetAddress tells other processes where the holder of the store can be reached.
func (s *sqliteStore) SetAddress(addr string) error {
	text := fmt.Sprintf("pid=%d", os.Getpid())
	if addr != "" {
		text += " addr=" + addr
	}
	return s.lock.Write(text)
}

// NewPayload starts a payload.
func (s *sqliteStore) NewPayload() (Payload, error) { return s.bodies.New(), nil }

// SpillDir is beside the database.
func (s *sqliteStore) SpillDir() string { return s.path + ".spill" }

// ID returns the id that the store got when it was made.
func (s *sqliteStore) ID() string { return s.id }

// Ping writes a row.
func (s *sqliteStore) Ping(ctx context.Context) error {
	return s.do(ctx, func() error {
		_, err := s.write.ping.Exec(time.Now().UnixMilli())
		return err
	})
}

// Close waits for running writes and closes.
func (s *sqliteStore) Close() error {
	s.group.Close()
	s.twins.background.Wait()
	return s.closeFiles()
}

// do runs a write in the group commit. Once it is queued it is carried out, whatever becomes of ctx: an answer that
// leaves open whether it was written would help nobody.
func (s *sqliteStore) do(ctx context.Context, run func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.wrap(s.group.Do(run))
}

func (s *sqliteStore) closeFiles() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.close())
	}
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	return errors.Join(errs...)
}

// wrap names the file.
func (s *sqliteStore) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store %s: %w", s.path, explain(err))
}
