package e2e_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// manyDead is a site with n deliveries that the vendor did not take, one frame each, at half a euro a frame.
func manyDead(t *testing.T, n int) (*harness.Site, *harness.Vendor, *harness.Gateway) {
	t.Helper()
	site, vendor := newSite(t)
	site.Env["PRICE"] = "0.50"
	vendor.Always(harness.Status(http.StatusBadRequest, `{"error": "no such project"}`))
	gateway := site.Serve(t)
	for i := range n {
		gateway.Await(t, gateway.Accept(t, batch, harness.Issue{Name: fmt.Sprintf("issue-%d", i), Frames: 1}.Event()), "dead")
	}
	vendor.Always(harness.Accept())
	return site, vendor, gateway
}

// TestRedriveByFilter: it says what it would send, asks above the threshold, and sends what is unfinished.
func TestRedriveByFilter(t *testing.T) {
	t.Parallel()
	for name, offline := range map[string]bool{"while serving": false, "offline": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor, gateway := manyDead(t, 5)
			if offline {
				gateway.Stop(t)
			}
			asked := site.CLI(t, "deliveries", "redrive", "--state", "dead", "--ask-above", "4")
			require.Equal(t, 2, asked.Code, "nobody is there to be asked")
			require.Contains(t, asked.Stderr, "5 deliveries, 5 items, 5 calls")
			require.Contains(t, asked.Stderr, "2.50 EUR")
			require.Contains(t, asked.Stderr, "--yes")
			require.Len(t, vendor.Calls(), 5)
			require.Equal(t, 2, site.CLI(t, "deliveries", "redrive", "--state", "dead", "--ask-above-cost", "2").Code)
			none := site.CLI(t, "deliveries", "redrive", "--destination", "mutations", "--yes")
			require.Zero(t, none.Code, none.Stderr)
			require.Contains(t, none.Stderr, "0 deliveries")

			redriven := site.CLI(t, "deliveries", "redrive", "--search", "issue-", "--since", "1h", "-o", "json", "--yes")
			require.Zero(t, redriven.Code, redriven.Stderr)
			require.Contains(t, redriven.Stderr, "5 redriven, 0 skipped: done")
			require.Contains(t, redriven.Stdout, `"done": 5`)
			if offline {
				gateway = site.Serve(t)
			}
			for id := range int64(5) {
				gateway.Await(t, id+1, "delivered")
			}
			require.Len(t, vendor.Taken(), 5)
		})
	}
}

// TestRedriveAtAPace: what was not reached when it is stopped is as it was.
func TestRedriveAtAPace(t *testing.T) {
	t.Parallel()
	site, vendor, gateway := manyDead(t, 6)
	done := make(chan harness.Result, 1)
	go func() { done <- site.CLI(t, "deliveries", "redrive", "--state", "dead", "--per-minute", "30") }()
	vendor.AwaitCalls(t, 7) // the first at once, the next two seconds later
	stopped := site.CLI(t, "deliveries", "redrive", "--stop")
	require.Zero(t, stopped.Code, stopped.Stderr)
	require.Contains(t, stopped.Stderr, "1 stopped")
	result := <-done
	require.Equal(t, 1, result.Code)
	require.Contains(t, result.Stderr, "stopped")
	left := len(list(t, site, "--state", "dead"))
	require.GreaterOrEqual(t, left, 3)
	gateway.Stop(t)
	offline := site.CLI(t, "deliveries", "redrive", "--state", "dead", "--per-minute", "30")
	require.Equal(t, 1, offline.Code)
	require.Contains(t, offline.Stderr, "--per-minute")
}

// TestDiscardByFilter: it asks first, and never touches what is not chosen.
func TestDiscardByFilter(t *testing.T) {
	t.Parallel()
	site, _, gateway := manyDead(t, 3)
	gateway.Await(t, gateway.Accept(t, batch, harness.Unique("fine")), "delivered")
	require.Equal(t, 2, site.CLI(t, "deliveries", "discard").Code, "nothing is chosen")
	require.Equal(t, 2, site.CLI(t, "deliveries", "discard", "1", "--state", "dead").Code)
	require.Equal(t, 2, site.CLI(t, "deliveries", "discard", "--since", "yesterday").Code)
	require.Equal(t, 2, site.CLI(t, "deliveries", "discard", "--search", "issue-").Code, "nobody is there to be asked")
	discarded := site.CLI(t, "deliveries", "discard", "--search", "issue-", "--yes")
	require.Zero(t, discarded.Code, discarded.Stderr)
	require.Contains(t, discarded.Stderr, "3 discarded")
	require.Len(t, list(t, site, "--state", "discarded"), 3)
	require.Len(t, list(t, site, "--state", "delivered"), 1)
}
