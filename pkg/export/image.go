package export

// Size is that of an image, in pixels. The zero value is an unknown size.
type Size struct{ Width, Height float64 }

// Known reports whether there is a size.
func (s Size) Known() bool { return s.Width > 0 && s.Height > 0 }

// imageURL is the name of an image among a sensor's URLs.
const imageURL = "image_url"

// Image is the picture of a frame: that of its first sensor that has one.
type Image struct {
	// URL is where it is.
	URL string
	// Sensor is the sensor's id, CoordinateFrame the space that it says its recording is in.
	Sensor, CoordinateFrame string
	// Size is the sensor's own word, unknown where the uploader gave none.
	Size Size
}

// Image returns the frame's picture; ok is false for frames without one. It needs FieldSensors.
func (f *Frame) Image() (img Image, ok bool) {
	if i := f.imageSensor(); i >= 0 {
		return f.Sensors[i].image(), true
	}
	return Image{}, false
}

func (f *Frame) imageSensor() int {
	if f == nil {
		return -1
	}
	for i := range f.Sensors {
		if f.Sensors[i].URLs[imageURL] != "" {
			return i
		}
	}
	return -1
}

func (s *Sensor) image() Image {
	width, _ := Number(s.Metadata["width"])
	height, _ := Number(s.Metadata["height"])
	return Image{URL: s.URLs[imageURL], Sensor: s.ID, CoordinateFrame: s.CoordinateFrame, Size: Size{width, height}}
}

// Elsewhere returns the sensor on whose recording a label lies, where that is another than the frame's picture; "" where it
// is the picture, or where nothing tells. A label names a sensor or a coordinate frame. It needs FieldSensors and
// FieldLabelDetails.
func (f *Frame) Elsewhere(l *Label) (sensor string) {
	picture := f.imageSensor()
	if picture < 0 || l.CoordinateFrame == "" || f.Sensors[picture].named(l.CoordinateFrame) {
		return ""
	}
	for i := range f.Sensors {
		if i != picture && f.Sensors[i].named(l.CoordinateFrame) {
			return f.Sensors[i].ID
		}
	}
	return ""
}

func (s *Sensor) named(name string) bool { return s.ID == name || s.CoordinateFrame == name }
