package encord_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// label reads a label whose attributes are written as JSON.
func label(t *testing.T, id, class string, kind export.LabelType, attributes string) export.Label {
	t.Helper()
	l := export.Label{ID: id, Class: class, Type: string(kind)}
	require.NoError(t, json.Unmarshal([]byte(attributes), &l.Attributes))
	return l
}

// saved delivers one frame and returns its data unit as the stand-in has it then.
func saved(t *testing.T, el export.Element, edit ...func(*encord.Options)) (encordsandbox.StateUnit, adaptertest.Outcome) {
	t.Helper()
	stand := sandboxtest.Start(t, setup(t))
	a := newAdapter(t, append([]func(*encord.Options){inBatches, withLabels}, edit...)...)
	out := stand.Deliver(t, a, input(el))
	units := state(t, stand).Units
	return units[len(units)-1], out
}

func TestEachShape(t *testing.T) {
	t.Parallel()
	const url = "https://images.example.com/1.jpg"
	for name, c := range map[string]struct {
		label export.Label
		want  encordsandbox.Object
	}{
		"box": {
			label(t, "l", "rabbit", export.TypeBox, `{"left": 192, "top": 108, "width": 960, "height": 540, "confidence": 0.25}`),
			encordsandbox.Object{
				Name: "rabbit", Color: "#D33115", Shape: "bounding_box", Value: "rabbit", FeatureHash: "obj00001", Confidence: ptr(0.25),
				BoundingBox: &encordsandbox.Box{X: 0.1, Y: 0.1, W: 0.5, H: 0.5},
			},
		},
		"polygons": {
			label(t, "l", "dog", export.TypePolygons, `{"polygons": [{"vertices": [[0, 0], [1920, 0], [960, 540], [0, 0]]}, {"vertices": [[0, 1080], [192, 1080], [192, 108]]}]}`),
			encordsandbox.Object{
				Name: "dog", Color: "#FCDC00", Shape: "polygon", Value: "dog", FeatureHash: "obj00005", Confidence: ptr(1.0),
				Polygon:  map[string]encordsandbox.Point{"0": {}, "1": {X: 1}, "2": {X: 0.5, Y: 0.5}},
				Polygons: [][][]float64{{{0, 0, 1, 0, 0.5, 0.5}}, {{0, 1, 0.1, 1, 0.1, 0.1}}},
			},
		},
		"segment": {
			label(t, "l", "leash", export.TypeSegment, `{"x1": 0, "y1": 540, "x2": 1920, "y2": 1080, "confidence": 7}`),
			encordsandbox.Object{
				Name: "leash", Color: "#A4DD00", Shape: "polyline", Value: "leash", FeatureHash: "obj00007", Confidence: ptr(1.0),
				Polyline: map[string]encordsandbox.Point{"0": {Y: 0.5}, "1": {X: 1, Y: 1}},
			},
		},
		"keypoints, in their own order": {
			label(t, "l", "cat", export.TypeKeypoints, `{"keypoints": [{"x": 1920, "y": 0, "name": "tail"}, {"x": 960, "y": 540, "name": "nose"}]}`),
			encordsandbox.Object{
				Name: "cat", Color: "#DBDF00", Shape: "skeleton", Value: "cat", FeatureHash: "obj00006", Confidence: ptr(1.0),
				Skeleton: map[string]encordsandbox.Joint{
					"0": {X: 1, Name: "tail", FeatureHash: "ver00002"}, "1": {X: 0.5, Y: 0.5, Name: "nose", FeatureHash: "ver00001"},
				},
			},
		},
		"one keypoint": {
			label(t, "l", "nose", export.TypeKeypoints, `{"keypoints": [{"x": 480, "y": 270}]}`),
			encordsandbox.Object{
				Name: "nose", Color: "#73D8FF", Shape: "point", Value: "nose", FeatureHash: "obj00009", Confidence: ptr(1.0),
				Point: map[string]encordsandbox.Point{"0": {X: 0.25, Y: 0.25}},
			},
		},
	} {
		unit, out := saved(t, picture("f", url, c.label))
		require.Empty(t, out.Refused, name)
		require.Len(t, unit.Objects, 1, name)
		c.want.ObjectHash, c.want.ManualAnnotation = unit.Objects[0].ObjectHash, ptr(true)
		require.Equal(t, c.want, unit.Objects[0], name)
		require.Len(t, c.want.ObjectHash, 8)
	}
}

