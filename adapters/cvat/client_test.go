//go:build vendorclients

package cvat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what CVAT's own client takes for CVAT is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "cvat", "operate.py")
}

// readBack is a task as client/readback.py prints it.
type readBack struct {
	cvatsandbox.TaskState
	Shapes, Tags []cvatsandbox.ShapeState
	Jobs         []struct {
		ID, Start, Stop, Assignee int
		Stage, State              string
		Issues                    []struct {
			Frame    int
			Position []float64
			Comments []string
		}
	} `json:"jobs"`
}

// TestClientReadsBackBatch has CVAT's own client read the tasks that the adapter has made, and compares them with what the
// stand-in holds, which the other tests compare with the event.
func TestClientReadsBackBatch(t *testing.T) {
	t.Parallel()
	for _, event := range []string{"frames", "geometry-2d", "inferences", "mixed"} {
		stand := sandboxtest.Start(t, setup())
		stand.Deliver(t, made(t, options(batch, small, func(o *cvat.Options) { o.Task.Subset, o.Task.Assignee = "Train", 2 })), sandboxtest.Event(t, event))
		var got []readBack
		stand.ReadBack(t, &got, "cvat", "readback.py", "1")
		want := state(t, stand).Tasks
		require.Len(t, got, len(want), event)
		for i, task := range want {
			require.Equal(t, task.Name, got[i].Name)
			require.Equal(t, task.Tracker, got[i].Tracker)
			require.Equal(t, task.Frames, got[i].Frames)
			require.Equal(t, "Train", got[i].Subset)
			require.Equal(t, 2, got[i].Assignee)
			var shapes, tags []cvatsandbox.ShapeState
			for _, job := range task.Jobs {
				shapes, tags = append(shapes, job.Shapes...), append(tags, job.Tags...)
			}
			same(t, shapes, got[i].Shapes)
			same(t, tags, got[i].Tags)
		}
	}
}

// same compares annotations: those that were sent, and those that the client reads.
func same(t *testing.T, want, got []cvatsandbox.ShapeState) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		w, g := want[i], got[i]
		require.Equal(t, w.Label, g.Label)
		require.Equal(t, w.Frame, g.Frame)
		require.Equal(t, w.Type, g.Type)
		require.InDeltaSlice(t, w.Points, g.Points, 0)
		require.Equal(t, w.Score, g.Score)
		require.Equal(t, w.Source, g.Source)
		require.Equal(t, w.Group, g.Group)
		require.Equal(t, w.Outside, g.Outside)
		require.Equal(t, len(w.Attributes), len(g.Attributes))
		for name, value := range w.Attributes {
			require.Equal(t, value, g.Attributes[name])
		}
		same(t, w.Elements, g.Elements)
	}
}

// TestClientReadsBackRelabel has the client read jobs and issues.
func TestClientReadsBackRelabel(t *testing.T) {
	t.Parallel()
	in := sandboxtest.Event(t, "crops")
	stand := furnished(map[string]adapter.Input{"crops": in})(t).(*sandboxtest.Stand)
	out := stand.Deliver(t, made(t, options(relabel, func(o *cvat.Options) { o.Job.Assignee = 2 })), in)
	require.Len(t, out.Taken, 2)
	var got []readBack
	stand.ReadBack(t, &got, "cvat", "readback.py", "1")
	require.Len(t, got, 1)
	held := state(t, stand)
	issues := 0
	for _, job := range got[0].Jobs {
		require.Equal(t, []any{"annotation", "rejected", 2}, []any{job.Stage, job.State, job.Assignee})
		for _, issue := range job.Issues {
			require.Equal(t, held.Issues[issues].Position, issue.Position)
			require.Equal(t, held.Issues[issues].Messages, issue.Comments)
			require.True(t, strings.HasPrefix(issue.Comments[0], "These labels look wrong"))
			issues++
		}
	}
	require.Equal(t, 2, issues)
}
