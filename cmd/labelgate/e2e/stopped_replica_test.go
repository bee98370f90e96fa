package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// TestAStoppedReplicaRepeatsNothing: a replica that is stopped for longer than anybody waits keeps its work as long as its session
// lives: the other takes nothing from it, and after it woke everything is delivered once.
func TestAStoppedReplicaRepeatsNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	sites, vendor := twoSites(t, url)
	a, b := sites[0].Serve(t), sites[1].Serve(t)
	held := make(chan struct{})
	vendor.Next(harness.Hold(held))
	id := a.Accept(t, batch, harness.Unique("in flight"))
	vendor.AwaitCalls(t, 1)
	if holder(t, url, id) == strings.TrimPrefix(b.URL, "http://") {
		a, b = b, a
	}
	a.Freeze(t)
	timer := time.NewTimer(4 * time.Second) // longer than a sweep, a grace, and a call's 2 s
	defer timer.Stop()
	for waiting := true; waiting; {
		select {
		case <-timer.C:
			waiting = false
		default:
			other := b.Accept(t, batch, harness.Unique(time.Now().String()))
			b.Await(t, other, "delivered")
			require.Equal(t, "running", b.Delivery(t, id).State, "it is still the other's")
		}
	}
	taken := len(vendor.Calls())
	close(held)
	a.Thaw(t)
	a.Await(t, id, "delivered")
	calls := vendor.Calls()
	require.LessOrEqual(t, len(calls)-taken, 1, "at most its own call again, which timed out while it was stopped")
	for _, c := range calls[taken:] {
		require.Equal(t, calls[0].Key(), c.Key())
	}
	require.Empty(t, verify(t, sites[0], 0).Findings)
}

// twoSites are two sites of one database whose calls may take two seconds.
func twoSites(t *testing.T, url string) (sites [2]*harness.Site, vendor *harness.Vendor) {
	t.Helper()
	sites[0], sites[1], vendor = newReplicas(t, url)
	for _, s := range sites {
		s.Env["BATCH_ITEMS"], s.Env["TIMEOUT"], s.Env["PAUSE_AFTER"] = "1", "2s", "0"
	}
	return sites, vendor
}
