package kili_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// known is an event of assets that the stand-in has from the start: two that are labelled, one that cannot be written, one
// that still is to be labelled, and two that it does not have.
func known() adapter.Input {
	event := &export.Event{Type: "issue-exported", Project: "rarepets", Issue: export.Issue{Name: "missed boxes", Dataset: "train"}}
	return adaptertest.Elements(event,
		frame("frame-070001", "casset000001"), frame("frame-070011", "casset000007"), frame("busy-1", "casset000013"),
		frame("todo-1", "casset000015"), frame("nowhere", "cnowhere"), frame("", ""),
	)
}

func frame(id, kiliID string) export.Element {
	f := export.Frame{Metadata: map[string]any{"user__kili": kiliID}, Sensors: []export.Sensor{picture(id)}}
	return export.Element{ID: "el-" + id, Type: export.ElementFrame, FrameID: id, Frame: &f}
}

func picture(id string) export.Sensor {
	return export.Sensor{
		ID: "cam", URLs: map[string]string{"image_url": "https://images.example.com/new/" + id + ".jpg"},
		Metadata: map[string]any{"width": json.Number("200"), "height": json.Number("100")},
	}
}

func state(t *testing.T, stand *sandboxtest.Stand) (kilisandbox.State, map[string]kilisandbox.AssetState) {
	t.Helper()
	var s kilisandbox.State
	stand.ReadState(t, &s)
	assets := map[string]kilisandbox.AssetState{}
	for _, a := range s.Projects[0].Assets {
		assets[a.ExternalID] = a
	}
	return s, assets
}

func TestRelabelSaysOfEachAssetWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, relabel, func(o *kili.Options) { o.Priority = "high" }), known())
	require.Equal(t, map[export.ItemID]adapter.Receipt{"frame-070001": {ID: "casset000001"}, "frame-070011": {ID: "casset000007"}}, out.Taken)
	require.Equal(t, map[export.ItemID]string{
		"busy-1": "kili could not send it back: the asset is locked by another write",
		"todo-1": "kili declined it: it still is to be labelled, or was skipped",
	}, out.Failed)
	require.ElementsMatch(t, []adapter.Refusal{
		{Index: 4, ElementID: "el-nowhere", Item: "nowhere", Reason: `kili has no asset with external_id "nowhere" in the project`},
		{Index: 5, ElementID: "el-", Reason: "no frame_id"},
	}, out.Refused)
	_, assets := state(t, stand)
	require.Equal(t, "ONGOING", assets["frame-070001"].Status)
	require.Equal(t, int32(1), assets["frame-070001"].Priority)
	require.Equal(t, 1, assets["frame-070011"].SentBack)
	require.Equal(t, int32(0), assets["todo-1"].Priority)
	require.Equal(t, "LABELED", assets["frame-070002"].Status, "nobody named it")
}

func TestAnEmptySelectionIsNeverSent(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	event := &export.Event{Issue: export.Issue{Name: "i"}}
	out := stand.Deliver(t, newAdapter(t, relabel), adaptertest.Elements(event, frame("nowhere", "x"), frame("", "")))
	require.Len(t, out.Steps, 1, "the look-up alone: %v", out.Steps)
	require.Len(t, out.Refused, 2)
	out = stand.Deliver(t, newAdapter(t), adaptertest.Elements(event))
	require.Empty(t, out.Steps)
}

func TestOneAssetByTwoFramesIsSentOnce(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	event := &export.Event{Issue: export.Issue{Name: "i"}}
	a := newAdapter(t, relabel, func(o *kili.Options) { o.IDs, o.By = "user__kili", "asset_id" })
	out := stand.Deliver(t, a, adaptertest.Elements(event, frame("one", "casset000001"), frame("two", "casset000001")))
	require.Contains(t, out.Taken, export.ItemID("one"))
	require.Len(t, out.Refused, 1)
	require.Equal(t, `is the same asset "casset000001" as frame "one", which is sent`, out.Refused[0].Reason)
}

// many is an event of frames with a box each.
func many(count int) adapter.Input {
	event := &export.Event{Project: "p", Issue: export.Issue{Name: "many"}}
	var frames []export.Element
	for n := range count {
		f := frame(fmt.Sprintf("f%04d", n), "")
		f.Frame.Labels = []export.Label{box(fmt.Sprint("l", n), "dog")}
		frames = append(frames, f)
	}
	return adaptertest.Elements(event, frames...)
}