func ptr[T any](v T) *T { return &v }

func TestClassificationsAnswerQuestions(t *testing.T) {
	t.Parallel()
	const none = `{}`
	unit, out := saved(t, picture("f", "https://images.example.com/1.jpg",
		label(t, "l1", "out", export.TypeClassification, none), label(t, "l2", "indoor", export.TypeClassification, none),
		label(t, "l3", "snow", export.TypeClassification, `{"depth": 3}`), label(t, "l4", "x", export.TypeClassification3D, none),
	), func(o *encord.Options) { o.Classes, o.Unmapped = map[string]string{"out": "Setting/outdoor"}, "keep" })
	require.Len(t, unit.Classifications, 1)
	for hash, c := range unit.Classifications {
		require.Equal(t, hash, c.ClassificationHash)
		require.Equal(t, []encordsandbox.AnswerOption{{Name: "outdoor", Value: "outdoor", FeatureHash: "opt00002"}}, c.Classifications[0].Answers)
	}
	require.Empty(t, unit.Objects)
	require.ElementsMatch(t, []string{
		`0 l2: the classification "Setting" has an answer by another label already`,
		`0 l3: no classification of the ontology has the option "snow"`,
		`0 l4: the vendor has no form for labels of type CLASSIFICATION_3D`,
	}, reasons(out))
}

func TestWhatTheOntologyLacksIsRefusedByName(t *testing.T) {
	t.Parallel()
	unit, out := saved(t, picture("f", "https://images.example.com/1.jpg",
		label(t, "box", "leash", export.TypeBox, `{"left": 1, "top": 1, "width": 5, "height": 5}`),
		label(t, "flat", "dog", export.TypeBox, `{"left": 1, "top": 1, "width": 0, "height": 5}`),
		label(t, "out", "dog", export.TypeBox, `{"left": 2000, "top": 1, "width": 5, "height": 5}`),
		label(t, "joints", "cat", export.TypeKeypoints, `{"keypoints": [{"x": 1, "y": 1, "name": "nose"}, {"x": 1, "y": 1, "name": "paw"}]}`),
		label(t, "half", "cat", export.TypeKeypoints, `{"keypoints": [{"x": 1, "y": 1, "name": "nose"}]}`),
		label(t, "cube", "dog", export.TypeCuboid, `{"pos_x": 1, "pos_y": 1, "pos_z": 1, "dim_x": 1, "dim_y": 1, "dim_z": 1, "rot_x": 0, "rot_y": 0, "rot_z": 0, "rot_w": 1}`),
		label(t, "good", "dog", export.TypeBox, `{"left": 1, "top": 1, "width": 5, "height": 5}`),
	))
	require.Len(t, unit.Objects, 1)
	require.ElementsMatch(t, []string{
		`0 box: the ontology has no bounding_box "leash"`,
		`0 flat: is a box without an area`,
		`0 out: lies outside the image (1920x1080)`,
		`0 joints: the ontology has no skeleton "cat" with just the points nose, paw`,
		`0 half: the ontology has no skeleton "cat" with just the points nose`,
		`0 cube: the vendor has no form for labels of type CUBOID_3D`,
	}, reasons(out))
	require.Equal(t, map[export.ItemID]bool{"f": true}, map[export.ItemID]bool{"f": out.Taken["f"].ID != ""}, "the frame is sent all the same")
}

func TestAFrameWithNoLabelToDrawIsNotStarted(t *testing.T) {
	t.Parallel()
	unit, out := saved(t, picture("f", "https://images.example.com/1.jpg",
		label(t, "box", "leash", export.TypeBox, `{"left": 1, "top": 1, "width": 5, "height": 5}`)))
	require.Equal(t, []string{"upload/0001", "project", "ontology", "job/0001", "link/0001", "task/0001"}, stepIDs(out))
	require.Empty(t, unit.LabelHash)
}

