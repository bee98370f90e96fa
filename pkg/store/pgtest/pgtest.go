// Package pgtest runs real PostgreSQL servers for tests: on a free port, with their data in a temporary folder, and under
// another user where the tests run as root. The server's programs are found, or installed, by .ci/postgres.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// shared is the server that the tests of a package use together.
//
//nolint:gochecknoglobals // a process that is started once, and ended by Main
var shared struct {
	once    sync.Once
	server  *Server
	err     error
	schemas int
	mu      sync.Mutex
}

// Main runs the tests of a package and ends the server that they have used together. TestMain calls it.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		shared.server.Remove()
	}
	return code
}

// URL is that of an empty database of the test's own (a schema of a server that the tests of a package use together). TestMain
// must call Main. Without a server the test is skipped; where CI is set it fails.
func URL(tb testing.TB) string {
	tb.Helper()
	shared.once.Do(func() { shared.server, shared.err = New() })
	if shared.err != nil && os.Getenv("CI") == "" {
		tb.Skipf("PostgreSQL: %v", shared.err)
	}
	require.NoError(tb, shared.err)
	shared.mu.Lock()
	shared.schemas++
	schema := fmt.Sprintf("test_%d", shared.schemas)
	shared.mu.Unlock()
	return shared.server.Schema(tb, schema)
}

// Start runs a server for one test, to be stopped and killed by it.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := New()
	if err != nil && os.Getenv("CI") == "" {
		tb.Skipf("PostgreSQL: %v", err)
	}
	require.NoError(tb, err)
	tb.Cleanup(s.Remove)
	return s
}

// Schema makes a schema and returns the URL of a database that has nothing else.
func (s *Server) Schema(tb testing.TB, name string) string {
	tb.Helper()
	Exec(tb, s.URL(), "CREATE SCHEMA "+pgx.Identifier{name}.Sanitize())
	return s.URL() + "?search_path=" + name
}

// Exec runs SQL.
func Exec(tb testing.TB, url, text string, args ...any) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) //nolint:forbidigo // also used by cleanups
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(tb, err)
	_, err = conn.Exec(ctx, text, args...)
	require.NoError(tb, err)
	require.NoError(tb, conn.Close(ctx))
}
