package aquarium

import "github.com/labelgate/labelgate/pkg/export"

// decoder decodes one element after the other. A decoding may be cut short and repeated, so each starts anew.
type decoder struct {
	*cursor
	project plainNames
	wanted  export.Fields

	element export.Element
	frame   export.Frame
	crop    export.Label
}

// implied adds the parts that come with others.
func implied(wanted export.Fields) export.Fields {
	if wanted.Has(export.FieldSensors) {
		wanted |= export.FieldImage
	}
	if wanted.Has(export.FieldLabelDetails) {
		wanted |= export.FieldLabels
	}
	return wanted
}

// next decodes the next element and reports whether there is one.
func (d *decoder) next(index int) bool {
	if !d.more(']') {
		return false
	}
	d.element = export.Element{Index: index}
	if d.kind() != '{' {
		d.skip()
		d.element.Broken = "not an object"
		return true
	}
	d.enter()
	for d.more('}') {
		d.elementField(&d.element)
	}
	return true
}

func (d *decoder) elementField(e *export.Element) {
	switch key := d.key(); string(key) {
	case "element_id":
		e.ID = d.id("element_id")
	case "frame_id":
		e.FrameID = d.id("frame_id")
	case "element_type":
		e.Type = export.ElementType(d.name("element_type"))
	case "dataset":
		e.Dataset = d.project.of(d.name("dataset"))
	case "inference_set":
		e.InferenceSet = d.project.of(d.name("inference_set"))
	case "issue_name":
		e.IssueName = d.name("issue_name")
	case "frame_data":
		if d.is('{', "frame_data is not an object") {
			e.Frame = d.frameData()
		}
	case "crop_data":
		e.Crop = d.cropData()
	default:
		d.rest(key, export.FieldExtra, &e.Extra)
	}
}

// is reports whether the next value is of a kind. It passes over null and over values of another kind, and those break the
// element.
func (d *decoder) is(kind byte, broken string) bool {
	switch d.kind() {
	case kind:
		return true
	case 'n':
	default:
		d.spoil(broken)
	}
	d.skip()
	return false
}

// spoil says why the element is broken. The first reason stays.
func (d *decoder) spoil(why string) {
	if d.element.Broken == "" {
		d.element.Broken = why
	}
}

// id reads an id of the element.
func (d *decoder) id(what string) string {
	id, ok := d.plain()
	if !ok {
		d.skip()
		d.spoil(what + " is not text")
	}
	return string(id)
}

// name reads a text that most elements share.
func (d *decoder) name(what string) string {
	name, ok := d.plain()
	if !ok {
		d.skip()
		d.spoil(what + " is not text")
	}
	return d.names.of(name)
}

// plain reads text, an integer as its digits, or null as no text. It does not read anything else.
func (d *decoder) plain() (text []byte, ok bool) {
	switch kind := d.kind(); {
	case kind == '"':
		return d.text(), true
	case kind == 'n':
		d.skip()
		return nil, true
	case kind == '-' || kind >= '0' && kind <= '9':
		start := d.i
		if number := d.literal(); isInteger(number) {
			return number, true
		}
		d.i = start
	}
	return nil, d.short
}

// detail reads a descriptive text; a value of another kind is kept in extra.
func (d *decoder) detail(key string, extra *map[string]any) string {
	text, ok := d.plain()
	if !ok {
		keep(extra, key, d.value())
	}
	return d.names.of(text)
}

// describe reads a descriptive object; a value of another kind is kept in extra.
func (d *decoder) describe(key string, extra *map[string]any) map[string]any {
	switch d.kind() {
	case '{':
		return d.object(0)
	case 'n':
		d.skip()
	default:
		keep(extra, key, d.value())
	}
	return nil
}

// rest keeps a field that the model does not name, if that part is wanted.
func (d *decoder) rest(key []byte, part export.Fields, extra *map[string]any) {
	if !d.wanted.Has(part) {
		d.skip()
		return
	}
	name := d.names.of(key)
	keep(extra, name, d.value())
}

func keep(in *map[string]any, name string, value any) {
	if *in == nil {
		*in = map[string]any{}
	}
	(*in)[name] = value
}

func isInteger(number []byte) bool {
	for i, b := range number {
		if (b < '0' || b > '9') && (b != '-' || i > 0) {
			return false
		}
	}
	return true
}
