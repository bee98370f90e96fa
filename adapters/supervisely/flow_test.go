package supervisely_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// known is an event of images that the stand-in has from the start: one by its name, one by its name without the extension;
// and of one that it does not have, and one without an id.
func known() adapter.Input {
	event := &export.Event{Type: "issue-exported", Project: "rarepets", Issue: export.Issue{Name: "missed boxes", Dataset: "train"}}
	return adaptertest.Elements(event,
		frame("frame-070001", "1001"), frame("frame-070011.jpg", "1004"), frame("nowhere", "98765"), frame("", ""),
	)
}

func frame(id, image string) export.Element {
	f := export.Frame{
		Metadata: map[string]any{"user__image": image}, ImageURL: "https://images.example.com/new/" + strings.TrimSuffix(id, ".jpg") + ".jpg?w=1",
	}
	f.Sensors = []export.Sensor{{
		ID: "cam", URLs: map[string]string{"image_url": f.ImageURL}, Metadata: map[string]any{"width": json.Number("200"), "height": json.Number("100")},
	}}
	return export.Element{ID: "el-" + id, Type: export.ElementFrame, FrameID: id, Frame: &f}
}

func box(id, class string) export.Label {
	return export.Label{ID: id, Class: class, Type: string(export.TypeBox), Attributes: map[string]any{
		"left": json.Number("20.5"), "top": json.Number("10"), "width": json.Number("50"), "height": json.Number("40"),
	}}
}

// many is an event of frames; every third has nothing drawn on it.
func many(count int) adapter.Input {
	event := &export.Event{Project: "p", Issue: export.Issue{Name: "many"}}
	var frames []export.Element
	for n := range count {
		f := frame(fmt.Sprintf("f%04d", n), "")
		if n%3 > 0 {
			f.Frame.Labels = []export.Label{box(fmt.Sprint("l", n), "dog")}
		}
		frames = append(frames, f)
	}
	return adaptertest.Elements(event, frames...)
}

func state(t *testing.T, stand *sandboxtest.Stand) (s superviselysandbox.State, images map[string]superviselysandbox.ImageState) {
	t.Helper()
	stand.ReadState(t, &s)
	images = map[string]superviselysandbox.ImageState{}
	for _, i := range s.Images {
		images[i.Name] = i
	}
	return s, images
}

func TestRelabelRestartsTheJobWithWhatWasRejected(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, relabel), known())
	require.Equal(t, map[export.ItemID]adapter.Receipt{
		"frame-070001":     {ID: "1001", Link: "/app/images/4/3/5/7#image-1001"},
		"frame-070011.jpg": {ID: "1004", Link: "/app/images/4/3/5/7#image-1004"},
	}, out.Taken)
	require.ElementsMatch(t, []adapter.Refusal{
		{Index: 2, ElementID: "el-nowhere", Item: "nowhere", Reason: `the dataset has no image "nowhere" or "nowhere.jpg"`},
		{Index: 3, ElementID: "el-", Reason: "no frame_id"},
	}, out.Refused)
	s, _ := state(t, stand)
	require.Len(t, s.Jobs, 2)
	require.Equal(t, "completed", s.Jobs[0].Status)
	again := s.Jobs[1]
	require.Equal(t, "missed boxes (labelgate "+adaptertest.Key+")", again.Name)
	require.Equal(t, []int{labeler, reviewer}, []int{again.Labeler, again.Reviewer}, "the same people as before")
	require.Len(t, again.Entities, 2)
}

func TestRelabelByID(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a := newAdapter(t, relabel, func(o *supervisely.Options) {
		o.IDs, o.By, o.Complete, o.Labelers, o.Reviewer = "user__image", "id", false, []int{reviewer}, labeler
	})
	out := stand.Deliver(t, a, adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}},
		frame("a", "1002"), frame("b", "1002"), frame("c", "98765"), frame("d", "first"), frame("e", "")))
	require.Len(t, out.Taken, 1)
	require.Contains(t, out.Failed["c"], "Entity with id 98765 is not found")
	reasons := map[export.ItemID]string{}
	for _, r := range out.Refused {
		reasons[r.Item] = r.Reason
	}
	require.Equal(t, map[export.ItemID]string{
		"b": `is the same image 1002 as frame "a", which is sent`, "d": `user__image "first" is no id of Supervisely`, "e": "no user__image",
	}, reasons)
	s, _ := state(t, stand)
	require.Equal(t, "on_review", s.Jobs[0].Status)
	require.Equal(t, []int{reviewer, labeler}, []int{s.Jobs[1].Labeler, s.Jobs[1].Reviewer})
}

