package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// load sends unique events from several senders, each as fast as it is answered, to a gateway that may go away and come back: what
// was not taken is sent again until it is.
type load struct {
	path     string
	event    func(harness.Issue) []byte // an event's body
	rest     time.Duration              // of a sender between two events
	stop     func()
	gateways []atomic.Pointer[harness.Gateway] // by sender: nil while there is none
	pending  []harness.Issue                   // by sender: what it sends next
	count    []int                             // by sender

	mu       sync.Mutex // guards accepted
	accepted []harness.Issue
}

// What the load is like.
const (
	crashSenders = 4
	// sendTimeout is how long a sender waits for an answer, sendPause how long it then waits before it sends again.
	sendTimeout = 3 * time.Second
	sendPause   = 2 * time.Millisecond
)

// newLoad is a load that sends nothing yet.
func newLoad() *load {
	l := &load{
		path: batch, event: harness.Issue.Event, gateways: make([]atomic.Pointer[harness.Gateway], crashSenders),
		pending: make([]harness.Issue, crashSenders), count: make([]int, crashSenders),
	}
	for s := range crashSenders {
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

// start begins to send.
func (l *load) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for s := range l.pending {
		senders.Go(func() { l.keepSending(ctx, s) })
	}
	l.stop = func() { cancel(); senders.Wait() }
	t.Cleanup(l.stop)
}

// to says where to send from now on, by turns where there are several gateways.
func (l *load) to(gateways ...*harness.Gateway) {
	for s := range l.gateways {
		l.gateways[s].Store(gateways[s%len(gateways)])
	}
}

func (l *load) keepSending(ctx context.Context, sender int) {
	for ctx.Err() == nil {
		if g := l.gateways[sender].Load(); g != nil && l.send(ctx, g, sender) == nil {
			l.advance(sender)
			wait(ctx, l.rest)
			continue
		}
		wait(ctx, sendPause)
	}
}

// finish stops sending, and sends what had no answer yet.
func (l *load) finish(t *testing.T, g *harness.Gateway) {
	t.Helper()
	l.stop()
	for s := range l.pending {
		require.NoError(t, l.send(t.Context(), g, s))
	}
}

// send sends the sender's pending event; nil means that it was answered 204.
func (l *load) send(ctx context.Context, g *harness.Gateway, sender int) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	issue := l.pending[sender]
	req, err := g.Webhook(ctx, l.path, bytes.NewReader(l.event(issue)))
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

func wait(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
