package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// TestTwinsAreFoundWhereverTheyAre: in memory, in the table once they were moved there, and after the store was opened again,
// whether it had moved them or not; and only inside the window.
func TestTwinsAreFoundWhereverTheyAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() store.Store {
		s := openIn(t, dir)
		store.FewTwins(s, 8, 4)
		return s
	}
	s := open()
	const all = 50
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	accept := func(n int, route string, at time.Time) store.Accepted {
		p, err := s.NewPayload()
		require.NoError(t, err)
		_, err = fmt.Fprintf(p, "body %d", n)
		require.NoError(t, err)
		got, err := s.Accept(t.Context(), store.Accept{
			Source: "s", Route: route, Destination: "d", Payload: p, Now: at, Window: time.Hour,
			Event: &export.Event{Type: "e", Project: "p", Issue: export.Issue{ID: "i"}},
		})
		require.NoError(t, err)
		return got
	}
	for n := range all {
		require.False(t, accept(n, "r", begin.Add(time.Duration(n)*time.Second)).Duplicate)
	}
	require.Less(t, store.TwinsSettle(s), all)
	for range 2 {
		for n := range all {
			got := accept(n, "r", begin.Add(time.Hour-time.Second))
			require.True(t, got.Duplicate, "body %d", n)
			require.Equal(t, int64(n+1), got.Delivery.ID)
		}
		require.NoError(t, s.Close())
		s = open()
	}
	require.False(t, accept(3, "another", begin).Duplicate)
	require.False(t, accept(0, "r", begin.Add(time.Hour)).Duplicate, "the window ends")
	require.True(t, accept(49, "r", begin.Add(time.Hour)).Duplicate)
	require.NoError(t, s.Close())
}

// TestTwinsArePurged with their deliveries: the table keeps nothing of them.
func TestTwinsArePurged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	store.FewTwins(s, 2, 2)
	for n := range 20 {
		got, err := acceptBody(t, s, fmt.Sprint("body ", n))
		require.NoError(t, err)
		require.NoError(t, s.Discard(t.Context(), got.ID, time.Now()))
	}
	store.TwinsSettle(s)
	for {
		n, err := s.Purge(t.Context(), time.Now().Add(time.Hour), 7)
		require.NoError(t, err)
		if n == 0 {
			break
		}
	}
	_, err := acceptBody(t, s, "body 3")
	require.NoError(t, err)
	list, err := s.List(t.Context(), store.Filter{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, s.Close())
	require.Zero(t, count(t, filepath.Join(dir, "ledger.db"), `SELECT count(*) FROM twin`))
}

func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	require.NoError(t, db.QueryRow(query).Scan(&n))
	require.NoError(t, db.Close())
	return n
}
