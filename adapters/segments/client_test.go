//go:build vendorclients

package segments_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates proves the stand-in by the vendor's own client.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "segments", "operate.py")
}

// readBack is what client/readback.py prints.
type readBack struct {
	Samples []struct {
		Name, Image string
		Metadata    map[string]any
		Priority    float64
		Labeler     string `json:"assigned_labeler"`
		Label       struct {
			Status     string `json:"label_status"`
			Attributes json.RawMessage
		}
	}
	Issues []struct {
		Sample      string `json:"sample_name"`
		Description string
		Status      string
		Anchor      json.RawMessage
	}
}

// TestClientReadsBackABatch has the vendor's own client read the samples and labels that the adapter has sent.
func TestClientReadsBackABatch(t *testing.T) {
	t.Parallel()
	for _, event := range []string{"frames", "geometry-2d", "names-and-metadata"} {
		stand := sandboxtest.Start(t, setup())
		out := stand.Deliver(t, newAdapter(t, options("batch", everything)), sandboxtest.Event(t, event))
		var got readBack
		stand.ReadBack(t, &got, "segments", "readback.py", "acme/pets")
		labels := map[string]string{} // by item, as sent
		for _, step := range out.Steps {
			if strings.HasPrefix(step.ID, "label/") && step.Body != "" {
				labels[string(step.Items[0])] = step.Body
			}
		}
		found := 0
		for _, s := range got.Samples {
			if !strings.HasPrefix(s.Name, adaptertest.Key) {
				continue
			}
			found++
			require.InDelta(t, 10, s.Priority, 0)
			require.Equal(t, "ann", s.Labeler)
			item := s.Metadata["frame_id"].(string)
			var sent struct{ Attributes json.RawMessage }
			if labels[item] == "" {
				continue
			}
			require.NoError(t, json.Unmarshal([]byte(labels[item]), &sent))
			require.JSONEq(t, string(sent.Attributes), string(s.Label.Attributes), event)
			require.Equal(t, "PRELABELED", s.Label.Status)
		}
		require.Equal(t, len(out.Taken), found)
	}
}

// TestClientReadsBackRework has it read what was sent back.
func TestClientReadsBackRework(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, options("relabel", everything)), sandboxtest.Event(t, "crops"))
	var got readBack
	stand.ReadBack(t, &got, "segments", "readback.py", "acme/pets")
	rejected := map[string]bool{}
	for _, s := range got.Samples {
		if s.Label.Status == "REJECTED" {
			rejected[s.Name] = true
			require.InDelta(t, 10, s.Priority, 0)
		}
	}
	require.Equal(t, map[string]bool{"frame-070011": true, "frame-070012": true}, rejected)
	require.Len(t, got.Issues, 2)
	for _, i := range got.Issues {
		require.Equal(t, "OPEN", i.Status)
		require.Contains(t, i.Description, "missed boxes\n")
		require.Contains(t, i.Description, adaptertest.Key)
	}
	require.JSONEq(t, `{"type":"location","location":{"type":"2d","x":1273.75,"y":358.45}}`, string(got.Issues[0].Anchor))
}

// TestClientSendsTheSame compares every request of the adapter with what the vendor's own client sends for the same work.
func TestClientSendsTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event string
		o     *segments.Options
	}{
		{"geometry-2d", options("batch", everything)},
		{"names-and-metadata", options("batch")},
		{"frames", options("batch", func(o *segments.Options) { o.Prelabels, o.Priority = false, "low" })},
		{"frames", options("relabel")},
		{"crops", options("relabel", everything)},
	} {
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event))
		sandboxtest.ClientSendsTheSame(t, setup(), out, "/api_status/") // the client's start
	}
}
