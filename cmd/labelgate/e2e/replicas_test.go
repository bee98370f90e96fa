package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// newReplicas returns two sites of one PostgreSQL database, and their vendor.
func newReplicas(t *testing.T, url string) (a, b *harness.Site, vendor *harness.Vendor) {
	t.Helper()
	a, vendor = newSite(t)
	b = harness.NewSite(t, labelgate, a.Config, vendor.URL)
	a.Env["LABELGATE_STORE"], b.Env["LABELGATE_STORE"] = url, url
	return a, b, vendor
}

// TestReplicas: two gateways on one database share the work, and one that is killed is taken over with its call in flight.
func TestReplicas(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	siteA, siteB, vendor := newReplicas(t, url)
	a, b := siteA.Serve(t), siteB.Serve(t)
	ids := map[int64]bool{}
	for i := range 20 {
		gateway := []*harness.Gateway{a, b}[i%2]
		ids[gateway.Accept(t, batch, harness.Unique(fmt.Sprint("small ", i)))] = true
	}
	large := b.Accept(t, batch, harness.Issue{Name: "large", Padding: 3 << 20}.Event())
	require.Len(t, ids, 20)
	for id := range ids {
		a.Await(t, id, "delivered")
	}
	a.Await(t, large, "delivered")
	require.Len(t, vendor.Calls(), 21, "each once")
	require.Len(t, list(t, siteB, "--state", "delivered"), 21)

	held := make(chan struct{})
	defer close(held)
	vendor.Next(harness.Hold(held))
	id := a.Accept(t, batch, harness.Unique("in flight"))
	calls := vendor.AwaitCalls(t, 22)
	if holder(t, url, id) == strings.TrimPrefix(b.URL, "http://") { // it waited, and the other one had nothing to do
		a, b = b, a
	}
	a.Kill()
	killed := time.Now()
	b.Await(t, id, "delivered")
	require.Less(t, time.Since(killed), 5*time.Second)
	calls = vendor.AwaitCalls(t, len(calls)+1)
	require.Len(t, calls, 23)
	require.Equal(t, calls[21].Key(), calls[22].Key(), "its outcome was unknown, so it is sent again under its key")
}

// holder is the address of the replica that works on a delivery.
func holder(t *testing.T, url string, id int64) (address string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	require.NoError(t, conn.QueryRow(t.Context(),
		`SELECT r.address FROM delivery d JOIN replica r ON r.id = d.owner WHERE d.id = $1`, id).Scan(&address))
	return address
}

// TestRedriveOfAnotherProcess: what the command line changes in a shared database, the gateways learn at once.
func TestRedriveOfAnotherProcess(t *testing.T) {
	t.Parallel()
	site, _, vendor := newReplicas(t, pgtest.URL(t))
	vendor.Next(harness.Status(http.StatusUnprocessableEntity, `{"error": "no such project"}`))
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Event(t, "frames"))
	gateway.Await(t, id, "dead")
	redriven := site.CLI(t, "deliveries", "redrive", fmt.Sprint(id))
	require.Zero(t, redriven.Code, redriven.Stderr)
	gateway.Await(t, id, "delivered")
	require.Len(t, vendor.Taken(), 1)
}

// TestADatabaseThatIsAway: events are refused with a 503 that says when to come back, and everything goes on afterwards.
func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	siteA, siteB, vendor := newReplicas(t, server.URL())
	a, b := siteA.Serve(t), siteB.Serve(t)
	held := make(chan struct{})
	vendor.Next(harness.Hold(held))
	before := a.Accept(t, batch, harness.Unique("before"))
	vendor.AwaitCalls(t, 1)
	server.Kill()
	refused := b.Post(t, batch, harness.Unique("meanwhile"))
	require.Equal(t, http.StatusServiceUnavailable, refused.Status)
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	status, _ := b.Get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	status, body := b.Get(t, "/api/v1/deliveries")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, strings.ToLower(body), "postgres", "nobody is told about our database")
	close(held) // the vendor answers while the database is away: the outcome is known here and nowhere else
	require.NoError(t, server.Start())
	harness.Await(t, func() bool { status, _ := a.Get(t, "/readyz"); return status == http.StatusOK }, "a is ready again")
	d := a.Await(t, before, "delivered")
	require.Len(t, d.Tries, 1, "the answer was not lost, so nothing was sent twice")
	harness.Await(t, func() bool { status, _ := b.Get(t, "/readyz"); return status == http.StatusOK }, "b is ready again")
	after := b.Accept(t, batch, harness.Unique("after"))
	b.Await(t, after, "delivered")
	require.Len(t, vendor.Calls(), 2)
}

// TestLimitsOfReplicas: as many calls are in flight as the destination allows, over both gateways.
func TestLimitsOfReplicas(t *testing.T) {
	t.Parallel()
	const concurrency = 8 // of testdata/site.yaml
	siteA, siteB, vendor := newReplicas(t, pgtest.URL(t))
	held := make(chan struct{})
	vendor.Always(harness.Hold(held))
	a, b := siteA.Serve(t), siteB.Serve(t)
	var last int64
	for i := range 12 {
		last = a.Accept(t, batch, harness.Unique(fmt.Sprint("a", i)))
		b.Accept(t, batch, harness.Unique(fmt.Sprint("b", i)))
	}
	vendor.AwaitCalls(t, concurrency)
	timer := time.NewTimer(700 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
	require.Len(t, vendor.Calls(), concurrency, "no more while these are held")
	close(held)
	vendor.AwaitCalls(t, 24)
	b.Await(t, last, "delivered")
	harness.Await(t, func() bool { return unfinished(t, siteA) == 0 }, "all are delivered")
	require.Len(t, vendor.Calls(), 24)
}
