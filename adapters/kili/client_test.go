//go:build vendorclients

package kili_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Kili's own client takes for Kili is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "kili", "operate.py")
}

// assetRead is an asset as Kili's own client reads it.
type assetRead struct {
	ID         string            `json:"id"`
	ExternalID string            `json:"externalId"`
	Content    string            `json:"content"`
	Metadata   map[string]string `json:"jsonMetadata"`
	Status     string            `json:"status"`
	Priority   int               `json:"priority"`
	IsHoneypot bool              `json:"isHoneypot"`
}

// labelRead is a prediction as Kili's own client understands it, by the project's interface.
type labelRead struct {
	Model string                     `json:"model"`
	Jobs  map[string]json.RawMessage `json:"jobs"`
}

// annotationRead is one thing drawn.
type annotationRead struct {
	Type       string `json:"type"`
	Class      string `json:"class"`
	Mid        string `json:"mid"`
	Confidence *int   `json:"confidence"`
}

func TestClientReadsBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	in := sandboxtest.Event(t, "geometry-2d")
	out := stand.Deliver(t, newAdapter(t, withJobs), in)
	var read struct {
		Assets []assetRead `json:"assets"`
		Labels []labelRead `json:"labels"`
	}
	externalID := in.Key + "-frame-070051"
	stand.ReadBack(t, &read, "kili", "readback.py", externalID)
	require.Equal(t, []assetRead{{
		ID: out.Taken["frame-070051"].ID, ExternalID: externalID, Status: "TODO", Priority: 1,
		Content:  "https://images.example.com/rarepets/camera_front/frame-070051.jpg",
		Metadata: map[string]string{"frame_id": "frame-070051", "dataset": "train", "issue": "missed boxes", "labelgate_delivery": in.Key},
	}}, read.Assets)
	require.Len(t, read.Labels, 1)
	require.Equal(t, "labelgate", read.Labels[0].Model)
	for job, want := range map[string][]annotationRead{
		"BOXES":    {{Type: "rectangle", Class: "dog", Mid: "5d158a2f-f2ee-4e45-99f9-919c895fd7b3"}},
		"POLYGONS": {{Type: "polygon", Class: "dog", Mid: "66237a04-65e7-4423-a472-f1a38f2c6ec8-1"}, {Type: "polygon", Class: "dog", Mid: "66237a04-65e7-4423-a472-f1a38f2c6ec8-2"}},
		"LINES":    {{Type: "polyline", Class: "leash", Mid: "113db17d-30cb-497d-8fef-792866836886"}},
		"POINTS":   {{Type: "marker", Class: "cat", Mid: "a260cd0b-7b45-445c-9a81-682c64e50cad-1"}, {Type: "marker", Class: "cat", Mid: "a260cd0b-7b45-445c-9a81-682c64e50cad-2"}},
	} {
		var got []annotationRead
		require.NoError(t, json.Unmarshal(read.Labels[0].Jobs[job], &got), "%s: %s", job, read.Labels[0].Jobs[job])
		require.Equal(t, want, got, job)
	}
	require.JSONEq(t, `["indoor"]`, string(read.Labels[0].Jobs["SCENE"]))
	require.JSONEq(t, `["dim"]`, string(read.Labels[0].Jobs["LIGHT"]))
}

// TestClientSeesTheQueue: what the adapter has sent back, Kili's own client finds in the queue.
func TestClientSeesTheQueue(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, relabel, func(o *kili.Options) { o.Priority = "low" }), known())
	var read struct {
		Assets []assetRead `json:"assets"`
	}
	stand.ReadBack(t, &read, "kili", "readback.py", "frame-070001", "frame-070002", "busy-1")
	seen := map[string]string{}
	for _, a := range read.Assets {
		seen[a.ExternalID] = fmt.Sprint(a.Status, " ", a.Priority)
	}
	require.Equal(t, map[string]string{"frame-070001": "ONGOING -1", "frame-070002": "LABELED 0", "busy-1": "LABELED 0"}, seen)
}