func TestTheSizeIsEncordsWhereNothingElseTells(t *testing.T) {
	t.Parallel()
	el := picture("f", "https://images.example.com/1.jpg",
		label(t, "in", "dog", export.TypeBox, `{"left": 192, "top": 108, "width": 192, "height": 108}`),
		label(t, "over", "dog", export.TypeBox, `{"left": 1910, "top": 0, "width": 192, "height": 108}`),
		label(t, "out", "dog", export.TypeBox, `{"left": 1930, "top": 0, "width": 192, "height": 108}`))
	el.Frame.Sensors[0].Metadata = nil
	unit, out := saved(t, el) // the stand-in's images are 1920x1080
	require.Equal(t, []string{"0 out: lies outside the image (1920x1080)"}, reasons(out))
	require.Len(t, unit.Objects, 2)
	require.InDelta(t, 0.1, unit.Objects[0].BoundingBox.W, 1e-12)
	require.InDelta(t, 10.0/1920, unit.Objects[1].BoundingBox.W, 1e-12)
	require.Equal(t, []adapter.Note{{ElementID: "f", Item: "over", Text: "clamped to the image (1920x1080)"}}, out.Notes)

	unit, out = saved(t, el, func(o *encord.Options) { o.ImageSize = adapter.ImageSize{Width: 3840, Height: 2160} })
	require.Empty(t, out.Refused, "the option comes before Encord's word")
	require.Len(t, unit.Objects, 3)
	require.InDelta(t, 0.05, unit.Objects[0].BoundingBox.W, 1e-12)
}

func TestHashesAreThoseOfTheDelivery(t *testing.T) {
	t.Parallel()
	el := func() export.Element {
		box := `{"left": 1, "top": 1, "width": 5, "height": 5}`
		return picture("f", "https://images.example.com/1.jpg", label(t, "", "dog", export.TypeBox, box), label(t, "", "dog", export.TypeBox, box))
	}
	first, _ := saved(t, el())
	second, _ := saved(t, el())
	require.Equal(t, first.Objects, second.Objects, "equal in every try")
	require.NotEqual(t, first.Objects[0].ObjectHash, first.Objects[1].ObjectHash, "labels without an id are told apart")

	stand := sandboxtest.Start(t, setup(t))
	in := input(el())
	in.Key = "ffffffffffffffffffffffffffffffff"
	stand.Deliver(t, newAdapter(t, inBatches, withLabels), in)
	units := state(t, stand).Units
	require.NotEqual(t, first.Objects[0].ObjectHash, units[len(units)-1].Objects[0].ObjectHash, "others in another delivery")
}

func TestARowThatEncordDidNotStartLosesItsLabelsByName(t *testing.T) {
	t.Parallel()
	in := input(picture("a", "https://images.example.com/1.jpg", label(t, "l", "dog", export.TypeBox, `{"left": 1, "top": 1, "width": 5, "height": 5}`)))
	in.Results = map[string]adapter.Result{
		"upload/0001": {Kept: map[string]string{"job": someUUID, "last": "last"}},
		"project":     {Kept: map[string]string{"ontology": someUUID}},
		"ontology":    {Kept: map[string]string{"features": `{"objects": [{"name": "dog", "color": "#000", "shape": "bounding_box", "hash": "x"}]}`}},
		"job/0001":    {Kept: map[string]string{"items": `{"a": "` + someUUID + `"}`}},
		"link/0001":   {Kept: map[string]string{"data": dataHash}},
		"task/0001":   {Kept: map[string]string{"rows": dataHash + "|-|-"}},
		"start/0001":  {Kept: map[string]string{"facts": "[]"}},
	}
	plan, err := adaptertest.Collect(newAdapter(t, inBatches, withLabels), in)
	require.NoError(t, err)
	require.False(t, plan.More)
	require.Equal(t, "start/0001", plan.Steps[len(plan.Steps)-1].ID, "nothing is saved")
	require.Equal(t, []adapter.Refusal{{ElementID: "a", Reason: "labels left out: Encord has not started its label row"}}, plan.Refused)
}

