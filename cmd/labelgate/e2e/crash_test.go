package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// What the crash test does, unless LABELGATE_CRASH_ROUNDS and LABELGATE_CRASH_SEED say otherwise.
const (
	crashRounds  = 12
	crashSenders = 4
	// crashWork is how many calls a kill can cut off before their outcome is on disk: 8 by testdata/site.yaml, and up to 32
	// whose answer or whose turn waits for a commit.
	crashWork = 8 + 32
)

// TestCrash kills a loaded gateway with -9, again and again. Every event that was answered 204 must reach the vendor, all
// of it; no step that is recorded as done may be sent again; and an event whose answer was lost in a crash and which its
// sender sends again must not be sent to the vendor as another delivery.
func TestCrash(t *testing.T) {
	t.Parallel()
	rounds, seed := number(t, "LABELGATE_CRASH_ROUNDS", crashRounds), number(t, "LABELGATE_CRASH_SEED", 1)
	t.Logf("%d kills, seed %d", rounds, seed)
	site, vendor := newSite(t)
	site.Env["BATCH_ITEMS"] = "1"
	vendor.Always(harness.AcceptAfter(2 * time.Millisecond))
	load := newLoad(crashSenders)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	audit := &audit{site: site, vendor: vendor}
	for range rounds {
		gateway := site.Serve(t)
		stop := load.start(t, gateway)
		select {
		case <-time.After(time.Duration(random.IntN(500)) * time.Millisecond):
		case <-t.Context().Done():
		}
		gateway.Kill()
		stop()
		audit.look(t)
	}
	gateway := site.Serve(t)
	load.resend(t, gateway)
	harness.Await(t, func() bool { return unfinished(t, site) == 0 }, "all accepted events are delivered")
	gateway.Stop(t)
	requireAllTaken(t, load.accepted, vendor.Taken())
	audit.requireNoRepeats(t)
	requireFewRepeats(t, vendor.Calls(), rounds*crashWork)
	listed := site.CLI(t, "deliveries", "list", "--state", "dead,partial,discarded", "-o", "json")
	require.Equal(t, "[]\n", listed.Stdout)
}

// load sends unique events from several senders, each as fast as it is answered.
type load struct {
	pending []harness.Issue // by sender: what it sends next
	count   []int           // by sender

	mu       sync.Mutex // guards accepted
	accepted []harness.Issue
}

func newLoad(senders int) *load {
	l := &load{pending: make([]harness.Issue, senders), count: make([]int, senders)}
	for s := range senders {
		l.advance(s)
	}
	return l
}

// advance makes the sender's next event. Every seventh is too large for the database and goes to a file.
func (l *load) advance(sender int) {
	n := l.count[sender]
	l.count[sender]++
	issue := harness.Issue{Name: fmt.Sprintf("%d-%05d", sender, n), Frames: 1 + n%3}
	if n%7 == 3 {
		issue.Padding = 100 << 10
	}
	l.pending[sender] = issue
}

// start sends to the gateway until it is gone; the returned function waits for that.
func (l *load) start(t *testing.T, g *harness.Gateway) (wait func()) {
	t.Helper()
	var senders sync.WaitGroup
	for s := range l.pending {
		senders.Go(func() {
			for l.send(t.Context(), g, s) == nil {
				l.advance(s)
			}
		})
	}
	return senders.Wait
}

// resend sends what had no answer yet.
func (l *load) resend(t *testing.T, g *harness.Gateway) {
	t.Helper()
	for s := range l.pending {
		require.NoError(t, l.send(t.Context(), g, s))
	}
}

// send sends the sender's pending event; nil means that it was answered 204.
func (l *load) send(ctx context.Context, g *harness.Gateway, sender int) error {
	issue := l.pending[sender]
	req, err := g.Webhook(ctx, batch, strings.NewReader(string(issue.Event())))
	if err != nil {
		return err
	}
	answer, err := harness.Do(req)
	if err == nil && answer.Status != http.StatusNoContent {
		err = fmt.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = append(l.accepted, issue)
	return nil
}

// audit remembers what was on disk as done after a kill, and what the vendor had got by then.
type audit struct {
	site   *harness.Site
	vendor *harness.Vendor
	done   []doneStep
}

// doneStep is a call that was recorded as done when the vendor had got so many calls.
type doneStep struct {
	delivery, step string
	calls          int
}

// look reads a copy of the store: opening the store itself would mend it before the next start does.
func (a *audit) look(t *testing.T) {
	t.Helper()
	calls, copied := len(a.vendor.Calls()), a.site.Copy(t)
	defer os.RemoveAll(copied.Dir) // a thousand copies would fill the disk
	for _, d := range list(t, copied, "--state", "delivered", "-n", "500") {
		a.done = append(a.done, doneStep{delivery: d.Key, calls: calls})
	}
	for _, d := range list(t, copied, "--state", "queued,waiting", "-n", "500") {
		if d.Attempts == 0 {
			continue
		}
		for _, s := range copied.Delivery(t, d.ID).Steps {
			if s.State == "done" {
				a.done = append(a.done, doneStep{d.Key, s.ID, calls})
			}
		}
	}
}

// requireNoRepeats: no call that was recorded as done has come to the vendor after that.
func (a *audit) requireNoRepeats(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, a.done)
	calls := a.vendor.Calls()
	last := make(map[string]int, len(calls)) // the last call by key, and by delivery
	for i, c := range calls {
		last[c.Key()] = i
		last[c.Key()[:deliveryKey]] = i
	}
	for _, d := range a.done {
		key := d.delivery
		if d.step != "" {
			key += "-" + strings.ReplaceAll(d.step, "/", "-")
		}
		at, sent := last[key]
		require.True(t, sent, "%s is recorded and was never sent", key)
		require.Less(t, at, d.calls, "%s was recorded as done and sent again", key)
	}
}

// deliveryKey is the length of a delivery's key, with which the idempotency keys of its calls begin.
const deliveryKey = 32

// requireAllTaken: the vendor has every frame of every accepted event, each under one key.
func requireAllTaken(t *testing.T, accepted []harness.Issue, taken []harness.Call) {
	t.Helper()
	keys := make(map[string]string, len(taken)) // by frame
	for _, c := range taken {
		var body harness.Batch
		require.NoError(t, json.Unmarshal(c.Body, &body))
		require.Len(t, body.Frames, 1)
		frame := body.Frames[0].ID
		require.Equal(t, cmp.Or(keys[frame], c.Key()), c.Key(), "%s was sent as two deliveries", frame)
		keys[frame] = c.Key()
	}
	frames := 0
	for _, issue := range accepted {
		for _, frame := range issue.FrameIDs() {
			frames++
			require.NotEmpty(t, keys[frame], "%s is accepted, and not at the vendor", frame) // require.Contains lists the whole map each time
		}
	}
	require.Len(t, keys, frames, "something was sent that nobody was told to be accepted")
	t.Logf("%d events with %d frames accepted, %d calls", len(accepted), frames, len(taken))
}

// requireFewRepeats: only calls in flight at a kill may be repeated.
func requireFewRepeats(t *testing.T, calls []harness.Call, limit int) {
	t.Helper()
	keys := make(map[string]bool, len(calls))
	for _, c := range calls {
		keys[c.Key()] = true
	}
	require.LessOrEqual(t, len(calls)-len(keys), limit)
	t.Logf("%d calls were repeated", len(calls)-len(keys))
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
