package e2e_test

import (
	"cmp"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store"
)

// audit remembers what was on disk as done after a kill, and what the vendor had got by then.
type audit struct {
	vendor *harness.Vendor
	done   map[string]int // by the step's key: how many calls the vendor had got when the step was first seen to be done
	from   int64          // all deliveries before this one were over at the last look
}

func newAudit(vendor *harness.Vendor) *audit { return &audit{vendor: vendor, done: map[string]int{}} }

// look reads a copy of a killed gateway's store: opening the store itself would mend it before the next start does. It reads no
// more than what is new since the last look.
func (a *audit) look(t *testing.T, site *harness.Site) {
	t.Helper()
	calls, copied := a.vendor.Count(), site.Copy(t)
	defer os.RemoveAll(copied.Dir) // a thousand copies would fill the disk
	s, err := store.Open(t.Context(), copied.Env["LABELGATE_STORE"])
	require.NoError(t, err)
	defer s.Close()
	const all = 1_000_000
	deliveries, err := s.List(t.Context(), store.Filter{After: a.from - 1, OldestFirst: true, Limit: all})
	require.NoError(t, err)
	over := true
	for _, d := range deliveries {
		if over = over && d.State.Final(); over {
			a.from = d.ID + 1
		}
		steps, err := s.Steps(t.Context(), d.ID)
		require.NoError(t, err)
		for _, step := range steps {
			if step.State == store.StepDone {
				a.note(stepKey(d.Key, step.ID), calls)
			}
		}
	}
}

func (a *audit) note(key string, calls int) {
	if _, known := a.done[key]; !known {
		a.done[key] = calls
	}
}

// requireNoRepeats: no call that was recorded as done has come to the vendor after that.
func (a *audit) requireNoRepeats(t *testing.T) {
	t.Helper()
	last := map[string]int{} // by key
	for i, c := range a.vendor.Calls() {
		last[c.Key()] = i
	}
	for key, calls := range a.done {
		at, sent := last[key]
		require.True(t, sent, "%s is recorded and was never sent", key)
		require.Less(t, at, calls, "%s was recorded as done and sent again", key)
	}
}

// stepKey is the idempotency key of a step's call.
func stepKey(delivery, step string) string {
	return delivery + "-" + strings.ReplaceAll(step, "/", "-")
}

// requireAllTaken: the vendor has every frame of every accepted event, each under one key. It returns how many there are.
func requireAllTaken(t *testing.T, accepted []harness.Issue, taken []harness.Call) (frames int) {
	t.Helper()
	keys := make(map[string]string, len(taken)) // by frame
	for _, c := range taken {
		var body harness.Batch
		require.NoError(t, json.Unmarshal(c.Body, &body))
		require.Len(t, body.Frames, 1)
		frame := body.Frames[0].ID
		require.Equal(t, cmp.Or(keys[frame], c.Key()), c.Key(), "%s was sent as two deliveries", frame)
		keys[frame] = c.Key()
	}
	for _, issue := range accepted {
		for _, frame := range issue.FrameIDs() {
			frames++
			require.NotEmpty(t, keys[frame], "%s is accepted, and not at the vendor", frame) // require.Contains lists the whole map each time
		}
	}
	require.Len(t, keys, frames, "something was sent that nobody was told to be accepted")
	return frames
}

// requireFewRepeats: only calls in flight at a kill may be repeated. It returns how many were.
func requireFewRepeats(t *testing.T, calls []harness.Call, limit int) (again int) {
	t.Helper()
	keys := make(map[string]bool, len(calls))
	for _, c := range calls {
		keys[c.Key()] = true
	}
	require.LessOrEqual(t, len(calls)-len(keys), limit)
	return len(calls) - len(keys)
}

// repeated are the keys that came more than once.
func repeated(calls []harness.Call) (keys []string) {
	count := map[string]int{}
	for _, c := range calls {
		if count[c.Key()]++; count[c.Key()] == 2 {
			keys = append(keys, c.Key())
		}
	}
	return keys
}