// TestFactsOfRowsComeBack: rows of one call mostly share what must be said of them again, but need not.
func TestFactsOfRowsComeBack(t *testing.T) {
	t.Parallel()
	const (
		secondRow = "1abe1000-0000-4000-8000-000000000002"
		secondURL = "https://images.example.com/2.jpg"
	)
	box := `{"left": 192, "top": 108, "width": 192, "height": 108}`
	in := input(
		picture("a", "https://images.example.com/1.jpg", label(t, "l1", "dog", export.TypeBox, box)),
		picture("b", secondURL, label(t, "l2", "dog", export.TypeBox, box)))
	a := newAdapter(t, inBatches, withLabels)
	started := a.Judge(legacyStep("start/0001", adapter.RepeatCheckFirst, dataHash, otherData), adapter.Response{Status: 200, Check: true, Body: []byte(legacy(200, `[
		{"label_hash": "`+rowHash+`", "branch_name": "main", "created_at": "2026-11-24 00:22:10", "last_edited_at": "2026-11-24T00:22:11+00:00",
		 "data_hash": "`+dataHash+`", "dataset_hash": "`+dataset+`", "dataset_title": "D", "data_title": "a", "data_link": null, "label_status": "LABEL_IN_PROGRESS",
		 "annotation_task_status": "QUEUED", "is_shadow_data": true, "file_type": "image/png", "width": 10, "height": 20},
		{"label_hash": "`+secondRow+`", "branch_name": "main", "created_at": "Tue, 24 Nov 2026 00:22:10 GMT", "last_edited_at": null,
		 "data_hash": "`+otherData+`", "dataset_hash": "`+dataset+`", "dataset_title": "D", "data_title": "b", "data_link": "`+secondURL+`", "label_status": "NEW_STATUS",
		 "annotation_task_status": null, "is_shadow_data": false, "file_type": null, "width": null, "height": null}]`, ""))})
	require.Equal(t, adapter.Done, started.Kind)
	in.Results = map[string]adapter.Result{
		"upload/0001": {Kept: map[string]string{"job": someUUID, "last": "last"}},
		"project":     {Kept: map[string]string{"ontology": someUUID}},
		"ontology":    {Kept: map[string]string{"features": `{"objects": [{"name": "dog", "color": "#000", "shape": "bounding_box", "hash": "x"}]}`}},
		"job/0001":    {Kept: map[string]string{"items": `{"a": "` + someUUID + `", "b": "` + project + `"}`}},
		"link/0001":   {Kept: map[string]string{"data": dataHash + " " + otherData}},
		"task/0001":   {Kept: map[string]string{"rows": dataHash + "|-|- " + otherData + "|-|-"}},
		"start/0001":  {Kept: started.Kept},
	}
	plan, err := adaptertest.Collect(a, in)
	require.NoError(t, err)
	var save struct {
		Values struct {
			UID     []string
			Payload struct{ Labels []map[string]any }
		}
	}
	last := plan.Steps[len(plan.Steps)-1]
	require.Equal(t, "save/0001", last.ID)
	require.NoError(t, json.Unmarshal([]byte(last.Body), &save))
	require.Equal(t, []string{rowHash, secondRow}, save.Values.UID)
	for i, want := range []map[string]any{
		{
			"created_at": "Tue, 24 Nov 2026 00:22:10 UTC", "last_edited_at": "Tue, 24 Nov 2026 00:22:11 UTC", "annotation_task_status": "QUEUED",
			"is_shadow_data": true, "label_status": "LABEL_IN_PROGRESS", "data_title": "a",
		},
		{
			"created_at": "Tue, 24 Nov 2026 00:22:10 UTC", "last_edited_at": nil, "annotation_task_status": nil, "is_shadow_data": false,
			"label_status": "NEW_STATUS", "data_title": "b",
		},
	} {
		for name, value := range want {
			require.Equal(t, value, save.Values.Payload.Labels[i][name], name)
		}
	}
	unit := save.Values.Payload.Labels[0]["data_units"].(map[string]any)[dataHash].(map[string]any)
	require.Equal(t, []any{nil, "image/png", 10.0, 20.0}, []any{unit["data_link"], unit["data_type"], unit["width"], unit["height"]})
}
