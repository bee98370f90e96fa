package segments_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, options("batch", everything)), sandboxtest.Event(t, "frames"))
	made := state(t, stand).Datasets[0].Samples[there:]
	require.Len(t, made, 3)
	for _, s := range made {
		item := export.ItemID(s.Metadata["frame_id"].(string))
		require.Equal(t, adaptertest.Key+"-"+string(item), s.Name)
		require.Equal(t, s.UUID, out.Taken[item].ID)
		require.Equal(t, "PRELABELED", s.Status)
		require.InDelta(t, 10, s.Priority, 0)
		require.Equal(t, "ann", *s.Labeler)
		require.NotNil(t, s.Label)
	}
}

func TestRelabel(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	for _, decoy := range []string{"aframe-070011", "frame-0700119"} { // names that hold another
		ask(t, stand, "POST", "/datasets/acme/pets/samples/", `{"name":"`+decoy+`","attributes":{"image":{"url":"https://i.example.com/1.jpg"}}}`)
	}
	out := stand.Deliver(t, newAdapter(t, options("relabel")), sandboxtest.Event(t, "crops"))
	s := state(t, stand)
	var rejected []string
	for _, sample := range s.Datasets[0].Samples {
		if sample.Status == "REJECTED" {
			rejected = append(rejected, sample.Name)
			require.Equal(t, sample.UUID, out.Taken[export.ItemID(sample.Name)].ID)
			require.NotNil(t, sample.Label, "the label itself is kept")
			require.Zero(t, sample.Priority)
		}
	}
	require.Equal(t, []string{"frame-070011", "frame-070012"}, rejected)
	require.Len(t, s.Datasets[0].Issues, 2)
	require.Zero(t, s.Repeats)
	require.Contains(t, s.Datasets[0].Issues[0].Description, adaptertest.Key)
}

// TestFaultsAtEveryCall: whatever happens to one call, the vendor holds in the end what it holds without that.
func TestFaultsAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		a, in := newAdapter(t, options(mode, everything)), sandboxtest.Event(t, "crops")
		clean := sandboxtest.Start(t, setup())
		steps := len(clean.Deliver(t, a, in).Steps)
		want := state(t, clean)
		require.Zero(t, want.Repeats)
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

// TestPeoplesWorkIsNotOverwritten: between a lost reply and the next try somebody has labeled the sample.
func TestPeoplesWorkIsNotOverwritten(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a, in := newAdapter(t, options("batch")), frames(1)
	caller := &spoiled{Stand: stand, method: "PUT", path: "/ground-truth/", with: adapter.Response{Status: 500}, times: 1}
	human := `{"label_status":"LABELED","attributes":{"annotations":[]}}`
	stop := &meddling{spoiled: caller, after: func() {
		uuid := state(t, stand).Datasets[0].Samples[there].UUID
		ask(t, stand, "PUT", "/labels/"+uuid+"/ground-truth/", human)
	}}
	out, err := adaptertest.Deliver(t.Context(), a, in, stop)
	require.NoError(t, err)
	require.Len(t, out.Taken, 1)
	require.Equal(t, "LABELED", state(t, stand).Datasets[0].Samples[there].Status)
}

func TestManySamplesGoInChunks(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	in := frames(205)
	out := stand.Deliver(t, newAdapter(t, options("batch")), in)
	require.Len(t, out.Taken, 205)
	require.Len(t, state(t, stand).Datasets[0].Samples, there+205)
	var bulk []int
	for _, step := range out.Steps {
		if strings.HasPrefix(step.ID, "samples/") {
			var list []json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(step.Body), &list))
			bulk = append(bulk, len(list))
		}
	}
	require.Equal(t, []int{100, 100, 5}, bulk)
	alone := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, options("batch", func(o *segments.Options) { o.Prelabels = false })), in)
	require.Len(t, alone.Steps, 3, "images alone need neither the dataset nor labels")
	require.Len(t, alone.Taken, 205)
}

// TestASampleThatIsRefused costs the samples of its call, by name, and no other.
func TestASampleThatIsRefused(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	in := adaptertest.Elements(&export.Event{},
		frame("bad", "ftp://i.example.com/1.jpg", box("b1")), frame("good", "https://i.example.com/2.jpg", box("b2")),
		frame("bare", "https://i.example.com/3.jpg"), frame("relative", "/4.jpg", box("b4")),
	)
	out := stand.Deliver(t, newAdapter(t, options("batch")), in)
	require.Contains(t, out.Failed["bad"], "image.url must be a valid URL")
	require.Contains(t, out.Failed["good"], "refused together with others")
	require.Len(t, out.Taken, 1)
	require.NotEmpty(t, out.Taken["bare"].ID)
	require.Len(t, out.Refused, 1)
	require.Equal(t, export.ItemID("relative"), out.Refused[0].Item)
}

func TestALabelThatIsRefusedIsThatFramesFault(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	refusal := adapter.Response{Status: 400, Body: []byte(`{"attributes":["annotations[0]: too small"]}`)}
	caller := &spoiled{Stand: stand, method: "PUT", path: "/ground-truth/", with: refusal, times: 1}
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("batch")), frames(3), caller)
	require.NoError(t, err)
	require.Len(t, out.Taken, 2)
	require.Contains(t, out.Failed["f00000"], "too small")
}

func TestSamplesThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, issue := range []bool{true, false} {
		stand := sandboxtest.Start(t, setup())
		ask(t, stand, "POST", "/datasets/acme/pets/samples/", `{"name":"bare","attributes":{"image":{"url":"https://i.example.com/1.jpg"}}}`)
		in := adaptertest.Elements(&export.Event{}, frame("nobody", "https://i.example.com/1.jpg"), frame("bare", "https://i.example.com/2.jpg"), frame("frame-070001", ""))
		out := stand.Deliver(t, newAdapter(t, options("relabel", func(o *segments.Options) { o.Issue = issue })), in)
		require.Equal(t, `the dataset has no sample named "nobody"`, out.Failed["nobody"])
		require.Contains(t, out.Failed["bare"], "has no label in the labelset")
		require.Len(t, out.Taken, 1)
		require.Len(t, state(t, stand).Datasets[0].Issues, map[bool]int{true: 1, false: 0}[issue], "no issue of what could not be sent back")
	}
}

// TestANameOnALaterPage: the vendor finds every name that holds it, in order, a page at a time.
func TestANameOnALaterPage(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	var bulk []string
	for i := range 1001 { // all before "frame-070001" in order
		bulk = append(bulk, fmt.Sprintf(`{"name":"a%04d-frame-070001","attributes":{"image":{"url":"https://i.example.com/1.jpg"}}}`, i))
	}
	ask(t, stand, "POST", "/datasets/acme/pets/samples_bulk/", "["+strings.Join(bulk, ",")+"]")
	in := adaptertest.Elements(&export.Event{}, frame("frame-070001", ""), frame("ame-070001", ""))
	out := stand.Deliver(t, newAdapter(t, options("relabel")), in)
	require.Len(t, out.Taken, 1)
	require.Contains(t, out.Results, "find/0001/page-2")
	require.Contains(t, out.Failed["ame-070001"], "no sample")
}

func TestSamplesByTheirIDs(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	uuid := state(t, stand).Datasets[0].Samples[2].UUID
	known := frame("f1", "")
	known.Frame.Metadata = map[string]any{"user__sample": uuid}
	crop := box("c")
	crop.Attributes["user__sample"] = uuid
	odd := frame("f4", "")
	odd.Frame.Metadata = map[string]any{"user__sample": "../x"}
	in := adaptertest.Elements(&export.Event{}, known, frame("f2", ""), odd,
		export.Element{ID: "c", FrameID: "f3", Type: export.ElementCrop, Frame: &export.Frame{}, Crop: &crop})
	a := newAdapter(t, options("relabel", func(o *segments.Options) { o.IDs, o.Issue = "user__sample", false }))
	out := stand.Deliver(t, a, in)
	require.Len(t, out.Steps, 2, "nothing has to be looked up")
	require.Equal(t, "REJECTED", state(t, stand).Datasets[0].Samples[2].Status)
	require.Equal(t, uuid, out.Taken["f1"].ID)
	require.Equal(t, uuid, out.Taken["f3"].ID)
	require.Len(t, out.Refused, 2)
	require.Equal(t, "no user__sample, which the option ids names", out.Refused[0].Reason)
	require.Equal(t, `"../x", which the option ids names, is no uuid`, out.Refused[1].Reason)
}

func TestADatasetThatIsNotThere(t *testing.T) {
	t.Parallel()
	for mode, step := range map[string]string{"batch": "dataset", "relabel": "find/0001"} {
		a := newAdapter(t, options(mode, func(o *segments.Options) { o.Dataset = "acme/boats" }))
		_, err := adaptertest.Deliver(t.Context(), a, frames(1), sandboxtest.Start(t, setup()))
		var stop *adaptertest.Stopped
		require.ErrorAs(t, err, &stop)
		require.Equal(t, step, stop.Step)
		require.Equal(t, adapter.ReasonNotFound, stop.Verdict.Reason)
	}
}

func TestNothingToSendMakesNoCall(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		stand := sandboxtest.Start(t, setup())
		out := stand.Deliver(t, newAdapter(t, options(mode)), adaptertest.Elements(&export.Event{}, export.Element{ID: "e"}))
		require.Empty(t, out.Steps, mode)
		require.Len(t, out.Refused, 1, mode)
	}
}

func TestAThrottledSuccessIsNone(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	throttled := adapter.Response{Status: 200, Body: []byte(`{"detail":"Request was throttled. Expected available in 1 second."}`)}
	caller := &spoiled{Stand: stand, method: "POST", path: "/samples_bulk/", with: throttled, times: 2}
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("batch")), frames(1), caller)
	require.NoError(t, err)
	require.Len(t, out.Taken, 1)
}

// TestAVendorThatFailsAllTheTime: two calls of five go wrong in one way or another, checks included.
func TestAVendorThatFailsAllTheTime(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch", "relabel"} {
		a, in := newAdapter(t, options(mode, everything)), sandboxtest.Event(t, "frames")
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
