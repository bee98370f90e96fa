package store

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// isUnavailable reports whether the database was not reached, or is not able to write now: another try may work.
func isUnavailable(err error) bool {
	if errors.Is(err, errNoSession) {
		return true
	}
	if err == nil || errors.Is(err, pgx.ErrNoRows) || errors.Is(err, context.Canceled) || errors.Is(err, errPGClosed) {
		return false
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var connect *pgconn.ConnectError
		return errors.As(err, &connect) || pgconn.Timeout(err) || isConnection(err)
	}
	// See https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions, insufficient resources (a full
	// disk too), operator intervention (shutdown, crash, recovery), I/O errors; and a server that is a standby now.
	for _, class := range []string{"08", "53", "57", "58"} {
		if strings.HasPrefix(pg.Code, class) {
			return true
		}
	}
	return pg.Code == "25006"
}

// isFull reports whether the server's disk is full.
func isFull(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "53100"
}

// isConnection reports whether an error is that of the connection, which pgx tells by its words only.
func isConnection(err error) bool {
	var safe interface{ SafeToRetry() bool }
	if errors.As(err, &safe) {
		return true
	}
	for _, word := range []string{
		"unexpected EOF", "EOF", "conn closed", "connection reset", "broken pipe", "closed network connection",
		"i/o timeout", "connection refused", "closed pool",
	} {
		if strings.Contains(err.Error(), word) {
			return true
		}
	}
	return false
}

// isCollision reports whether a transaction was the victim of others, so that the same again will work.
func isCollision(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// isNothing reports whether a guarded statement found no row, see guard.
func isNothing(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "22012"
}

// isReaped reports whether a claim was refused because the others hold this replica for dead.
func isReaped(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23503"
}

// clean makes a text one that PostgreSQL takes: UTF-8 without NUL.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}
