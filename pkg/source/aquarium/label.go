package aquarium

import "github.com/labelgate/labelgate/pkg/export"

// slip is how the published schema spells label_coordinate_frame.
const slip = "label_coorindate_frame"

// labels decodes label_data.
func (d *decoder) labels(f *export.Frame) {
	if !d.wanted.Has(export.FieldLabels) {
		d.skip()
		return
	}
	if !d.is('[', "frame_data.label_data is not a list") {
		return
	}
	d.enter()
	for d.more(']') {
		f.Labels = append(f.Labels, d.label())
	}
}

// cropData decodes crop_data, the label that is exported.
func (d *decoder) cropData() *export.Label {
	if !d.wanted.Has(export.FieldLabels) {
		d.skip()
		return nil
	}
	if !d.is('{', "crop_data is not an object") {
		return nil
	}
	d.crop = d.label()
	return &d.crop
}

// label decodes a label. One without a usable uuid has no ID: a mapping that needs it refuses the label.
func (d *decoder) label() (l export.Label) {
	if d.kind() != '{' {
		d.rest([]byte(unnamed), export.FieldLabelDetails, &l.Extra)
		return l
	}
	d.enter()
	for d.more('}') {
		switch key := d.key(); {
		case string(key) == "uuid":
			d.uuid(&l)
		case d.wanted.Has(export.FieldLabelDetails):
			d.labelDetail(&l, key)
		default:
			d.skip()
		}
	}
	return l
}

func (d *decoder) uuid(l *export.Label) {
	id, ok := d.plain()
	if ok {
		l.ID = string(id)
		return
	}
	d.rest([]byte("uuid"), export.FieldLabelDetails, &l.Extra)
}

func (d *decoder) labelDetail(l *export.Label, key []byte) {
	switch string(key) {
	case "label":
		l.Class = d.detail("label", &l.Extra)
	case "label_type":
		l.Type = d.detail("label_type", &l.Extra)
	case "label_coordinate_frame":
		if l.CoordinateFrame != "" { // both are there, and the slip came first
			keep(&l.Extra, slip, l.CoordinateFrame)
		}
		l.CoordinateFrame = d.detail("label_coordinate_frame", &l.Extra)
	case slip:
		d.slip(l)
	case "linked_labels":
		d.linked(l)
	case "attributes":
		l.Attributes = d.describe("attributes", &l.Extra)
	default:
		d.rest(key, export.FieldLabelDetails, &l.Extra)
	}
}

// slip decodes the misspelt field, which counts where the right one has not come.
func (d *decoder) slip(l *export.Label) {
	if l.CoordinateFrame != "" {
		keep(&l.Extra, slip, d.value())
		return
	}
	l.CoordinateFrame = d.detail(slip, &l.Extra)
}

// linked decodes linked_labels. What is no list of ids is kept in Extra as a whole.
func (d *decoder) linked(l *export.Label) {
	const key = "linked_labels"
	if d.kind() != '[' {
		keep(&l.Extra, key, d.value())
		return
	}
	start, ids := d.i, []string(nil)
	d.enter()
	for d.more(']') {
		id, ok := d.plain()
		if !ok || len(id) == 0 {
			d.i = start
			keep(&l.Extra, key, d.value())
			return
		}
		ids = append(ids, string(id))
	}
	l.Linked = ids
}
