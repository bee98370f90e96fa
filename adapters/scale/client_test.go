//go:build vendorclients

package scale_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/scale"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates proves the stand-in by the vendor's own client.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "scale", "operate.py")
}

// readBack is what client/readback.py prints.
type readBack struct {
	Batches []struct {
		Name, Status string
		Metadata     map[string]string
	}
	Tasks []struct {
		UniqueID   string `json:"unique_id"`
		Status     string
		Batch      string
		Priority   int
		Attachment string
		Hypothesis json.RawMessage
		Metadata   map[string]any
	}
}

// TestClientReadsBack has the vendor's own client read what the adapter has sent.
func TestClientReadsBack(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		for _, event := range []string{"frames", "geometry-2d", "names-and-metadata"} {
			stand := sandboxtest.Start(t, setup())
			out := stand.Deliver(t, newAdapter(t, options(mode, func(o *scale.Options) { o.Priority = "high" })), sandboxtest.Event(t, event))
			var got readBack
			stand.ReadBack(t, &got, "scale", "readback.py", "demo")
			require.Len(t, got.Tasks, len(out.Taken), event)
			i := 0
			for _, step := range out.Steps {
				if len(step.Items) == 0 {
					continue
				}
				var sent struct {
					UniqueID   string          `json:"unique_id"`
					Attachment string          `json:"attachment"`
					Hypothesis json.RawMessage `json:"hypothesis"`
				}
				require.NoError(t, json.Unmarshal([]byte(step.Body), &sent))
				task := got.Tasks[i]
				require.Equal(t, sent.UniqueID, task.UniqueID)
				require.Equal(t, sent.Attachment, task.Attachment)
				require.JSONEq(t, string(sent.Hypothesis), string(task.Hypothesis))
				require.Equal(t, 30, task.Priority)
				require.EqualValues(t, step.Items[0], task.Metadata["frame_id"])
				i++
			}
			if mode == "relabel" {
				require.Empty(t, got.Batches)
				continue
			}
			require.Len(t, got.Batches, 1)
			require.Equal(t, "in_progress", got.Batches[0].Status)
			require.Equal(t, got.Batches[0].Name, got.Tasks[0].Batch)
		}
	}
}

// TestClientSendsTheSame compares every request of the adapter with what the vendor's own client sends for the same work.
func TestClientSendsTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event string
		o     *scale.Options
	}{
		{"mixed", options("batch", func(o *scale.Options) { o.BatchName = "50% / #1? & é+" })},
		{"geometry-2d", options("batch", enterprise)},
		{"names-and-metadata", options("relabel", func(o *scale.Options) {
			o.Instruction, o.CallbackURL, o.ClearOnFail = "Look.", "https://gw.example.com/t", true
		})},
	} {
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event))
		sandboxtest.ClientSendsTheSame(t, setup(), out)
	}
}
