package labelstudio_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

// heldTask is a task as the vendor's client, or its API, shows it.
type heldTask struct {
	ID          int64             `json:"id"`
	Data        map[string]string `json:"data"`
	Meta        json.RawMessage   `json:"meta"`
	IsLabeled   bool              `json:"is_labeled"`
	Predictions []heldPrediction  `json:"predictions"`
	Annotations []int64           `json:"annotations"`
	Drafts      int               `json:"drafts"`
	Reviews     []struct {
		Accepted bool   `json:"accepted"`
		Comment  string `json:"comment"`
	} `json:"reviews"`
}

type heldPrediction struct {
	ModelVersion string          `json:"model_version"`
	Score        *float64        `json:"score,omitempty"`
	Result       json.RawMessage `json:"result"`
}

// sentTask is a task of an import's body.
type sentTask struct {
	Data        map[string]string `json:"data"`
	Meta        json.RawMessage   `json:"meta"`
	Predictions []heldPrediction  `json:"predictions"`
}

// requireHeld requires that the vendor holds what deliveries have sent, task by task and word by word, each once.
func requireHeld(t *testing.T, held []heldTask, outcomes ...adaptertest.Outcome) {
	t.Helper()
	byKey := map[string]heldTask{}
	for _, one := range held {
		key := one.Data["labelgate_key"]
		require.NotContains(t, byKey, key, "the task is there twice")
		byKey[key] = one
	}
	sent := 0
	for _, out := range outcomes {
		for _, task := range tasksSent(t, out.Steps, out.Results) {
			sent++
			requireSame(t, task, byKey[task.Data["labelgate_key"]])
			id := out.Taken[export.ItemID(task.Data["frame_id"])].ID
			require.Equal(t, fmt.Sprint(byKey[task.Data["labelgate_key"]].ID), id)
		}
	}
	require.Len(t, held, sent)
	require.NotZero(t, sent)
}

// tasksSent are the tasks of the imports that the vendor has not refused.
func tasksSent(t *testing.T, steps []adaptertest.Step, results map[string]adapter.Result) []sentTask {
	t.Helper()
	var all []sentTask
	for _, s := range steps {
		if !strings.HasPrefix(s.ID, "import/") && !strings.HasPrefix(s.ID, "again/") || results[s.ID].Kept["wrong"] != "" {
			continue
		}
		var tasks []sentTask
		require.NoError(t, json.Unmarshal([]byte(s.Body), &tasks))
		all = append(all, tasks...)
	}
	return all
}

// requireReopened requires that of the tasks of frames those of the event "crops" are open again, their work kept as drafts.
func requireReopened(t *testing.T, held []heldTask) {
	t.Helper()
	for _, task := range held {
		sentBack := task.Data["frame_id"] == "frame-070011" || task.Data["frame_id"] == "frame-070012"
		require.Equal(t, !sentBack, task.IsLabeled, task.Data)
		require.Equal(t, sentBack, len(task.Annotations) == 0 && task.Drafts == 2)
		require.Equal(t, sentBack, task.Data["labelgate_rework"] != "")
	}
}

func requireSame(t *testing.T, sent sentTask, held heldTask) {
	t.Helper()
	require.Equal(t, sent.Data, held.Data)
	require.JSONEq(t, string(sent.Meta), string(held.Meta))
	require.Len(t, held.Predictions, len(sent.Predictions))
	for i, want := range sent.Predictions {
		got := held.Predictions[i]
		require.JSONEq(t, string(want.Result), string(got.Result))
		require.Equal(t, want.Score, got.Score)
		require.Equal(t, want.ModelVersion, got.ModelVersion)
	}
}
