package aquarium

import "github.com/labelgate/labelgate/pkg/export"

// sensors decodes sensor_data: a list of sensors, or one.
func (d *decoder) sensors(f *export.Frame) {
	if !d.wanted.Has(export.FieldImage) {
		d.skip()
		return
	}
	if d.kind() == '{' {
		d.sensor(f)
		return
	}
	if !d.is('[', "frame_data.sensor_data is not a list") {
		return
	}
	d.enter()
	for d.more(']') {
		d.sensor(f)
	}
}

// sensor decodes one sensor. The frame's image is that of the first sensor that has one.
func (d *decoder) sensor(f *export.Frame) {
	switch {
	case d.wanted.Has(export.FieldSensors):
		sensor := d.wholeSensor()
		if f.ImageURL == "" {
			f.ImageURL = sensor.URLs["image_url"]
		}
		f.Sensors = append(f.Sensors, sensor)
	case f.ImageURL == "" && d.kind() == '{':
		f.ImageURL = d.image()
	default:
		d.skip()
	}
}

// image reads nothing but a sensor's data_urls.image_url.
func (d *decoder) image() (url string) {
	d.enter()
	for d.more('}') {
		if string(d.key()) != "data_urls" || d.kind() != '{' {
			d.skip()
			continue
		}
		d.enter()
		for d.more('}') {
			if string(d.key()) == "image_url" && d.kind() == '"' {
				url = string(d.text())
			} else {
				d.skip()
			}
		}
	}
	return url
}

func (d *decoder) wholeSensor() (s export.Sensor) {
	if d.kind() != '{' {
		keep(&s.Extra, unnamed, d.value())
		return s
	}
	d.enter()
	for d.more('}') {
		d.sensorField(&s, d.key())
	}
	return s
}

func (d *decoder) sensorField(s *export.Sensor, key []byte) {
	switch string(key) {
	case "sensor_id":
		s.ID = d.detail("sensor_id", &s.Extra)
	case "sensor_type":
		s.Type = d.detail("sensor_type", &s.Extra)
	case "coordinate_frame":
		s.CoordinateFrame = d.detail("coordinate_frame", &s.Extra)
	case "date_captured":
		s.DateCaptured = d.detail("date_captured", &s.Extra)
	case "sensor_metadata":
		s.Metadata = d.describe("sensor_metadata", &s.Extra)
	case "data_urls":
		d.dataURLs(s)
	default:
		d.rest(key, export.FieldSensors, &s.Extra)
	}
}

// dataURLs decodes data_urls. What is no text there is kept in Extra, under the same two names.
func (d *decoder) dataURLs(s *export.Sensor) {
	if d.kind() != '{' {
		keep(&s.Extra, "data_urls", d.value())
		return
	}
	var others map[string]any
	s.URLs = map[string]string{}
	d.enter()
	for d.more('}') {
		name := d.names.of(d.key())
		if d.kind() == '"' {
			s.URLs[name] = string(d.text())
		} else {
			keep(&others, name, d.value())
		}
	}
	if others != nil {
		keep(&s.Extra, "data_urls", others)
	}
}
