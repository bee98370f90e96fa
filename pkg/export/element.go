package export

// ElementType says what an element stands for.
type ElementType string

// The element types. Any other value a source sends is kept as it came and is neither of them.
const (
	// ElementFrame is a whole frame: every label of it is exported.
	ElementFrame ElementType = "frame"
	// ElementCrop is one label of a frame.
	ElementCrop ElementType = "crop"
)

// ItemID names what a vendor call settles: the label id, frame id or element id that a mapping iterates.
// It is unique within a delivery.
type ItemID string

// Element is one entry of an issue: a frame, or a crop (one label) of a frame.
//
// The Extra maps here and below hold what the model does not name, and what it names but in another shape than the
// model's: nothing that was sent is lost. JSON numbers in decoded JSON are json.Number, so that large integers survive.
//
// An element that a decoder could not read is still an Element: Index is set, ID where it was there, and Broken says
// what is wrong, so that it can be refused by name and is never silently dropped.
type Element struct {
	// Index is the element's place in the issue's list, from 0.
	Index int
	// ID is the source's id of the element.
	ID string
	// Type is ElementFrame, ElementCrop or a value this version does not know; empty when there was none.
	Type ElementType
	// FrameID is the id of the frame that it is, or belongs to.
	FrameID string
	// Dataset is the plain dataset name, see Issue.Dataset.
	Dataset string
	// InferenceSet is the plain name of the model output, empty for ground truth.
	InferenceSet string
	// IssueName repeats the issue's name.
	IssueName string
	// Frame is the frame's content; nil when the source sent none.
	Frame *Frame
	// Crop is the exported label of an ElementCrop; nil when the source sent none.
	Crop *Label
	// Extra holds fields that the model does not name, as decoded JSON.
	Extra map[string]any
	// Broken says why the element could not be decoded ("not an object", "frame_data.label_data is not a list"); empty when
	// it could. Parts that were not asked for are not looked at and break nothing.
	Broken string
}

// Frame is the content of one frame: its sensors' files and its labels.
type Frame struct {
	// ImageURL is the image of the first sensor that has one; empty when none has.
	ImageURL string
	// TaskID is the id the labelling side knew the frame by.
	TaskID string
	// DeviceID and DateCaptured say where and when (RFC 3339 text as sent) the frame was taken.
	DeviceID, DateCaptured string
	// Sensors are the frame's files, in the order sent.
	Sensors []Sensor
	// Labels are all labels of the frame, in the order sent.
	Labels []Label
	// CoordinateFrames name the spaces that labels and sensors refer to.
	CoordinateFrames []CoordinateFrame
	// Geo holds the frame's geo_data, CustomMetrics its custom_metrics, both as decoded JSON.
	Geo, CustomMetrics map[string]any
	// Metadata holds the user's own fields, with their "user__" prefix.
	Metadata map[string]any
	// Extra holds fields that the model does not name.
	Extra map[string]any
}

// Sensor is one recording of a frame: an image, a point cloud, a text, a sound.
type Sensor struct {
	// ID is the sensor's id, Type the source's sensor type such as "IMAGE_V0".
	ID, Type string
	// CoordinateFrame names the space of the recording, DateCaptured its time as sent.
	CoordinateFrame, DateCaptured string
	// URLs are the sensor's data_urls by name: "image_url", "pcd_url", "text", ...
	URLs map[string]string
	// Metadata is sensor_metadata as decoded JSON; images have width and height there.
	Metadata map[string]any
	// Extra holds fields that the model does not name.
	Extra map[string]any
}

// CoordinateFrame is a space that labels and sensors refer to.
type CoordinateFrame struct {
	// ID names it, Type is the source's type such as "IMAGE" or "WORLD".
	ID, Type string
	// Metadata is its calibration as decoded JSON, whether it was sent as an object or as JSON text. Anything else that
	// was sent is kept under the key "value".
	Metadata map[string]any
	// Extra holds fields that the model does not name.
	Extra map[string]any
}

// Label is one annotation. An entry of the label list that is no object is a Label without an ID whose Extra holds it under
// the key "value"; the same goes for a Sensor.
type Label struct {
	// ID is the label's uuid; empty when the source sent none.
	ID string
	// Class is the label's class, such as "dog".
	Class string
	// Type is the source's geometry type, such as "BBOX_2D".
	Type string
	// CoordinateFrame names the space of the geometry.
	CoordinateFrame string
	// Linked are the ids of labels of the same object in other spaces.
	Linked []string
	// Attributes hold geometry, confidence and metadata as decoded JSON (numbers are json.Number).
	Attributes map[string]any
	// Extra holds fields that the model does not name.
	Extra map[string]any
}
