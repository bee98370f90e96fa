package labelstudio

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// region is one entry of a prediction's result. Lengths are percent of the image.
type region struct {
	ID             string   `json:"id"`
	FromName       string   `json:"from_name"`
	ToName         string   `json:"to_name"`
	Type           string   `json:"type"`
	OriginalWidth  float64  `json:"original_width,omitempty"`
	OriginalHeight float64  `json:"original_height,omitempty"`
	ImageRotation  *int     `json:"image_rotation,omitempty"`
	Value          value    `json:"value"`
	Score          *float64 `json:"score,omitempty"`
}

// value is a region's geometry and labels; which fields there are is the region's type.
type value struct {
	X               *float64     `json:"x,omitempty"`
	Y               *float64     `json:"y,omitempty"`
	Width           *float64     `json:"width,omitempty"`
	Height          *float64     `json:"height,omitempty"`
	Rotation        *float64     `json:"rotation,omitempty"`
	Points          [][2]float64 `json:"points,omitempty"`
	Vertices        []vertex     `json:"vertices,omitempty"`
	Closed          *bool        `json:"closed,omitempty"`
	RectangleLabels []string     `json:"rectanglelabels,omitempty"`
	PolygonLabels   []string     `json:"polygonlabels,omitempty"`
	KeypointLabels  []string     `json:"keypointlabels,omitempty"`
	VectorLabels    []string     `json:"vectorlabels,omitempty"`
	Choices         []string     `json:"choices,omitempty"`
}

// vertex is a point of a line.
type vertex struct {
	ID       string  `json:"id"`
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Previous string  `json:"prevPointId,omitempty"`
}

// drawing makes a frame's regions.
type drawing struct {
	*batching
	subject *export.Subject
	size    export.Size
	regions []region
	score   *float64 // the least confidence of all labels: what needs people most comes first
}

// add draws a label.
func (d *drawing) add(one adapter.Annotation) error {
	c := d.options.Controls
	name, option := c.of(one.Geometry)
	if name == "" {
		return d.refuse(one, fmt.Sprintf("the option controls.%s is empty; name the tag of the label config for labels of type %s", option, one.Geometry.Type()))
	}
	before := len(d.regions)
	switch g := one.Geometry.(type) {
	case export.Box:
		d.draw(one, name, "rectanglelabels", d.box(g, one.Class))
	case export.Polygons:
		for _, ring := range g.Rings {
			d.draw(one, name, "polygonlabels", value{Points: d.points(ring), Closed: ptr(true), PolygonLabels: []string{one.Class}})
		}
	case export.Segment:
		d.draw(one, name, "vectorlabels", d.line(g, one))
	case export.Keypoints:
		if err := d.keypoints(one, name, g); err != nil {
			return err
		}
	case export.Classification:
		if err := d.classify(one, name, g); err != nil {
			return err
		}
	}
	d.rate(one, d.regions[before:])
	return nil
}

// of is the name of the control for a geometry, and the option that says it.
func (c Controls) of(g export.Geometry) (name, option string) {
	switch g.(type) {
	case export.Box:
		return c.Box, "box"
	case export.Polygons:
		return c.Polygon, "polygon"
	case export.Keypoints:
		return c.Keypoint, "keypoint"
	case export.Segment:
		return c.Line, "line"
	default:
		return c.Class, "class"
	}
}

// draw adds a region with a place in the image.
func (d *drawing) draw(one adapter.Annotation, from, kind string, v value) {
	d.regions = append(d.regions, region{
		ID: d.id(one), FromName: from, ToName: d.options.Controls.Image, Type: kind,
		OriginalWidth: d.size.Width, OriginalHeight: d.size.Height, ImageRotation: ptr(0), Value: v,
	})
}

// id is the label's uuid, for its first region; the others, and labels without one, have an id made from it. Ids are
// different from one another within a task.
func (d *drawing) id(one adapter.Annotation) string {
	id := one.Label.ID
	if id == "" {
		return adapter.UUID(d.in.Key, string(d.subject.Item()), strconv.Itoa(len(d.regions)))
	}
	if slices.ContainsFunc(d.regions, func(r region) bool { return r.ID == id }) {
		return adapter.UUID(id, strconv.Itoa(len(d.regions)))
	}
	return id
}

func (d *drawing) box(g export.Box, class string) value {
	p := g.Scaled(d.size, 100)
	return value{X: &p.Left, Y: &p.Top, Width: &p.Width, Height: &p.Height, Rotation: ptr(0.0), RectangleLabels: []string{class}}
}

func (d *drawing) points(ring []export.Point) [][2]float64 {
	points := make([][2]float64, len(ring))
	for i, p := range ring {
		p = p.Scaled(d.size, 100)
		points[i] = [2]float64{p.X, p.Y}
	}
	return points
}

