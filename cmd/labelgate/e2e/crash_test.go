package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// How many kills there are at a vendor of each kind, unless LABELGATE_CRASH_ROUNDS says otherwise.
const (
	crashRounds        = 12
	crashRoundsKeyless = 5
	// crashLeg is how many kills a store lives through before all that came of it is looked at, and a new one begins.
	crashLeg = 50
	// crashLife is how long a gateway lives at most once it is ready. Every fifth is killed while it starts.
	crashLife = 400 * time.Millisecond
)

// TestCrash kills a loaded gateway with -9, again and again, at a vendor with keys. Every event that was answered 204 must reach
// the vendor, all of it; no step that is recorded as done may be sent again; and an event whose answer was lost in a crash and
// which its sender sends again must not be sent to the vendor as another delivery.
func TestCrash(t *testing.T) {
	t.Parallel()
	campaign(t, number(t, "LABELGATE_CRASH_ROUNDS", crashRounds), 0, func(t *testing.T) *crashed { return newCrash(t, "keyed") })
}

// TestCrashAtAVendorWithoutKeys is TestCrash where no call may be repeated: what is repeated are exactly the calls that were
// reported as unknown, when a person says of all of them that they were not done.
func TestCrashAtAVendorWithoutKeys(t *testing.T) {
	t.Parallel()
	campaign(t, number(t, "LABELGATE_CRASH_ROUNDS", crashRoundsKeyless), 99, func(t *testing.T) *crashed { return newCrash(t, "never") })
}

// campaign kills gateways at random points. A leg of it is run again alone by its name and the seed.
func campaign(t *testing.T, kills int, stream uint64, begin func(*testing.T) *crashed) {
	t.Helper()
	seed := number(t, "LABELGATE_CRASH_SEED", 1)
	t.Logf("%d kills, seed %d", kills, seed)
	began, sum := time.Now(), tally{}
	for first := 0; first < kills; first += crashLeg {
		last := min(first+crashLeg, kills)
		t.Run(fmt.Sprintf("%d-%d", first+1, last), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), stream<<32+uint64(first)))
			c := begin(t)
			for range last - first {
				c.dieAnywhere(t, random)
			}
			sum.add(c.prove(t))
		})
		if t.Failed() {
			return
		}
		t.Logf("kill %d of %d, seed %d, %s: %s", last, kills, seed, time.Since(began).Round(time.Second), sum)
	}
}

// tally is what kills have come to.
type tally struct {
	accepted, items int // events, and what they asked for
	calls           int // at the vendor
	again           int // calls that came again under their keys, without a further effect
	sought          int // calls that were cut off and looked for at the vendor before they were sent again
	unknown         int // calls that a person was asked about
	mistaken        int // effects that were made twice: the vendor had them, and the person said it had not
}

func (t *tally) add(more tally) {
	t.accepted += more.accepted
	t.items += more.items
	t.calls += more.calls
	t.again += more.again
	t.sought += more.sought
	t.unknown += more.unknown
	t.mistaken += more.mistaken
}

func (t tally) String() string {
	return fmt.Sprintf("%d events with %d items accepted, 0 lost; %d calls, %d again under their keys, %d sought at the vendor; "+
		"%d reported as unknown, %d of these effects repeated on a person's word; 0 others repeated",
		t.accepted, t.items, t.calls, t.again, t.sought, t.unknown, t.mistaken)
}

// crashed is a site whose gateway is killed again and again while its senders go on sending.
type crashed struct {
	site *harness.Site
	load *load
	// look is called after each kill, before the next start.
	look func(t *testing.T)
	// proof has the rest delivered by a gateway that lives on, and looks at what came of all of it.
	proof func(t *testing.T, g *harness.Gateway) tally
}

// dieAnywhere lets a gateway live for a random time.
func (c *crashed) dieAnywhere(t *testing.T, random *rand.Rand) {
	t.Helper()
	gateway := c.site.Start(t)
	if random.IntN(5) == 0 {
		pause(t, random, 60*time.Millisecond)
	} else {
		gateway.AwaitReady(t)
		c.load.to(gateway)
		pause(t, random, crashLife)
	}
	c.killed(t, gateway)
}

// dieAt lets a gateway live until it dies at a point by itself.
func (c *crashed) dieAt(t *testing.T, at string) {
	t.Helper()
	binary, err := crashing()
	require.NoError(t, err)
	c.site.Binary, c.site.Env["LABELGATE_CRASH_AT"] = binary, at
	gateway := c.site.Start(t)
	if gateway.AwaitReadyOrGone(t) { // with what an earlier one has left, it may pass the point before that
		c.load.to(gateway)
	}
	gateway.Exited(t)
	c.site.Binary = labelgate
	delete(c.site.Env, "LABELGATE_CRASH_AT")
	c.killed(t, gateway)
}

func (c *crashed) killed(t *testing.T, gateway *harness.Gateway) {
	t.Helper()
	gateway.Kill()
	c.load.to(nil)
	if c.look != nil {
		c.look(t)
	}
}

// prove has the rest delivered and looks at everything.
func (c *crashed) prove(t *testing.T) tally {
	t.Helper()
	return c.proveBy(t, c.site.Serve(t))
}

// proveBy is prove with a gateway that runs already. It is stopped.
func (c *crashed) proveBy(t *testing.T, gateway *harness.Gateway) tally {
	t.Helper()
	c.load.finish(t, gateway)
	sum := c.proof(t, gateway)
	gateway.Stop(t)
	require.Empty(t, list(t, c.site, "--state", "dead,partial,discarded,waiting,queued,running"))
	require.Empty(t, verify(t, c.site, 0).Findings, "the audit finds nothing")
	sum.accepted = len(c.load.accepted)
	return sum
}

func unfinished(t *testing.T, site *harness.Site) int {
	t.Helper()
	return len(list(t, site, "--state", "queued,running,waiting", "-n", "1"))
}

func list(t *testing.T, site *harness.Site, args ...string) []harness.Delivery {
	t.Helper()
	listed := site.CLI(t, append([]string{"deliveries", "list", "-o", "json"}, args...)...)
	require.Zero(t, listed.Code, listed.Stderr)
	deliveries, err := harness.Deliveries(listed.Stdout)
	require.NoError(t, err)
	return deliveries
}

// number is a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// pause waits for a random time, half of the given one on average.
func pause(t *testing.T, random *rand.Rand, most time.Duration) {
	t.Helper()
	wait(t.Context(), time.Duration(random.Int64N(int64(most))))
}
