package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// TestAStoreOfTheFirstVersionIsMigrated: with its refusals, and found by its envelope's words.
func TestAStoreOfTheFirstVersionIsMigrated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	first, err := os.ReadFile(filepath.Join("migrations", "sqlite", "00001_journal_and_ledger.sql"))
	require.NoError(t, err)
	exec(t, path, fmt.Sprintf(`PRAGMA application_id = %d;
		CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1), (1, 1);`, 0x4c676174)+string(first)+`
		INSERT INTO meta VALUES ('id', 'old'), ('next_id', 1), ('pinged', 0);
		INSERT INTO name VALUES (1, 's'), (2, 'r'), (3, 'd');
		INSERT INTO event (id, size, digest, search, envelope, body) VALUES
			(1, 1, x'7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451', 'street' || char(10) || 'i-7', '{"event":"e","project":"street","issue":{"id":"i-7"}}', x'37');
		INSERT INTO delivery (id, source, route, destination, state, accepted_at, updated_at, accepted, refused_vendor, refused_plan, attempts)
			VALUES (1, 1, 2, 3, 4, 5, 6, 1, 1, 1, 1);
		INSERT INTO step (delivery, name, begun, seq, state, items, refused, digest) VALUES (1, 'call', 5, 1, 1, 2, 1, 'x');
		INSERT INTO attempt VALUES (1, 1, 'call', 'done', '', '', 200, 5, 9);
		INSERT INTO refusal VALUES (1, 'call', '[{"index":-1,"item":"b","reason":"no"}]'), (1, '', '[{"index":3,"reason":"no url"}]');`)
	url := "sqlite://" + path
	have, want, err := store.Schema(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, int64(1), have)
	require.Greater(t, want, have)
	require.NoError(t, store.Migrate(t.Context(), url))
	have, _, err = store.Schema(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, want, have)

	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	page, err := s.Items(t.Context(), 1, store.ItemFilter{})
	require.NoError(t, err)
	require.Equal(t, []store.Item{
		{ID: "b", State: store.ItemRefused, Step: "call", Index: -1, Reason: "no"},
		{State: store.ItemRefused, Index: 3, Reason: "no url"},
	}, page.Items)
	list, err := s.List(t.Context(), store.Filter{Search: "street i-7"})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Empty(t, audit(t, s).Findings)
	require.NoError(t, s.Close())
}

// TestSchemaOfNoStoreYet says so, and makes none.
func TestSchemaOfNoStoreYet(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	for _, url := range []string{"sqlite://" + path, pgtest.URL(t)} {
		have, want, err := store.Schema(t.Context(), url)
		require.NoError(t, err)
		require.Zero(t, have)
		require.Positive(t, want)
	}
	require.NoFileExists(t, path)
}
