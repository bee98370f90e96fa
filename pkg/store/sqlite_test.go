package store_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/storetest"
)

func TestSQLiteIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Backend{Open: openIn, Damage: damage})
}

func openIn(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(dir, "ledger.db"))
	require.NoError(t, err)
	return s
}

// damage changes a bit of the only payload file, or of the body in the delivery's row.
func damage(t *testing.T, dir string, d store.Delivery) {
	t.Helper()
	if d.Size > 64<<10 {
		files, err := filepath.Glob(filepath.Join(dir, "ledger.db.payloads", "*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		flip(t, files[0], d.Size/2)
		return
	}
	path := filepath.Join(dir, "ledger.db")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	flip(t, path, int64(bytes.Index(content, []byte("yyyyyyyyyyyyyyyy"))))
}

func flip(t *testing.T, path string, offset int64) {
	t.Helper()
	require.GreaterOrEqual(t, offset, int64(0))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	var b [1]byte
	_, err = file.ReadAt(b[:], offset)
	require.NoError(t, err)
	b[0] ^= 4
	_, err = file.WriteAt(b[:], offset)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// exec runs SQL on a closed store's file.
func exec(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(text)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
