package segments_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// The attributes of a label of each type, as a source sends them.
func attributesOf(kind export.LabelType) map[string]any {
	at := func(x, y float64) any { return []any{x, y} }
	return map[export.LabelType]map[string]any{
		export.TypeBox:     {"left": 10.0, "top": 20.0, "width": 30.5, "height": 40.0},
		export.TypeSegment: {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0},
		export.TypePolygons: {"polygons": []any{
			map[string]any{"vertices": []any{at(0, 0), at(4, 0), at(4, 4), at(0, 0)}},
			map[string]any{"vertices": []any{at(6, 6), at(8, 6), at(7, 9)}},
		}},
		export.TypeKeypoints: {"keypoints": []any{
			map[string]any{"x": 1.0, "y": 2.0, "name": "nose"}, map[string]any{"x": 3.0, "y": 4.0},
		}},
		export.TypeClassification: {"light": "dim", "confidence": 0.5, "user__note": "x"},
	}[kind]
}

// labelOf delivers one label and returns what the vendor holds as the sample's label.
func labelOf(t *testing.T, o *segments.Options, l export.Label) (string, adaptertest.Outcome) {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, newAdapter(t, o), adaptertest.Elements(&export.Event{}, frame("f", "https://i.example.com/1.jpg", l)))
	text, err := json.Marshal(state(t, stand).Datasets[0].Samples[there].Label)
	require.NoError(t, err)
	return string(text), out
}

func TestEveryShape(t *testing.T) {
	t.Parallel()
	for kind, want := range map[export.LabelType]string{
		export.TypeBox:     `[{"id":1,"category_id":1,"type":"bbox","points":[[10,20],[40.5,60]],"attributes":{"label_id":"l"}}]`,
		export.TypeSegment: `[{"id":1,"category_id":1,"type":"polyline","points":[[1,2],[3,4]],"attributes":{"label_id":"l"}}]`,
		export.TypePolygons: `[{"id":1,"category_id":1,"type":"polygon","points":[[0,0],[4,0],[4,4]],"attributes":{"label_id":"l"}},
			{"id":2,"category_id":1,"type":"polygon","points":[[6,6],[8,6],[7,9]],"attributes":{"label_id":"l"}}]`,
		export.TypeKeypoints: `[{"id":1,"category_id":1,"type":"point","points":[[1,2]],"attributes":{"label_id":"l","keypoint":"nose"}},
			{"id":2,"category_id":1,"type":"point","points":[[3,4]],"attributes":{"label_id":"l"}}]`,
	} {
		got, out := labelOf(t, options("batch"), label("l", kind, attributesOf(kind)))
		require.JSONEq(t, `{"format_version":"0.1","annotations":`+want+`}`, got, kind)
		require.Empty(t, out.Refused, kind)
		require.Empty(t, out.Notes, kind)
	}
	scene := options("batch", func(o *segments.Options) { o.Global = "scene" })
	got, _ := labelOf(t, scene, label("l", export.TypeClassification, attributesOf(export.TypeClassification)))
	require.JSONEq(t, `{"format_version":"0.1","annotations":[],"image_attributes":{"scene":"dog","light":"dim"}}`, got)
}

func TestWhatHasNoShapeIsRefusedByName(t *testing.T) {
	t.Parallel()
	for kind, attributes := range map[export.LabelType]map[string]any{
		export.TypeClassification: attributesOf(export.TypeClassification),
		export.TypeSemanticMask:   {"url": "https://i.example.com/m.png"},
		export.TypeInstanceMask:   {"url": "https://i.example.com/m.png"},
		export.TypeToken:          {"index": 1.0, "token": "a"},
		"SPLINE_2D":               nil,
		export.TypeBox:            {"left": 1.0},
	} {
		got, out := labelOf(t, options("batch"), label("l", kind, attributes))
		require.Equal(t, "null", got, kind)
		require.Len(t, out.Refused, 1, kind)
		require.Equal(t, export.ItemID("l"), out.Refused[0].Item)
		require.Len(t, out.Taken, 1, "the image is sent without it")
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	mapped := func(unmapped string, classes map[string]string) *segments.Options {
		return options("batch", func(o *segments.Options) { o.Classes, o.Unmapped = classes, unmapped })
	}
	one := box("l")
	got, _ := labelOf(t, mapped("", map[string]string{"dog": "rabbit"}), one)
	require.Contains(t, got, `"category_id":3`)
	one.Class = "hound"
	_, out := labelOf(t, mapped("", nil), one)
	require.Equal(t, `the dataset has no category "hound"; it has cat, dog, ferret, hamster, leash, person, rabbit`, out.Refused[0].Reason)
	_, out = labelOf(t, mapped("skip", map[string]string{"dog": "dog"}), one)
	require.Empty(t, out.Refused)
	require.Contains(t, out.Notes[0].Text, "left out")
	out = sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, mapped("fail", map[string]string{"dog": "dog"})),
		adaptertest.Elements(&export.Event{}, frame("f", "https://i.example.com/1.jpg", one)))
	require.Empty(t, out.Steps, "the frame is refused whole")
	require.Equal(t, export.ItemID("f"), out.Refused[0].Item)
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	for kind, want := range map[export.LabelType]string{
		export.TypeBox:            `{"type":"location","location":{"type":"2d","x":25.25,"y":40}}`,
		export.TypeSegment:        `{"type":"location","location":{"type":"2d","x":2,"y":3}}`,
		export.TypeKeypoints:      `{"type":"location","location":{"type":"2d","x":2,"y":3}}`,
		export.TypeClassification: `null`,
		export.TypeSemanticMask:   `null`,
	} {
		stand := sandboxtest.Start(t, setup())
		l := label("l", kind, attributesOf(kind))
		crop := export.Element{ID: "l", FrameID: "frame-070001", Frame: &export.Frame{}, Crop: &l}
		stand.Deliver(t, newAdapter(t, options("relabel", func(o *segments.Options) { o.Anchor = true })), adaptertest.Elements(&export.Event{}, crop))
		issues := state(t, stand).Datasets[0].Issues
		require.Len(t, issues, 1)
		text, err := json.Marshal(issues[0].Anchor)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text), kind)
		require.Equal(t, "dog l\nlabelgate "+adaptertest.Key, issues[0].Description)
	}
}

// TestWhatIsNotSaidStays: a PATCH names what is set alone.
func TestWhatIsNotSaidStays(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(*segments.Options){
		`{"priority":0}`:              func(o *segments.Options) { o.Priority = "normal" },
		`{"priority":-10}`:            func(o *segments.Options) { o.Priority = "low" },
		`{"assigned_labeler":"ann"}`:  func(o *segments.Options) { o.Labeler = "ann" },
		`{"assigned_reviewer":"rev"}`: func(o *segments.Options) { o.Reviewer = "rev" },
	} {
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, options("relabel", edit)), adaptertest.Elements(&export.Event{}, frame("frame-070001", "")))
		require.Equal(t, "sample/0001", out.Steps[1].ID)
		require.JSONEq(t, want, out.Steps[1].Body)
		require.JSONEq(t, `{"label_status":"REJECTED"}`, out.Steps[2].Body)
	}
	out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, options("relabel", func(o *segments.Options) { o.Status = "UNLABELED" })),
		adaptertest.Elements(&export.Event{}, frame("frame-070001", "")))
	require.JSONEq(t, `{"label_status":"UNLABELED"}`, out.Steps[1].Body)
	require.Len(t, out.Steps, 3)
}
