//go:build vendorclients

package labelbox_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Labelbox's own client takes for Labelbox is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "labelbox", "operate.py")
}

// there is what the client reads.
type there struct {
	DataRows []struct {
		ID         string `json:"id"`
		GlobalKey  string `json:"global_key"`
		ExternalID string `json:"external_id"`
		RowData    string `json:"row_data"`
	} `json:"data_rows"`
	Batches map[string]int `json:"batches"`
	Queues  map[string]int `json:"queues"`
	Imports []struct {
		State    string            `json:"state"`
		Inputs   []json.RawMessage `json:"inputs"`
		Statuses []string          `json:"statuses"`
	} `json:"imports"`
	Labels int `json:"labels"`
}

func readBack(t *testing.T, stand *sandboxtest.Stand) (got there) {
	t.Helper()
	stand.ReadBack(t, &got, "labelbox", "readback.py", labelboxsandbox.ProjectID, labelboxsandbox.DatasetID)
	return got
}

// TestClientReadsBackABatch: the client finds the data rows, the batch and the pre-labels that the adapter has made.
func TestClientReadsBackABatch(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, batchOptions()), sandboxtest.Event(t, "geometry-2d"))
	got := readBack(t, stand)
	require.Len(t, got.DataRows, 1)
	row := got.DataRows[0]
	require.Equal(t, "frame-070051", row.ExternalID)
	require.Equal(t, "https://images.example.com/rarepets/camera_front/frame-070051.jpg", row.RowData)
	require.Equal(t, out.Taken["frame-070051"].ID, row.ID)
	require.Equal(t, map[string]int{"missed boxes (labelgate 0123456789abcdef)": 1}, got.Batches)
	require.Equal(t, 1, got.Queues["INITIAL_LABELING_QUEUE"])
	require.Len(t, got.Imports, 1)
	require.Equal(t, "FINISHED", got.Imports[0].State)
	require.Len(t, got.Imports[0].Statuses, 9)
	require.NotContains(t, got.Imports[0].Statuses, "FAILURE")
	require.JSONEq(t, `{
		"uuid": "ab1131be-36b7-5906-baf6-05b9cf3a5a67", "dataRow": {"globalKey": "`+row.GlobalKey+`"}, "name": "dog",
		"classifications": [], "bbox": {"top": 0, "left": 1900, "height": 36.5, "width": 20}
	}`, string(got.Imports[0].Inputs[0]))
}

// TestClientReadsBackRework: the client finds the data rows in the rework queue; and after labelbox-legacy the labels gone.
func TestClientReadsBackRework(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, relabelOptions()), sandboxtest.Event(t, "crops"))
	got := readBack(t, stand)
	require.Equal(t, 2, got.Queues["MANUAL_REWORK_QUEUE"])
	require.Equal(t, 7, got.Labels)
	legacy, err := labelbox.LegacyFactory().New(legacyOptions())
	require.NoError(t, err)
	stand.Deliver(t, legacy, withLabels(t, labelboxsandbox.LabelID(1), labelboxsandbox.LabelID(2)))
	require.Equal(t, 5, readBack(t, stand).Labels)
}
