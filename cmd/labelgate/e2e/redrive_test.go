package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// rejected is a site with one delivery, which the vendor did not take.
func rejected(t *testing.T) (*harness.Site, *harness.Vendor, *harness.Gateway) {
	t.Helper()
	site, vendor := newSite(t)
	vendor.Next(harness.Status(http.StatusUnauthorized, `{"error": "the key has expired"}`))
	gateway := site.Serve(t)
	d := gateway.Await(t, gateway.Accept(t, batch, harness.Event(t, "frames")), "dead")
	require.Equal(t, int64(1), d.ID)
	return site, vendor, gateway
}

func TestRedriveWhileServing(t *testing.T) {
	t.Parallel()
	site, vendor, gateway := rejected(t)
	dead := list(t, site, "--state", "dead")
	require.Len(t, dead, 1)
	require.Equal(t, "unauthorized", dead[0].Reason)
	require.Contains(t, dead[0].Detail, "the key has expired")

	redriven := site.CLI(t, "deliveries", "redrive", "1")
	require.Zero(t, redriven.Code, redriven.Stderr)
	d := gateway.Await(t, 1, "delivered")
	require.Len(t, d.Tries, 2)
	require.Empty(t, d.Reason)
	require.Len(t, vendor.Taken(), 1)

	again := site.CLI(t, "deliveries", "redrive", "1")
	require.Equal(t, 1, again.Code, "it is delivered")
	require.Contains(t, again.Stderr, "delivery 1")
}

func TestRedriveOffline(t *testing.T) {
	t.Parallel()
	site, vendor, gateway := rejected(t)
	gateway.Stop(t)
	redriven := site.CLI(t, "deliveries", "redrive", "1")
	require.Zero(t, redriven.Code, redriven.Stderr)
	require.Equal(t, "queued", site.Delivery(t, 1).State)
	require.Len(t, vendor.Calls(), 1, "nobody serves")

	gateway = site.Serve(t)
	gateway.Await(t, 1, "delivered")
	require.Len(t, vendor.Taken(), 1)
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	site, vendor, gateway := rejected(t)
	discarded := site.CLI(t, "deliveries", "discard", "1")
	require.Zero(t, discarded.Code, discarded.Stderr)
	require.Equal(t, "discarded", gateway.Delivery(t, 1).State)
	require.Equal(t, 1, site.CLI(t, "deliveries", "redrive", "1").Code, "closed for good")
	gateway.Stop(t)
	require.Equal(t, 1, site.CLI(t, "deliveries", "redrive", "1").Code, "offline as well")
	require.Len(t, vendor.Calls(), 1)
}

// TestRedrivePartial: only what is not done is sent again.
func TestRedrivePartial(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Event(t, "no-picture"))
	before := gateway.Await(t, id, "partial")
	require.Zero(t, site.CLI(t, "deliveries", "redrive", "1").Code)
	harness.Await(t, func() bool {
		after := gateway.Delivery(t, id)
		return after.State == "partial" && len(after.Refusals) == len(before.Refusals)
	}, "the same elements are refused again")
	require.Len(t, vendor.Calls(), 1)
}

func TestListing(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	gateway := site.Serve(t)
	for _, name := range []string{"alpha", "beta", "gamma"} {
		gateway.Await(t, gateway.Accept(t, batch, harness.Unique(name)), "delivered")
	}
	gateway.Await(t, gateway.Accept(t, relabel, harness.Unique("alpha")), "delivered")
	look := func(t *testing.T) {
		t.Helper()
		ids := func(args ...string) []int64 {
			out := []int64{}
			for _, d := range list(t, site, args...) {
				out = append(out, d.ID)
			}
			return out
		}
		require.Equal(t, []int64{4, 3, 2, 1}, ids())
		require.Equal(t, []int64{4, 3}, ids("-n", "2"))
		require.Equal(t, []int64{2, 1}, ids("-n", "2", "--before", "3"))
		require.Equal(t, []int64{4}, ids("--route", "relabel"))
		require.Equal(t, []int64{4, 1}, ids("--search", "ALPHA"))
		require.Equal(t, []int64{}, ids("--state", "dead,waiting"))
		require.Equal(t, 2, site.CLI(t, "deliveries", "list", "--state", "lost").Code)
		text := site.CLI(t, "deliveries", "list")
		require.Contains(t, text.Stdout, "gamma")
		require.Contains(t, site.CLI(t, "deliveries", "show", "2").Stdout, "beta")
		missing := site.CLI(t, "deliveries", "show", "99")
		require.Equal(t, 1, missing.Code)
		require.Contains(t, missing.Stderr, "99: not found")
	}
	look(t) // through the running gateway
	gateway.Stop(t)
	look(t) // in the store itself
}

// TestAdminToken: with a token the API and the metrics are for those who have it; the command line finds it in the config.
func TestAdminToken(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	site.Env["LABELGATE_ADMIN_TOKEN"] = "admin-token-of-the-tests"
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Event(t, "frames"))
	for _, path := range []string{"/api/v1/deliveries", "/metrics"} {
		status, body := gateway.Get(t, path)
		require.Equal(t, http.StatusUnauthorized, status, body)
	}
	status, body := gateway.Get(t, "/api/v1/deliveries/1")
	require.Equal(t, http.StatusUnauthorized, status)
	var problem struct {
		Status        int
		Title, Detail string
	}
	require.NoError(t, json.Unmarshal([]byte(body), &problem))
	require.Equal(t, http.StatusUnauthorized, problem.Status)
	require.NotEmpty(t, problem.Detail)

	harness.Await(t, func() bool { return site.Delivery(t, id).State == "delivered" }, "it is delivered")
	remote := site.CLI(t, "deliveries", "list", "-o", "json", "--server", gateway.URL)
	require.Zero(t, remote.Code, remote.Stderr)
	site.Env["LABELGATE_ADMIN_TOKEN"] = "another"
	require.Equal(t, 1, site.CLI(t, "deliveries", "list", "--server", gateway.URL).Code)
}
