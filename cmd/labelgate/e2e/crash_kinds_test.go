package e2e_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// crashWork is how many calls a kill can cut off before their outcome is on disk: 8 by testdata/site.yaml, and up to 32 whose
// answer or whose turn waits for a commit.
const crashWork = 8 + 32

// scripted is a scripted vendor that takes everything, and the site that sends to it.
type scripted struct {
	*crashed
	vendor *harness.Vendor
	audit  *audit // of a vendor with keys, where a repeat could hide behind them
	looks  int
}

// newCrash is a site of testdata/site.yaml under load, at a vendor whose calls may be repeated ("keyed") or not ("never").
func newCrash(t *testing.T, repeat string) *crashed { return newScripted(t, repeat).crashed }

func newScripted(t *testing.T, repeat string) *scripted {
	t.Helper()
	site, vendor := newSite(t)
	site.Env["BATCH_ITEMS"], site.Env["REPEAT"] = "1", repeat
	site.Env["AQ_WEBHOOK_SECRET"] = t.Name() // the port of a gateway that is gone may be another's by now
	vendor.Always(harness.AcceptAfter(2 * time.Millisecond))
	s := &scripted{crashed: &crashed{site: site, load: newLoad()}, vendor: vendor}
	s.proof = s.proveUnknown
	if repeat == "keyed" {
		s.audit, s.look, s.proof = newAudit(vendor), s.lookAtFile, s.proveKeyed
	}
	s.load.start(t)
	return s
}

func (s *scripted) lookAtFile(t *testing.T) {
	t.Helper()
	s.looks++
	s.audit.look(t, s.site)
}

// proveKeyed: all has arrived, each item under one key, and nothing that was recorded as done was sent again.
func (s *scripted) proveKeyed(t *testing.T, g *harness.Gateway) (sum tally) {
	t.Helper()
	harness.Await(t, func() bool { return len(g.List(t, "queued,running,waiting")) == 0 }, "all accepted events are delivered")
	sum.calls = s.vendor.Count()
	s.audit.requireNoRepeats(t)
	sum.again = requireFewRepeats(t, s.vendor.Calls(), s.looks*crashWork)
	sum.items = requireAllTaken(t, s.load.accepted, s.vendor.Taken())
	return sum
}

// proveUnknown: nothing was repeated, and when a person says of all that is unknown that it was not done, those calls are
// repeated which the vendor had taken, and no others.
func (s *scripted) proveUnknown(t *testing.T, g *harness.Gateway) (sum tally) {
	t.Helper()
	settled(t, g)
	require.Empty(t, repeated(s.vendor.Taken()), "nobody has said to repeat anything")
	unknown, mistaken := s.sayNotDone(t, g)
	require.ElementsMatch(t, mistaken, repeated(s.vendor.Taken()), "what was unknown and done, and nothing else")
	sum.unknown, sum.mistaken = unknown, len(mistaken)
	sum.items = requireAllTaken(t, s.load.accepted, s.vendor.Taken())
	sum.calls = s.vendor.Count()
	return sum
}

// settled returns when nothing moves any more by itself.
func settled(t *testing.T, g *harness.Gateway) {
	t.Helper()
	harness.Await(t, func() bool {
		if len(g.List(t, "queued,running")) > 0 {
			return false
		}
		for _, d := range g.List(t, "waiting") {
			if d.Reason != "outcome_unknown" {
				return false
			}
		}
		return true
	}, "all accepted events are delivered, or wait for a person")
}

// sayNotDone says of every unknown call that it was not made, and has the deliveries redriven, until nothing is unknown. It
// returns how many calls were, and the keys of those that the vendor had taken.
func (s *scripted) sayNotDone(t *testing.T, g *harness.Gateway) (unknown int, mistaken []string) {
	t.Helper()
	taken := map[string]bool{}
	for _, call := range s.vendor.Taken() {
		taken[call.Key()] = true
	}
	for waiting := g.List(t, "waiting"); len(waiting) > 0; waiting = g.List(t, "waiting") {
		for _, d := range waiting {
			for _, step := range unknownSteps(g.Delivery(t, d.ID)) {
				unknown++
				if key := stepKey(d.Key, step); taken[key] {
					mistaken = append(mistaken, key)
				}
				word, err := json.Marshal(map[string]any{"step": step, "done": false})
				require.NoError(t, err)
				g.Do(t, http.MethodPost, "/api/v1/deliveries/"+strconv.FormatInt(d.ID, 10)+"/settle", string(word))
			}
			g.Do(t, http.MethodPost, "/api/v1/deliveries/"+strconv.FormatInt(d.ID, 10)+"/redrive", "")
		}
		settled(t, g)
	}
	return unknown, mistaken
}

func unknownSteps(d harness.Delivery) (ids []string) {
	for _, s := range d.Steps {
		if s.State == "started" || s.State == "unknown" {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
