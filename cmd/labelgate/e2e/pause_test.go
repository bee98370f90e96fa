package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// standing is what `destinations list -o json` says of a destination.
type standing struct {
	Name   string
	Paused *struct{ By, Reason, Detail string }
}

func destinations(t *testing.T, site *harness.Site) map[string]standing {
	t.Helper()
	listed := site.CLI(t, "destinations", "list", "-o", "json")
	require.Zero(t, listed.Code, listed.Stderr)
	var list []standing
	require.NoError(t, json.Unmarshal([]byte(listed.Stdout), &list))
	byName := map[string]standing{}
	for _, s := range list {
		byName[s.Name] = s
	}
	require.Len(t, byName, 2)
	return byName
}

// TestPauseAndResume: a paused destination gets nothing, over a restart as well, and holds no other up.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	paused := site.CLI(t, "destinations", "pause", "batches", "--why", "they move house")
	require.Zero(t, paused.Code, paused.Stderr)
	held := gateway.Accept(t, batch, harness.Event(t, "frames"))
	gateway.Await(t, gateway.Accept(t, relabel, harness.Event(t, "mixed")), "delivered")
	require.Equal(t, "they move house", destinations(t, site)["batches"].Paused.Detail)
	require.Nil(t, destinations(t, site)["mutations"].Paused)
	status, body := gateway.Get(t, "/readyz")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "destination batches: paused by person")
	_, metrics := gateway.Get(t, "/metrics")
	require.Contains(t, metrics, `labelgate_destination_paused{destination="batches"} 1`)
	gateway.Stop(t)

	require.Equal(t, "person", destinations(t, site)["batches"].Paused.By, "offline as well")
	gateway = site.Serve(t)
	require.Equal(t, "queued", gateway.Delivery(t, held).State)
	require.Len(t, vendor.Calls(), 1)
	require.Equal(t, 1, site.CLI(t, "destinations", "pause", "batches").Code, "it is paused already")
	resumed := site.CLI(t, "destinations", "resume", "batches")
	require.Zero(t, resumed.Code, resumed.Stderr)
	gateway.Await(t, held, "delivered")
	require.Equal(t, 1, site.CLI(t, "destinations", "resume", "batches").Code)
	require.Equal(t, 1, site.CLI(t, "destinations", "resume", "nowhere").Code)

	gateway.Stop(t)
	require.Zero(t, site.CLI(t, "destinations", "pause", "mutations").Code, "offline")
	gateway = site.Serve(t)
	later := gateway.Accept(t, relabel, harness.Unique("later"))
	require.NotNil(t, destinations(t, site)["mutations"].Paused)
	require.Zero(t, site.CLI(t, "destinations", "resume", "mutations").Code)
	gateway.Await(t, later, "delivered")
}

// TestExpiredKey: a refused key pauses the destination; what waits is delivered once the key is taken again, without a person.
func TestExpiredKey(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	site.Env["PAUSE_AFTER"], site.Env["GIVE_UP_AFTER"] = "5", "1s"
	vendor.Always(harness.Status(http.StatusUnauthorized, `{"error": "the key has expired"}`))
	gateway := site.Serve(t)
	ids := []int64{}
	for _, name := range []string{"a", "b", "c", "d"} {
		ids = append(ids, gateway.Accept(t, batch, harness.Unique(name)))
	}
	harness.Await(t, func() bool {
		p := destinations(t, site)["batches"].Paused
		return p != nil && p.By == "breaker" && p.Reason == "unauthorized"
	}, "the destination is paused")
	require.Contains(t, destinations(t, site)["batches"].Paused.Detail, "the key has expired")
	probed := len(vendor.AwaitCalls(t, len(vendor.Calls())+8)) // give_up_after has passed by then: probes are 200ms apart
	require.Less(t, probed, 40)
	require.Empty(t, list(t, site, "--state", "dead"))
	vendor.Always(harness.Accept())
	for _, id := range ids {
		require.Empty(t, gateway.Await(t, id, "delivered").Reason)
	}
	require.Nil(t, destinations(t, site)["batches"].Paused)
}
