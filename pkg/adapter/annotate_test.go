package adapter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

func box(id, class string, left float64) export.Label {
	return export.Label{ID: id, Class: class, Type: "BBOX_2D", CoordinateFrame: "cam", Attributes: map[string]any{
		"left": left, "top": 1.0, "width": 10.0, "height": 10.0,
	}}
}

// picture is a frame of 100 x 100 pixels.
func picture(labels ...export.Label) export.Element {
	return export.Element{ID: "e1", FrameID: "f1", Type: export.ElementFrame, Frame: &export.Frame{
		Labels: labels,
		Sensors: []export.Sensor{
			{ID: "cam", URLs: map[string]string{"image_url": "https://images.example/1.jpg"}, Metadata: map[string]any{"width": 100.0, "height": 100.0}},
			{ID: "rear", URLs: map[string]string{"image_url": "https://images.example/2.jpg"}},
		},
	}}
}

// prepare makes the frames of an issue ready and returns the annotations, with all that was said.
func prepare(t *testing.T, a adapter.Annotator, elements ...export.Element) (ready []adapter.Prepared, said adaptertest.Plan) {
	t.Helper()
	err := adapter.EachSubject(adaptertest.Elements(&export.Event{}, elements...), &said, adapter.AnnotationFields, func(s *export.Subject) error {
		p, ok, err := a.Prepare(s, &said)
		if ok {
			ready = append(ready, p)
		}
		return err
	})
	require.NoError(t, err)
	return ready, said
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	a := adapter.Annotating{Classes: map[string]string{"dog": "animal.dog"}, Unmapped: "skip"}.Annotator(export.TypeBox, export.TypeClassification)
	rear := box("on rear", "dog", 1)
	rear.CoordinateFrame = "rear"
	ready, said := prepare(t, a, picture(
		box("good", "dog", 5), box("over", "dog", 95), box("out", "dog", 200), box("other class", "cat", 5), rear,
		export.Label{ID: "cuboid", Class: "dog", Type: "CUBOID_3D", Attributes: map[string]any{
			"pos_x": 1.0, "pos_y": 1.0, "pos_z": 1.0, "dim_x": 1.0, "dim_y": 1.0, "dim_z": 1.0, "rot_x": 0.0, "rot_y": 0.0, "rot_z": 0.0, "rot_w": 1.0,
		}},
		export.Label{ID: "no shape", Class: "dog", Type: "BBOX_2D"},
		export.Label{ID: "whole", Class: "dog", Type: "CLASSIFICATION_2D"},
	))
	require.Len(t, ready, 1)
	require.Equal(t, "https://images.example/1.jpg", ready[0].Image.URL)
	var drawn []string
	for _, an := range ready[0].Annotations {
		require.Equal(t, "animal.dog", an.Class)
		drawn = append(drawn, an.Label.ID)
	}
	require.Equal(t, []string{"good", "over", "whole"}, drawn)
	require.Equal(t, export.Box{Left: 95, Top: 1, Width: 5, Height: 10}, ready[0].Annotations[1].Geometry)
	require.Equal(t, []adapter.Refusal{
		{Index: 0, ElementID: "e1", Item: "out", Reason: "lies outside the image (100x100)"},
		{Index: 0, ElementID: "e1", Item: "on rear", Reason: `lies on sensor "rear", not on the picture that is sent ("cam")`},
		{Index: 0, ElementID: "e1", Item: "cuboid", Reason: "the vendor has no form for labels of type CUBOID_3D"},
		{Index: 0, ElementID: "e1", Item: "no shape", Reason: "no attributes.left"},
	}, said.Refused)
	require.Equal(t, []adapter.Note{
		{Index: 0, ElementID: "e1", Item: "over", Text: "clamped to the image (100x100)"},
		{Index: 0, ElementID: "e1", Item: "other class", Text: `left out: class "cat" is not in classes`},
	}, said.Notes)
}

func TestPrepareRefusesWholeFrames(t *testing.T) {
	t.Parallel()
	unsized := picture(box("l", "dog", 5))
	unsized.Frame.Sensors[0].Metadata = nil
	blind := picture(box("l", "dog", 5))
	blind.Frame.Sensors = nil
	for says, c := range map[string]struct {
		options adapter.Annotating
		element export.Element
	}{
		`class "dog" is not in classes`: {adapter.Annotating{Classes: map[string]string{"cat": "c"}}, picture(box("l", "dog", 5), box("odd", "dog", 900))},
		"no image size":                 {adapter.Annotating{}, unsized},
		"no image_url":                  {adapter.Annotating{}, blind},
		"no frame_id":                   {adapter.Annotating{}, export.Element{ID: "e1"}},
		"torn":                          {adapter.Annotating{}, export.Element{ID: "e1", FrameID: "f1", Broken: "torn"}},
	} {
		a := c.options.Annotator(export.TypeBox)
		a.NeedsSize = true
		ready, said := prepare(t, a, c.element)
		require.Empty(t, ready, says)
		require.Len(t, said.Refused, 1, "what its labels lack is of no interest then")
		require.Contains(t, said.Refused[0].Reason, says)
		require.Empty(t, said.Notes)
	}
}

func TestMasksNeedNoClass(t *testing.T) {
	t.Parallel()
	mask := export.Label{ID: "m", Class: export.MaskClass, Type: "SEMANTIC_LABEL_URL_2D", Attributes: map[string]any{"url": "https://images.example/m.png"}}
	ready, said := prepare(t, adapter.Annotating{Classes: map[string]string{"dog": "d"}}.Annotator(export.TypeSemanticMask), picture(mask))
	require.Empty(t, said.Refused)
	require.Len(t, ready[0].Annotations, 1)
}

func TestImageSizeFromTheOptions(t *testing.T) {
	t.Parallel()
	unsized := picture(box("l", "dog", 95))
	unsized.Frame.Sensors[0].Metadata = nil
	a := adapter.Annotating{ImageSize: adapter.ImageSize{Width: 100, Height: 50}}.Annotator(export.TypeBox)
	a.NeedsSize = true
	ready, said := prepare(t, a, unsized)
	require.Len(t, ready, 1)
	require.Equal(t, export.Size{Width: 100, Height: 50}, ready[0].Image.Size)
	require.Len(t, said.Notes, 1)
}

func TestAnnotatingMistakes(t *testing.T) {
	t.Parallel()
	require.NoError(t, adapter.Annotating{ImageSize: adapter.ImageSize{Width: 1, Height: 1}, Classes: map[string]string{"a": "b"}}.Check())
	err := adapter.Annotating{ImageSize: adapter.ImageSize{Width: 1}, Classes: map[string]string{"a": ""}}.Check()
	require.ErrorContains(t, err, "classes.a: is empty")
	require.ErrorContains(t, err, "image_size: needs a width and a height")
	require.Len(t, adapter.Mistakes(err), 2)
}
