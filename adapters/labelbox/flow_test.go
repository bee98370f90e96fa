package labelbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// deliver delivers to a stand-in of its own and returns what that holds then.
func deliver(t *testing.T, o *labelbox.Options, in adapter.Input, faults ...string) (adaptertest.Outcome, labelboxsandbox.State) {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	for _, fault := range faults {
		stand.Fault(t, fault)
	}
	out := stand.Deliver(t, newAdapter(t, o), in)
	var state labelboxsandbox.State
	stand.ReadState(t, &state)
	return out, state
}

// frame is an element of one frame with labels, which are given as JSON.
func frame(id, image string, labels ...string) string {
	return fmt.Sprintf(`{"element_type": "frame", "frame_id": %q, "element_id": %q, "frame_data": {"sensor_data": [{"sensor_id": "s",
		"data_urls": {"image_url": %q}, "sensor_metadata": {"width": 100, "height": 100}}], "label_data": [%s]}}`,
		id, id, image, strings.Join(labels, ","))
}

func box(id, class string) string {
	return fmt.Sprintf(`{"uuid": %q, "label": %q, "label_type": "BBOX_2D", "attributes": {"top": 1, "left": 2, "width": 3, "height": 4}}`, id, class)
}

func images(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = frame(fmt.Sprintf("f%d", i), fmt.Sprintf("https://images.example.com/%d.jpg", i))
	}
	return all
}

func TestBatchFlow(t *testing.T) {
	t.Parallel()
	out, state := deliver(t, batchOptions(func(o *labelbox.Options) { o.Priority = "high" }),
		event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "dog"), box("l2", "cat")), frame("b", "https://images.example.com/b.jpg")))
	require.Empty(t, out.Refused)
	require.Empty(t, out.Failed)
	rows := state.DataRows[len(state.DataRows)-2:]
	const key = adaptertest.Key
	require.Equal(t, []labelboxsandbox.RowState{
		{
			ID: out.Taken["a"].ID, GlobalKey: key + "-a", ExternalID: "a", URL: "https://images.example.com/a.jpg",
			Dataset: labelboxsandbox.DatasetID, Batch: "i (labelgate 0123456789abcdef)", Queue: "Initial labeling task", Priority: 1,
		},
		{
			ID: out.Taken["b"].ID, GlobalKey: key + "-b", ExternalID: "b", URL: "https://images.example.com/b.jpg",
			Dataset: labelboxsandbox.DatasetID, Batch: "i (labelgate 0123456789abcdef)", Queue: "Initial labeling task", Priority: 1,
		},
	}, rows)
	require.Equal(t, []labelboxsandbox.ImportState{{Name: "labelgate-" + key + "-0001", State: "FINISHED", Lines: 2}}, state.Imports)
	require.Len(t, state.PreLabels, 2)
	require.Equal(t, "dog", state.PreLabels[0].Name)
	require.JSONEq(t, `{"top": 1, "left": 2, "width": 3, "height": 4}`, string(state.PreLabels[0].Value))
	require.Zero(t, state.Twice)
}

func TestRelabelFlow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit  func(*labelbox.Options)
		id    string
		queue string
	}{
		"by global key":    {func(*labelbox.Options) {}, labelboxsandbox.RowKey(2), "Rework (all rejected)"},
		"by data row id":   {func(o *labelbox.Options) { o.IDType = "data_row_id" }, labelboxsandbox.RowID(2), "Rework (all rejected)"},
		"to another queue": {func(o *labelbox.Options) { o.Queue = "Initial review task" }, labelboxsandbox.RowKey(2), "Initial review task"},
		"by its queue's id": {
			func(o *labelbox.Options) { o.Queue = labelboxsandbox.LabelingQueueID },
			labelboxsandbox.RowKey(2), "Initial labeling task",
		},
	} {
		out, state := deliver(t, relabelOptions(c.edit), event(t, frame(c.id, "")))
		require.Equal(t, c.queue, state.DataRows[1].Queue, name)
		require.Equal(t, int32(5), state.DataRows[1].Priority, name)
		require.Equal(t, labelboxsandbox.RowID(2), out.Taken[export.ItemID(c.id)].ID, name)
	}
	_, state := deliver(t, relabelOptions(func(o *labelbox.Options) { o.Priority = "high" }), event(t, frame(labelboxsandbox.RowKey(2), "")))
	require.Equal(t, int32(1), state.DataRows[1].Priority)
}

