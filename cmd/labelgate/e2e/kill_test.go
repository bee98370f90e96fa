package e2e_test

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// TestKillDuringCall: a call whose answer was lost with the gateway is made again, under the same key.
func TestKillDuringCall(t *testing.T) {
	t.Parallel()
	for _, path := range []string{batch, relabel} {
		t.Run(path[1:], func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			held := make(chan struct{})
			defer close(held)
			vendor.Next(harness.Hold(held))
			gateway := site.Serve(t)
			id := gateway.Accept(t, path, harness.Event(t, "mixed"))
			vendor.AwaitCalls(t, 1)
			gateway.Kill()

			d := site.Delivery(t, id)
			require.Equal(t, "queued", d.State)
			require.Len(t, d.Steps, 1)
			require.Equal(t, "started", d.Steps[0].State, "begun, and its outcome is not known")

			gateway = site.Serve(t)
			gateway.Await(t, id, "delivered")
			calls := vendor.Calls()
			require.Len(t, calls, 2)
			require.Equal(t, calls[0].Key(), calls[1].Key())
			require.Equal(t, string(calls[0].Body), string(calls[1].Body))
		})
	}
}

// TestKillDuringUpload: half an event is no event, and leaves nothing behind; neither does a sender that goes away.
func TestKillDuringUpload(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	for name, end := range map[string]func(cancel context.CancelFunc){
		"the sender goes away":  func(cancel context.CancelFunc) { cancel() },
		"the gateway is killed": func(context.CancelFunc) { gateway.Kill() },
	} {
		upload := startUpload(t, gateway)
		harness.Await(t, func() bool { return largestFile(t, site) > 1<<20 }, "%s: some of the event is on disk", name)
		end(upload.cancel)
		require.Error(t, upload.result(), name)
		upload.cancel()
		if !gateway.Running() {
			gateway = site.Serve(t)
		}
		require.Empty(t, list(t, site), name)
		harness.Await(t, func() bool { return len(payloads(t, site)) == 0 }, "%s: no file is left", name)
	}
	id := gateway.Accept(t, batch, harness.Issue{Name: "after", Padding: 1 << 20}.Event())
	gateway.Await(t, id, "delivered")
	require.Len(t, vendor.Calls(), 1)
	require.Len(t, payloads(t, site), 1, "the accepted event's own")
}

// TestKillDuringLargeDelivery: a large event that is being sent is sent after the restart, and no temporary file is left.
func TestKillDuringLargeDelivery(t *testing.T) {
	t.Parallel()
	const elements = 3000
	site, vendor := newSite(t)
	held := make(chan struct{})
	defer close(held)
	vendor.Next(harness.Hold(held))
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, aquariumtest.Bytes(elements))
	vendor.AwaitCalls(t, 1)
	gateway.Kill()
	gateway = site.Serve(t)
	gateway.Await(t, id, "delivered")
	require.Len(t, harness.Decode[harness.Batch](t, vendor.Calls()[1]).Frames, elements)
	require.Len(t, payloads(t, site), 1)
}

// upload is an event on its way that never ends.
type upload struct {
	cancel context.CancelFunc
	feed   *io.PipeWriter
	done   chan error
}

func startUpload(t *testing.T, g *harness.Gateway) upload {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	body, feed := io.Pipe()
	go func() {
		_, err := io.CopyN(feed, aquariumtest.Event(1<<20), 8<<20) // then it stalls
		if err != nil {
			feed.CloseWithError(err)
		}
	}()
	req, err := g.Webhook(ctx, batch, body)
	require.NoError(t, err)
	u := upload{cancel: cancel, feed: feed, done: make(chan error, 1)}
	go func() {
		_, err := harness.Do(req)
		body.CloseWithError(err)
		u.done <- err
	}()
	return u
}

// result is what the sender was told. net/http gives no result while it waits for more of the body, so that ends first.
func (u upload) result() error {
	u.feed.CloseWithError(io.ErrUnexpectedEOF)
	return <-u.done
}

// payloads are the files at the site that are neither database, lock nor log.
func payloads(t *testing.T, site *harness.Site) []string {
	t.Helper()
	var names []string
	for name := range site.Sizes(t) {
		if strings.ContainsRune(name, filepath.Separator) {
			names = append(names, name)
		}
	}
	return names
}

func largestFile(t *testing.T, site *harness.Site) int64 {
	t.Helper()
	var largest int64
	for name, size := range site.Sizes(t) {
		if strings.ContainsRune(name, filepath.Separator) {
			largest = max(largest, size)
		}
	}
	return largest
}
