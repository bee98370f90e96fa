package segments

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// label is what is put.
type label struct {
	Status     string          `json:"label_status"`
	Attributes labelAttributes `json:"attributes"`
}

// labelAttributes are a vector label.
type labelAttributes struct {
	FormatVersion string         `json:"format_version"`
	Annotations   []annotation   `json:"annotations"`
	Image         map[string]any `json:"image_attributes,omitempty"`
}

// annotation is one shape, in pixels from the image's top left corner. Numbers are the label's own, from 1.
type annotation struct {
	ID         int               `json:"id"`
	CategoryID int               `json:"category_id"`
	Type       string            `json:"type"`
	Points     [][2]float64      `json:"points"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// drawing is what a label is made of.
type drawing struct {
	dataset     dataset
	annotations []adapter.Annotation
}

// draw makes a sample's label. What the dataset has no category or no shape for is refused by name.
func (p *batching) draw(d drawing) (label, error) {
	made := label{Status: p.options.status(), Attributes: labelAttributes{FormatVersion: "0.1", Annotations: []annotation{}}}
	for _, one := range d.annotations {
		lack := ""
		if g, isClass := one.Geometry.(export.Classification); isClass {
			lack = p.classify(&made.Attributes, one, g)
		} else {
			lack = p.annotate(&made.Attributes, one, d.dataset)
		}
		var err error
		if lack != "" {
			err = one.Refuse(p.out, lack)
		} else if text := p.leftOut(one.Geometry); text != "" {
			err = one.Note(p.out, text)
		}
		if err != nil {
			return label{}, err
		}
	}
	return made, nil
}

// classify says the class, and the further answers, of the whole image. lack says why it cannot.
func (p *batching) classify(l *labelAttributes, one adapter.Annotation, g export.Classification) (lack string) {
	if _, taken := l.Image[p.options.Global]; taken {
		return fmt.Sprintf("the image has the attribute %q already, from another label", p.options.Global)
	}
	if l.Image == nil {
		l.Image = map[string]any{}
	}
	for name, value := range g.Secondary {
		if _, plain := export.Text(value); !plain {
			return fmt.Sprintf("attributes.%s is neither a text, a number nor a boolean", name)
		}
		l.Image[name] = value
	}
	l.Image[p.options.Global] = one.Class
	return ""
}

// annotate adds a label's shapes. lack says why it cannot.
func (p *batching) annotate(l *labelAttributes, one adapter.Annotation, d dataset) (lack string) {
	category, known := d.categories[one.Class]
	shape, points := shapesOf(one.Geometry)
	switch {
	case !known:
		return fmt.Sprintf("the dataset has no category %q; it has %s", one.Class, strings.Join(slices.Sorted(maps.Keys(d.categories)), ", "))
	case !takes(d.taskType, shape):
		return fmt.Sprintf("a dataset of type %s takes no %s", d.taskType, shape)
	}
	names := keypointNames(one.Geometry)
	for i := range points {
		made := annotation{ID: len(l.Annotations) + 1, CategoryID: category, Type: shape, Points: points[i]}
		if p.options.LabelID != "" && one.Label.ID != "" {
			made.set(p.options.LabelID, one.Label.ID)
		}
		if p.options.Keypoint != "" && i < len(names) && names[i] != "" {
			made.set(p.options.Keypoint, names[i])
		}
		l.Annotations = append(l.Annotations, made)
	}
	return ""
}

func (a *annotation) set(name, value string) {
	if a.Attributes == nil {
		a.Attributes = map[string]string{}
	}
	a.Attributes[name] = value
}

// takes reports whether a label of a dataset of a type holds a shape (typing.py, TaskType and ImageVectorAnnotationType).
func takes(taskType, shape string) bool {
	switch taskType {
	case "vector":
		return true
	case "bboxes":
		return shape == "bbox"
	case "keypoints":
		return shape == "point"
	default:
		return false
	}
}

// shapesOf returns the vendor's word for a geometry, and its points: those of one shape, or of one a ring or keypoint.
func shapesOf(g export.Geometry) (shape string, points [][][2]float64) {
	switch g := g.(type) {
	case export.Box:
		return "bbox", [][][2]float64{{{g.Left, g.Top}, {g.Right(), g.Bottom()}}}
	case export.Polygons:
		for _, ring := range g.Rings {
			var outline [][2]float64
			for _, p := range ring {
				outline = append(outline, [2]float64{p.X, p.Y})
			}
			points = append(points, outline)
		}
		return "polygon", points
	case export.Segment:
		return "polyline", [][][2]float64{{{g.From.X, g.From.Y}, {g.To.X, g.To.Y}}}
	case export.Keypoints:
		for _, p := range g.Points {
			points = append(points, [][2]float64{{p.X, p.Y}})
		}
	}
	return "point", points
}

func keypointNames(g export.Geometry) []string {
	k, _ := g.(export.Keypoints)
	names := make([]string, len(k.Points))
	for i := range k.Points {
		names[i] = k.Points[i].Name
	}
	return names
}

// leftOut says what a label of keypoints has that points have no place for; empty for nothing.
func (p *batching) leftOut(g export.Geometry) string {
	k, isPoints := g.(export.Keypoints)
	switch {
	case !isPoints:
		return ""
	case k.Box != nil || len(k.Rings) > 0:
		return "the box or outline around the keypoints is not sent, the points are"
	case p.options.Keypoint == "" && slices.ContainsFunc(keypointNames(g), func(name string) bool { return name != "" }):
		return "the names of the keypoints are not sent; the option keypoint_attribute says where to"
	default:
		return ""
	}
}
