package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

func TestAStoreThatCannotBeReadIsNeverReplaced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  string
	}{
		{"garbage", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("not a database ", 999)), 0o600))
		}, "not a database"},
		{"cut short", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Truncate(path, 8192))
		}, "malformed"},
		{"empty", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Truncate(path, 0))
		}, "the file is empty"},
		{"gone, with its payloads left", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
		}, "the file is missing"},
		{"a folder", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		}, "unable to open"},
		{"of another program", func(t *testing.T, path string) {
			t.Helper()
			exec(t, path, "PRAGMA application_id = 7")
		}, "another program"},
		{"of a newer version", func(t *testing.T, path string) {
			t.Helper()
			exec(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		}, "schema 9999 is newer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			s := openIn(t, filepath.Dir(path))
			_, err := acceptBody(t, s, strings.Repeat("large", 100_000))
			require.NoError(t, err)
			require.NoError(t, s.Close())
			c.spoil(t, path)
			_, err = store.Open(t.Context(), "sqlite://"+path)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, path)
			payloads, err := os.ReadDir(path + ".payloads")
			require.NoError(t, err)
			require.Len(t, payloads, 1, "an opening that does not succeed deletes nothing")
		})
	}
}

func TestURLsThatAreNoStore(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                                      "not a store",
		"labelgate.db":                          "not a store",
		"sqlite://":                             "not a store",
		"mysql://db/x":                          `unknown kind of store "mysql"`,
		"postgres://u:secret@127.0.0.1:1":       "connection refused",
		"postgres://u:secret@:x/db":             "cannot be read",
		"postgres://u:secret@h/db?sslmode=nope": "sslmode",
		"sqlite://x.db?mode=memory":             "takes no options",
		"sqlite:///no/such/folder/led.db":       "no such file or directory",
	} {
		_, err := store.Open(t.Context(), url)
		require.ErrorContains(t, err, want, url)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestOneProcessHoldsTheStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	url := "sqlite://" + filepath.Join(dir, "ledger.db")
	_, err := store.Open(t.Context(), url)
	require.ErrorIs(t, err, store.ErrLocked)
	var locked *store.LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, fmt.Sprintf("pid=%d", os.Getpid()), locked.Holder)
	require.Empty(t, locked.Addr())

	holder, ok := s.(interface{ SetAddress(addr string) error })
	require.True(t, ok)
	require.NoError(t, holder.SetAddress("127.0.0.1:8080"))
	_, err = store.Open(t.Context(), url)
	require.ErrorAs(t, err, &locked)
	require.Equal(t, "127.0.0.1:8080", locked.Addr())

	require.NoError(t, s.Close())
	require.NoError(t, openIn(t, dir).Close())
}

func TestOrphanedPayloadsAreDeletedAtOpening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	_, err := acceptBody(t, s, strings.Repeat("large", 100_000))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	payloads := filepath.Join(dir, "ledger.db.payloads")
	for _, name := range []string{"ORPHAN.body", "HALF.tmp", "a-persons-note.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(payloads, name), nil, 0o600))
	}
	require.NoError(t, openIn(t, dir).Close())
	left, err := os.ReadDir(payloads)
	require.NoError(t, err)
	require.Len(t, left, 2)
	require.FileExists(t, filepath.Join(payloads, "a-persons-note.txt"))
}
