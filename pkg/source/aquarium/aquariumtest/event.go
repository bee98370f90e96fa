// Package aquariumtest makes issue-exported events of any size, always the same for the same size, for tests, benchmarks
// and demonstrations. An element is about 1.7 KB, as the source's own client serialises it.
package aquariumtest

import (
	"fmt"
	"io"
	"strconv"
)

// Names that the events carry.
const (
	// Project is the events' project.
	Project = "rarepets"
	// Dataset is the dataset of every element.
	Dataset = "train"
	// Issue is the issue's name, which every element repeats.
	Issue = "missed boxes"
	// Labels is the number of labels of every frame.
	Labels = 4

	// cropEvery makes every tenth element a crop, the first of them the tenth.
	cropEvery = 10
)

// Event streams an event of that many elements without ever holding it: 10 make 17.7 KB, 100,000 make 177 MB. Every element has
// a frame of its own; every tenth one is a crop.
func Event(elements int) io.Reader { return &stream{elements: elements} }

// Bytes is the same event, all of it in memory.
func Bytes(elements int) []byte {
	s := stream{elements: elements}
	var body []byte
	for s.more() {
		body = s.append(body)
	}
	return body
}

// FrameID is the frame id of element i.
func FrameID(i int) string { return fmt.Sprintf("frame-%07d", i) }

// ImageURL is the image of element i.
func ImageURL(i int) string {
	return "https://images.example.com/rarepets/camera_front/" + FrameID(i) + ".jpg"
}

// LabelID is the uuid of label n of element i's frame. A crop is label 0 of its frame.
func LabelID(i, n int) string {
	a, b := mix(uint64(i*Labels+n)), mix(^uint64(i*Labels+n)) //nolint:gosec // an index is never negative
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a&0xffff, b>>52, 0x8000|b>>36&0x3fff, b&0xffffffffffff)
}

// IsCrop reports whether element i is a crop.
func IsCrop(i int) bool { return i%cropEvery == cropEvery-1 }

// stream writes the event piece by piece: the head, one element after the other, the tail.
type stream struct {
	elements int
	next     int // 0 is the head, then element next-1, then the tail
	pending  []byte
	piece    []byte
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(s.pending) == 0 {
		if !s.more() {
			return 0, io.EOF
		}
		s.piece = s.append(s.piece[:0])
		s.pending = s.piece
	}
	n := copy(p, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}

func (s *stream) more() bool { return s.next <= s.elements+1 }

func (s *stream) append(b []byte) []byte {
	i := s.next - 1
	s.next++
	switch {
	case i < 0:
		return append(b, `{"event": "issue-exported", "project": "`+Project+
			`", "issue": {"id": "4cbd87ad-5c90-4958-b403-e430ec66a787", "elements": [`...)
	case i == s.elements:
		return append(b, "]}}\n"...)
	case i > 0:
		b = append(b, ", "...)
	}
	return appendElement(b, i)
}

func appendElement(b []byte, i int) []byte {
	id, kind := FrameID(i), "frame"
	if IsCrop(i) {
		id, kind = LabelID(i, 0), "crop"
	}
	b = append(b, `{"dataset": "`+Dataset+`", "inference_set": null, "issue_name": "`+Issue+`", "element_id": "`...)
	b = append(append(append(append(b, id...), `", "element_type": "`...), kind...), `", "frame_id": "`...)
	b = append(append(b, FrameID(i)...), `", "frame_data": {`...)
	b = append(b, `"coordinate_frames": [{"coordinate_frame_id": "camera_front", "coordinate_frame_type": "IMAGE", `+
		`"coordinate_frame_metadata": "{\"parent_frame_id\": null}"}], "custom_metrics": {}, `+
		`"date_captured": "2022-03-04T05:06:07+00:00", "device_id": "default_device", `+
		`"geo_data": {}, "label_data": [`...)
	for n := range Labels {
		if n > 0 {
			b = append(b, ", "...)
		}
		b = appendLabel(b, i, n)
	}
	b = append(append(b, `], "sensor_data": [{"coordinate_frame": "camera_front", "data_urls": {"image_url": "`...), ImageURL(i)...)
	b = append(b, `"}, "date_captured": "2022-03-04T05:06:07+00:00", "sensor_id": "camera_front", `+
		`"sensor_metadata": {"width": 1920, "height": 1080}, "sensor_type": "IMAGE_V0"}], "task_id": "`...)
	b = append(append(b, FrameID(i)...), `"}`...)
	if IsCrop(i) {
		b = appendLabel(append(b, `, "crop_data": `...), i, 0)
	}
	return append(b, '}')
}

func appendLabel(b []byte, i, n int) []byte {
	r := mix(uint64(i*Labels + n)) //nolint:gosec // an index is never negative
	b = append(b, `{"attributes": {"top": `...)
	b = appendTenths(b, r%9000)
	b = appendTenths(append(b, `, "left": `...), r>>16%15000)
	b = appendTenths(append(b, `, "width": `...), 100+r>>32%4000)
	b = appendTenths(append(b, `, "height": `...), 100+r>>48%1800)
	b = append(append(b, `}, "label": "`...), [...]string{"dog", "cat", "ferret", "rabbit"}[r%4]...)
	b = append(b, `", "label_coordinate_frame": "camera_front", "label_type": "BBOX_2D", "linked_labels": [], "uuid": "`...)
	return append(append(b, LabelID(i, n)...), `"}`...)
}

func appendTenths(b []byte, v uint64) []byte {
	return strconv.AppendUint(append(strconv.AppendUint(b, v/10, 10), '.'), v%10, 10)
}

// mix is the finaliser of SplitMix64: numbers that look random and are the same on every machine.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
