//go:build vendorclients

package labelstudio_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Label Studio's own client takes for Label Studio is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "labelstudio", "operate.py")
}

// TestClientReadsBack has the vendor's own client read, and its validation check, what the adapter has sent.
func TestClientReadsBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	outcomes := map[int][]adaptertest.Outcome{}
	for _, project := range []int{community, enterprise} {
		for n, event := range []string{"frames", "geometry-2d", "names-and-metadata", "inferences", "lidar-and-cameras"} {
			in := sandboxtest.Event(t, event)
			in.Key = adaptertest.Key[:31] + string(rune('a'+n))
			out := stand.Deliver(t, newAdapter(t, options("batch", project, known, sized)), in)
			outcomes[project] = append(outcomes[project], out)
		}
	}
	var held [][]heldTask
	stand.ReadBack(t, &held, "labelstudio", "readback.py", "1", "2")
	requireHeld(t, held[0], outcomes[community]...)
	requireHeld(t, held[1], outcomes[enterprise]...)
}

// TestClientSeesReopenedTasks has the vendor's own client look at what was sent back.
func TestClientSeesReopenedTasks(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	seed(t, stand, community, frames...)
	seed(t, stand, enterprise, frames...)
	stand.Deliver(t, newAdapter(t, options("relabel", community)), sandboxtest.Event(t, "crops"))
	stand.Deliver(t, newAdapter(t, options("relabel", enterprise, reviews)), sandboxtest.Event(t, "crops"))
	var held [][]heldTask
	stand.ReadBack(t, &held, "labelstudio", "readback.py", "1", "2")
	requireReopened(t, held[0])
	rejected := 0
	for _, task := range held[1] {
		for _, review := range task.Reviews {
			rejected++
			require.False(t, review.Accepted)
			require.Contains(t, review.Comment, "(labelgate 0123456789ab)")
		}
	}
	require.Equal(t, 4, rejected, "two annotations of two tasks")
}
