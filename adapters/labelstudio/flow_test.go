package labelstudio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestFaultsAtEveryCall: whatever happens to one call, the vendor holds in the end what it holds without that.
func TestFaultsAtEveryCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o     *labelstudio.Options
		event string
	}{
		"batch":      {options("batch", community, known), "frames"},
		"enterprise": {options("batch", enterprise, known), "frames"},
		"refused":    {options("batch", community, large), "frames"},
		"drafts":     {options("relabel", community), "crops"},
		"deletes":    {options("relabel", community, deletes), "crops"},
		"reviews":    {options("relabel", enterprise, reviews), "crops"},
	} {
		for _, fault := range []string{"500-after", "cut-after", "cut", "429,times=2", "503", "bad-json"} {
			t.Run(name+" "+fault, func(t *testing.T) {
				t.Parallel()
				faultAtEveryCall(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event), c.o, fault)
			})
		}
	}
}

func faultAtEveryCall(t *testing.T, a adapter.Adapter, in adapter.Input, o *labelstudio.Options, fault string) {
	t.Helper()
	start := func() *sandboxtest.Stand {
		stand := sandboxtest.Start(t, setup())
		if o.Mode == "relabel" {
			seed(t, stand, o.Project, "frame-070011", "frame-070012", "another")
		}
		return stand
	}
	clean := start()
	calls := len(clean.Deliver(t, a, in).Steps)
	want := state(t, clean)
	require.Zero(t, want.Twice)
	for call := range calls {
		stand := start()
		stand.Fault(t, fmt.Sprintf("%s,after=%d", fault, call))
		stand.Deliver(t, a, in)
		require.Equal(t, want, state(t, stand), "call %d", call)
	}
}

// late is a vendor that is still at work on the first import while it is looked for.
type late struct {
	*sandboxtest.Stand
	first *adapter.Call
	looks int
}

// Do loses the reply to the first import, and makes it only after it was looked for.
func (l *late) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if strings.Contains(call.Path, "/import?") && l.first == nil {
		l.first = &call
		return adapter.Response{}, context.DeadlineExceeded
	}
	resp, err := l.Stand.Do(ctx, call)
	if strings.HasPrefix(call.Path, "/api/tasks/") {
		if l.looks++; l.looks == 1 {
			_, err = l.Stand.Do(ctx, *l.first)
		}
	}
	return resp, err
}

// TestAnImportThatIsMadeTwice: what two tries have both made is taken back, and what people work on is not.
func TestAnImportThatIsMadeTwice(t *testing.T) {
	t.Parallel()
	l := &late{Stand: sandboxtest.Start(t, setup())}
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("batch", community, known, large)), sandboxtest.Event(t, "frames"), l)
	require.NoError(t, err)
	require.Equal(t, "surplus/0001", out.Steps[len(out.Steps)-1].ID)
	require.JSONEq(t, `{"selectedItems":{"all":false,"included":[4,5,6]}}`, out.Steps[len(out.Steps)-1].Body)
	require.Len(t, tasksOf(t, l.Stand), 3)
	require.Zero(t, state(t, l.Stand).Twice)
	require.Equal(t, "1", out.Taken["frame-070001"].ID, "the older one is kept")
}

// TestPartOfAnImport: where an import was made in part, the rest is made.
func TestPartOfAnImport(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a, in := newAdapter(t, options("batch", community, known, large)), sandboxtest.Event(t, "frames")
	plan, err := adaptertest.Collect(a, in)
	require.NoError(t, err)
	sent := tasksSent(t, plan.Steps, nil)
	ask(t, stand, "POST /api/projects/1/import", []sentTask{sent[1]}, nil)
	stand.Fault(t, "cut")
	out := stand.Deliver(t, a, in)
	require.Equal(t, "[1]", out.Results["import/0001"].Kept["made"])
	require.Len(t, tasksSent(t, out.Steps[1:], nil), 2, "the two others are sent")
	require.Len(t, tasksOf(t, stand), 3)
	require.Zero(t, state(t, stand).Twice)
	require.Len(t, out.Taken, 3)
}

