package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Open opens the store of a URL and makes it when there is none: sqlite://labelgate.db is relative to the working
// directory, sqlite:///var/lib/labelgate.db is absolute; postgres://user@host/database is shared by any number of
// processes, and takes what libpq takes (https://www.postgresql.org/docs/current/libpq-connect.html). A store that cannot
// be read is an error, never an empty one. The error is a *LockedError when another process holds it.
func Open(ctx context.Context, address string) (Store, error) {
	scheme, path, ok := strings.Cut(address, "://")
	switch {
	case !ok || path == "":
		return nil, errors.New("store.url: not a store; write sqlite://labelgate.db, sqlite:///var/lib/labelgate.db or postgres://user@host/database")
	case scheme == "sqlite" && strings.Contains(path, "?"):
		return nil, fmt.Errorf("store.url: %q: a sqlite store takes no options; remove the ? and what follows", address)
	case scheme == "sqlite":
		return openSQLite(ctx, path)
	case scheme == "postgres" || scheme == "postgresql":
		return openPostgres(ctx, address)
	default:
		return nil, fmt.Errorf("store.url: unknown kind of store %q; use sqlite:///path/to/labelgate.db or postgres://user@host/database", scheme)
	}
}

// Redacted is a store's URL without its password, to be shown.
func Redacted(text string) string {
	u, err := url.Parse(text)
	switch {
	case strings.HasPrefix(text, "sqlite://"):
		return text
	case err != nil:
		return "(not a URL)"
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
