package scale_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/scale"
	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func state(t *testing.T, stand *sandboxtest.Stand) scalesandbox.State {
	t.Helper()
	var s scalesandbox.State
	stand.ReadState(t, &s)
	return s
}

func TestBatch(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, options("batch", func(o *scale.Options) { o.BatchName, o.Priority = "weekly / 3", "high" })), sandboxtest.Event(t, "frames"))
	s := state(t, stand)
	require.Len(t, s.Batches, 1)
	require.Equal(t, "weekly / 3 0123456789ab", s.Batches[0].Name)
	require.Equal(t, "in_progress", s.Batches[0].Status)
	require.Equal(t, 1, s.Batches[0].Finalized)
	require.Len(t, s.Tasks, 3)
	for _, task := range s.Tasks {
		require.Equal(t, "weekly / 3 0123456789ab", task.Batch)
		require.Equal(t, 30, task.Priority)
		require.Equal(t, task.ID, out.Taken[export.ItemID(task.Metadata["frame_id"].(string))].ID)
	}
	require.Zero(t, s.Repeats)
	require.Empty(t, out.Failed)
}

func TestRelabelNeedsNoBatch(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, options("relabel")), sandboxtest.Event(t, "crops"))
	s := state(t, stand)
	require.Empty(t, s.Batches)
	require.Len(t, s.Tasks, 2, "several crops of a frame are one task")
	require.Len(t, out.Taken, 2)
	require.Equal(t, "frame-070012", s.Tasks[0].Metadata["previous_task_id"], "frames come when their last element has been read")
}

// TestFaultsAtEveryCall: whatever happens to one call, the vendor holds in the end what it holds without that.
func TestFaultsAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		a, in := newAdapter(t, options(mode)), sandboxtest.Event(t, "frames")
		clean := sandboxtest.Start(t, setup())
		steps := len(clean.Deliver(t, a, in).Steps)
		want := state(t, clean)
		for _, fault := range []string{"500-after", "cut-after", "cut", "429,times=2", "503", "reset", "bad-json"} {
			t.Run(mode+" "+fault, func(t *testing.T) {
				t.Parallel()
				for call := range steps {
					stand := sandboxtest.Start(t, setup())
					stand.Fault(t, fmt.Sprintf("%s,after=%d", fault, call))
					stand.Deliver(t, a, in)
					require.Equal(t, want, state(t, stand), "call %d", call)
				}
			})
		}
	}
}

// ask asks the stand-in as somebody else.
func ask(t *testing.T, stand *sandboxtest.Stand, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stand.URL+"/v1"+path, strings.NewReader(body))
	require.NoError(t, err)
	r.SetBasicAuth(stand.Key, "")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, "%s", text)
}

func stopped(t *testing.T, stand *sandboxtest.Stand, o *scale.Options, event string) *adaptertest.Stopped {
	t.Helper()
	_, err := adaptertest.Deliver(t.Context(), newAdapter(t, o), sandboxtest.Event(t, event), stand)
	var stop *adaptertest.Stopped
	require.ErrorAs(t, err, &stop)
	return stop
}

func TestABatchOfSomebodyElseIsNotOurs(t *testing.T) {
	t.Parallel()
	for project, metadata := range map[string]string{
		"demo":            `{"labelgate_delivery":"another"}`,
		"demo-enterprise": `{"labelgate_delivery":"` + adaptertest.Key + `"}`,
	} {
		stand := sandboxtest.Start(t, setup())
		ask(t, stand, "/batches", `{"project":"`+project+`","name":"weekly 0123456789ab","metadata":`+metadata+`}`)
		stop := stopped(t, stand, options("batch", func(o *scale.Options) { o.BatchName = "weekly" }), "frames")
		require.Equal(t, "batch", stop.Step)
		require.Equal(t, adapter.ReasonConflict, stop.Verdict.Reason)
		require.Contains(t, stop.Verdict.Detail, project)
		require.Empty(t, state(t, stand).Tasks)
	}
}

func TestATaskElsewhereIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		stand := sandboxtest.Start(t, setup())
		ask(t, stand, "/batches", `{"project":"demo","name":"another"}`)
		ask(t, stand, "/task/imageannotation",
			`{"batch":"another","attachment":"https://i.example.com/1.jpg","unique_id":"`+adaptertest.Key+`-frame-070001"}`)
		stop := stopped(t, stand, options(mode), "frames")
		require.Equal(t, "task/0001", stop.Step)
		require.Equal(t, adapter.ReasonConflict, stop.Verdict.Reason)
		require.Contains(t, stop.Verdict.Detail, `batch "another"`)
	}
}

// picky is a vendor that does not accept some attachments.
type picky struct {
	*sandboxtest.Stand
	t    *testing.T
	hate string
}

func (p picky) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if text, ok := bodyOf(call); ok && strings.Contains(text, p.hate) {
		return adapter.Response{Status: 400, Body: []byte(`{"status_code":400,"error":"the attachment is too large"}`)}, nil
	}
	return p.Stand.Do(ctx, call)
}