// line is a vector of two vertices. Vertices are tied to each other by ids.
func (d *drawing) line(g export.Segment, one adapter.Annotation) value {
	from, to, id := g.From.Scaled(d.size, 100), g.To.Scaled(d.size, 100), d.id(one)
	first := vertex{ID: adapter.UUID(id, "from"), X: from.X, Y: from.Y}
	second := vertex{ID: adapter.UUID(id, "to"), X: to.X, Y: to.Y, Previous: first.ID}
	return value{Vertices: []vertex{first, second}, Closed: ptr(false), VectorLabels: []string{one.Class}}
}

// keypointWidth is how large a point is drawn, in percent: that of the labelling page itself.
const keypointWidth = 0.5

func (d *drawing) keypoints(one adapter.Annotation, control string, g export.Keypoints) error {
	for _, k := range g.Points {
		p := k.Scaled(d.size, 100)
		d.draw(one, control, "keypointlabels", value{X: &p.X, Y: &p.Y, Width: ptr(keypointWidth), KeypointLabels: []string{d.keypointLabel(one, k)}})
	}
	if g.Box == nil && len(g.Rings) == 0 {
		return nil
	}
	return d.note(one, "the box or outline around the keypoints is not sent, the points are")
}

// keypointLabel is the point's own name, translated where the class map has it, or the class of the label.
func (d *drawing) keypointLabel(one adapter.Annotation, k export.Keypoint) string {
	if k.Name == "" {
		return one.Class
	}
	if name, there := d.options.Classes[k.Name]; there {
		return name
	}
	return k.Name
}

// classify adds the class, and the secondary labels that have a control, as choices.
func (d *drawing) classify(one adapter.Annotation, control string, g export.Classification) error {
	d.choose(one, control, one.Class)
	for _, name := range slices.Sorted(maps.Keys(g.Secondary)) {
		answers, ok := choices(g.Secondary[name])
		to := d.options.Controls.Answers[name]
		if to == "" || !ok {
			if err := d.note(one, fmt.Sprintf("the secondary label %q is not sent; the option controls.answers names a Choices tag for it", name)); err != nil {
				return err
			}
			continue
		}
		d.choose(one, to, answers...)
	}
	return nil
}

// choices are the texts of a secondary label: one, or a list.
func choices(of any) ([]string, bool) {
	if one, ok := export.Text(of); ok {
		return []string{one}, true
	}
	list, ok := of.([]any)
	all := make([]string, 0, len(list))
	for _, entry := range list {
		one, isText := export.Text(entry)
		ok = ok && isText
		all = append(all, one)
	}
	return all, ok && len(all) > 0
}

// choose adds answers to a control's choices. A control has one region, whatever the number of answers.
func (d *drawing) choose(one adapter.Annotation, control string, answers ...string) {
	at := slices.IndexFunc(d.regions, func(r region) bool { return r.Type == "choices" && r.FromName == control })
	if at < 0 {
		at = len(d.regions)
		d.regions = append(d.regions, region{ID: d.id(one), FromName: control, ToName: d.options.Controls.Image, Type: "choices"})
	}
	chosen := &d.regions[at].Value
	for _, answer := range answers {
		if !slices.Contains(chosen.Choices, answer) {
			chosen.Choices = append(chosen.Choices, answer)
		}
	}
}

// rate takes the label's confidence, for its regions and for the prediction. Only 0 to 1 is a score.
func (d *drawing) rate(one adapter.Annotation, regions []region) {
	confidence, ok := one.Label.Confidence()
	if !ok || confidence < 0 || confidence > 1 {
		return
	}
	for i := range regions {
		regions[i].Score = &confidence
	}
	if d.score == nil || confidence < *d.score {
		d.score = &confidence
	}
}

func (d *drawing) refuse(one adapter.Annotation, reason string) error {
	at, item := d.where(one)
	return d.out.Refuse(adapter.Refusal{Index: at.Index, ElementID: at.ID, Item: item, Reason: reason})
}

func (d *drawing) note(one adapter.Annotation, what string) error {
	at, item := d.where(one)
	return d.out.Note(adapter.Note{Index: at.Index, ElementID: at.ID, Item: item, Text: what})
}

// where is the element that exported a label, and the label as an item.
func (d *drawing) where(one adapter.Annotation) (export.ElementRef, export.ItemID) {
	for i := range d.subject.Labels {
		if &d.subject.Labels[i] == one.Label {
			return d.subject.ElementOf(i), export.ItemID(one.Label.ID)
		}
	}
	return d.subject.Elements[0], export.ItemID(one.Label.ID)
}

func ptr[T any](of T) *T { return &of }
