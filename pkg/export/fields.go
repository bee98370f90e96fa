package export

// Fields is a set of the parts of an element that a reader needs. A decoder skips what is not in the set, which is what
// makes a large event cheap. The element's own ids, type, dataset and names are always decoded.
type Fields uint32

// The parts of an element.
const (
	// FieldImage is Frame.ImageURL.
	FieldImage Fields = 1 << iota
	// FieldSensors is Frame.Sensors (and, with it, Frame.ImageURL).
	FieldSensors
	// FieldLabels is Frame.Labels and Element.Crop: ID only.
	FieldLabels
	// FieldLabelDetails is Class, Type, CoordinateFrame, Linked, Attributes and Extra of every label (and, with it, FieldLabels).
	FieldLabelDetails
	// FieldFrame is everything else of Frame: task, device, date, coordinate frames, geo, metrics, metadata and extra.
	FieldFrame
	// FieldExtra is Element.Extra.
	FieldExtra

	// AllFields is every part.
	AllFields = FieldImage | FieldSensors | FieldLabels | FieldLabelDetails | FieldFrame | FieldExtra
)

// Has reports whether every part of want is in f.
func (f Fields) Has(want Fields) bool { return f&want == want }
