//go:build vendorclients

package labelstudio_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

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
	for _, project := range []int{community, enterprise} {
		for _, event := range []string{"frames", "geometry-2d", "names-and-metadata", "inferences", "lidar-and-cameras"} {
			stand := sandboxtest.Start(t, setup())
			out := stand.Deliver(t, newAdapter(t, options("batch", project, known, sized)), sandboxtest.Event(t, event))
			var held []heldTask
			stand.ReadBack(t, &held, "labelstudio", "readback.py", fmt.Sprint(project))
			requireHeld(t, held, out)
		}
	}
}

// TestClientSeesReopenedTasks has the vendor's own client look at what was sent back.
func TestClientSeesReopenedTasks(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	seed(t, stand, community, frames...)
	stand.Deliver(t, newAdapter(t, options("relabel", community)), sandboxtest.Event(t, "crops"))
	var held []heldTask
	stand.ReadBack(t, &held, "labelstudio", "readback.py", fmt.Sprint(community))
	for _, task := range held {
		sentBack := task.Data["frame_id"] == "frame-070011" || task.Data["frame_id"] == "frame-070012"
		require.Equal(t, !sentBack, task.IsLabeled, task.Data)
		require.Equal(t, sentBack, len(task.Annotations) == 0 && task.Drafts == 2)
		require.Equal(t, sentBack, task.Data["labelgate_rework"] != "")
	}
}

// TestClientSeesReviews has the vendor's own client look at what was rejected.
func TestClientSeesReviews(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	seed(t, stand, enterprise, frames...)
	stand.Deliver(t, newAdapter(t, options("relabel", enterprise, reviews)), sandboxtest.Event(t, "crops"))
	var held []heldTask
	stand.ReadBack(t, &held, "labelstudio", "readback.py", fmt.Sprint(enterprise))
	rejected := 0
	for _, task := range held {
		for _, review := range task.Reviews {
			rejected++
			require.False(t, review.Accepted)
			require.Contains(t, review.Comment, "(labelgate 0123456789ab)")
		}
	}
	require.Equal(t, 4, rejected, "two annotations of two tasks")
}
