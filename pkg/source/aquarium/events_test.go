package aquarium_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

type object = map[string]any

// events returns the sample events by name.
func events(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/events/*.json")
	require.NoError(t, err)
	found := map[string][]byte{}
	for _, file := range files {
		if strings.HasSuffix(file, ".effects.json") {
			continue
		}
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		found[strings.TrimSuffix(filepath.Base(file), ".json")] = body
	}
	require.GreaterOrEqual(t, len(found), 11)
	return found
}

func decode(t *testing.T, text []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	return value
}

// TestNothingIsLost writes every decoded element in the tool's form and compares it with what was sent.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for name, body := range events(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := aquarium.New()
			event, err := s.Scan(bytes.NewReader(body), issueExported)
			require.NoError(t, err)
			sent := decode(t, body).(object)["issue"].(object)["elements"].([]any)
			require.Equal(t, len(sent), event.Issue.Elements)
			for range 2 { // the same body can be asked twice
				count := 0
				for e, err := range s.Elements(event, bytes.NewReader(body), export.AllFields) {
					require.NoError(t, err)
					require.Empty(t, e.Broken)
					require.Equal(t, count, e.Index)
					require.Equal(t, normal(sent[count].(object), event.Project), encode(e), "element %d", count)
					count++
				}
				require.Equal(t, len(sent), count)
			}
		})
	}
}

// normal drops what means the same when it is not there, and makes one form of what may have two.
func normal(e object, project string) object {
	for _, name := range []string{"dataset", "inference_set"} {
		if text, ok := e[name].(string); ok {
			e[name] = strings.TrimPrefix(text, project+".")
		}
	}
	frame := e["frame_data"].(object)
	if sensor, ok := frame["sensor_data"].(object); ok {
		frame["sensor_data"] = []any{sensor}
	}
	for _, sensor := range list(frame["sensor_data"]) {
		dropEmpty(sensor.(object))
	}
	for _, f := range list(frame["coordinate_frames"]) {
		if text, ok := f.(object)["coordinate_frame_metadata"].(string); ok {
			var value any
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			if decoder.Decode(&value) == nil {
				f.(object)["coordinate_frame_metadata"] = value
			}
		}
		dropEmpty(f.(object))
	}
	labels := list(frame["label_data"])
	if crop, ok := e["crop_data"]; ok {
		labels = append(labels, crop)
	}
	for _, label := range labels {
		label := label.(object)
		if value, ok := label["label_coorindate_frame"]; ok {
			label["label_coordinate_frame"] = value
			delete(label, "label_coorindate_frame")
		}
		dropEmpty(label)
	}
	for _, name := range []string{"sensor_data", "label_data", "coordinate_frames", "geo_data", "custom_metrics"} {
		dropIfEmpty(frame, name)
	}
	return dropEmpty(e)
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

func dropEmpty(o object) object {
	for name := range o {
		dropIfEmpty(o, name)
	}
	return o
}

func dropIfEmpty(o object, name string) {
	switch value := o[name].(type) {
	case nil:
		delete(o, name)
	case string:
		if value == "" {
			delete(o, name)
		}
	case []any:
		if len(value) == 0 {
			delete(o, name)
		}
	case object:
		if len(value) == 0 {
			delete(o, name)
		}
	}
}

// encode is the opposite of the decoder.
func encode(e *export.Element) object {
	o := merged(object{
		"element_id": e.ID, "element_type": string(e.Type), "frame_id": e.FrameID, "dataset": e.Dataset,
		"inference_set": e.InferenceSet, "issue_name": e.IssueName,
	}, e.Extra)
	if e.Crop != nil {
		o["crop_data"] = encodeLabel(e.Crop)
	}
	frame := merged(object{
		"task_id": e.Frame.TaskID, "device_id": e.Frame.DeviceID, "date_captured": e.Frame.DateCaptured,
		"geo_data": e.Frame.Geo, "custom_metrics": e.Frame.CustomMetrics,
	}, e.Frame.Extra, e.Frame.Metadata)
	var labels, sensors, frames []any
	for i := range e.Frame.Labels {
		labels = append(labels, encodeLabel(&e.Frame.Labels[i]))
	}
	for _, s := range e.Frame.Sensors {
		urls := object{}
		for name, url := range s.URLs {
			urls[name] = url
		}
		sensors = append(sensors, merged(object{
			"sensor_id": s.ID, "sensor_type": s.Type, "coordinate_frame": s.CoordinateFrame, "date_captured": s.DateCaptured,
			"sensor_metadata": s.Metadata, "data_urls": urls,
		}, s.Extra))
	}
	for _, f := range e.Frame.CoordinateFrames {
		frames = append(frames, merged(object{
			"coordinate_frame_id": f.ID, "coordinate_frame_type": f.Type, "coordinate_frame_metadata": f.Metadata,
		}, f.Extra))
	}
	for name, value := range map[string][]any{"label_data": labels, "sensor_data": sensors, "coordinate_frames": frames} {
		if len(value) > 0 {
			frame[name] = value
		}
	}
	o["frame_data"] = frame
	return o
}

func encodeLabel(l *export.Label) object {
	var linked []any
	for _, id := range l.Linked {
		linked = append(linked, id)
	}
	return merged(object{
		"uuid": l.ID, "label": l.Class, "label_type": l.Type, "label_coordinate_frame": l.CoordinateFrame,
		"linked_labels": linked, "attributes": l.Attributes,
	}, l.Extra)
}

// merged drops the named fields that are empty and adds the others, empty or not.
func merged(named object, others ...object) object {
	dropEmpty(named)
	for _, other := range others {
		for name, value := range other {
			named[name] = value
		}
	}
	return named
}

func TestImageIsThatOfTheFirstSensorThatHasOne(t *testing.T) {
	t.Parallel()
	body := events(t)["lidar-and-cameras"]
	all, err := elements(bytes.NewReader(body), export.FieldImage)
	require.NoError(t, err)
	require.Equal(t, "https://images.example.com/drive/cam_left/000001.png", all[0].Frame.ImageURL)
}

func TestLargeIntegersSurvive(t *testing.T) {
	t.Parallel()
	all, err := elements(bytes.NewReader(events(t)["names-and-metadata"]), export.FieldFrame)
	require.NoError(t, err)
	require.Equal(t, number("9007199254740993"), all[0].Frame.Metadata["user__count"])
}

func TestBatchNames(t *testing.T) {
	t.Parallel()
	for name, body := range events(t) {
		effects, err := os.ReadFile("testdata/events/" + name + ".effects.json")
		require.NoError(t, err)
		want := decode(t, effects).(object)["rest"].(object)
		event, err := scan(string(body))
		require.NoError(t, err)
		require.Equal(t, want["name"], event.Issue.Dataset+"_relabel_"+event.Issue.Name, name)
		require.Equal(t, want["project"], event.Project, name)
	}
}
