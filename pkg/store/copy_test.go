package store_test

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// fill gives a store deliveries of every kind.
func fill(t *testing.T, s store.Store) {
	t.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for i, state := range append([]store.State{store.Queued, store.Discarded}, store.Waiting, store.Delivered, store.Partial, store.Dead) {
		body := fmt.Sprint("body ", i)
		if i%2 == 0 {
			body = strings.Repeat(body, 30_000)
		}
		d, err := acceptBody(t, s, body)
		require.NoError(t, err)
		switch state {
		case store.Queued:
			continue
		case store.Discarded:
			require.NoError(t, s.Discard(t.Context(), d.ID, now))
			continue
		default:
		}
		require.NoError(t, s.Take(t.Context(), &d))
		items := []export.ItemID{"a", "b", "é"}
		require.NoError(t, s.Begin(t.Context(), &d, store.Begin{Step: "one", Digest: "x", Items: items, At: now}))
		record := store.Record{
			Step: "one", State: store.StepDone, Verdict: "done", Status: 200, Items: 3, IDs: items, Kept: map[string]string{"id": "7"},
			Taken: map[export.ItemID]adapter.Receipt{"a": {ID: "v", Link: "/l"}}, Started: now, Ended: now.Add(time.Second),
		}
		if state == store.Partial {
			record.Refused = []adapter.Refusal{{Index: -1, Item: "b", Reason: "no"}}
		}
		require.NoError(t, s.Record(t.Context(), &d, record, nil))
		f := store.Finish{State: state, At: now, Notes: []adapter.Note{{Item: "a", Text: "n"}}}
		if state == store.Waiting {
			f.NextAt, f.Failures, f.RetryingSince, f.Pending = now.Add(time.Hour), 3, now, []export.ItemID{"later"}
		}
		require.NoError(t, s.Finish(t.Context(), &d, f))
	}
	_, err := s.BeginPause(t.Context(), store.Pause{Destination: "d", By: store.ByPerson, Detail: "why", Since: now})
	require.NoError(t, err)
}

// told is all that a store tells of its deliveries.
func told(t *testing.T, s store.Reader) (all []string) {
	t.Helper()
	list, err := s.List(t.Context(), store.Filter{OldestFirst: true, Limit: 1000})
	require.NoError(t, err)
	for i := range list {
		d, err := s.Get(t.Context(), list[i].ID)
		require.NoError(t, err)
		items, err := s.Items(t.Context(), d.ID, store.ItemFilter{})
		require.NoError(t, err)
		r, err := s.OpenPayload(t.Context(), &d.Delivery)
		require.NoError(t, err)
		body, err := io.ReadAll(r)
		require.NoError(t, err)
		d.Event = nil
		all = append(all, fmt.Sprintf("%+v %+v %d", d, items, len(body)))
	}
	return all
}

func TestAStoreIsCopiedToTheOtherKindAndBack(t *testing.T) {
	t.Parallel()
	first, last := "sqlite://"+filepath.Join(t.TempDir(), "a.db"), "sqlite://"+filepath.Join(t.TempDir(), "b.db")
	middle := pgtest.URL(t)
	s, err := store.Open(t.Context(), first)
	require.NoError(t, err)
	fill(t, s)
	partial, err := s.List(t.Context(), store.Filter{State: []store.State{store.Partial}})
	require.NoError(t, err)
	require.NoError(t, s.Redrive(t.Context(), partial[0].ID, time.Now()))
	underWay, err := acceptBody(t, s, "under way")
	require.NoError(t, err)
	now := time.Now()
	require.NoError(t, s.Take(t.Context(), &underWay))
	require.NoError(t, s.Begin(t.Context(), &underWay, store.Begin{Step: "one", Digest: "x", At: now}))
	done := store.Record{Step: "one", State: store.StepDone, Verdict: "done", Items: 4, Started: now, Ended: now}
	require.NoError(t, s.Record(t.Context(), &underWay, done, nil))
	require.NoError(t, s.Release(t.Context(), &underWay))
	want, id := told(t, s), s.ID()
	require.Contains(t, want[6], "Accepted:4")
	require.Contains(t, strings.Join(want, "\n"), "Pass:2")
	require.NoError(t, s.Close())
	for _, way := range [][2]string{{first, middle}, {middle, last}} {
		done, err := store.Copy(t.Context(), way[0], way[1])
		require.NoError(t, err)
		require.Equal(t, int64(7), done.Deliveries)
		require.Equal(t, int64(1), done.Pauses)
		_, err = store.Copy(t.Context(), way[0], way[1])
		require.ErrorIs(t, err, store.ErrNotEmpty)
		copied, err := store.OpenToRead(t.Context(), way[1])
		require.NoError(t, err)
		require.Equal(t, want, told(t, copied))
		require.NoError(t, copied.Close())
	}
	s, err = store.Open(t.Context(), last)
	require.NoError(t, err)
	require.Equal(t, id, s.ID())
	require.Empty(t, audit(t, s).Findings)
	list, err := s.List(t.Context(), store.Filter{Limit: 1})
	require.NoError(t, err)
	d, err := acceptBody(t, s, "body 1")
	require.NoError(t, err)
	require.Equal(t, int64(2), d.ID, "it was taken before the copy")
	d, err = acceptBody(t, s, "next")
	require.NoError(t, err)
	require.Equal(t, list[0].ID+1, d.ID)
	unindexed, err := s.Unindexed(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, unindexed, 8, "the copy is indexed anew")
	require.NoError(t, s.Close())
	s, err = store.Open(t.Context(), middle)
	require.NoError(t, err)
	d, err = acceptBody(t, s, "next")
	require.NoError(t, err)
	require.Equal(t, list[0].ID+1, d.ID)
	require.NoError(t, s.Close())
}

func TestACopyThatWasNotFinishedIsNoStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, url := range []string{"sqlite://" + filepath.Join(dir, "ledger.db"), pgtest.URL(t)} {
		s, err := store.Open(t.Context(), url)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		if strings.HasPrefix(url, "sqlite") {
			exec(t, filepath.Join(dir, "ledger.db"), `INSERT INTO meta VALUES ('copying', 1)`)
		} else {
			pgtest.Exec(t, url, `INSERT INTO meta VALUES ('copying', '1')`)
		}
		_, err = store.Open(t.Context(), url)
		require.ErrorContains(t, err, "never finished")
	}
}

func audit(t *testing.T, s store.Reader) *store.Audited {
	t.Helper()
	got, err := store.Audit(t.Context(), s)
	require.NoError(t, err)
	return got
}

// TestBackupWhileRunning: what was acknowledged before the backup began is in it, and it is whole.
func TestBackupWhileRunning(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := "sqlite://" + filepath.Join(t.TempDir(), "ledger.db")
			if kind == "postgres" {
				url = pgtest.URL(t)
			}
			s, err := store.Open(t.Context(), url)
			require.NoError(t, err)
			fill(t, s)
			stop, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
						if _, err := acceptBody(t, s, strings.Repeat(fmt.Sprint(i), 1+(i%2)*40_000)); err != nil {
							t.Error(err)
							return
						}
					}
				}
			}()
			folder := filepath.Join(t.TempDir(), "backup")
			err = store.Backup(t.Context(), url, folder)
			close(stop)
			<-ended
			require.NoError(t, err)
			require.ErrorContains(t, store.Backup(t.Context(), url, folder), "already")
			for _, reader := range []string{url, "sqlite://" + filepath.Join(folder, store.BackupName)} {
				r, err := store.OpenToRead(t.Context(), reader)
				require.NoError(t, err)
				got := audit(t, r)
				require.Empty(t, got.Findings)
				require.GreaterOrEqual(t, got.Accepted, int64(6))
				require.Equal(t, s.ID(), r.ID())
				require.NoError(t, r.Close())
			}
			require.NoError(t, s.Close())
			restored, err := store.Open(t.Context(), "sqlite://"+filepath.Join(folder, store.BackupName))
			require.NoError(t, err)
			_, err = acceptBody(t, restored, "after")
			require.NoError(t, err)
			require.NoError(t, restored.Close())
		})
	}
}

// TestAuditFinds: each kind of damage is named.
func TestAuditFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, spoil, want string }{
		{"a lost delivery", `DELETE FROM delivery WHERE id = 1`, "1 accepted events have no delivery"},
		{"a lost event", `DELETE FROM event WHERE id = 2`, "1 deliveries have no accepted event"},
		{"a lost call", `UPDATE step SET latest = NULL WHERE delivery = 4`, "no call of it is recorded"},
		{"a lost step", `INSERT INTO attempt SELECT * FROM all_attempts WHERE delivery = 4; DELETE FROM step WHERE delivery = 4`, "the step is not"},
		{"a wrong count", `UPDATE delivery SET accepted = 9 WHERE id = 4`, "9 items are counted as accepted"},
		{"a lost refusal", `DELETE FROM item_page WHERE kind = 1`, "counts 1 refused items, 0 are listed"},
		{"an unknown outcome", `UPDATE step SET state = 3 WHERE delivery = 4`, "is unknown"},
		{"another body", `UPDATE event SET body = CAST('other' AS BLOB) WHERE id = 2`, "payload"},
		{"a lost file", `UPDATE event SET file = 'none.body' WHERE id = 1`, "no such file"},
		{"too few calls counted", `UPDATE delivery SET attempts = 0 WHERE id = 4`, "0 calls are counted, 1 are recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ledger.db")
			s, err := store.Open(t.Context(), "sqlite://"+path)
			require.NoError(t, err)
			fill(t, s)
			require.Empty(t, audit(t, s).Findings)
			require.NoError(t, s.Close())
			exec(t, path, c.spoil)
			r, err := store.OpenToRead(t.Context(), "sqlite://"+path)
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(audit(t, r).Findings), c.want)
			require.NoError(t, r.Close())
		})
	}
}
