package scale

import (
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// answer is what annotators begin from, in the form of a task's response.
type answer struct {
	Annotations []annotation   `json:"annotations"`
	Global      map[string]any `json:"global_attributes,omitempty"`
}

// annotation is one shape, in pixels from the image's top left corner.
type annotation struct {
	Type       string            `json:"type"`
	Label      string            `json:"label"`
	UUID       string            `json:"uuid,omitempty"`
	Left       *float64          `json:"left,omitempty"`
	Top        *float64          `json:"top,omitempty"`
	Width      *float64          `json:"width,omitempty"`
	Height     *float64          `json:"height,omitempty"`
	Vertices   []vertex          `json:"vertices,omitempty"`
	X          *float64          `json:"x,omitempty"`
	Y          *float64          `json:"y,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

type vertex struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// firstAnswer makes what annotators begin from; nil where there is nothing.
func (p *planning) firstAnswer(ready adapter.Prepared) (*answer, error) {
	first := &answer{Annotations: []annotation{}}
	for _, one := range ready.Annotations {
		if err := p.annotate(first, one); err != nil {
			return nil, err
		}
	}
	if len(first.Annotations) == 0 && first.Global == nil {
		return nil, nil
	}
	return first, nil
}

// annotate adds a label. One of a shape that the task does not ask for is refused: the vendor would refuse the task for it.
func (p *planning) annotate(first *answer, one adapter.Annotation) error {
	if g, isClass := one.Geometry.(export.Classification); isClass {
		return p.classify(first, one, g)
	}
	shape := shapeOf(one.Geometry)
	if _, asked := p.options.Geometries[shape]; !asked && len(p.options.Geometries) > 0 {
		return one.Refuse(p.out, fmt.Sprintf("the option geometries has no %s", shape))
	}
	if k, isPoints := one.Geometry.(export.Keypoints); isPoints {
		if err := p.noteKeypoints(one, k); err != nil {
			return err
		}
	}
	first.Annotations = append(first.Annotations, p.draw(one)...)
	return nil
}

// classify says the class, and the further answers, of the whole image.
func (p *planning) classify(first *answer, one adapter.Annotation, g export.Classification) error {
	if _, taken := first.Global[p.options.Global]; taken {
		return one.Refuse(p.out, fmt.Sprintf("the image has the global attribute %q already, from another label", p.options.Global))
	}
	if first.Global == nil {
		first.Global = map[string]any{}
	}
	for name, value := range g.Secondary {
		first.Global[name] = value
	}
	first.Global[p.options.Global] = one.Class
	return nil
}

func shapeOf(g export.Geometry) string {
	switch g.(type) {
	case export.Polygons:
		return "polygon"
	case export.Segment:
		return "line"
	case export.Keypoints:
		return "point"
	default:
		return "box"
	}
}

// draw returns the label's shapes: one, or one a ring or keypoint.
func (p *planning) draw(one adapter.Annotation) []annotation {
	base := annotation{Type: shapeOf(one.Geometry), Label: one.Class}
	var all []annotation
	switch g := one.Geometry.(type) {
	case export.Box:
		base.Left, base.Top, base.Width, base.Height = &g.Left, &g.Top, &g.Width, &g.Height
		all = append(all, base)
	case export.Polygons:
		for _, ring := range g.Rings {
			base.Vertices = vertices(ring)
			all = append(all, base)
		}
	case export.Segment:
		base.Vertices = vertices([]export.Point{g.From, g.To})
		all = append(all, base)
	case export.Keypoints:
		for _, k := range g.Points {
			base.X, base.Y, base.Attributes = &k.X, &k.Y, nil
			if k.Name != "" && p.options.Keypoint != "" {
				base.Attributes = map[string]string{p.options.Keypoint: k.Name}
			}
			all = append(all, base)
		}
	}
	for i := range all {
		all[i].UUID = shapeUUID(one.Label.ID, i)
	}
	return all
}

// shapeUUID is the label's own where that is one, and made from it where it is not, or for all shapes but the first. Labels
// without an id leave it to the vendor.
func shapeUUID(label string, i int) string {
	switch {
	case label == "":
		return ""
	case i == 0 && adapter.IsUUID(label):
		return label
	default:
		return adapter.UUID(label, fmt.Sprint(i))
	}
}

func vertices(points []export.Point) []vertex {
	all := make([]vertex, len(points))
	for i, p := range points {
		all[i] = vertex{p.X, p.Y}
	}
	return all
}

// noteKeypoints says what a label of keypoints has that points have no place for.
func (p *planning) noteKeypoints(one adapter.Annotation, k export.Keypoints) error {
	named := slices.ContainsFunc(k.Points, func(k export.Keypoint) bool { return k.Name != "" })
	var text string
	switch {
	case k.Box != nil || len(k.Rings) > 0:
		text = "the box or outline around the keypoints is not sent, the points are"
	case named && p.options.Keypoint == "":
		text = "the names of the keypoints are not sent; the option keypoint_attribute says where to"
	default:
		return nil
	}
	return one.Note(p.out, text)
}
