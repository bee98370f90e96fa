package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// BackupName is the database's file in a backup; payloads are beside it, as with any SQLite store.
const BackupName = "labelgate.db"

// Backup writes a whole store to a new folder, as it is at one moment, while a gateway may work on it. What is there then is
// a SQLite store that can be opened, audited, put in the place of the one it was made of, or copied to PostgreSQL.
func Backup(ctx context.Context, from, folder string) (err error) {
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s: it is there already; a backup goes to a new folder", folder), err)
	}
	draft := folder + ".partial"
	if err := errors.Join(os.RemoveAll(draft), os.MkdirAll(draft, 0o700)); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(draft) // the error that matters is why there is no backup
		}
	}()
	database := filepath.Join(draft, BackupName)
	if path, ok := strings.CutPrefix(from, "sqlite://"); ok {
		err = backupSQLite(ctx, path, database)
	} else {
		_, err = Copy(ctx, from, "sqlite://"+database)
	}
	if err != nil {
		return err
	}
	for _, left := range []string{".lock", ".spill"} {
		if err := os.RemoveAll(database + left); err != nil {
			return err
		}
	}
	if err := syncDir(draft); err != nil {
		return err
	}
	if err := os.Rename(draft, folder); err != nil {
		return err
	}
	return syncDir(filepath.Dir(folder))
}

// backupSQLite copies payload files, then the database as it is at one moment, then the files that came in between. A file
// never changes once it is there.
func backupSQLite(ctx context.Context, path, to string) error {
	source, err := OpenToRead(ctx, "sqlite://"+path)
	if err != nil {
		return err
	}
	defer source.Close()
	s := source.(*sqliteReadStore) //nolint:forcetypeassert // it is one
	if err := os.MkdirAll(to+".payloads", 0o700); err != nil {
		return err
	}
	if _, err := copyFiles(ctx, s, to); err != nil {
		return err
	}
	if err := vacuumInto(ctx, s.path, to); err != nil {
		return s.wrap(err)
	}
	copied, err := OpenToRead(ctx, "sqlite://"+to)
	if err != nil {
		return err
	}
	defer copied.Close()
	missing, err := copyFiles(ctx, copied.(*sqliteReadStore), to, s.path+".payloads") //nolint:forcetypeassert // it is one
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("payload %s: it was purged while the backup was made, or is missing; labelgate verify says which, then try again", missing[0])
	}
	return syncDir(to + ".payloads")
}

// copyFiles copies the payload files that a database names and the backup does not have yet. Those that are not there are
// returned: they may have been purged.
func copyFiles(ctx context.Context, named *sqliteReadStore, to string, from ...string) (missing []string, err error) {
	known, err := named.read.files(ctx)
	if err != nil {
		return nil, named.wrap(err)
	}
	folder := named.path + ".payloads"
	if len(from) > 0 {
		folder = from[0]
	}
	for name := range known {
		target := filepath.Join(to+".payloads", name)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		err := copyFile(filepath.Join(folder, name), target)
		if errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, name)
		} else if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

// vacuumInto writes a database anew, as it is at one moment: https://www.sqlite.org/lang_vacuum.html#vacuuminto.
func vacuumInto(ctx context.Context, path, to string) error {
	db, err := openSQLiteFile(path, 1)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(db.Close(), syncFile(to))
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