// TestRelabelIDs: where the data row's id is, and frames without one or with one that another frame has.
func TestRelabelIDs(t *testing.T) {
	t.Parallel()
	element := func(frame, task, key string) string {
		return fmt.Sprintf(`{"element_type": "frame", "frame_id": %q, "element_id": %q, "frame_data": {"task_id": %q, "user__lb": %s}}`, frame, frame, task, key)
	}
	in := event(t, element("a", labelboxsandbox.RowKey(1), `"`+labelboxsandbox.RowKey(2)+`"`), element("b", "", "null"),
		element("c", labelboxsandbox.RowKey(1), `"nobody"`))
	out, state := deliver(t, relabelOptions(func(o *labelbox.Options) { o.IDs = "task" }), in)
	require.Equal(t, "Rework (all rejected)", state.DataRows[0].Queue)
	require.Equal(t, []string{"no task_id", `another frame of the export has the data row "frame-070001" too`}, reasons(out))
	out, state = deliver(t, relabelOptions(func(o *labelbox.Options) { o.IDs = "user__lb" }), in)
	require.Equal(t, "Rework (all rejected)", state.DataRows[1].Queue)
	require.Equal(t, []string{"no user__lb", "the vendor has no data row with the global key nobody"}, reasons(out))
}

// TestNothingIsMovedWithoutRows: what an empty selection means to the vendor is not known.
func TestNothingIsMovedWithoutRows(t *testing.T) {
	t.Parallel()
	out, state := deliver(t, relabelOptions(), event(t, frame("nobody", ""), frame("no one", "")))
	require.Len(t, out.Refused, 2)
	require.Empty(t, out.Taken)
	for _, s := range out.Steps {
		require.NotContains(t, s.ID, "move")
	}
	require.Equal(t, "Done", state.DataRows[0].Queue)
}

// TestLargeBatchesAreFilledInTheBackground: from 1,000 data rows on, also when the replies of the two calls are lost.
func TestLargeBatchesAreFilledInTheBackground(t *testing.T) {
	t.Parallel()
	in := event(t, images(1000)...)
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, batchOptions()), in)
	var state labelboxsandbox.State
	stand.ReadState(t, &state)
	require.Equal(t, labelboxsandbox.BatchState{
		ID: "cmbatch000000000000001001", Name: "i (labelgate 0123456789abcdef)", Priority: 3, Size: 1000,
	}, state.Batches[1])
	require.Len(t, out.Taken, 1000)
	require.Equal(t, out.Taken["f7"].ID, state.DataRows[len(state.DataRows)-993].ID)
	calls := 0
	for _, r := range stand.Server.Requests() {
		if r.Path != "/_gql" {
			continue
		}
		calls++
		lost := fmt.Sprintf("cut-after,after=%d", r.Number-1)
		again, held := deliver(t, batchOptions(), in, lost)
		require.Equal(t, state, held, lost)
		require.Equal(t, out.Taken, again.Taken, lost)
	}
	require.Equal(t, 2, calls)
}

