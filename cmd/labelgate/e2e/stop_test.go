package e2e_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// TestSIGTERM: calls in flight end, nothing new is begun, the exit code is 0, and the rest goes out after the next start.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	const inFlight, events = 8, 12 // testdata/site.yaml has a concurrency of 8
	site, vendor := newSite(t)
	site.Env["DRAIN_TIMEOUT"] = "3s"
	held := make(chan struct{})
	vendor.Always(harness.Hold(held))
	gateway := site.Serve(t)
	want := make([]string, 0, events)
	for i := range events {
		name := fmt.Sprintf("issue %d", i)
		gateway.Accept(t, batch, harness.Unique(name))
		want = append(want, "train_relabel_"+name)
	}
	vendor.AwaitCalls(t, inFlight)
	upload := startUpload(t, gateway) // a sender that does not come to an end must not keep the rest going
	defer upload.cancel()
	gateway.Terminate(t)
	harness.Await(t, func() bool {
		status, _ := gateway.Get(t, "/readyz")
		return status != http.StatusOK
	}, "the gateway takes no more")
	require.True(t, gateway.Running(), "calls are in flight")
	close(held)
	require.Zero(t, gateway.Wait(t))
	require.Error(t, upload.result())
	require.Len(t, vendor.Calls(), inFlight)

	gateway = site.Serve(t)
	vendor.AwaitCalls(t, events)
	for id := range int64(events) {
		require.Equal(t, 1, gateway.Await(t, id+1, "delivered").Attempts)
	}
	got := make([]string, 0, events)
	for _, c := range vendor.Calls() {
		got = append(got, harness.Decode[harness.Batch](t, c).Name)
	}
	require.ElementsMatch(t, want, got)
}

// TestLockedStore: a second gateway does not touch the store of a running one.
func TestLockedStore(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	second := site.CLI(t, "serve")
	require.Equal(t, 3, second.Code)
	require.Contains(t, second.Stderr, "held by another process")
	require.Contains(t, second.Stderr, "pid=")
	gateway.Await(t, gateway.Accept(t, batch, harness.Event(t, "frames")), "delivered")
	require.Len(t, vendor.Calls(), 1)

	gateway.Kill()
	site.Serve(t)
}

// TestHealth: liveness, readiness and metrics of a gateway that has delivered.
func TestHealth(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	gateway := site.Serve(t)
	gateway.Await(t, gateway.Accept(t, batch, harness.Event(t, "frames")), "delivered")
	for _, path := range []string{"/healthz", "/readyz"} {
		status, body := gateway.Get(t, path)
		require.Equal(t, http.StatusOK, status, body)
	}
	status, metrics := gateway.Get(t, "/metrics")
	require.Equal(t, http.StatusOK, status)
	for _, line := range []string{
		`labelgate_events_total{result="accepted",route="batch"} 1`,
		`labelgate_attempts_total{destination="batches",reason="",verdict="done"} 1`,
		`labelgate_deliveries_finished_total{route="batch",state="delivered"} 1`,
		`labelgate_items_total{outcome="accepted",route="batch"} 3`,
		`labelgate_deliveries{route="batch",state="delivered"} 1`,
	} {
		require.Contains(t, metrics, line+"\n")
	}
}
