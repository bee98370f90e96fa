package e2e_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// largeElements make an event of 34 MB; LABELGATE_LARGE_ELEMENTS=100000 makes it one of 170 MB.
const largeElements = 20_000

// TestLargeEvent: neither body, elements nor vendor body are ever all in memory. The bounds are the same for any size.
func TestLargeEvent(t *testing.T) {
	t.Parallel()
	elements := number(t, "LABELGATE_LARGE_ELEMENTS", largeElements)
	cases := map[string]struct {
		limit int64
		check func(*testing.T, harness.Call, int)
	}{
		"aquarium-rest":    {70_000_000, requireLargeBatch},
		"aquarium-graphql": {120_000_000, requireLargeMutation},
	}
	for config, c := range cases {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			site, vendor := newDropIn(t, config)
			gateway := site.Serve(t)
			idle := gateway.PeakMemory(t)
			req, err := gateway.Webhook(t.Context(), webhook, io.NopCloser(aquariumtest.Event(elements)))
			require.NoError(t, err)
			answer, err := harness.Do(req)
			require.NoError(t, err)
			require.Equal(t, http.StatusNoContent, answer.Status, answer.Body)
			d := gateway.Await(t, answer.Delivery, final...)
			require.Equal(t, "delivered", d.State, d.Detail)
			calls := vendor.Calls()
			require.Len(t, calls, 1, "the whole event in one call")
			require.Equal(t, int64(len(calls[0].Body)), calls[0].Length, "some vendors refuse chunked bodies")
			c.check(t, calls[0], elements)
			peak := gateway.PeakMemory(t)
			t.Logf("%d bytes in, %d bytes out, idle %d kB, peak %d kB", d.Size, calls[0].Length, idle/1000, peak/1000)
			require.Less(t, idle, int64(30_000_000), "idle")
			require.Less(t, peak, c.limit)
		})
	}
}

func requireLargeBatch(t *testing.T, call harness.Call, elements int) {
	t.Helper()
	got := harness.Decode[harness.Batch](t, call)
	require.Equal(t, aquariumtest.Dataset+"_relabel_"+aquariumtest.Issue, got.Name)
	require.Len(t, got.Frames, elements)
	for i, f := range got.Frames {
		if want := (harness.Frame{ID: aquariumtest.FrameID(i), URL: aquariumtest.ImageURL(i)}); f != want {
			require.Equal(t, want, f, "frame %d", i) // one check in a loop of 100,000
		}
	}
}

func requireLargeMutation(t *testing.T, call harness.Call, elements int) {
	t.Helper()
	got := harness.Decode[harness.Mutation](t, call)
	want := make(map[string]bool, elements*aquariumtest.Labels)
	for i := range elements {
		for n := range aquariumtest.Labels {
			if n == 0 || !aquariumtest.IsCrop(i) {
				want[aquariumtest.LabelID(i, n)] = true
			}
		}
	}
	require.Len(t, got.Variables.LabelIDs, len(want), "a set: none missing, none twice")
	for _, id := range got.Variables.LabelIDs {
		if !want[id] {
			require.Fail(t, "an id that is not the event's, or twice", id)
		}
		delete(want, id)
	}
}