func TestATaskThatIsRefusedIsThatFramesFault(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("batch")), sandboxtest.Event(t, "frames"), picky{stand, t, "frame-070002.jpg"})
	require.NoError(t, err)
	require.Equal(t, map[export.ItemID]string{"frame-070002": "the attachment is too large"}, out.Failed)
	require.Len(t, out.Taken, 2)
	s := state(t, stand)
	require.Len(t, s.Tasks, 2)
	require.Equal(t, "in_progress", s.Batches[0].Status)
}

func TestAnEmptyBatchIsNotFinalized(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("batch")), sandboxtest.Event(t, "frames"), picky{stand, t, ".jpg"})
	require.NoError(t, err)
	require.Len(t, out.Failed, 3)
	require.Equal(t, "staging", state(t, stand).Batches[0].Status)
}

func TestNothingToSendMakesNoBatch(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	in := adaptertest.Elements(&export.Event{}, export.Element{ID: "e", FrameID: "f", Type: export.ElementFrame})
	out := stand.Deliver(t, newAdapter(t, options("batch")), in)
	require.Len(t, out.Refused, 1)
	require.Empty(t, out.Steps)
	require.Empty(t, state(t, stand).Batches)
}

func TestFinalizeCanBeLeftToPeople(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, options("batch", func(o *scale.Options) { o.Finalize = false })), sandboxtest.Event(t, "frames"))
	require.Equal(t, "staging", state(t, stand).Batches[0].Status)
}

func TestAProjectThatIsNotThere(t *testing.T) {
	t.Parallel()
	for mode, step := range map[string]string{"batch": "batch", "relabel": "task/0001"} {
		stop := stopped(t, sandboxtest.Start(t, setup()), options(mode, func(o *scale.Options) { o.Project = "nope" }), "frames")
		require.Equal(t, step, stop.Step)
		require.Equal(t, adapter.ReasonNotFound, stop.Verdict.Reason)
	}
}

// TestAnAttachmentThatTurnsOutUnreadable: the vendor takes the task, and a repeat is told that it went into error.
func TestAnAttachmentThatTurnsOutUnreadable(t *testing.T) {
	t.Parallel()
	el := export.Element{ID: "f", FrameID: "f", Type: export.ElementFrame, Frame: &export.Frame{
		Sensors: []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": "https://img.invalid/f.jpg"}}},
	}}
	stand := sandboxtest.Start(t, setup())
	stand.Fault(t, "cut-after")
	out := stand.Deliver(t, newAdapter(t, options("relabel")), adaptertest.Elements(&export.Event{}, el))
	require.Contains(t, out.Failed["f"], "in error")
	require.Len(t, state(t, stand).Tasks, 1)
}

// TestManyFrames: bodies stay as small as their frames, however many there are.
func TestManyFrames(t *testing.T) {
	t.Parallel()
	const frames = 20_000
	a := newAdapter(t, options("batch"))
	counted := &counter{}
	more, err := a.Plan(many(frames), counted)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, frames+1, counted.steps)
	require.Less(t, counted.largest, int64(1000))
}

func TestUniqueIDsOfOddFrames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for _, id := range []string{"a b", "ü", "a/b", long} {
		el := export.Element{ID: "e", FrameID: id, Frame: &export.Frame{
			Sensors: []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": "https://i.example.com/1.jpg"}}},
		}}
		plan, err := adaptertest.Collect(newAdapter(t, options("relabel")), adaptertest.Elements(&export.Event{}, el))
		require.NoError(t, err)
		var body struct {
			UniqueID string `json:"unique_id"`
		}
		require.NoError(t, json.Unmarshal([]byte(plan.Steps[0].Body), &body))
		require.Regexp(t, `^`+adaptertest.Key+`-[0-9a-f]{32}$`, body.UniqueID)
	}
}

// TestIssuesMayBeCalledAnything: the batch is made and finalized whatever its issue is called.
func TestIssuesMayBeCalledAnything(t *testing.T) {
	t.Parallel()
	for issue, name := range map[string]string{
		"a b/c":                  "a b/c",
		"50% / #1? & <é>":        "50% / #1? & <é>",
		"http://evil/x":          "http:--evil-x",
		"../../etc":              "..-..-etc",
		"..":                     "..",
		`a\b`:                    "a-b",
		"line\nbreak\x00\xff":    "line-break--",
		"  ":                     "p",
		strings.Repeat("長", 200): strings.Repeat("長", 100),
	} {
		stand := sandboxtest.Start(t, setup())
		in := frame()
		in.Event.Issue.Name = issue
		stand.Deliver(t, newAdapter(t, options("batch")), in)
		s := state(t, stand)
		require.Equal(t, name+" 0123456789ab", s.Batches[0].Name)
		require.Equal(t, "in_progress", s.Batches[0].Status)
		require.Len(t, s.Tasks, 1)
	}
}

// TestAVendorThatFailsAllTheTime: two calls of five go wrong in one way or another, checks included.
func TestAVendorThatFailsAllTheTime(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		a, in := newAdapter(t, options(mode)), sandboxtest.Event(t, "frames")
		clean := sandboxtest.Start(t, setup())
		clean.Deliver(t, a, in)
		want := state(t, clean)
		for seed := range 12 {
			stand := sandboxtest.Start(t, setup())
			stand.Fault(t, fmt.Sprintf("random,probability=0.4,seed=%d", seed))
			stand.Deliver(t, a, in)
			require.Equal(t, want, state(t, stand), "%s, seed %d", mode, seed)
		}
	}
}