// TestManyRowsGoInSeveralFiles: uploads and look-ups are of 5,000 rows, whose order is kept.
func TestManyRowsGoInSeveralFiles(t *testing.T) {
	t.Parallel()
	a, in := newAdapter(t, batchOptions(func(o *labelbox.Options) { o.PreLabels = false })), event(t, images(5001)...)
	next := func(results ...string) []string {
		for _, r := range results {
			id, value, _ := strings.Cut(r, " ")
			in.Results[id] = adapter.Result{Kept: map[string]string{"id": value, "url": value, "ids": value, "refused": "{}"}}
		}
		plan, err := adaptertest.Collect(a, in)
		require.NoError(t, err)
		var waits []string
		for _, s := range plan.Steps {
			if !in.Done(s.ID) {
				waits = append(waits, fmt.Sprint(s.ID, " ", strings.Count(s.Body, "images.example.com")+strings.Count(s.Body, "-f")))
			}
		}
		return waits
	}
	in.Results = map[string]adapter.Result{}
	require.Equal(t, []string{"upload/0001 10000", "upload/0002 2", "user 0"}, next())
	require.Equal(t, []string{"manifest 0"}, next("upload/0001 https://f/1", "upload/0002 https://f/2", "user u"))
	require.Equal(t, []string{"look-up/0001 5000", "look-up/0002 1"}, next("manifest https://f/3", "upsert t", "upserted", "refused/0001"))
	require.Equal(t, []string{"found/0001 0", "found/0002 0"}, next("look-up/0001 j1", "look-up/0002 j2"))
	require.Equal(t, []string{"found/0002 0"}, next("found/0001 "+strings.Repeat("r,", 4999)+"r"))
	require.Equal(t, []string{"processed/0001 0"}, next("found/0002 last"))
	require.Equal(t, []string{"empty-batch/0001 0"}, next("processed/0001"))
	require.Equal(t, []string{"fill/0001 0"}, next("empty-batch/0001 b"))
	require.Equal(t, []string{"filled/0001 0"}, next("fill/0001 t2"))
	plan, err := adaptertest.Collect(a, in)
	require.NoError(t, err)
	require.Len(t, plan.Steps, 1, "the event is not read again while the vendor is at work")
	require.Equal(t, []string{"held/0001 0"}, next("filled/0001"))
	plan, err = adaptertest.Collect(a, in)
	require.NoError(t, err)
	held := plan.Steps[len(plan.Steps)-1]
	require.Len(t, held.Items, 5001)
	require.Equal(t, export.ItemID("f5000"), held.Items[5000])
	require.Equal(t, "last", held.Refs[5000])
}

// TestUnreadableImagesAreFailedByName: the vendor says so when the batch is made.
func TestUnreadableImagesAreFailedByName(t *testing.T) {
	t.Parallel()
	out, state := deliver(t, batchOptions(), event(t, frame("a", "https://images.example.com/unreadable/a.jpg", box("l1", "dog")),
		frame("b", "https://images.example.com/b.jpg", box("l2", "dog"))))
	require.Contains(t, out.Failed["a"], "image cannot be read")
	require.Contains(t, out.Taken, export.ItemID("b"))
	require.NotContains(t, out.Taken, export.ItemID("a"))
	require.Len(t, state.PreLabels, 1, "pre-labels of a row that is not in the batch are not sent")
	require.Empty(t, out.Refused)
}

// TestRefusedPreLabelsAreToldByLabel: those that the ontology has no tool for.
func TestRefusedPreLabelsAreToldByLabel(t *testing.T) {
	t.Parallel()
	out, state := deliver(t, batchOptions(), event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "unicorn"), box("l2", "dog"))))
	require.Len(t, out.Refused, 1)
	require.Equal(t, adapter.Refusal{
		Index: 0, ElementID: "a", Item: "l1", Reason: `the vendor refused it as a pre-label: the ontology has no rectangle tool "unicorn"`,
	}, out.Refused[0])
	require.Equal(t, []labelboxsandbox.ImportState{{Name: "labelgate-" + adaptertest.Key + "-0001", State: "FINISHED", Lines: 2, Failed: 1}}, state.Imports)
}

// TestS3AddressesAreRefused: the vendor reads images by https.
func TestS3AddressesAreRefused(t *testing.T) {
	t.Parallel()
	out, _ := deliver(t, batchOptions(), event(t, frame("a", "s3://bucket/a.jpg"), frame("b", "https://images.example.com/b.jpg")))
	require.Equal(t, []string{"image_url begins with s3:; the vendor reads it by https"}, reasons(out))
	require.Len(t, out.Taken, 1)
}