func TestTasksAreFoundInManyWays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		ids   []string
		edit  func(*labelstudio.Options)
		taken []string
	}{
		"frame":    {"crops", []string{"frame-070011"}, func(*labelstudio.Options) {}, []string{"frame-070011"}},
		"own ids":  {"crops", []string{"x", "y"}, func(o *labelstudio.Options) { o.Column, o.IDs = "", "task" }, nil},
		"label":    {"frames", []string{"d23f0824-128b-4f33-8c5c-7fd0a6a3a450"}, func(o *labelstudio.Options) { o.IDs = "label" }, []string{"d23f0824-128b-4f33-8c5c-7fd0a6a3a450"}},
		"element":  {"frames", []string{"frame-070002"}, func(o *labelstudio.Options) { o.IDs = "element" }, []string{"frame-070002"}},
		"nowhere":  {"frames", []string{"x"}, func(*labelstudio.Options) {}, nil},
		"metadata": {"frames", []string{"x"}, func(o *labelstudio.Options) { o.IDs = "user__nothing" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup())
			seed(t, stand, community, c.ids...)
			in := sandboxtest.Event(t, c.event)
			out := stand.Deliver(t, newAdapter(t, options("relabel", community, c.edit)), in)
			require.Len(t, out.Taken, len(c.taken))
			for _, item := range c.taken {
				require.Contains(t, out.Taken, export.ItemID(item))
			}
			require.NotEmpty(t, out.Refused)
			reopened := 0
			for _, task := range tasksOf(t, stand) {
				if !task.IsLabeled {
					reopened++
				}
			}
			require.Equal(t, len(c.taken), reopened, "nothing else is touched")
		})
	}
}

// TestNoSelectionIsAll: where nothing is found, no action is made; an empty selection would select every task.
func TestNoSelectionIsAll(t *testing.T) {
	t.Parallel()
	for _, edit := range []func(*labelstudio.Options){deletes, marks, func(*labelstudio.Options) {}} {
		stand := sandboxtest.Start(t, setup())
		seed(t, stand, community, "somebody else's", "and another")
		before := state(t, stand)
		out := stand.Deliver(t, newAdapter(t, options("relabel", community, edit)), sandboxtest.Event(t, "frames"))
		require.Equal(t, before, state(t, stand))
		require.Len(t, out.Steps, 1, "the look-up alone")
		require.Len(t, out.Refused, 3)
	}
}

// TestTasksWithoutAnnotations are marked, and nothing is deleted.
func TestTasksWithoutAnnotations(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	ask(t, stand, "POST /api/projects/1/import", []object{{"data": object{"image": "x", "frame_id": "frame-070001"}}}, nil)
	out := stand.Deliver(t, newAdapter(t, options("relabel", community, deletes)), sandboxtest.Event(t, "frames"))
	require.Equal(t, "mark/0001", out.Steps[1].ID)
	require.Equal(t, "1", out.Taken["frame-070001"].ID)
	require.Equal(t, "missed boxes", tasksOf(t, stand)[0].Data["labelgate_rework"])
}

// TestColumnsAndPriority: data of the frame's metadata, and a priority to order by.
func TestColumnsAndPriority(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	o := options("batch", community, known, func(o *labelstudio.Options) {
		o.Priority, o.ModelVersion, o.Columns = "high", "m7", map[string]string{"big": "user__big", "none": "user__none"}
	})
	stand.Deliver(t, newAdapter(t, o), sandboxtest.Event(t, "frames"))
	task := tasksOf(t, stand)[0]
	require.EqualValues(t, 3, task.Data["priority"])
	require.Equal(t, "m7", task.Predictions[0].ModelVersion)
	require.NotContains(t, task.Data, "none")
	alone := sandboxtest.Start(t, setup())
	alone.Deliver(t, newAdapter(t, options("batch", community, func(o *labelstudio.Options) { o.Predictions = false })), sandboxtest.Event(t, "frames"))
	require.Empty(t, tasksOf(t, alone)[0].Predictions)
}
