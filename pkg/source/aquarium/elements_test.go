package aquarium_test

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

type number = json.Number

// elements collects copies of a body's elements.
func elements(body io.Reader, wanted export.Fields) ([]export.Element, error) {
	var all []export.Element
	for e, err := range aquarium.New().Elements(&export.Event{Project: "p"}, body, wanted) {
		if err != nil {
			return all, err
		}
		all = append(all, *clone(e))
	}
	return all, nil
}

// clone copies what the next element would overwrite.
func clone(e *export.Element) *export.Element {
	c := *e
	if e.Frame != nil {
		f := *e.Frame
		f.Labels = append([]export.Label(nil), f.Labels...)
		f.Sensors = append([]export.Sensor(nil), f.Sensors...)
		c.Frame = &f
	}
	if e.Crop != nil {
		crop := *e.Crop
		c.Crop = &crop
	}
	return &c
}

// one decodes a single element.
func one(t *testing.T, element string, wanted export.Fields) export.Element {
	t.Helper()
	body := `{"event":"issue-exported","project":"p","issue":{"elements":[` + element + `]}}`
	_, err := scan(body)
	require.NoError(t, err, "a body that Scan takes")
	all, err := elements(strings.NewReader(body), wanted)
	require.NoError(t, err)
	slow, err := elements(iotest.OneByteReader(strings.NewReader(body)), wanted)
	require.NoError(t, err)
	require.Equal(t, all, slow)
	require.Len(t, all, 1)
	return all[0]
}

