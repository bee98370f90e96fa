package cvat

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// drawable are the label types that CVAT has a form for. Its masks are run lengths of pixels, which a mask's URL does not
// hold; its cuboids are of images or point clouds, not of a scene.
var drawable = []export.LabelType{ //nolint:gochecknoglobals // constant
	export.TypeBox, export.TypePolygons, export.TypeSegment, export.TypeKeypoints, export.TypeClassification,
}

// The types of CVAT's shapes that are made here, and of its tags (a label's type; a tag itself has none).
const (
	shapeRectangle = "rectangle"
	shapePolygon   = "polygon"
	shapePolyline  = "polyline"
	shapePoints    = "points"
	shapeSkeleton  = "skeleton"
	shapeTag       = "tag"
)

// inputText is the kind of attribute that takes any text.
const inputText = "text"

// sourceAuto is the source of what a model has drawn, as CVAT's own client sets it (auto_annotation/driver.py).
const sourceAuto = "auto"

// shape is CVAT's LabeledShapeRequest, or SubLabeledShapeRequest where it is an element of a skeleton. What has its default
// is left out, as CVAT's own client does.
type shape struct {
	Type       string           `json:"type"`
	LabelID    int              `json:"label_id"`
	Frame      int              `json:"frame"`
	Points     []float64        `json:"points,omitempty"`
	Outside    bool             `json:"outside,omitempty"`
	Group      int              `json:"group,omitempty"`
	Source     string           `json:"source,omitempty"`
	Score      *float64         `json:"score,omitempty"`
	Attributes []attributeValue `json:"attributes,omitempty"`
	Elements   []shape          `json:"elements,omitempty"`
}

// tag is CVAT's LabeledImageRequest.
type tag struct {
	LabelID    int              `json:"label_id"`
	Frame      int              `json:"frame"`
	Source     string           `json:"source,omitempty"`
	Attributes []attributeValue `json:"attributes,omitempty"`
}

// attributeValue is CVAT's AttributeValRequest.
type attributeValue struct {
	SpecID int    `json:"spec_id"`
	Value  string `json:"value"`
}

// maxValue is the longest value of an attribute, in letters.
const maxValue = 4096

// drawing is what one frame's labels come to at CVAT. The frame's number is filled in later.
type drawing struct {
	shapes [][]shape // one label each; several shapes of one label are grouped
	tags   []tag
}

// pen draws the labels of one frame.
type pen struct {
	*vendor
	table labelTable
	out   adapter.Output
}

// draw turns a frame's annotations into CVAT's. What has no place there is refused or noted.
func (p pen) draw(annotations []adapter.Annotation) (drawing, error) {
	var d drawing
	for i := range annotations {
		a := &annotations[i]
		class, ok := p.table[a.Class]
		if !ok {
			if err := p.refuse(a, "class %q is no label of project %d at CVAT; add it there or map it by classes", a.Class, p.options.Project); err != nil {
				return d, err
			}
			continue
		}
		if err := p.one(&d, a, class); err != nil {
			return d, err
		}
	}
	return d, nil
}

// one draws one label.
func (p pen) one(d *drawing, a *adapter.Annotation, class *label) error {
	if kind := kindOf(a.Geometry, class); !class.takes(kind) {
		return p.refuse(a, "label %q is for %s at CVAT, not for a %s", class.Name, class.Type, kind)
	}
	attributes, err := p.attributes(a, class)
	if err != nil {
		return err
	}
	switch g := a.Geometry.(type) {
	case export.Classification:
		d.tags = append(d.tags, tag{LabelID: class.ID, Source: sourceOf(a.Label), Attributes: attributes})
		return nil
	case export.Keypoints:
		drawn, err := p.keypoints(a, g, class)
		if err != nil || drawn.Type == "" {
			return err
		}
		return p.put(d, a, attributes, drawn)
	default:
		return p.put(d, a, attributes, outlines(g, class.ID)...)
	}
}

// kindOf is the type of shape that a geometry becomes.
func kindOf(g export.Geometry, class *label) string {
	switch g.(type) {
	case export.Box:
		return shapeRectangle
	case export.Polygons:
		return shapePolygon
	case export.Segment:
		return shapePolyline
	case export.Keypoints:
		if class.Type == shapeSkeleton {
			return shapeSkeleton
		}
		return shapePoints
	default:
		return shapeTag
	}
}

// outlines are the shapes of all geometries that need no names: one, or one a ring.
func outlines(g export.Geometry, id int) []shape {
	switch g := g.(type) {
	case export.Box:
		return []shape{{Type: shapeRectangle, LabelID: id, Points: []float64{g.Left, g.Top, g.Right(), g.Bottom()}}}
	case export.Segment:
		return []shape{{Type: shapePolyline, LabelID: id, Points: []float64{g.From.X, g.From.Y, g.To.X, g.To.Y}}}
	case export.Polygons:
		list := make([]shape, len(g.Rings))
		for i, ring := range g.Rings {
			list[i] = shape{Type: shapePolygon, LabelID: id, Points: flat(ring)}
		}
		return list
	default:
		return nil
	}
}

func flat(ring []export.Point) []float64 {
	points := make([]float64, 0, 2*len(ring))
	for _, p := range ring {
		points = append(points, p.X, p.Y)
	}
	return points
}

