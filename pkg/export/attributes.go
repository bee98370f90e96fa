package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Geometry reads the label's geometry from its attributes. The error says which attribute is missing or wrong, or that
// the type is not known; it does not name the label.
func (l *Label) Geometry() (Geometry, error) {
	a := attributes(l.Attributes)
	switch LabelType(l.Type) {
	case TypeBox:
		return a.box()
	case TypePolygons:
		rings, err := a.rings()
		return Polygons{Rings: rings}, err
	case TypeSegment:
		n, err := a.numbers("x1", "y1", "x2", "y2")
		return Segment{From: Point{n[0], n[1]}, To: Point{n[2], n[3]}}, err
	case TypeKeypoints:
		return a.keypoints()
	case TypeClassification, TypeClassification3D:
		return Classification{Secondary: a.secondary(), ThreeD: LabelType(l.Type) == TypeClassification3D}, nil
	case TypeSemanticMask, TypeInstanceMask:
		return a.mask(LabelType(l.Type) == TypeInstanceMask)
	case TypeMaskInstance:
		return a.maskInstance(l.ID)
	case TypeCuboid:
		n, err := a.numbers("pos_x", "pos_y", "pos_z", "dim_x", "dim_y", "dim_z", "rot_x", "rot_y", "rot_z", "rot_w")
		return Cuboid{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]}, err
	case TypeToken:
		return a.token()
	case "":
		return nil, errors.New("no label_type")
	default:
		return nil, fmt.Errorf("unknown label type %q", l.Type)
	}
}

// Confidence is how sure the model was that made the label, from 0 to 1; ok is false for labels without one.
func (l *Label) Confidence() (confidence float64, ok bool) { return Number(l.Attributes["confidence"]) }

// The prefixes of attributes that are no geometry.
const (
	userPrefix    = "user__"
	derivedPrefix = "derived__"
)

// User returns the label's own metadata: the attributes that begin with "user__", without that.
func (l *Label) User() map[string]any { return userFields(l.Attributes) }

// User returns the frame's own metadata, without the "user__" in front of its names.
func (f *Frame) User() map[string]any { return userFields(f.Metadata) }

func userFields(from map[string]any) map[string]any {
	var own map[string]any
	for name, value := range from {
		if name, ok := strings.CutPrefix(name, userPrefix); ok {
			if own == nil {
				own = map[string]any{}
			}
			own[name] = value
		}
	}
	return own
}

// Number returns a decoded JSON number; ok is false for anything else, and for numbers too large for a float64.
func Number(value any) (number float64, ok bool) {
	switch v := value.(type) {
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	default:
		return 0, false
	}
}

// Text returns a decoded JSON value as plain text: texts as they are, numbers and booleans as they are written; ok is
// false for null, lists and objects.
func Text(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// attributes are a label's, as decoded JSON.
type attributes map[string]any

func (a attributes) number(name string) (float64, error) {
	value, there := a[name]
	if !there || value == nil {
		return 0, fmt.Errorf("no attributes.%s", name)
	}
	n, ok := Number(value)
	if !ok {
		return 0, fmt.Errorf("attributes.%s is not a number", name)
	}
	return n, nil
}

// numbers reads several; there are as many as names, whatever the error.
func (a attributes) numbers(names ...string) ([]float64, error) {
	all := make([]float64, len(names))
	for i, name := range names {
		n, err := a.number(name)
		if err != nil {
			return all, err
		}
		all[i] = n
	}
	return all, nil
}

func (a attributes) box() (Box, error) {
	n, err := a.numbers("left", "top", "width", "height")
	switch {
	case err != nil:
		return Box{}, err
	case n[2] < 0 || n[3] < 0:
		return Box{}, errors.New("attributes.width or height is negative")
	}
	return Box{Left: n[0], Top: n[1], Width: n[2], Height: n[3]}, nil
}

func (a attributes) rings() ([][]Point, error) {
	list, ok := a["polygons"].([]any)
	if !ok || len(list) == 0 {
		return nil, errors.New("no attributes.polygons")
	}
	rings := make([][]Point, len(list))
	for i, one := range list {
		polygon, _ := one.(map[string]any)
		ring, err := points(polygon["vertices"])
		if err != nil {
			return nil, fmt.Errorf("attributes.polygons[%d].vertices: %w", i, err)
		}
		rings[i] = ring
	}
	return rings, nil
}

// points reads [[x, y], ...], at least three; a last point that repeats the first is left out.
func points(value any) ([]Point, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("is not a list")
	}
	ring := make([]Point, len(list))
	for i, one := range list {
		pair, _ := one.([]any)
		if len(pair) != 2 {
			return nil, fmt.Errorf("[%d] is not a pair of numbers", i)
		}
		x, okX := Number(pair[0])
		y, okY := Number(pair[1])
		if !okX || !okY {
			return nil, fmt.Errorf("[%d] is not a pair of numbers", i)
		}
		ring[i] = Point{x, y}
	}
	if last := len(ring) - 1; last > 2 && ring[0] == ring[last] {
		ring = ring[:last]
	}
	if len(ring) < 3 {
		return nil, errors.New("has fewer than three points")
	}
	return ring, nil
}

func (a attributes) keypoints() (Keypoints, error) {
	list, ok := a["keypoints"].([]any)
	if !ok || len(list) == 0 {
		return Keypoints{}, errors.New("no attributes.keypoints")
	}
	k := Keypoints{Points: make([]Keypoint, len(list))}
	for i, one := range list {
		point, _ := one.(map[string]any)
		x, okX := Number(point["x"])
		y, okY := Number(point["y"])
		if !okX || !okY {
			return Keypoints{}, fmt.Errorf("attributes.keypoints[%d] has no x and y", i)
		}
		name, _ := Text(point["name"])
		k.Points[i] = Keypoint{Point{x, y}, name}
	}
	if box, err := a.box(); err == nil {
		k.Box = &box
	}
	k.Rings, _ = a.rings() // optional, and kept in Attributes whatever it is
	return k, nil
}

// secondary are the attributes of a classification that are answers.
func (a attributes) secondary() map[string]any {
	var answers map[string]any
	for name, value := range a {
		if name == "confidence" || strings.HasPrefix(name, userPrefix) || strings.HasPrefix(name, derivedPrefix) {
			continue
		}
		if answers == nil {
			answers = map[string]any{}
		}
		answers[name] = value
	}
	return answers
}

func (a attributes) mask(instances bool) (Mask, error) {
	url, _ := Text(a["url"])
	if url == "" {
		return Mask{}, errors.New("no attributes.url")
	}
	mode, _ := Text(a["resize_mode"])
	return Mask{URL: url, ResizeMode: mode, Instances: instances}, nil
}

func (a attributes) maskInstance(label string) (MaskInstance, error) {
	number, err := a.number("id")
	if err != nil {
		return MaskInstance{}, err
	}
	n := int64(number)
	mask, _ := strings.CutSuffix(label, "_"+strconv.FormatInt(n, 10))
	return MaskInstance{Number: n, Mask: mask}, nil
}

func (a attributes) token() (Token, error) {
	index, err := a.number("index")
	if err != nil {
		return Token{}, err
	}
	text, ok := a["token"].(string)
	if !ok {
		return Token{}, errors.New("no attributes.token")
	}
	visible, isBool := a["visible"].(bool)
	return Token{Index: int64(index), Text: text, Visible: visible || !isBool}, nil
}
