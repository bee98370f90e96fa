package supervisely

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// annotation is all that is drawn on an image.
type annotation struct {
	Description string   `json:"description"`
	Size        size     `json:"size"`
	Tags        []tag    `json:"tags"`
	Objects     []object `json:"objects"`
}

// size is an image's in pixels.
type size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// tag says something of an image. A tag without value has none.
type tag struct {
	Name  string `json:"name"`
	Value any    `json:"value,omitempty"` // a text or a number
}

// object is something drawn.
type object struct {
	Class    string   `json:"classTitle"`
	Geometry string   `json:"geometryType"`
	Points   points   `json:"points"`
	Tags     []string `json:"tags"`
}

// points are places in pixels, from the image's upper left corner. Interior are holes; we have none.
//
// On the wire a pixel has a size: the client adds 1 to the right and lower edge of a box, and 0.5 to each point of everything
// else, because its own coordinates are whole pixels by their number. Ours are lengths from the corner, as the wire's are, and
// are sent as they are.
type points struct {
	Exterior [][2]float64   `json:"exterior"`
	Interior [][][2]float64 `json:"interior"`
}

// annotate draws the labels of a frame; nil where there is nothing to draw.
func (s *supervisely) annotate(out adapter.Output, ready adapter.Prepared) (*annotation, error) {
	a := &annotation{Tags: []tag{}, Objects: []object{}}
	a.Size = size{int(math.Round(ready.Image.Size.Width)), int(math.Round(ready.Image.Size.Height))}
	for _, label := range ready.Annotations {
		if err := s.draw(out, a, label); err != nil {
			return nil, err
		}
	}
	if len(a.Tags)+len(a.Objects) == 0 {
		return nil, nil //nolint:nilnil // nothing is a possible drawing
	}
	return a, nil
}

// draw adds a label.
func (s *supervisely) draw(out adapter.Output, a *annotation, label adapter.Annotation) error {
	switch g := label.Geometry.(type) {
	case export.Box:
		a.add(label, "rectangle", export.Point{X: g.Left, Y: g.Top}, export.Point{X: g.Right(), Y: g.Bottom()})
	case export.Polygons:
		for _, ring := range g.Rings {
			a.add(label, "polygon", ring...)
		}
		if len(g.Rings) > 1 {
			return label.Note(out, fmt.Sprintf("sent as %d objects, one for each part", len(g.Rings)))
		}
	case export.Segment:
		a.add(label, "line", g.From, g.To)
	case export.Keypoints:
		for _, p := range g.Points {
			a.add(label, "point", p.Point)
		}
		return label.Note(out, fmt.Sprintf("sent as %d single points, without their names and box", len(g.Points)))
	case export.Classification:
		return s.tag(out, a, label, g)
	default:
		return label.Refuse(out, fmt.Sprintf("supervisely has no form for labels of type %s", label.Geometry.Type()))
	}
	return nil
}

func (a *annotation) add(label adapter.Annotation, geometry string, at ...export.Point) {
	o := object{Class: label.Class, Geometry: geometry, Points: points{Interior: [][][2]float64{}}, Tags: []string{}}
	for _, p := range at {
		o.Points.Exterior = append(o.Points.Exterior, [2]float64{p.X, p.Y})
	}
	a.Objects = append(a.Objects, o)
}

// tag adds the answer of a classification: a tag named by the class, and tags with values for the further answers.
func (s *supervisely) tag(out adapter.Output, a *annotation, label adapter.Annotation, g export.Classification) error {
	a.addTag(tag{Name: label.Class})
	for _, name := range slices.Sorted(maps.Keys(g.Secondary)) {
		to, asked := s.options.Answers[name]
		value, isText := export.Text(g.Secondary[name])
		if !asked || !isText {
			if err := label.Note(out, fmt.Sprintf("its answer %q is not sent: the option answers names no tag for it", name)); err != nil {
				return err
			}
			continue
		}
		t := tag{Name: to, Value: value}
		if n, isNumber := export.Number(g.Secondary[name]); isNumber {
			t.Value = n
		}
		a.addTag(t)
	}
	return nil
}

func (a *annotation) addTag(t tag) {
	if !slices.ContainsFunc(a.Tags, func(other tag) bool { return other.Name == t.Name }) {
		a.Tags = append(a.Tags, t)
	}
}
