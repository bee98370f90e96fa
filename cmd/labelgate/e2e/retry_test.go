package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// TestPassingFailures: what may pass is tried again, with the same body under the same key, until the vendor takes it.
func TestPassingFailures(t *testing.T) {
	t.Parallel()
	html := "<html><title>Bad Gateway</title></html>"
	cases := map[string]struct {
		path   string
		reply  harness.Reply
		reason string
		took   int // calls that the vendor took, the repeated one included
	}{
		"408":                   {batch, harness.Status(http.StatusRequestTimeout, ""), "timeout", 1},
		"425":                   {batch, harness.Status(http.StatusTooEarly, ""), "unavailable", 1},
		"429":                   {batch, harness.Status(http.StatusTooManyRequests, "{}"), "rate_limited", 1},
		"500":                   {batch, harness.Status(http.StatusInternalServerError, "{}"), "unavailable", 1},
		"502 of a proxy":        {batch, harness.Status(http.StatusBadGateway, html), "unavailable", 1},
		"cut before":            {batch, harness.Cut(), "connection", 1},
		"lost reply":            {batch, harness.LoseReply(), "connection", 2},
		"graphql, lost reply":   {relabel, harness.LoseReply(), "connection", 2},
		"graphql, 503":          {relabel, harness.Status(http.StatusServiceUnavailable, html), "unavailable", 1},
		"graphql, rate limited": {relabel, harness.GraphQLError("RATE_LIMITED"), "rate_limited", 1},
		"graphql, internal":     {relabel, harness.GraphQLError("INTERNAL_SERVER_ERROR"), "unavailable", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			vendor.Next(c.reply)
			gateway := site.Serve(t)
			d := gateway.Await(t, gateway.Accept(t, c.path, harness.Event(t, "mixed")), "delivered", "dead")
			require.Equal(t, "delivered", d.State, d.Detail)
			require.Len(t, d.Tries, 2)
			require.Equal(t, c.reason, d.Tries[0].Reason)
			require.Equal(t, "done", d.Tries[1].Verdict)
			calls := vendor.Calls()
			require.Len(t, calls, 2)
			require.NotEmpty(t, calls[0].Key())
			require.Equal(t, calls[0].Key(), calls[1].Key())
			require.Len(t, vendor.Taken(), c.took)
			if calls[0].Body != nil {
				require.Equal(t, string(calls[0].Body), string(calls[1].Body))
			}
		})
	}
}

// TestLastingFailures: what will not pass is not tried again, and says why.
func TestLastingFailures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		path   string
		reply  harness.Reply
		reason string
	}{
		"400":                     {batch, harness.Status(http.StatusBadRequest, `{"error": "no such label set"}`), "invalid"},
		"401":                     {batch, harness.Status(http.StatusUnauthorized, "{}"), "unauthorized"},
		"403":                     {batch, harness.Status(http.StatusForbidden, "{}"), "forbidden"},
		"404":                     {batch, harness.Status(http.StatusNotFound, "{}"), "not_found"},
		"redirect":                {batch, harness.Status(http.StatusFound, "{}"), "redirect"},
		"graphql, bad key":        {relabel, harness.GraphQLError("UNAUTHENTICATED"), "unauthorized"},
		"graphql, bad variables":  {relabel, harness.GraphQLError("BAD_USER_INPUT"), "invalid"},
		"graphql, unknown reason": {relabel, harness.GraphQLError(""), "graphql_error"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			vendor.Next(c.reply)
			gateway := site.Serve(t)
			d := gateway.Await(t, gateway.Accept(t, c.path, harness.Event(t, "frames")), "delivered", "dead")
			require.Equal(t, "dead", d.State)
			require.Equal(t, c.reason, d.Reason, d.Detail)
			require.NotEmpty(t, d.Detail)
			require.Len(t, vendor.Calls(), 1)
			if name == "400" {
				require.Contains(t, d.Detail, "no such label set", "the vendor's own words")
			}
		})
	}
}

// TestRetryAfter: the vendor's own word is waited out, in both its forms.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]func(until time.Time) string{
		"seconds": func(time.Time) string { return "2" },
		"date":    func(until time.Time) string { return until.UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			var notBefore time.Time
			vendor.Next(harness.Throttle(func() string {
				notBefore = time.Now().Add(2 * time.Second).Truncate(time.Second)
				return form(notBefore)
			}))
			gateway := site.Serve(t)
			id := gateway.Accept(t, batch, harness.Event(t, "frames"))
			waiting := gateway.Await(t, id, "waiting")
			require.Equal(t, "rate_limited", waiting.Reason)
			require.False(t, waiting.NextAt.Before(notBefore.Truncate(time.Millisecond)))
			gateway.Await(t, id, "delivered")
			calls := vendor.Calls()
			require.Len(t, calls, 2)
			require.False(t, calls[1].Arrived.Before(notBefore), "called again %s too early", notBefore.Sub(calls[1].Arrived))
		})
	}
}

// TestRetryAfterOutlivesTheGateway: a wait goes on where it was, after a restart.
func TestRetryAfterOutlivesTheGateway(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	vendor.Next(harness.Throttle(func() string { return "2" }))
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Event(t, "frames"))
	due := gateway.Await(t, id, "waiting").NextAt
	gateway.Kill()
	gateway = site.Serve(t)
	require.Equal(t, due, gateway.Delivery(t, id).NextAt)
	gateway.Await(t, id, "delivered")
	require.False(t, vendor.Calls()[1].Arrived.Before(due))
}

// TestGivingUp: a delivery that fails for too long is dead, stays, and can be sent after all.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	site.Env["GIVE_UP_AFTER"] = "100ms"
	vendor.Always(harness.Status(http.StatusServiceUnavailable, "{}"))
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Event(t, "frames"))
	d := gateway.Await(t, id, "dead")
	require.Equal(t, "gave_up", d.Reason)
	require.Contains(t, d.Detail, "503")
	require.Greater(t, len(vendor.Calls()), 1)

	vendor.Always(harness.Accept())
	redriven := site.CLI(t, "deliveries", "redrive", "1")
	require.Zero(t, redriven.Code, redriven.Stderr)
	gateway.Await(t, id, "delivered")
	require.Len(t, vendor.Taken(), 1)
}

// TestDoneStepsAreNotRepeated: of three calls the second fails, or is in flight when the gateway is killed; the first is not
// made again.
func TestDoneStepsAreNotRepeated(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	site.Env["BATCH_ITEMS"] = "1"
	held := make(chan struct{})
	vendor.Next(harness.Accept(), harness.Status(http.StatusInternalServerError, ""), harness.Hold(held))
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Issue{Name: "steps", Frames: 3}.Event())
	vendor.AwaitCalls(t, 3)
	gateway.Kill()
	close(held)
	gateway = site.Serve(t)
	d := gateway.Await(t, id, "delivered")
	require.Len(t, d.Steps, 3)
	require.Equal(t, map[string]string{"batch_id": "batch-0001"}, d.Steps[0].Kept)
	require.Equal(t, 3, d.Accepted)

	var keys []string
	for _, c := range vendor.Calls() {
		keys = append(keys, strings.TrimPrefix(c.Key(), d.Key))
	}
	first, second, third := keys[0], keys[1], keys[len(keys)-1]
	require.Equal(t, []string{first, second, second, second, third}, keys)
	require.NotEqual(t, first, second)
	require.NotEqual(t, second, third)
}