// put adds a label's shapes, with what they all carry.
func (p pen) put(d *drawing, a *adapter.Annotation, attributes []attributeValue, shapes ...shape) error {
	score, sure := a.Label.Confidence()
	if sure && (score < 0 || score > 1) {
		if err := p.note(a, "confidence %g is left out: CVAT takes 0 to 1", score); err != nil {
			return err
		}
		sure = false
	}
	for i := range shapes {
		s := &shapes[i]
		s.Source, s.Attributes = sourceOf(a.Label), attributes
		if sure {
			s.Score = &score
		}
		for n := range s.Elements {
			s.Elements[n].Source, s.Elements[n].Score = s.Source, s.Score
		}
	}
	d.shapes = append(d.shapes, shapes)
	return nil
}

// sourceOf is the source of a label: a model's are told by their confidence. CVAT's default for the others is manual.
func sourceOf(l *export.Label) string {
	if _, ok := l.Confidence(); ok {
		return sourceAuto
	}
	return ""
}

// keypoints draws named points: a skeleton where the label is one, else points without names.
func (p pen) keypoints(a *adapter.Annotation, g export.Keypoints, class *label) (shape, error) {
	if g.Box != nil || len(g.Rings) > 0 {
		if err := p.note(a, "only its points are sent: CVAT keeps no box or outline with points"); err != nil {
			return shape{}, err
		}
	}
	if class.Type == shapeSkeleton {
		return p.skeleton(a, g, class)
	}
	s := shape{Type: shapePoints, LabelID: class.ID}
	named := false
	for _, k := range g.Points {
		s.Points = append(s.Points, k.X, k.Y)
		named = named || k.Name != ""
	}
	if !named {
		return s, nil
	}
	return s, p.note(a, "the names of its points are left out: label %q is no skeleton at CVAT", class.Name)
}

// skeleton draws a skeleton. CVAT wants each of its points (its own client refuses fewer); those that the export does not
// have are sent as outside of the image, in the middle of the others.
func (p pen) skeleton(a *adapter.Annotation, g export.Keypoints, class *label) (shape, error) {
	s := shape{Type: shapeSkeleton, LabelID: class.ID}
	var middle export.Point
	known := 0.0
	for i, k := range g.Points {
		again := slices.ContainsFunc(g.Points[:i], func(o export.Keypoint) bool { return o.Name == k.Name })
		if again || !slices.ContainsFunc(class.Sublabels, func(l label) bool { return l.Name == k.Name }) {
			return shape{}, p.refuse(a, "its point %q is none of the skeleton %q at CVAT, or there twice", k.Name, class.Name)
		}
		middle.X, middle.Y, known = middle.X+k.X, middle.Y+k.Y, known+1
	}
	for _, sub := range class.Sublabels {
		e := shape{Type: shapePoints, LabelID: sub.ID, Points: []float64{middle.X / known, middle.Y / known}, Outside: true}
		if i := slices.IndexFunc(g.Points, func(k export.Keypoint) bool { return k.Name == sub.Name }); i >= 0 {
			e.Points, e.Outside = []float64{g.Points[i].X, g.Points[i].Y}, false
		}
		s.Elements = append(s.Elements, e)
	}
	return s, nil
}

// attributes are the label's uuid and, of a classification, its further answers, where the CVAT label has such attributes.
func (p pen) attributes(a *adapter.Annotation, class *label) ([]attributeValue, error) {
	var list []attributeValue
	if spec, ok := class.attribute(p.options.Attribute); ok && spec.Input == inputText && a.Label.ID != "" {
		list = append(list, attributeValue{spec.ID, cutTo(a.Label.ID, maxValue)})
	}
	answers, _ := a.Geometry.(export.Classification)
	for _, name := range sortedKeys(answers.Secondary) {
		spec, ok := class.attribute(name)
		value, err := spec.value(answers.Secondary[name])
		if !ok {
			err = errors.New("the CVAT label has no such attribute")
		}
		if err != nil {
			if err := p.note(a, "its answer %q is left out: %v", name, err); err != nil {
				return nil, err
			}
			continue
		}
		list = append(list, attributeValue{spec.ID, value})
	}
	return list, nil
}

// value is an answer in the form that the attribute has at CVAT.
func (a attribute) value(answer any) (string, error) {
	text, ok := export.Text(answer)
	switch {
	case !ok:
		return "", errors.New("it is no text, number or truth value")
	case letters(text) > maxValue:
		return "", fmt.Errorf("CVAT takes %d letters", maxValue)
	case (a.Input == "select" || a.Input == "radio") && !slices.Contains(a.Values, text):
		return "", fmt.Errorf("%q is not one of %s", text, strings.Join(a.Values, ", "))
	case a.Input == "checkbox" && text != "true" && text != "false":
		return "", fmt.Errorf("%q is neither true nor false", text)
	}
	if _, number := export.Number(answer); a.Input == "number" && !number {
		return "", fmt.Errorf("%q is no number", text)
	}
	return text, nil
}

func (p pen) refuse(a *adapter.Annotation, format string, args ...any) error {
	return a.Refuse(p.out, fmt.Sprintf(format, args...))
}

func (p pen) note(a *adapter.Annotation, format string, args ...any) error {
	return a.Note(p.out, fmt.Sprintf(format, args...))
}
