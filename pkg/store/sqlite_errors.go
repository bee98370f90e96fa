package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// explain says in words what a person can do about an error of the disk or the file. The error itself stays in it.
func explain(err error) error {
	if word := trouble(err); word != "" {
		return fmt.Errorf("%s: %w", word, err)
	}
	return err
}

func trouble(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return diskFull
	case errors.Is(err, syscall.EROFS):
		return readOnly
	case errors.Is(err, fs.ErrPermission):
		return "the store may not be written by this user; give the user of the gateway the file and its folder"
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return diskFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return readOnly
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged
	case sqlite3.SQLITE_IOERR:
		return "the disk failed or is full; look at the system's log, and restart the gateway when it is well"
	}
	return ""
}

const (
	diskFull = "the disk is full; make room, nothing that was accepted is lost"
	readOnly = "the store cannot be opened for writing; is its file system mounted read-only, or its folder not there?"
	damaged  = "the database is damaged; stop the gateway, keep the file, and restore a backup (labelgate verify says what is wrong)"
)