func TestAJobIsNeverRestartedForNothing(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	event := &export.Event{Issue: export.Issue{Name: "i"}}
	out := stand.Deliver(t, newAdapter(t, relabel), adaptertest.Elements(event, frame("nowhere", "")))
	require.Len(t, out.Steps, 2, "the look-ups alone")
	out = stand.Deliver(t, newAdapter(t, relabel), adaptertest.Elements(event, frame("", "")))
	require.Empty(t, out.Steps)
	out = stand.Deliver(t, newAdapter(t, withJob), adaptertest.Elements(event, frame("", "")))
	require.Empty(t, out.Steps)
	s, _ := state(t, stand)
	require.Len(t, s.Jobs, 1)
}

func TestManyImagesGoInFifties(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a, in := newAdapter(t, withJob), many(160)
	out := stand.Deliver(t, a, in)
	require.Len(t, out.Taken, 160)
	made := map[string]int{}
	for _, s := range out.Steps {
		name, _, _ := strings.Cut(s.ID, "/")
		made[name]++
	}
	require.Equal(t, map[string]int{"dataset": 1, "images": 4, "annotations": 3, "there": 1, "new-job": 1}, made)
	s, images := state(t, stand)
	require.Zero(t, s.Twice)
	require.Len(t, s.Jobs[1].Entities, 160)
	one := images[adaptertest.Key+"-f0001.jpg"]
	require.Equal(t, fmt.Sprint(one.ID), out.Taken["f0001"].ID)
	require.Len(t, one.Annotation.Objects, 1)

	in.Results = map[string]adapter.Result{} // stopped after every step, it goes on with the next
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

// TestPixelsAreLengthsFromTheCorner: nothing is added to them, as the client would add to the numbers of whole pixels.
func TestPixelsAreLengthsFromTheCorner(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	f := frame("f1", "")
	f.Frame.Labels = []export.Label{box("u1", "Dog")}
	event := &export.Event{Project: "p", Issue: export.Issue{Name: "an <issue>", Dataset: "train"}}
	a := newAdapter(t, func(o *supervisely.Options) { o.Classes = map[string]string{"Dog": "dog"} })
	stand.Deliver(t, a, adaptertest.Elements(event, f))
	_, images := state(t, stand)
	one := images[adaptertest.Key+"-f1.jpg"]
	require.JSONEq(t, `{"frame_id": "f1", "dataset": "train", "issue": "an <issue>", "labelgate_delivery": "`+adaptertest.Key+`"}`, string(one.Meta))
	drawn, err := json.Marshal(one.Annotation)
	require.NoError(t, err)
	require.JSONEq(t, `{"description": "", "size": {"width": 200, "height": 100}, "tags": [], "objects": [{
		"classTitle": "dog", "geometryType": "rectangle", "points": {"exterior": [[20.5, 10], [70.5, 50]], "interior": []}, "tags": []
	}]}`, string(drawn))
}

func TestWithoutASizeNothingIsDrawn(t *testing.T) {
	t.Parallel()
	event := &export.Event{Issue: export.Issue{Name: "i"}}
	for _, label := range []export.Label{box("u1", "dog"), {ID: "u2", Class: "dog", Type: string(export.TypeClassification)}} {
		f := frame("f1", "")
		f.Frame.Sensors[0].Metadata = nil
		f.Frame.Labels = []export.Label{label}
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t), adaptertest.Elements(event, f))
		require.Empty(t, out.Steps)
		require.Contains(t, out.Refused[0].Reason, "no image size")
		sized := newAdapter(t, func(o *supervisely.Options) { o.ImageSize = adapter.ImageSize{Width: 200, Height: 100} })
		require.Len(t, sandboxtest.Start(t, setup()).Deliver(t, sized, adaptertest.Elements(event, f)).Taken, 1)
	}
}
