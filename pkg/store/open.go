package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Open opens the store of a URL and makes it when there is none: sqlite://labelgate.db is relative to the working
// directory, sqlite:///var/lib/labelgate.db is absolute. A store that cannot be read is an error, never an empty one.
// The error is a *LockedError when another process holds it.
func Open(ctx context.Context, url string) (Store, error) {
	scheme, path, ok := strings.Cut(url, "://")
	switch {
	case !ok || path == "":
		return nil, errors.New("store.url: not a store; write sqlite://labelgate.db or sqlite:///var/lib/labelgate.db")
	case scheme == "sqlite" && strings.Contains(path, "?"):
		return nil, fmt.Errorf("store.url: %q: a sqlite store takes no options; remove the ? and what follows", url)
	case scheme == "sqlite":
		return openSQLite(ctx, path)
	case scheme == "postgres" || scheme == "postgresql":
		return nil, errors.New("store.url: PostgreSQL comes in a later version; use sqlite:///path/to/labelgate.db")
	default:
		return nil, fmt.Errorf("store.url: unknown kind of store %q; use sqlite:///path/to/labelgate.db", scheme)
	}
}
