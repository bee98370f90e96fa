package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/crash"
)

// pointsPerRound is how many kills at random there are for one at each point.
const pointsPerRound = 50

// TestCrashPoints kills a loaded gateway at each named point of its code. At a vendor with keys nothing is lost and nothing has
// two effects; at one without, nothing is repeated but what a person says to repeat.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	rounds := 1 + number(t, "LABELGATE_CRASH_ROUNDS", 0)/pointsPerRound
	seed := number(t, "LABELGATE_CRASH_SEED", 1)
	for _, repeat := range []string{"keyed", "never"} {
		for i, point := range crash.Points() {
			t.Run(repeat+"/"+point, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
				c := newCrash(t, repeat)
				for range rounds {
					passes := 10 + random.IntN(60) // the first few are the start's own
					if point == crash.Sealed {
						passes = 1 + random.IntN(8)
					}
					c.dieAt(t, fmt.Sprintf("%s:%d", point, passes))
				}
				c.prove(t)
			})
		}
	}
}

// TestCrashAtAVendorWithoutKeys is TestCrash where no call may be repeated: what is repeated are exactly the calls that were
// reported as unknown, when a person says of all of them that they were not done.
func TestCrashAtAVendorWithoutKeys(t *testing.T) {
	t.Parallel()
	rounds, seed := number(t, "LABELGATE_CRASH_ROUNDS", 5), number(t, "LABELGATE_CRASH_SEED", 1)
	random := rand.New(rand.NewPCG(uint64(seed), 99))
	c := newCrash(t, "never")
	for range rounds {
		c.dieAfter(t, time.Duration(random.IntN(500))*time.Millisecond)
	}
	c.prove(t)
}

// crashed is a site whose gateway is killed again and again under load.
type crashed struct {
	site   *harness.Site
	vendor *harness.Vendor
	load   *load
	audit  *audit
	never  bool
}

func newCrash(t *testing.T, repeat string) *crashed {
	t.Helper()
	site, vendor := newSite(t)
	site.Env["BATCH_ITEMS"], site.Env["REPEAT"] = "1", repeat
	vendor.Always(harness.AcceptAfter(2 * time.Millisecond))
	return &crashed{site, vendor, newLoad(crashSenders), &audit{site: site, vendor: vendor}, repeat == "never"}
}

// dieAt runs the gateway under load until it dies at a point.
func (c *crashed) dieAt(t *testing.T, at string) {
	t.Helper()
	binary, err := crashing()
	require.NoError(t, err)
	c.site.Binary, c.site.Env["LABELGATE_CRASH_AT"] = binary, at
	gateway := c.site.Serve(t)
	wait := c.load.start(t, gateway)
	gateway.Exited(t)
	wait()
	c.site.Binary = labelgate
	delete(c.site.Env, "LABELGATE_CRASH_AT")
	c.look(t)
}

// dieAfter kills the gateway under load after some time.
func (c *crashed) dieAfter(t *testing.T, after time.Duration) {
	t.Helper()
	gateway := c.site.Serve(t)
	wait := c.load.start(t, gateway)
	select {
	case <-time.After(after):
	case <-t.Context().Done():
	}
	gateway.Kill()
	wait()
	c.look(t)
}

// look notes what is recorded as done, where a repeat could hide behind the vendor's keys.
func (c *crashed) look(t *testing.T) {
	t.Helper()
	if !c.never {
		c.audit.look(t)
	}
}

// prove has the rest delivered and looks at what the vendor got.
func (c *crashed) prove(t *testing.T) {
	t.Helper()
	gateway := c.site.Serve(t)
	c.load.resend(t, gateway)
	c.drained(t)
	if c.never {
		require.Empty(t, repeated(c.vendor.Taken()), "nobody has said to repeat anything")
		want := c.sayNotDone(t)
		c.drained(t)
		require.ElementsMatch(t, want, repeated(c.vendor.Taken()), "what was unknown and done, and nothing else")
	} else if len(c.audit.done) > 0 {
		c.audit.requireNoRepeats(t)
	}
	gateway.Stop(t)
	requireAllTaken(t, c.load.accepted, c.vendor.Taken())
	require.Empty(t, list(t, c.site, "--state", "dead,partial,discarded,waiting"))
	require.Empty(t, verify(t, c.site, 0).Findings, "the audit finds nothing")
}

// drained returns when nothing moves any more by itself.
func (c *crashed) drained(t *testing.T) {
	t.Helper()
	harness.Await(t, func() bool {
		if len(list(t, c.site, "--state", "queued,running", "-n", "1")) > 0 {
			return false
		}
		for _, d := range list(t, c.site, "--state", "waiting", "-n", "500") {
			if d.Reason != "outcome_unknown" {
				return false
			}
		}
		return true
	}, "all accepted events are delivered, or wait for a person")
}

// sayNotDone says of every unknown call that it was not made, and has the deliveries redriven. It returns the keys of those
// that the vendor had taken.
func (c *crashed) sayNotDone(t *testing.T) (mistaken []string) {
	t.Helper()
	taken := map[string]bool{}
	for _, call := range c.vendor.Taken() {
		taken[call.Key()] = true
	}
	total := 0
	for unknown := c.unknown(t); len(unknown) > 0; unknown = c.unknown(t) {
		total += len(unknown)
		for _, d := range unknown {
			mistaken = append(mistaken, c.settle(t, d, taken)...)
		}
		redriven := c.site.CLI(t, "deliveries", "redrive", "--state", "waiting", "--yes")
		require.Zero(t, redriven.Code, redriven.Stderr)
		c.drained(t)
	}
	t.Logf("%d deliveries were reported as unknown; the vendor had the calls of %d", total, len(mistaken))
	return mistaken
}

func (c *crashed) unknown(t *testing.T) []harness.Delivery {
	t.Helper()
	return list(t, c.site, "--state", "waiting", "-n", "500")
}

// settle says that the unknown steps of a delivery were not done, and returns the keys of those that were.
func (c *crashed) settle(t *testing.T, d harness.Delivery, taken map[string]bool) (mistaken []string) {
	t.Helper()
	for _, s := range c.site.Delivery(t, d.ID).Steps {
		if s.State != "started" && s.State != "unknown" {
			continue
		}
		if key := d.Key + "-" + strings.ReplaceAll(s.ID, "/", "-"); taken[key] {
			mistaken = append(mistaken, key)
		}
		settled := c.site.CLI(t, "deliveries", "settle", strconv.FormatInt(d.ID, 10), "--step", s.ID, "--not-done")
		require.Zero(t, settled.Code, settled.Stderr)
	}
	return mistaken
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
