//go:build vendorclients

package encord_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Encord's own client takes for Encord is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup(t)).Client(t, "encord", "operate.py")
}

// clientRow is a label row as Encord's own client reads it.
type clientRow struct {
	Title    string
	Stage    string
	Priority *float64
	URL      string
	Key      *string
	Objects  []struct {
		Name, Shape, Hash string
		Confidence        float64
		Points            any
	}
	Answers []string
}

func TestClientReadsABatchBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	stand.Deliver(t, newAdapter(t, inBatches, withLabels, highPriority), sandboxtest.Event(t, "geometry-2d"))
	var rows []clientRow
	stand.ReadBack(t, &rows, "encord", "readback.py", "frame-070051")
	require.Len(t, rows, 1)
	row := rows[0]
	require.Equal(t, "Annotate 1", row.Stage)
	require.InDelta(t, 0.9, *row.Priority, 0)
	require.Equal(t, "https://images.example.com/rarepets/camera_front/frame-070051.jpg", row.URL)
	require.Equal(t, adaptertest.Key+"-frame-070051", *row.Key)
	require.Equal(t, []string{"indoor"}, row.Answers)

	drawn := map[string]any{}
	for _, o := range row.Objects {
		require.Len(t, o.Hash, 8)
		require.InDelta(t, 1, o.Confidence, 0)
		drawn[o.Name+" "+o.Shape] = o.Points
	}
	const w, h = 1920.0, 1080.0
	near := func(want, got any) {
		t.Helper()
		requireNear(t, want, got)
	}
	require.Len(t, drawn, 4)
	near([]any{1900 / w, 0.0, 20 / w, 36.5 / h}, drawn["dog bounding_box"]) // clamped to the image
	near([]any{
		[]any{[]any{400 / w, 280 / h}, []any{440 / w, 280.25 / h}, []any{441 / w, 320 / h}, []any{399.5 / w, 319 / h}},
		[]any{[]any{500 / w, 280 / h}, []any{520 / w, 280 / h}, []any{510 / w, 300 / h}},
	}, drawn["dog polygon"])
	near([]any{[]any{0.0, 0.0}, []any{1919 / w, 1079.5 / h}}, drawn["leash polyline"])
	near([]any{[]any{30 / w, 15 / h}, []any{110.5 / w, 55 / h}}, drawn["cat skeleton"])
}

func requireNear(t *testing.T, want, got any) {
	t.Helper()
	if list, ok := want.([]any); ok {
		read, ok := got.([]any)
		require.True(t, ok && len(read) == len(list), "%v instead of %v", got, want)
		for i := range list {
			requireNear(t, list[i], read[i])
		}
		return
	}
	require.InDelta(t, want, got, 1e-12)
}

func TestClientReadsReopenedRowsBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	stand.Deliver(t, newAdapter(t, highPriority), sandboxtest.Event(t, "frames"))
	stand.Deliver(t, newAdapter(t, byMove), sandboxtest.Event(t, "crops"))
	var rows []clientRow
	stand.ReadBack(t, &rows, "encord", "readback.py", "frame-070001", "frame-070011", "frame-070021")
	require.Equal(t, "Annotate 1", rows[0].Stage)
	require.InDelta(t, 0.9, *rows[0].Priority, 0)
	require.Len(t, rows[0].Objects, 1, "labels stay")
	require.Equal(t, "Annotate 1", rows[1].Stage)
	require.InDelta(t, 0.5, *rows[1].Priority, 0)
	require.Equal(t, "Complete", rows[2].Stage, "nobody has exported it")
}
