package labelstudio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// The projects that the stand-in has from the start.
const (
	community  = 1
	enterprise = 2
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: labelstudiosandbox.Vendor(), Auth: labelstudio.Factory().Auth}
}

// options are those of a mode in one of the stand-in's projects, edited.
func options(mode string, project int, edits ...func(*labelstudio.Options)) *labelstudio.Options {
	o := labelstudio.Factory().Options().(*labelstudio.Options)
	o.Mode, o.Project, o.Batch = mode, project, 2
	if mode == "batch" {
		o.Controls.Line = "line"
	}
	for _, edit := range edits {
		edit(o)
	}
	return o
}

func newAdapter(t *testing.T, o *labelstudio.Options) adapter.Adapter {
	t.Helper()
	a, err := labelstudio.Factory().New(o)
	require.NoError(t, err)
	return a
}

func state(t *testing.T, stand *sandboxtest.Stand) labelstudiosandbox.State {
	t.Helper()
	var s labelstudiosandbox.State
	stand.ReadState(t, &s)
	return s
}

func tasksOf(t *testing.T, stand *sandboxtest.Stand, project int) []labelstudiosandbox.Task {
	t.Helper()
	return state(t, stand).Projects[project-1].Tasks
}

// vendor is what calls can be made to: a stand-in or a real server.
type vendor interface {
	Do(ctx context.Context, call adapter.Call) (adapter.Response, error)
}

// ask makes a call and decodes its answer.
func ask(t *testing.T, v vendor, method, path string, body, into any) adapter.Response {
	t.Helper()
	call := adapter.Call{Method: method, Path: path}
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		call.Body = adapter.BytesBody(text)
	}
	resp, err := v.Do(t.Context(), call)
	require.NoError(t, err)
	if into != nil {
		require.True(t, resp.OK(), "%s %s: %d %s", method, path, resp.Status, resp.Body)
		require.NoError(t, json.Unmarshal(resp.Body, into))
	}
	return resp
}

// object is a JSON object that a test sends.
type object = map[string]any

// seed makes a task for each id, in the column frame_id, with two annotations each. It returns the tasks' ids.
func seed(t *testing.T, v vendor, project int, ids ...string) []int64 {
	t.Helper()
	var tasks []int64
	for _, id := range ids {
		data := object{"image": "https://i.example.com/x.jpg", "frame_id": id}
		annotations := []object{{"result": []object{}, "lead_time": 2}, {"result": []object{}, "lead_time": 3}}
		var made struct {
			TaskIDs []int64 `json:"task_ids"`
			Import  int64   `json:"import"`
		}
		ask(t, v, "POST", fmt.Sprintf("/api/projects/%d/import?return_task_ids=true", project), []object{{"data": data, "annotations": annotations}}, &made)
		for made.TaskIDs == nil {
			ask(t, v, "GET", fmt.Sprintf("/api/projects/%d/imports/%d/", project, made.Import), nil, &made)
			if len(made.TaskIDs) == 0 {
				made.TaskIDs = nil
			}
		}
		tasks = append(tasks, made.TaskIDs...)
	}
	return tasks
}

// seeded starts stands whose project has a task for each frame of the sample events.
func seeded(project int) func(*testing.T) adaptertest.Vendor {
	return func(t *testing.T) adaptertest.Vendor {
		t.Helper()
		stand := sandboxtest.Start(t, setup())
		seed(t, stand, project, frames...)
		return stand
	}
}

// frames are frame ids of the sample events that relabelling is tried with, without those of missing.
var frames = []string{ //nolint:gochecknoglobals // constant
	"frame-070001", "frame-070002", "frame-070011", "frame-070012", "frame-070021", "frame/with spaces & ünïcode?.1",
}

func query(values object) string {
	text, _ := json.Marshal(values)
	return url.QueryEscape(string(text))
}

// optionsOf is shorter.
type optionsOf = labelstudio.Options
