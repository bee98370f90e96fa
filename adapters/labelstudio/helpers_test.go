package labelstudio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
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

// tasksOf are the tasks of the stand-in's Community project.
func tasksOf(t *testing.T, stand *sandboxtest.Stand) []labelstudiosandbox.Task {
	t.Helper()
	return state(t, stand).Projects[community-1].Tasks
}

// vendor is what calls can be made to: a stand-in or a real server.
type vendor interface {
	Do(ctx context.Context, call adapter.Call) (adapter.Response, error)
}

// ask makes a call ("GET /api/tasks/"), which must go well, and decodes its answer into into, where that is not nil.
func ask(t *testing.T, v vendor, what string, body, into any) {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	call := adapter.Call{Method: method, Path: path}
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		call.Body = adapter.BytesBody(text)
	}
	resp, err := v.Do(t.Context(), call)
	require.NoError(t, err)
	require.True(t, resp.OK(), "%s: %d %s", what, resp.Status, resp.Body)
	if into != nil {
		require.NoError(t, json.Unmarshal(resp.Body, into))
	}
}

// object is a JSON object that a test sends.
type object = map[string]any

// seed makes a task for each id, in the column frame_id, with two annotations each.
func seed(t *testing.T, v vendor, project int, ids ...string) {
	t.Helper()
	for _, id := range ids {
		data := object{"image": "https://i.example.com/x.jpg", "frame_id": id}
		annotations := []object{{"result": []object{}, "lead_time": 2}, {"result": []object{}, "lead_time": 3}}
		var made struct {
			TaskIDs []int64 `json:"task_ids"`
			Import  int64   `json:"import"`
		}
		ask(t, v, fmt.Sprintf("POST /api/projects/%d/import?return_task_ids=true", project), []object{{"data": data, "annotations": annotations}}, &made)
		for made.TaskIDs == nil {
			ask(t, v, fmt.Sprintf("GET /api/projects/%d/imports/%d/", project, made.Import), nil, &made)
			if len(made.TaskIDs) == 0 {
				made.TaskIDs = nil
			}
		}
	}
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
var frames = []string{
	"frame-070001", "frame-070002", "frame-070011", "frame-070012", "frame-070021", "frame/with spaces & ünïcode?.1",
}

func query(values object) string {
	text, _ := json.Marshal(values)
	return url.QueryEscape(string(text))
}

// manyFrames is an event of n frames.
func manyFrames(t *testing.T, n int) adapter.Input {
	t.Helper()
	in, err := adaptertest.Input(aquarium.New(), aquariumtest.Bytes(n))
	require.NoError(t, err)
	return in
}

// counter counts a plan and keeps nothing of it.
type counter struct {
	steps   int
	largest int64
}

func (*counter) NewBody() *adapter.Body { return adapter.NewBody(nil) }

func (c *counter) Emit(s adapter.Step) error {
	c.steps++
	c.largest = max(c.largest, s.Call.Body.Len())
	return nil
}

func (*counter) Refuse(adapter.Refusal) error { return nil }
func (*counter) Note(adapter.Note) error      { return nil }
