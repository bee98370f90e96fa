package aquarium

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/labelgate/labelgate/pkg/export"
)

// unnamed is the key under which a value is kept that stands where an object should.
const unnamed = "value"

// metadataPrefix begins the names of the fields that users add to their frames.
const metadataPrefix = "user__"

// frameData decodes frame_data, an object.
func (d *decoder) frameData() *export.Frame {
	d.frame = export.Frame{Sensors: d.frame.Sensors[:0], Labels: d.frame.Labels[:0]}
	d.enter()
	for d.more('}') {
		switch key := d.key(); string(key) {
		case "sensor_data":
			d.sensors(&d.frame)
		case "label_data":
			d.labels(&d.frame)
		default:
			d.frameField(&d.frame, key)
		}
	}
	return &d.frame
}

func (d *decoder) frameField(f *export.Frame, key []byte) {
	if !d.wanted.Has(export.FieldFrame) {
		d.skip()
		return
	}
	switch string(key) {
	case "task_id":
		f.TaskID = d.detail("task_id", &f.Extra)
	case "device_id":
		f.DeviceID = d.detail("device_id", &f.Extra)
	case "date_captured":
		f.DateCaptured = d.detail("date_captured", &f.Extra)
	case "geo_data":
		f.Geo = d.describe("geo_data", &f.Extra)
	case "custom_metrics":
		f.CustomMetrics = d.describe("custom_metrics", &f.Extra)
	case "coordinate_frames":
		d.coordinateFrames(f)
	default:
		extra := &f.Extra
		if bytes.HasPrefix(key, []byte(metadataPrefix)) {
			extra = &f.Metadata
		}
		d.rest(key, export.FieldFrame, extra)
	}
}

func (d *decoder) coordinateFrames(f *export.Frame) {
	if d.kind() != '[' {
		keep(&f.Extra, "coordinate_frames", d.value())
		return
	}
	d.enter()
	for d.more(']') {
		f.CoordinateFrames = append(f.CoordinateFrames, d.coordinateFrame())
	}
}

func (d *decoder) coordinateFrame() (f export.CoordinateFrame) {
	if d.kind() != '{' {
		keep(&f.Extra, unnamed, d.value())
		return f
	}
	d.enter()
	for d.more('}') {
		switch key := d.key(); string(key) {
		case "coordinate_frame_id":
			f.ID = d.detail("coordinate_frame_id", &f.Extra)
		case "coordinate_frame_type":
			f.Type = d.detail("coordinate_frame_type", &f.Extra)
		case "coordinate_frame_metadata":
			f.Metadata = d.calibration()
		default:
			d.rest(key, export.FieldFrame, &f.Extra)
		}
	}
	return f
}

// calibration decodes the metadata of a coordinate frame: an object, or an object written as JSON text.
func (d *decoder) calibration() map[string]any {
	var value any
	if d.kind() == '"' {
		text := d.text()
		if value = string(text); jsontext.Value(text).IsValid() {
			value = whole(text, d.names)
		}
	} else {
		value = d.value()
	}
	switch value := value.(type) {
	case nil:
		return nil
	case map[string]any:
		return value
	default:
		return map[string]any{unnamed: value}
	}
}
