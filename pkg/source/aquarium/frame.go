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
	switch name := d.names.of(key); {
	case name == "task_id":
		f.TaskID = d.detail(name, &f.Extra)
	case name == "device_id":
		f.DeviceID = d.detail(name, &f.Extra)
	case name == "date_captured":
		f.DateCaptured = d.detail(name, &f.Extra)
	case name == "geo_data":
		f.Geo = d.describe(name, &f.Extra)
	case name == "custom_metrics":
		f.CustomMetrics = d.describe(name, &f.Extra)
	case name == "coordinate_frames" && d.kind() == '[':
		f.CoordinateFrames = d.coordinateFrames()
	case bytes.HasPrefix([]byte(name), []byte(metadataPrefix)):
		keep(&f.Metadata, name, d.value())
	default:
		keep(&f.Extra, name, d.value())
	}
}

func (d *decoder) coordinateFrames() []export.CoordinateFrame {
	frames := []export.CoordinateFrame{}
	d.enter()
	for d.more(']') {
		frames = append(frames, d.coordinateFrame())
	}
	return frames
}

func (d *decoder) coordinateFrame() (f export.CoordinateFrame) {
	if d.kind() != '{' {
		keep(&f.Extra, unnamed, d.value())
		return f
	}
	d.enter()
	for d.more('}') {
		switch key := d.names.of(d.key()); key {
		case "coordinate_frame_id":
			f.ID = d.detail(key, &f.Extra)
		case "coordinate_frame_type":
			f.Type = d.detail(key, &f.Extra)
		case "coordinate_frame_metadata":
			f.Metadata = d.calibration()
		default:
			keep(&f.Extra, key, d.value())
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
