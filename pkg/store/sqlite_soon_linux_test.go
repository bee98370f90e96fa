package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

func begunBy(t *testing.T, s store.Store, body string) *store.Delivery {
	t.Helper()
	d, err := acceptBody(t, s, body)
	require.NoError(t, err)
	require.NoError(t, s.Take(t.Context(), &d))
	require.NoError(t, s.Begin(t.Context(), &d, store.Begin{Step: "one", Digest: "1", At: time.Now()}))
	return &d
}

func recordSoon(t *testing.T, s store.Store, d *store.Delivery) {
	t.Helper()
	require.NoError(t, s.Record(t.Context(), d, store.Record{
		Step: "one", State: store.StepDone, Verdict: "done", Items: 2, Kept: map[string]string{"id": "7"}, Soon: true,
		Started: time.Now(), Ended: time.Now(),
	}, nil))
}

// TestARecordOfSoonIsThereAfterTheNextWrite, whichever that is.
func TestARecordOfSoonIsThereAfterTheNextWrite(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(store.Store, *store.Delivery) error{
		"begin": func(s store.Store, d *store.Delivery) error {
			return s.Begin(t.Context(), d, store.Begin{Step: "two", Digest: "2", At: time.Now()})
		},
		"finish": func(s store.Store, d *store.Delivery) error {
			return s.Finish(t.Context(), d, store.Finish{State: store.Delivered, At: time.Now()})
		},
		"release": func(s store.Store, d *store.Delivery) error { return s.Release(t.Context(), d) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openIn(t, t.TempDir())
			for i := range 20 {
				d := begunBy(t, s, fmt.Sprint(i))
				recordSoon(t, s, d)
				require.NoError(t, next(s, d))
				got, err := s.Get(t.Context(), d.ID)
				require.NoError(t, err)
				require.Equal(t, store.StepDone, got.Steps[0].State)
				require.Equal(t, map[string]string{"id": "7"}, got.Steps[0].Kept)
				require.Equal(t, 2, got.Accepted)
				require.Equal(t, 1, got.Attempts)
				require.Len(t, got.Tries, 1)
			}
			require.NoError(t, s.Close())
		})
	}
}

// TestARecordOfSoonThatFails fails the next write, so that no further call is made; whoever claims the delivery next finds the step
// as it was begun.
func TestARecordOfSoonThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	d := begunBy(t, s, "body")
	wal := filepath.Join(dir, "ledger.db-wal")
	mend := redirect(t, wal, wal)
	recordSoon(t, s, d)
	require.Error(t, s.Begin(t.Context(), d, store.Begin{Step: "two", Digest: "2", At: time.Now()}))
	mend()
	require.Error(t, s.Begin(t.Context(), d, store.Begin{Step: "two", Digest: "2", At: time.Now()}), "the record is lost for good")
	require.Error(t, s.Finish(t.Context(), d, store.Finish{State: store.Delivered, At: time.Now()}))
	require.NoError(t, s.Release(t.Context(), d))
	again, err := s.Claim(t.Context(), []string{"r"}, time.Now(), 1)
	require.NoError(t, err)
	require.Len(t, again, 1)
	steps, err := s.Steps(t.Context(), d.ID)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.Equal(t, store.StepStarted, steps[0].State)
	require.NoError(t, s.Begin(t.Context(), &again[0], store.Begin{Step: "one", Digest: "1", At: time.Now()}))
	require.NoError(t, s.Close())
}