func TestElementVariants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		element string
		want    export.Element
	}{
		"integer ids": {
			`{"element_id":12,"frame_id":9007199254740993,"crop_data":{"uuid":-5}}`,
			export.Element{ID: "12", FrameID: "9007199254740993", Crop: &export.Label{ID: "-5"}},
		},
		"nulls": {
			`{"element_id":null,"dataset":null,"frame_data":null,"crop_data":null}`, export.Element{},
		},
		"plain names": {
			`{"dataset":"p.train","inference_set":"p.yolo"}`, export.Element{Dataset: "train", InferenceSet: "yolo"},
		},
		"escaped keys and text": {
			`{"\u0065lement_id":"a\"b\\","issue_name":"\ud83d\udc08"}`, export.Element{ID: `a"b\`, IssueName: "🐈"},
		},
		"unknown type and fields": {
			`{"element_type":"video","more":[1,{"a":null}]}`,
			export.Element{Type: "video", Extra: map[string]any{"more": []any{number("1"), map[string]any{"a": nil}}}},
		},
		"one sensor, first text image": {
			`{"frame_data":{"sensor_data":{"data_urls":{"image_url":"u","preview_url":null}}}}`,
			export.Element{Frame: &export.Frame{ImageURL: "u", Sensors: []export.Sensor{{
				URLs: map[string]string{"image_url": "u"}, Extra: map[string]any{"data_urls": map[string]any{"preview_url": nil}},
			}}}},
		},
		"images that are none": {
			`{"frame_data":{"sensor_data":[{"data_urls":{"image_url":""}},7,{"data_urls":{"image_url":"v"}}]}}`,
			export.Element{Frame: &export.Frame{ImageURL: "v", Sensors: []export.Sensor{
				{URLs: map[string]string{"image_url": ""}},
				{Extra: map[string]any{"value": number("7")}},
				{URLs: map[string]string{"image_url": "v"}},
			}}},
		},
		"both spellings": {
			`{"crop_data":{"uuid":"l","label_coorindate_frame":"slip","label_coordinate_frame":"right"}}`,
			export.Element{Crop: &export.Label{
				ID: "l", CoordinateFrame: "right", Extra: map[string]any{"label_coorindate_frame": "slip"},
			}},
		},
		"labels in other shapes": {
			`{"frame_data":{"label_data":[{"uuid":["x"],"label":{"a":1},"attributes":3,"linked_labels":["a",null]},"y"]}}`,
			export.Element{Frame: &export.Frame{Labels: []export.Label{
				{Extra: map[string]any{
					"uuid": []any{"x"}, "label": map[string]any{"a": number("1")}, "attributes": number("3"),
					"linked_labels": []any{"a", nil},
				}},
				{Extra: map[string]any{"value": "y"}},
			}}},
		},
		"metadata of coordinate frames": {
			`{"frame_data":{"coordinate_frames":[{"coordinate_frame_metadata":"{\"fx\": 1}"},` +
				`{"coordinate_frame_metadata":{"fx":1}},{"coordinate_frame_metadata":"{oops"},{"coordinate_frame_metadata":"17"},` +
				`{"coordinate_frame_metadata":[1]},{"more":1},"text"]}}`,
			export.Element{Frame: &export.Frame{CoordinateFrames: []export.CoordinateFrame{
				{Metadata: map[string]any{"fx": number("1")}},
				{Metadata: map[string]any{"fx": number("1")}},
				{Metadata: map[string]any{"value": "{oops"}},
				{Metadata: map[string]any{"value": number("17")}},
				{Metadata: map[string]any{"value": []any{number("1")}}},
				{Extra: map[string]any{"more": number("1")}},
				{Extra: map[string]any{"value": "text"}},
			}}},
		},
		"frame details in other shapes": {
			`{"frame_data":{"task_id":3,"device_id":1.5,"geo_data":[],"custom_metrics":"x","coordinate_frames":{},"user__a":null}}`,
			export.Element{Frame: &export.Frame{
				TaskID:   "3",
				Extra:    map[string]any{"device_id": number("1.5"), "geo_data": []any{}, "custom_metrics": "x", "coordinate_frames": map[string]any{}},
				Metadata: map[string]any{"user__a": nil},
			}},
		},
		"not an object":      {`17`, export.Element{Broken: "not an object"}},
		"null":               {`null`, export.Element{Broken: "not an object"}},
		"id is a list":       {`{"element_id":[1],"frame_id":"f"}`, export.Element{FrameID: "f", Broken: "element_id is not text"}},
		"id is a fraction":   {`{"element_id":1.5}`, export.Element{Broken: "element_id is not text"}},
		"frame_data is text": {`{"frame_data":"x","element_id":"e"}`, export.Element{ID: "e", Broken: "frame_data is not an object"}},
		"crop_data is a list": {
			`{"crop_data":[{}],"dataset":true}`, export.Element{Broken: "crop_data is not an object"},
		},
		"label_data is an object": {
			`{"frame_data":{"label_data":{}}}`,
			export.Element{Frame: &export.Frame{}, Broken: "frame_data.label_data is not a list"},
		},
		"sensor_data is text": {
			`{"frame_data":{"sensor_data":"x"}}`,
			export.Element{Frame: &export.Frame{}, Broken: "frame_data.sensor_data is not a list"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, one(t, c.element, export.AllFields))
		})
	}
}

func TestOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	const element = `{"element_id":"e","frame_id":"f","x":1,"frame_data":{"task_id":"t","label_data":[{"uuid":"l","label":"dog"}],` +
		`"sensor_data":[{"sensor_id":"s","data_urls":{"image_url":"u"}}]},"crop_data":{"uuid":"c","label":"cat"}}`
	e := one(t, element, 0)
	require.Equal(t, export.Element{ID: "e", FrameID: "f", Frame: &export.Frame{}}, e)

	e = one(t, element, export.FieldImage)
	require.Equal(t, &export.Frame{ImageURL: "u"}, e.Frame)

	e = one(t, element, export.FieldLabels)
	require.Equal(t, &export.Frame{Labels: []export.Label{{ID: "l"}}}, e.Frame)
	require.Equal(t, &export.Label{ID: "c"}, e.Crop)

	e = one(t, element, export.FieldLabelDetails)
	require.Equal(t, &export.Label{ID: "c", Class: "cat"}, e.Crop)

	e = one(t, element, export.FieldSensors)
	require.Equal(t, "u", e.Frame.ImageURL)
	require.Equal(t, "s", e.Frame.Sensors[0].ID)

	e = one(t, element, export.FieldFrame|export.FieldExtra)
	require.Equal(t, &export.Frame{TaskID: "t"}, e.Frame)
	require.Equal(t, map[string]any{"x": number("1")}, e.Extra)

	broken := one(t, `{"frame_data":{"label_data":7,"sensor_data":{"data_urls":{"image_url":"u"}}}}`, export.FieldImage)
	require.Empty(t, broken.Broken, "labels were not asked for")
}

func TestElementsEndWithAnError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		``:                                   "payload: issue.elements: the body ends too early",
		`{"event":"x"}`:                      "payload: issue.elements: not there",
		`{"issue":[]}`:                       "payload: issue.elements: not there",
		`{"issue":{"elements":{}}}`:          "payload: issue.elements: not there",
		`{"issue":{"elements":[{"dataset":"`: "payload: issue.elements[0]: the body ends too early",
		`{"issue":{"elements":[{},{}`:        "payload: issue.elements[2]: the body ends too early",
	} {
		_, err := elements(strings.NewReader(body), export.AllFields)
		require.EqualError(t, err, want)
	}
	_, err := elements(io.MultiReader(strings.NewReader(`{"issue":{"elements":[{},`), iotest.ErrReader(io.ErrClosedPipe)), 0)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestOneSourceForSeveralGoroutines(t *testing.T) {
	t.Parallel()
	s := aquarium.New()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			n := 20 + worker
			for range 20 {
				event, err := s.Scan(aquariumtest.Event(n), issueExported)
				if err != nil || event.Issue.Elements != n {
					t.Errorf("%d elements: got %v, %v", n, event, err)
					return
				}
				for e, err := range s.Elements(event, aquariumtest.Event(n), export.AllFields) {
					if err != nil || e.FrameID != aquariumtest.FrameID(e.Index) {
						t.Errorf("got %v, %v", e, err)
						return
					}
					if e.Index == worker*5 {
						break // a reader that stops early leaves nothing behind for the next
					}
				}
			}
		})
	}
	all.Wait()
}
