package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Schema says which version of the tables a store has, and which this program works with; have is 0 when there is no store
// yet. Nothing is changed.
func Schema(ctx context.Context, address string) (have, want int64, err error) {
	if path, ok := strings.CutPrefix(address, "sqlite://"); ok {
		return sqliteSchema(ctx, path)
	}
	config, err := pgConfig(address)
	if err != nil {
		return 0, 0, err
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	defer db.Close()
	provider, err := postgresProvider(db)
	if err != nil {
		return 0, 0, err
	}
	have, err = schemaOf(ctx, db, `SELECT to_regclass('labelgate_schema') IS NOT NULL`, "labelgate_schema")
	return have, newest(provider), errors.Join(err)
}

func sqliteSchema(ctx context.Context, path string) (have, want int64, err error) {
	_, err = os.Stat(path)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	name := path
	if !there {
		name = ":memory:"
	}
	db, err := sql.Open("sqlite", "file:"+name+"?mode=ro")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	provider, err := sqliteProvider(db)
	if err != nil || !there {
		return 0, newest(provider), err
	}
	const known = `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')`
	have, err = schemaOf(ctx, db, known, "goose_db_version")
	if err != nil {
		err = fmt.Errorf("store %s: %w", path, err)
	}
	return have, newest(provider), err
}

// rowQuerier is a database, or one connection of it.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// schemaOf reads the version that a table of versions says, 0 when there is no such table.
func schemaOf(ctx context.Context, db rowQuerier, known, table string) (have int64, err error) {
	var there bool
	if err := db.QueryRowContext(ctx, known).Scan(&there); err != nil || !there {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+table+` WHERE is_applied`).Scan(&have)
	return have, err
}

func newest(provider *goose.Provider) int64 {
	if provider == nil {
		return 0
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version
}

// Migrate brings the tables of a store up to date, as opening it does.
func Migrate(ctx context.Context, address string) error {
	if strings.HasPrefix(address, "sqlite://") {
		s, err := Open(ctx, address) // a SQLite store has one owner, and that migrates it
		if err != nil {
			return err
		}
		return s.Close()
	}
	config, err := pgConfig(address)
	if err != nil {
		return err
	}
	if err := migratePostgres(ctx, config.ConnConfig); err != nil {
		return fmt.Errorf("store %s: %w", databaseName(config.ConnConfig), err)
	}
	return nil
}
