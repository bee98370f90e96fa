package export_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
)

var hd = export.Size{Width: 1920, Height: 1080}

func TestScaled(t *testing.T) {
	t.Parallel()
	box := export.Box{Left: 192, Top: 108, Width: 960, Height: 540}
	require.Equal(t, export.Box{Left: 10, Top: 10, Width: 50, Height: 50}, box.Scaled(hd, 100))
	require.Equal(t, export.Box{Left: 0.1, Top: 0.1, Width: 0.5, Height: 0.5}, box.Scaled(hd, 1))
	require.Equal(t, export.Point{X: 50, Y: 25}, export.Point{X: 960, Y: 270}.Scaled(hd, 100))
	require.Equal(t, [4]export.Point{{X: 192, Y: 108}, {X: 1152, Y: 108}, {X: 1152, Y: 648}, {X: 192, Y: 648}}, box.Corners())
}

func TestClamp(t *testing.T) {
	t.Parallel()
	at := func(x, y float64) export.Point { return export.Point{X: x, Y: y} }
	ring := func(points ...export.Point) export.Polygons { return export.Polygons{Rings: [][]export.Point{points}} }
	for name, c := range map[string]struct {
		in, want    export.Geometry
		changed, ok bool
	}{
		"inside":           {export.Box{Left: 1, Top: 2, Width: 3, Height: 4}, export.Box{Left: 1, Top: 2, Width: 3, Height: 4}, false, true},
		"over a corner":    {export.Box{Left: 1900, Top: -4, Width: 60, Height: 40.5}, export.Box{Left: 1900, Top: 0, Width: 20, Height: 36.5}, true, true},
		"whole image":      {export.Box{Left: -5, Top: -5, Width: 9999, Height: 9999}, export.Box{Width: 1920, Height: 1080}, true, true},
		"outside":          {export.Box{Left: 2000, Top: 5, Width: 10, Height: 10}, export.Box{Left: 1920, Top: 5, Height: 10}, true, false},
		"flat, but inside": {export.Box{Left: 1, Top: 2, Width: 0, Height: 4}, export.Box{Left: 1, Top: 2, Width: 0, Height: 4}, false, true},
		"rounding is not clamping": {
			export.Box{Left: 1919.9, Top: 0, Width: 0.1 + 1e-9, Height: 4}, export.Box{Left: 1919.9, Top: 0, Width: 0.1 + 1e-9, Height: 4}, false, true,
		},
		"polygon inside":  {ring(at(1, 1), at(9, 1), at(9, 9)), ring(at(1, 1), at(9, 1), at(9, 9)), false, true},
		"polygon cut":     {ring(at(-10, 0), at(10, 0), at(10, 20), at(-10, 20)), ring(at(0, 0), at(10, 0), at(10, 20), at(0, 20)), true, true},
		"polygon outside": {ring(at(-10, -10), at(-1, -10), at(-1, -1)), export.Polygons{Rings: [][]export.Point{}}, true, false},
		"segment":         {export.Segment{From: at(-1, 5), To: at(2000, 5)}, export.Segment{From: at(0, 5), To: at(1920, 5)}, true, true},
		"segment outside": {export.Segment{From: at(-1, 5), To: at(-2, 5)}, export.Segment{From: at(0, 5), To: at(0, 5)}, true, false},
		"keypoints": {
			export.Keypoints{Points: []export.Keypoint{{Point: at(-1, 1081), Name: "nose"}}, Box: &export.Box{Left: -1, Width: 2, Height: 1}},
			export.Keypoints{Points: []export.Keypoint{{Point: at(0, 1080), Name: "nose"}}, Box: &export.Box{Width: 1, Height: 1}},
			true, true,
		},
		"classification": {export.Classification{}, export.Classification{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, changed, ok := export.Clamp(c.in, hd)
			require.Equal(t, c.changed, changed)
			require.Equal(t, c.ok, ok)
			if box, isBox := c.want.(export.Box); isBox {
				require.InDelta(t, box.Width, got.(export.Box).Width, 1e-9)
				require.InDelta(t, box.Left, got.(export.Box).Left, 1e-9)
				return
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	f := &export.Frame{Sensors: []export.Sensor{
		{ID: "lidar", CoordinateFrame: "world", URLs: map[string]string{"pcd_url": "p"}},
		{ID: "left", CoordinateFrame: "cam_left", URLs: map[string]string{"image_url": "l"}, Metadata: map[string]any{"width": 1920.0, "height": 1080.0}},
		{ID: "rear", CoordinateFrame: "cam_rear", URLs: map[string]string{"image_url": "r"}},
	}}
	image, ok := f.Image()
	require.True(t, ok)
	require.Equal(t, export.Image{URL: "l", Sensor: "left", CoordinateFrame: "cam_left", Size: hd}, image)
	require.True(t, image.Size.Known())
	for frame, want := range map[string]string{"left": "", "cam_left": "", "": "", "unheard": "", "rear": "rear", "cam_rear": "rear", "world": "lidar"} {
		require.Equal(t, want, f.Elsewhere(&export.Label{CoordinateFrame: frame}), frame)
	}
	_, ok = (&export.Frame{Sensors: f.Sensors[:1]}).Image()
	require.False(t, ok)
	var none *export.Frame
	_, ok = none.Image()
	require.False(t, ok)
}

func TestIDSource(t *testing.T) {
	t.Parallel()
	el := &export.Element{ID: "e", FrameID: "f", Frame: &export.Frame{TaskID: "t", Metadata: map[string]any{"user__row": "r1", "user__n": 7.0}}}
	l := &export.Label{ID: "l", Attributes: map[string]any{"user__row": "r2"}}
	for source, want := range map[export.IDSource]string{
		"label": "l", "frame": "f", "element": "e", "task": "t", "user__row": "r2", "user__n": "7", "user__none": "",
	} {
		require.NoError(t, source.Check())
		require.Equal(t, want, source.Of(el, l), string(source))
	}
	require.Equal(t, "r1", export.IDSource("user__row").Of(el, nil))
	require.Empty(t, export.IDSource("label").Of(el, nil))
	require.Empty(t, export.IDSource("task").Of(&export.Element{}, nil))
	require.Equal(t, "no task_id", export.IDSource("task").Lack())
	require.Equal(t, "no label uuid", export.IDSource("label").Lack())
	require.Equal(t, "no user__row", export.IDSource("user__row").Lack())
	for _, wrong := range []export.IDSource{"", "uuid", "user__", "metadata"} {
		require.ErrorContains(t, wrong.Check(), "use label, frame")
	}
	require.True(t, export.IDSource("user__x").Fields().Has(export.FieldFrame|export.FieldLabelDetails))
}

func TestClasses(t *testing.T) {
	t.Parallel()
	c := export.Classes{Map: map[string]string{"car": "vehicle.car", "van": "vehicle.car", "dog": "animal"}}
	name, ok, err := c.Of("car")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "vehicle.car", name)
	require.Equal(t, []string{"animal", "vehicle.car"}, c.Names())
	_, _, err = c.Of("cat")
	require.ErrorContains(t, err, `class "cat" is not in classes`)
	c.Unmapped = export.UnmappedSkip
	_, ok, err = c.Of("cat")
	require.NoError(t, err)
	require.False(t, ok)
	c.Unmapped = export.UnmappedKeep
	name, ok, err = c.Of("cat")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "cat", name)
	require.Equal(t, export.UnmappedKeep, export.Classes{}.Rule(), "without a map every class is the vendor's")
}
