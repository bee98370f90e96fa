package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// TestUnknownOutcome: at a vendor that knows no key, a call whose outcome is unknown is not repeated before a person has
// looked, and never when that person has found it done.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reply   harness.Reply
		said    []string
		calls   int
		offline bool
	}{
		"lost, done":            {harness.LoseReply(), []string{"--done", "--keep", "batch_id=b-7"}, 1, false},
		"lost, not done":        {harness.LoseReply(), []string{"--not-done"}, 2, false},
		"500, not done":         {harness.Status(http.StatusInternalServerError, "{}"), []string{"--not-done"}, 2, false},
		"502, done, said later": {harness.Status(http.StatusBadGateway, "{}"), []string{"--done", "--keep", "batch_id=b-7"}, 1, true},
		"lost, not done, later": {harness.LoseReply(), []string{"--not-done"}, 2, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			site.Env["REPEAT"] = "never"
			vendor.Next(c.reply)
			gateway := site.Serve(t)
			id := gateway.Accept(t, batch, harness.Event(t, "frames"))
			d := gateway.Await(t, id, "waiting")
			require.Equal(t, "outcome_unknown", d.Reason)
			step := d.Steps[0].ID
			if c.offline {
				gateway.Stop(t)
			}
			refused := site.CLI(t, "deliveries", "redrive", "1")
			require.Equal(t, 1, refused.Code)
			require.Contains(t, refused.Stderr, "labelgate deliveries settle 1 --step "+step)
			settled := site.CLI(t, append([]string{"deliveries", "settle", "1", "--step", step}, c.said...)...)
			require.Zero(t, settled.Code, settled.Stderr)
			require.Len(t, vendor.Calls(), 1, "settling sends nothing")
			redriven := site.CLI(t, "deliveries", "redrive", "1")
			require.Zero(t, redriven.Code, redriven.Stderr)
			if c.offline {
				gateway = site.Serve(t)
			}
			d = gateway.Await(t, id, "delivered")
			require.Equal(t, 3, d.Accepted)
			require.Len(t, vendor.Calls(), c.calls)
			if c.calls == 1 {
				require.Equal(t, "b-7", d.Steps[0].Kept["batch_id"])
			}
			gateway.Stop(t)
			require.Empty(t, verify(t, site, 0).Findings)
		})
	}
}

func TestSettleUsage(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	for _, args := range [][]string{
		{"1", "--done"},
		{"1", "--step", "a"},
		{"1", "--step", "a", "--done", "--not-done"},
		{"1", "--step", "a", "--done", "--keep", "x"},
		{"1", "--step", "a", "--not-done", "--keep", "x=1"},
		{"1", "--step", "a", "--done", "--refused", "=no"},
		{"x", "--step", "a", "--done"},
	} {
		got := site.CLI(t, append([]string{"deliveries", "settle"}, args...)...)
		require.Equal(t, 2, got.Code, "%v: %s", args, got.Stderr)
	}
	missing := site.CLI(t, "deliveries", "settle", "1", "--step", "a", "--done")
	require.Equal(t, 1, missing.Code)
	require.Contains(t, missing.Stderr, "not found")
}