// TestMasksAreSentByColour: where the option says which colour is what; also beside a class map.
func TestMasksAreSentByColour(t *testing.T) {
	t.Parallel()
	mask := `{"uuid": "m1", "label": "__mask", "label_type": "SEMANTIC_LABEL_URL_2D", "attributes": {"url": "https://images.example.com/m.png"}}`
	in := event(t, frame("a", "https://images.example.com/a.jpg", mask, box("l1", "hund")))
	out, state := deliver(t, batchOptions(func(o *labelbox.Options) {
		o.MaskColors, o.Classes = map[string]string{"#0a00ff": "ground"}, map[string]string{"hund": "dog"}
	}), in)
	require.Empty(t, out.Refused)
	require.Len(t, out.Notes, 1)
	require.Len(t, state.PreLabels, 2)
	require.Equal(t, "ground", state.PreLabels[0].Name)
	require.JSONEq(t, `{"instanceURI": "https://images.example.com/m.png", "colorRGB": [10, 0, 255]}`, string(state.PreLabels[0].Value))
	out, _ = deliver(t, batchOptions(), in)
	require.Contains(t, reasons(out)[0], "no form for labels of type SEMANTIC_LABEL_URL_2D")
}

// TestPreLabelsCanBeLeftOut: then labels are not looked at, and refuse nothing.
func TestPreLabelsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	out, state := deliver(t, batchOptions(func(o *labelbox.Options) { o.PreLabels = false }), sandboxtest.Event(t, "geometry-2d"))
	require.Empty(t, out.Refused)
	require.Empty(t, out.Notes)
	require.Empty(t, state.Imports)
	require.Len(t, out.Taken, 1)
}

// TestSecondTryFindsTheFirst: everything of an earlier try that was never recorded is found, and made no second time.
func TestSecondTryFindsTheFirst(t *testing.T) {
	t.Parallel()
	in := event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "dog")))
	stand := sandboxtest.Start(t, setup())
	first := stand.Deliver(t, newAdapter(t, batchOptions()), in)
	before, err := stand.State()
	require.NoError(t, err)
	again := stand.Deliver(t, newAdapter(t, batchOptions()), in)
	require.Equal(t, first.Taken, again.Taken)
	after, err := stand.State()
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

// TestFailuresAfterTheEffectMakeNoSecondOne: a 500 that comes after the work was done, at every call in turn; and calls that
// are answered 429 and 503.
func TestFailuresAfterTheEffectMakeNoSecondOne(t *testing.T) {
	t.Parallel()
	events := map[string]adapter.Input{
		"batch": event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "dog"))), "relabel": event(t, frame(labelboxsandbox.RowKey(1), "")),
	}
	for name, o := range map[string]*labelbox.Options{"batch": batchOptions(), "relabel": relabelOptions(func(o *labelbox.Options) { o.Priority = "low" })} {
		out, want := deliver(t, o, events[name])
		faults := []string{"503,after=2,times=2", "429,after=4,retry_after=1"}
		for n := range len(out.Steps) + 6 { // some are asked twice
			faults = append(faults, fmt.Sprintf("500-after,after=%d", n))
		}
		for _, fault := range faults {
			again, got := deliver(t, o, events[name], fault)
			require.Equal(t, want, got, "%s: %s", name, fault)
			require.Equal(t, out.Taken, again.Taken, "%s: %s", name, fault)
		}
	}
}

// TestAPreviewShowsTheDataRows: what can be known before the vendor has answered.
func TestAPreviewShowsTheDataRows(t *testing.T) {
	t.Parallel()
	plan, err := adaptertest.Collect(newAdapter(t, batchOptions()), sandboxtest.Event(t, "geometry-2d"))
	require.NoError(t, err)
	require.True(t, plan.More)
	require.Len(t, plan.Steps, 2)
	require.Contains(t, plan.Steps[0].Body, `"external_id":"frame-070051"`)
	require.Len(t, plan.Notes, 3)
	require.Len(t, plan.Refused, 4)
}

func reasons(out adaptertest.Outcome) []string {
	list := make([]string, len(out.Refused))
	for i, r := range out.Refused {
		list[i] = r.Reason
	}
	return list
}