// TestAStoppedDeliveryGoesOn stops a delivery of more than one look-up after every step: the next one is the one that would
// have come, and the same call.
func TestAStoppedDeliveryGoesOn(t *testing.T) {
	t.Parallel()
	a, in := newAdapter(t, withJobs), many(1050)
	out := sandboxtest.Start(t, setup()).Deliver(t, a, in)
	in.Results = map[string]adapter.Result{}
	for _, want := range out.Steps {
		plan, err := adaptertest.Collect(a, in)
		require.NoError(t, err)
		at := slices.IndexFunc(plan.Steps, func(s adaptertest.Step) bool { return !in.Done(s.ID) })
		require.GreaterOrEqual(t, at, 0)
		require.Equal(t, want.ID, plan.Steps[at].ID)
		require.Equal(t, want.Body, plan.Steps[at].Body)
		in.Results[want.ID] = out.Results[want.ID]
	}
}

func TestManyAssetsGoInHundreds(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, withJobs), many(1050))
	require.Len(t, out.Taken, 1050)
	made := map[string]int{}
	for _, s := range out.Steps {
		made[s.ID[:len(s.ID)-len("/0001")]]++
	}
	require.Equal(t, map[string]int{"existing": 2, "assets": 11, "predictions": 11, "priority": 11}, made)
	s, assets := state(t, stand)
	require.Len(t, assets, 1050+8)
	require.Zero(t, s.Twice)
	one := assets[adaptertest.Key+"-f1049"]
	require.Len(t, one.Labels, 1)
	require.Equal(t, int32(1), one.Priority)
	require.Equal(t, out.Taken["f1049"].ID, one.ID)
}

func box(id, class string) export.Label {
	return export.Label{ID: id, Class: class, Type: string(export.TypeBox), Attributes: map[string]any{
		"left": json.Number("20"), "top": json.Number("10"), "width": json.Number("50"), "height": json.Number("40"), "confidence": json.Number("0.876"),
	}}
}

func TestPredictionsAreFractionsOfTheImage(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	f := frame("f1", "")
	f.Frame.Labels = []export.Label{box("u1", "Dog")}
	event := &export.Event{Project: "p", Issue: export.Issue{Name: "an <issue>", Dataset: "train"}}
	a := newAdapter(t, withJobs, func(o *kili.Options) { o.Classes = map[string]string{"Dog": "dog"} })
	stand.Deliver(t, a, adaptertest.Elements(event, f))
	_, assets := state(t, stand)
	one := assets[adaptertest.Key+"-f1"]
	require.JSONEq(t, `{"frame_id": "f1", "dataset": "train", "issue": "an <issue>", "labelgate_delivery": "`+adaptertest.Key+`"}`, string(one.Metadata))
	require.Equal(t, "labelgate", one.Labels[0].Model)
	require.JSONEq(t, `{"BOXES": {"annotations": [{
		"mid": "u1", "type": "rectangle", "categories": [{"name": "dog", "confidence": 88}], "children": {},
		"boundingPoly": [{"normalizedVertices": [{"x": 0.1, "y": 0.5}, {"x": 0.1, "y": 0.1}, {"x": 0.35, "y": 0.1}, {"x": 0.35, "y": 0.5}]}]
	}]}}`, string(one.Labels[0].Response))
}

func TestWithoutASizeThereAreNoFractions(t *testing.T) {
	t.Parallel()
	bare := frame("f1", "")
	bare.Frame.Sensors[0].Metadata = nil
	bare.Frame.Labels = []export.Label{box("u1", "dog")}
	event := &export.Event{Issue: export.Issue{Name: "i"}}
	out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, withJobs), adaptertest.Elements(event, bare))
	require.Empty(t, out.Steps)
	require.Contains(t, out.Refused[0].Reason, "no image size")

	sized := newAdapter(t, withJobs, func(o *kili.Options) { o.ImageSize = adapter.ImageSize{Width: 200, Height: 100} })
	out = sandboxtest.Start(t, setup()).Deliver(t, sized, adaptertest.Elements(event, bare))
	require.Empty(t, out.Refused)
	require.Len(t, out.Taken, 1)
}

func TestLabelsWithoutAJobAreRefusedByName(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, func(o *kili.Options) { o.Jobs.Box = "BOXES" })
	out := sandboxtest.Start(t, setup()).Deliver(t, a, sandboxtest.Event(t, "geometry-2d"))
	reasons := map[string]int{}
	for _, r := range out.Refused {
		require.NotEmpty(t, r.ElementID)
		require.NotEmpty(t, r.Item)
		reasons[r.Reason]++
	}
	for _, kind := range []string{"polygon", "line", "point", "class"} {
		require.Equal(t, 1, reasons["no job takes it: the option jobs."+kind+" is not set"], reasons)
	}
	require.Len(t, out.Taken, 1)
}
