package mapping

import (
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/export"
)

// scope is what one evaluation can see.
type scope struct {
	key   string
	batch int
	event *export.Event
	el    *export.Element
	label *export.Label
}

// field is one key of a document that expressions read. Either text or value is set.
type field struct {
	name string
	// needs is what must be decoded for it; its parts may need more.
	needs export.Fields
	// framed: it is content of the element's frame, and missing when there is no frame.
	framed bool
	// text returns a text, "" for null. It costs no allocation.
	text func(*scope) string
	// value returns a JSON value, built no further than n says.
	value func(s *scope, n *reads) any
	// parts are the fields of the object, or of the objects in the list, where they are known.
	parts []field
	// flat: it is an object that is always there, so its parts can be read without building it.
	flat bool
}

var frameFields = []field{
	{name: "id", text: func(s *scope) string { return s.el.FrameID }},
	{name: "image_url", needs: export.FieldImage, framed: true, text: imageURL},
	{name: "dataset", text: dataset},
	frameText("task_id", func(f *export.Frame) string { return f.TaskID }),
	frameText("device_id", func(f *export.Frame) string { return f.DeviceID }),
	frameText("date_captured", func(f *export.Frame) string { return f.DateCaptured }),
	frameValue("sensors", export.FieldSensors, sensorDocs),
	{name: "labels", needs: export.FieldLabels, framed: true, value: labelDocs, parts: labelCore},
	frameValue("coordinate_frames", export.FieldFrame, coordinateFrameDocs),
	frameValue("geo", export.FieldFrame, func(f *export.Frame) any { return orNull(f.Geo) }),
	frameValue("custom_metrics", export.FieldFrame, func(f *export.Frame) any { return orNull(f.CustomMetrics) }),
	frameValue("metadata", export.FieldFrame, func(f *export.Frame) any { return orEmpty(f.Metadata) }),
	frameValue("extra", export.FieldFrame, func(f *export.Frame) any { return orEmpty(f.Extra) }),
	elementField,
}

// labelCore is a label as such, wherever it stands.
var labelCore = []field{
	{name: "id", needs: export.FieldLabels, text: func(s *scope) string { return s.label.ID }},
	labelText("class", func(l *export.Label) string { return l.Class }),
	labelText("type", func(l *export.Label) string { return l.Type }),
	labelText("coordinate_frame", func(l *export.Label) string { return l.CoordinateFrame }),
	labelValue("linked", func(l *export.Label) any { return texts(l.Linked) }),
	labelValue("attributes", func(l *export.Label) any { return orEmpty(l.Attributes) }),
	labelValue("extra", func(l *export.Label) any { return orEmpty(l.Extra) }),
}

var labelFields = append(append([]field(nil), labelCore...),
	field{name: "frame_id", text: func(s *scope) string { return s.el.FrameID }},
	field{name: "image_url", needs: export.FieldImage, framed: true, text: imageURL},
	field{name: "dataset", text: dataset},
	elementField,
)

// elementCore is an element as such.
var elementCore = []field{
	{name: "index", value: func(s *scope, _ *reads) any { return s.el.Index }},
	{name: "id", text: func(s *scope) string { return s.el.ID }},
	{name: "type", text: func(s *scope) string { return string(s.el.Type) }},
	{name: "issue_name", text: issueName},
	{name: "inference_set", text: inferenceSet},
	{name: "extra", needs: export.FieldExtra, value: func(s *scope, _ *reads) any { return orEmpty(s.el.Extra) }},
}

var elementFields = append(append([]field(nil), elementCore...),
	field{name: "frame_id", text: func(s *scope) string { return s.el.FrameID }},
	field{name: "dataset", text: dataset},
	field{name: "frame", framed: true, value: frameDoc, parts: frameFields},
	field{name: "crop", needs: export.FieldLabels, value: cropDoc, parts: labelCore},
)

var elementField = field{
	name:  "element",
	value: func(s *scope, n *reads) any { return build(elementCore, s, n) },
	parts: elementCore,
	flat:  true,
}

var eventFields = []field{
	{name: "event", text: func(s *scope) string { return s.event.Type }},
	{name: "project", text: func(s *scope) string { return s.event.Project }},
	{name: "issue", value: func(s *scope, n *reads) any { return build(issueFields, s, n) }, parts: issueFields, flat: true},
	{name: "extra", value: func(s *scope, _ *reads) any { return orEmpty(s.event.Extra) }},
}

var issueFields = []field{
	{name: "id", text: func(s *scope) string { return s.event.Issue.ID }},
	{name: "name", text: func(s *scope) string { return s.event.Issue.Name }},
	{name: "dataset", text: func(s *scope) string { return s.event.Issue.Dataset }},
	{name: "inference_set", text: func(s *scope) string { return s.event.Issue.InferenceSet }},
	{name: "elements", value: func(s *scope, _ *reads) any { return s.event.Issue.Elements }},
	{name: "extra", value: func(s *scope, _ *reads) any { return orEmpty(s.event.Issue.Extra) }},
}

// find returns the field of that name.
func find(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// checkNames refuses names that no document of this kind ever has: a slip would quietly map everything to null.
func checkNames(what string, fields []field, n *reads) error {
	for _, name := range n.names() {
		f, known := find(fields, name)
		if !known {
			return fmt.Errorf("%s has no field %q; it has %s", what, name, listNames(fields))
		}
		if f.parts == nil {
			continue
		}
		if err := checkNames(what+"."+name, f.parts, n.kids[name].object()); err != nil {
			return err
		}
	}
	return nil
}

// needs returns what must be decoded for the reads.
func needs(fields []field, n *reads) export.Fields {
	var all export.Fields
	for _, f := range fields {
		kid := n.kids[f.name]
		if kid == nil && !n.whole {
			continue
		}
		all |= f.needs
		if f.parts != nil {
			all |= needs(f.parts, n.part(f.name).object())
		}
	}
	return all
}

func listNames(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}
