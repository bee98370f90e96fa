package export

// LabelType is the kind of a label's geometry, in the source's words. The names are those of Aquarium's own client
// (aquariumlearning 1.0.7); other sources translate theirs into them.
type LabelType string

// The label types.
const (
	TypeBox              LabelType = "BBOX_2D"
	TypePolygons         LabelType = "POLYGON_LIST_2D"
	TypeSegment          LabelType = "LINE_SEGMENT_2D"
	TypeKeypoints        LabelType = "KEYPOINTS_2D"
	TypeClassification   LabelType = "CLASSIFICATION_2D"
	TypeSemanticMask     LabelType = "SEMANTIC_LABEL_URL_2D"
	TypeInstanceMask     LabelType = "INSTANCE_LABEL_URL_2D"
	TypeMaskInstance     LabelType = "INSTANCE_LABEL_2D"
	TypeClassification3D LabelType = "CLASSIFICATION_3D"
	TypeCuboid           LabelType = "CUBOID_3D"
	TypeToken            LabelType = "TEXT_TOKEN"
)

// Geometry is where and what a label is: a Box, Polygons, Segment, Keypoints, Classification, Mask, MaskInstance, Cuboid or
// Token. All 2D lengths are pixels of the image, from its top left corner, x to the right and y down; they need not be
// whole, and may lie outside the image.
type Geometry interface {
	// Type is the label type that the geometry stands for.
	Type() LabelType
}

// Point is a place in an image, in pixels.
type Point struct{ X, Y float64 }

// Box is an upright rectangle, by its top left corner and its size.
type Box struct{ Left, Top, Width, Height float64 }

// Type returns TypeBox.
func (Box) Type() LabelType { return TypeBox }

// Right is the x of the box's right edge.
func (b Box) Right() float64 { return b.Left + b.Width }

// Bottom is the y of the box's lower edge.
func (b Box) Bottom() float64 { return b.Top + b.Height }

// Polygons are one or more closed outlines of one object; the last point of a ring is joined to its first and is not
// repeated. They are parts side by side, never holes.
type Polygons struct{ Rings [][]Point }

// Type returns TypePolygons.
func (Polygons) Type() LabelType { return TypePolygons }

// Segment is a straight line.
type Segment struct{ From, To Point }

// Type returns TypeSegment.
func (Segment) Type() LabelType { return TypeSegment }

// Keypoints are named points of one object.
type Keypoints struct {
	// Points are in the order sent.
	Points []Keypoint
	// Box is the object's box, nil when the source sent none; Rings are its outline, none when it sent none.
	Box   *Box
	Rings [][]Point
}

// Type returns TypeKeypoints.
func (Keypoints) Type() LabelType { return TypeKeypoints }

// Keypoint is a named point.
type Keypoint struct {
	Point
	// Name is the point's name, such as "nose"; empty when it has none.
	Name string
}

// Classification says something of the whole image, or with ThreeD of the whole scene. The label's class is the answer.
type Classification struct {
	// Secondary are further answers by name, as decoded JSON.
	Secondary map[string]any
	// ThreeD says that it is of the scene and not of an image.
	ThreeD bool
}

// Type returns TypeClassification or TypeClassification3D.
func (c Classification) Type() LabelType {
	if c.ThreeD {
		return TypeClassification3D
	}
	return TypeClassification
}

// Mask is an image file whose pixels say what each pixel of the image is.
type Mask struct {
	// URL is the mask's image file.
	URL string
	// ResizeMode is the source's word for how it is fitted to the image, such as "fill"; mostly empty.
	ResizeMode string
	// Instances says that its pixels are numbers of instances, each a label with a MaskInstance; else they are classes.
	Instances bool
}

// MaskClass is the class that the source gives a label that is a whole mask: it stands for the classes in the mask.
const MaskClass = "__mask"

// Type returns TypeSemanticMask or TypeInstanceMask.
func (m Mask) Type() LabelType {
	if m.Instances {
		return TypeInstanceMask
	}
	return TypeSemanticMask
}

// MaskInstance is one object of an instance mask.
type MaskInstance struct {
	// Number is the value of its pixels.
	Number int64
	// Mask is the id of the label whose Mask it is in: its own id without the number.
	Mask string
}

// Type returns TypeMaskInstance.
func (MaskInstance) Type() LabelType { return TypeMaskInstance }

// Cuboid is a box in space, in the units of the label's coordinate frame (metres, mostly).
type Cuboid struct {
	// X, Y and Z are its centre; SizeX, SizeY and SizeZ its sizes along its own axes.
	X, Y, Z, SizeX, SizeY, SizeZ float64
	// RotX, RotY, RotZ and RotW are its rotation, as a quaternion.
	RotX, RotY, RotZ, RotW float64
}

// Type returns TypeCuboid.
func (Cuboid) Type() LabelType { return TypeCuboid }

// Token is one token of a text.
type Token struct {
	// Index counts the tokens of the text, from 0; Text is the token itself.
	Index int64
	Text  string
	// Visible is false for tokens that people are not shown.
	Visible bool
}

// Type returns TypeToken.
func (Token) Type() LabelType { return TypeToken }
