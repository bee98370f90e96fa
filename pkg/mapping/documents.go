package mapping

import (
	"cmp"

	"github.com/labelgate/labelgate/pkg/export"
)

// build returns the document of the fields, with the keys that are read and no others.
func build(fields []field, s *scope, n *reads) map[string]any {
	size := len(n.kids)
	if n.whole {
		size = len(fields)
	}
	doc := make(map[string]any, size)
	for i := range fields {
		f := &fields[i]
		if n.kids[f.name] != nil || n.whole {
			doc[f.name] = f.get(s, n)
		}
	}
	return doc
}

// get returns the field's value, built as far as parent reads it.
func (f *field) get(s *scope, parent *reads) any {
	if f.text == nil {
		return f.value(s, parent.part(f.name))
	}
	if text := f.text(s); text != "" {
		return text
	}
	return nil
}

func frameText(name string, get func(*export.Frame) string) field {
	return field{name: name, needs: export.FieldFrame, framed: true, text: func(s *scope) string {
		if s.el.Frame == nil {
			return ""
		}
		return get(s.el.Frame)
	}}
}

func frameValue(name string, needs export.Fields, get func(*export.Frame) any) field {
	return field{name: name, needs: needs, framed: true, value: func(s *scope, _ *reads) any {
		if s.el.Frame == nil {
			return nil
		}
		return get(s.el.Frame)
	}}
}

func labelText(name string, get func(*export.Label) string) field {
	return field{name: name, needs: export.FieldLabelDetails, text: func(s *scope) string { return get(s.label) }}
}

func labelValue(name string, get func(*export.Label) any) field {
	return field{name: name, needs: export.FieldLabelDetails, value: func(s *scope, _ *reads) any { return get(s.label) }}
}

func imageURL(s *scope) string {
	if s.el.Frame == nil {
		return ""
	}
	return s.el.Frame.ImageURL
}

// dataset, issueName and inferenceSet are the element's own, or the issue's where it has none.
func dataset(s *scope) string      { return cmp.Or(s.el.Dataset, s.event.Issue.Dataset) }
func issueName(s *scope) string    { return cmp.Or(s.el.IssueName, s.event.Issue.Name) }
func inferenceSet(s *scope) string { return cmp.Or(s.el.InferenceSet, s.event.Issue.InferenceSet) }

func frameDoc(s *scope, n *reads) any {
	if s.el.Frame == nil {
		return nil
	}
	return build(frameFields, s, n)
}

func cropDoc(s *scope, n *reads) any {
	if s.el.Crop == nil {
		return nil
	}
	crop := *s
	crop.label = s.el.Crop
	return build(labelCore, &crop, n)
}

func labelDocs(s *scope, n *reads) any {
	if s.el.Frame == nil {
		return nil
	}
	docs := make([]any, len(s.el.Frame.Labels))
	one, read := *s, n.object()
	for i := range docs {
		one.label = &s.el.Frame.Labels[i]
		docs[i] = build(labelCore, &one, read)
	}
	return docs
}

func sensorDocs(f *export.Frame) any {
	docs := make([]any, len(f.Sensors))
	for i := range f.Sensors {
		s := &f.Sensors[i]
		urls := make(map[string]any, len(s.URLs))
		for name, url := range s.URLs {
			urls[name] = url
		}
		docs[i] = map[string]any{
			"id": text(s.ID), "type": text(s.Type), "coordinate_frame": text(s.CoordinateFrame),
			"date_captured": text(s.DateCaptured), "urls": urls,
			"metadata": orEmpty(s.Metadata), "extra": orEmpty(s.Extra),
		}
	}
	return docs
}

func coordinateFrameDocs(f *export.Frame) any {
	docs := make([]any, len(f.CoordinateFrames))
	for i, c := range f.CoordinateFrames {
		docs[i] = map[string]any{"id": text(c.ID), "type": text(c.Type), "metadata": orEmpty(c.Metadata)}
	}
	return docs
}

// text is a text that is null when there is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func orEmpty(m map[string]any) any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func orNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}
