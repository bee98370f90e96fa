package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// migrationLock is the advisory lock under which a schema is changed ("Lgat", and a number of its own).
const migrationLock = 0x4c676174_00000001

// leastPostgres is the oldest server that the statements here work on.
const leastPostgres = 130000

// migratePostgres brings the schema up to date. Of several replicas that start at once one does it, the others wait.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // with it goes the lock
	var version int
	if err := conn.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return err
	}
	if version < leastPostgres {
		return fmt.Errorf("PostgreSQL %d is too old; version %d or newer is needed", version/10000, leastPostgres/10000)
	}
	provider, err := postgresProvider(db)
	if err != nil {
		return err
	}
	if current, err := isCurrent(ctx, conn, provider); err != nil || current {
		return err
	}
	_, err = conn.ExecContext(ctx, `SELECT pg_advisory_lock($1::bigint + hashtext(current_schema()))`, int64(migrationLock))
	if err != nil {
		return err
	}
	return migrateUp(ctx, provider)
}

// isCurrent reports whether there is nothing to do, without a lock.
func isCurrent(ctx context.Context, conn *sql.Conn, provider *goose.Provider) (bool, error) {
	have, err := schemaOf(ctx, conn, `SELECT to_regclass('labelgate_schema') IS NOT NULL`, "labelgate_schema")
	return have == newest(provider), err
}

func postgresProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithTableName("labelgate_schema"))
}

// migrateUp applies what is missing; a schema that is newer than this program is refused.
func migrateUp(ctx context.Context, provider *goose.Provider) error {
	have, want, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return fmt.Errorf("its schema %d is newer than this version of Labelgate knows (%d); use a newer Labelgate", have, want)
	case have == want:
		return nil
	}
	_, err = provider.Up(ctx)
	return errors.Join(err)
}
