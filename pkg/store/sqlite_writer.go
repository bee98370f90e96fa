package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// leastSQLite has the fix of the WAL-reset corruption bug, see https://www.sqlite.org/wal.html#walresetbug.
const leastSQLite = "3.51.3"

// sqliteWriter is the one connection that writes, with its statements. Only the group commit uses it.
type sqliteWriter struct {
	db         *sql.DB
	conn       *sql.Conn
	statements statements
	nextID     int64
	written    bool // since the write-ahead log was last emptied

	quick quickStatements

	rollback, checkpoint, ping                       *sql.Stmt
	isTwin, findTwin, insertTwins, saveTwins         *sql.Stmt
	insertName, nameID                               *sql.Stmt
	oldStep, keepAttempt                             *sql.Stmt
	dropItems, dropOutcome, dropPlan                 *sql.Stmt
	stateOf, redrive, discard                        *sql.Stmt
	unsettled, stepState, settleStep, settleDelivery *sql.Stmt
	beginPause, endPause, forgetPauses, probe        *sql.Stmt
	purgeable, keepNextID                            *sql.Stmt
	saveWords, saveIndexed, lastWords, dropWords     *sql.Stmt
	purges                                           [7]*sql.Stmt
}

func openSQLiteWriter(ctx context.Context, path string) (*sqliteWriter, error) {
	// fdatasync leaves out the file's times, which nobody needs; it is the call that SQLite makes in every Linux
	// distribution. Where there is none fsync is used, so the error does not matter.
	_, _ = sqlite.Fdatasync(true)
	db, err := openSQLiteFile(path, 1)
	if err != nil {
		return nil, err
	}
	w := &sqliteWriter{db: db}
	if w.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := errors.Join(w.verify(ctx), w.prepare(ctx), w.quick.prepare(ctx, w.conn)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// openSQLiteFile opens a file for writing; a reader adds query_only.
func openSQLiteFile(path string, connections int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_pragma": append([]string{
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"temp_store(MEMORY)",
		// Pages that every write touches, such as the ends of indexes, are copied to the file once per checkpoint.
		"wal_autocheckpoint(4000)",
	}, pragmas...)}
	connector, err := sqlite.NewConnector("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// verify reads back what durability stands on.
func (w *sqliteWriter) verify(ctx context.Context) error {
	var version, journal string
	var synchronous, old int
	err := w.conn.QueryRowContext(ctx, `SELECT sqlite_version(),
		(SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)`).
		Scan(&version, &journal, &synchronous)
	if err != nil {
		return err
	}
	var major, minor, patch, wantMajor, wantMinor, wantPatch int
	_, err = fmt.Sscanf(version+" "+leastSQLite, "%d.%d.%d %d.%d.%d",
		&major, &minor, &patch, &wantMajor, &wantMinor, &wantPatch)
	if err != nil {
		return fmt.Errorf("sqlite version %q: %w", version, err)
	}
	old = (wantMajor-major)*1_000_000 + (wantMinor-minor)*1_000 + wantPatch - patch
	if old > 0 {
		return fmt.Errorf("sqlite %s has a bug that can damage the file; build with %s or later", version, leastSQLite)
	}
	if journal != "wal" || synchronous != 2 {
		return fmt.Errorf("journal_mode is %s and synchronous %d, not wal and 2 (FULL); "+
			"put the store on a local file system", journal, synchronous)
	}
	return nil
}

// loadNextID finds the first id that was never used, also by a delivery that was purged: vendors know a delivery by a
// key that is made from its id.
func (w *sqliteWriter) loadNextID(ctx context.Context) error {
	return w.conn.QueryRowContext(ctx, `SELECT max(
		(SELECT value FROM meta WHERE key = 'next_id'),
		(SELECT coalesce(max(id), 0) + 1 FROM event))`).Scan(&w.nextID)
}

// Begin starts a transaction that may write.
func (w *sqliteWriter) Begin() error {
	w.written = true
	_, err := w.quick.begin.exec()
	return err
}

// Commit ends it on disk.
func (w *sqliteWriter) Commit() error {
	_, err := w.quick.commit.exec()
	if err != nil {
		w.Rollback()
	}
	return err
}

// Rollback undoes it. After some errors SQLite has done so already, and says that there is nothing to roll back; were
// there another reason to fail, the next Begin would fail too.
func (w *sqliteWriter) Rollback() { _, _ = w.rollback.Exec() }

// Idle empties the write-ahead log. It is only tidying: a log that stays is used again.
func (w *sqliteWriter) Idle() {
	if w.written {
		_, _ = w.checkpoint.Exec()
		w.written = false
	}
}

// Fatal reports whether the state of the file is not known after err.
func (w *sqliteWriter) Fatal(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC:
		return true
	}
	primary := e.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}

func (w *sqliteWriter) close() error {
	return errors.Join(w.quick.close(), w.statements.close(), w.conn.Close(), w.db.Close())
}
