package export_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
)

// label reads a label's attributes as a decoder does: numbers as they were written.
func label(t *testing.T, kind, attributes string) *export.Label {
	t.Helper()
	l := &export.Label{ID: "m1_2", Type: kind}
	d := json.NewDecoder(strings.NewReader(attributes))
	d.UseNumber()
	require.NoError(t, d.Decode(&l.Attributes))
	return l
}

func TestGeometry(t *testing.T) {
	t.Parallel()
	square := []export.Point{{X: 1, Y: 1}, {X: 3, Y: 1}, {X: 3, Y: 3}}
	for name, c := range map[string]struct {
		kind       export.LabelType
		attributes string
		want       export.Geometry
	}{
		"box": {
			export.TypeBox, `{"left": 1.5, "top": -2, "width": 3e1, "height": 4, "iscrowd": true}`,
			export.Box{Left: 1.5, Top: -2, Width: 30, Height: 4},
		},
		"polygons; a closed ring is not repeated": {
			export.TypePolygons, `{"polygons": [{"vertices": [[1,1],[3,1],[3,3]]}, {"vertices": [[1,1],[3,1],[3,3],[1,1]]}], "center": [2,2]}`,
			export.Polygons{Rings: [][]export.Point{square, square}},
		},
		"segment": {export.TypeSegment, `{"x1": 0, "y1": 1, "x2": 2, "y2": 3.5}`, export.Segment{To: export.Point{X: 2, Y: 3.5}, From: export.Point{Y: 1}}},
		"keypoints alone": {
			export.TypeKeypoints, `{"keypoints": [{"x": 1, "y": 2, "name": "nose"}, {"x": 3, "y": 4}]}`,
			export.Keypoints{Points: []export.Keypoint{{Point: export.Point{X: 1, Y: 2}, Name: "nose"}, {Point: export.Point{X: 3, Y: 4}}}},
		},
		"keypoints with box and outline": {
			export.TypeKeypoints, `{"keypoints": [{"x": 1, "y": 2}], "left": 0, "top": 0, "width": 5, "height": 6, "polygons": [{"vertices": [[1,1],[3,1],[3,3]]}]}`,
			export.Keypoints{Points: []export.Keypoint{{Point: export.Point{X: 1, Y: 2}}}, Box: &export.Box{Width: 5, Height: 6}, Rings: [][]export.Point{square}},
		},
		"classification; metadata and confidence are no answers": {
			export.TypeClassification, `{"light": "dim", "count": 2, "confidence": 0.5, "user__a": 1, "derived__b": 2}`,
			export.Classification{Secondary: map[string]any{"light": "dim", "count": json.Number("2")}},
		},
		"classification of a scene": {export.TypeClassification3D, `{}`, export.Classification{ThreeD: true}},
		"semantic mask":             {export.TypeSemanticMask, `{"url": "u", "resize_mode": "fill"}`, export.Mask{URL: "u", ResizeMode: "fill"}},
		"instance mask":             {export.TypeInstanceMask, `{"url": "u"}`, export.Mask{URL: "u", Instances: true}},
		"instance":                  {export.TypeMaskInstance, `{"id": 2}`, export.MaskInstance{Number: 2, Mask: "m1"}},
		"cuboid": {
			export.TypeCuboid, `{"pos_x":1,"pos_y":2,"pos_z":3,"dim_x":4,"dim_y":5,"dim_z":6,"rot_x":0,"rot_y":0,"rot_z":0.38,"rot_w":0.92}`,
			export.Cuboid{X: 1, Y: 2, Z: 3, SizeX: 4, SizeY: 5, SizeZ: 6, RotZ: 0.38, RotW: 0.92},
		},
		"token":         {export.TypeToken, `{"index": 4, "token": "cat"}`, export.Token{Index: 4, Text: "cat", Visible: true}},
		"hidden token":  {export.TypeToken, `{"index": 4, "token": "", "visible": false}`, export.Token{Index: 4}},
		"whole numbers": {export.TypeBox, `{"left": 9007199254740993, "top": 0, "width": 1, "height": 1}`, export.Box{Left: 9007199254740992, Width: 1, Height: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := label(t, string(c.kind), c.attributes).Geometry()
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, c.kind, got.Type())
		})
	}
}

func TestGeometryMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, attributes, says string }{
		{"", `{}`, "no label_type"},
		{"BLOB_2D", `{}`, `unknown label type "BLOB_2D"`},
		{"BBOX_2D", `{"left": 1, "top": 2, "width": 3}`, "no attributes.height"},
		{"BBOX_2D", `{"left": 1, "top": 2, "width": null, "height": 1}`, "no attributes.width"},
		{"BBOX_2D", `{"left": "1", "top": 2, "width": 3, "height": 1}`, "attributes.left is not a number"},
		{"BBOX_2D", `{"left": 1e999, "top": 2, "width": 3, "height": 1}`, "attributes.left is not a number"},
		{"BBOX_2D", `{"left": 1, "top": 2, "width": -3, "height": 1}`, "is negative"},
		{"POLYGON_LIST_2D", `{}`, "no attributes.polygons"},
		{"POLYGON_LIST_2D", `{"polygons": [7]}`, "attributes.polygons[0].vertices: is not a list"},
		{"POLYGON_LIST_2D", `{"polygons": [{"vertices": [[1,1],[2,2]]}]}`, "fewer than three points"},
		{"POLYGON_LIST_2D", `{"polygons": [{"vertices": [[1,1],[2,2],[3]]}]}`, "[2] is not a pair"},
		{"POLYGON_LIST_2D", `{"polygons": [{"vertices": [[1,1],[2,2],["3",4]]}]}`, "[2] is not a pair"},
		{"KEYPOINTS_2D", `{"keypoints": []}`, "no attributes.keypoints"},
		{"KEYPOINTS_2D", `{"keypoints": [{"x": 1}]}`, "attributes.keypoints[0] has no x and y"},
		{"LINE_SEGMENT_2D", `{"x1": 1, "y1": 1, "x2": 1}`, "no attributes.y2"},
		{"SEMANTIC_LABEL_URL_2D", `{}`, "no attributes.url"},
		{"INSTANCE_LABEL_2D", `{}`, "no attributes.id"},
		{"CUBOID_3D", `{"pos_x": 1}`, "no attributes.pos_y"},
		{"TEXT_TOKEN", `{"index": 1}`, "no attributes.token"},
	} {
		_, err := label(t, c.kind, c.attributes).Geometry()
		require.ErrorContains(t, err, c.says, "%s %s", c.kind, c.attributes)
	}
}

func TestOwnMetadata(t *testing.T) {
	t.Parallel()
	l := label(t, "BBOX_2D", `{"user__colour": "brown", "left": 1, "confidence": 0.25}`)
	require.Equal(t, map[string]any{"colour": "brown"}, l.User())
	confidence, ok := l.Confidence()
	require.True(t, ok)
	require.InDelta(t, 0.25, confidence, 0)
	_, ok = label(t, "BBOX_2D", `{"confidence": "high"}`).Confidence()
	require.False(t, ok)
	require.Nil(t, (&export.Frame{Metadata: map[string]any{"other": 1}}).User())
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{"a": "a", "9007199254740993": json.Number("9007199254740993"), "true": true, "1.5": 1.5} {
		got, ok := export.Text(value)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	for _, value := range []any{nil, []any{}, map[string]any{}} {
		_, ok := export.Text(value)
		require.False(t, ok)
	}
}
