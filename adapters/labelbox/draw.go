package labelbox

import (
	"maps"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// annotationLine is a pre-label: one line of an import, as the client's typed labels are serialised
// (labelbox/data/serialization/ndjson: objects.py and classification.py).
type annotationLine struct {
	UUID            string      `json:"uuid"`
	DataRow         rowName     `json:"dataRow"`
	Name            string      `json:"name"`
	Classifications *[]struct{} `json:"classifications,omitempty"` // an empty list for shapes, absent for answers
	Box             *box        `json:"bbox,omitempty"`
	Polygon         []point     `json:"polygon,omitempty"`
	Line            []point     `json:"line,omitempty"`
	Point           *point      `json:"point,omitempty"`
	Mask            *mask       `json:"mask,omitempty"`
	Answer          any         `json:"answer,omitempty"` // an answerName, a list of them, or a text

	label *export.Label
}

type rowName struct {
	GlobalKey string `json:"globalKey"`
}

// box is in pixels, from the top left corner.
type box struct {
	Top    float64 `json:"top"`
	Left   float64 `json:"left"`
	Height float64 `json:"height"`
	Width  float64 `json:"width"`
}

type point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// mask is the part of a mask's file that has a colour.
type mask struct {
	InstanceURI string `json:"instanceURI"`
	ColorRGB    [3]int `json:"colorRGB"`
}

type answerName struct {
	Name string `json:"name"`
}

// The kinds of answer.
const (
	answerRadio     = "radio"
	answerChecklist = "checklist"
	answerText      = "text"
)

// drawing makes the pre-labels of a frame.
type drawing struct {
	*plan
	item  export.ItemID
	key   string // the data row's global key
	lines []annotationLine
}

// draw makes the pre-labels of a label: several for polygons of several parts and for keypoints.
func (d *drawing) draw(a adapter.Annotation) {
	switch g := a.Geometry.(type) {
	case export.Box:
		d.shape(a, shapeBox, "", func(l *annotationLine) { l.Box = &box{g.Top, g.Left, g.Height, g.Width} })
	case export.Polygons:
		for _, ring := range g.Rings {
			d.shape(a, shapePolygon, "", func(l *annotationLine) { l.Polygon = closed(ring) })
		}
	case export.Segment:
		d.shape(a, shapeLine, "", func(l *annotationLine) { l.Line = []point{point(g.From), point(g.To)} })
	case export.Keypoints:
		for _, k := range g.Points {
			d.shape(a, shapePoint, k.Name, func(l *annotationLine) { l.Point = &point{k.X, k.Y} })
		}
	case export.Mask:
		d.masks(a, g)
	case export.Classification:
		d.classify(a, g)
	}
}

// shape adds a drawn pre-label. Its uuid is made of delivery, frame, label and part, so that an import that is repeated
// takes the place of the first.
func (d *drawing) shape(a adapter.Annotation, shape, point string, fill func(*annotationLine)) {
	l := annotationLine{Name: d.options.toolName(shape, a.Class, point), Classifications: &[]struct{}{}}
	fill(&l)
	d.add(a, l)
}

// masks adds a mask for each colour that has a tool. The vendor reads the file by its URL.
func (d *drawing) masks(a adapter.Annotation, m export.Mask) {
	for _, color := range slices.Sorted(maps.Keys(d.options.MaskColors)) {
		parts, err := rgb(color)
		if err != nil {
			continue // the options have been checked
		}
		d.add(a, annotationLine{
			Name: d.options.MaskColors[color], Classifications: &[]struct{}{}, Mask: &mask{m.URL, parts},
		})
	}
}

func (d *drawing) add(a adapter.Annotation, l annotationLine) {
	l.UUID = adapter.UUID(d.in.Key, string(d.item), a.Label.ID, strconv.Itoa(len(d.lines)))
	l.DataRow, l.label = rowName{d.key}, a.Label
	d.lines = append(d.lines, l)
}

// closed repeats the first point of a ring at its end, as the client does.
func closed(ring []export.Point) []point {
	points := make([]point, 0, len(ring)+1)
	for _, p := range ring {
		points = append(points, point(p))
	}
	return append(points, points[0])
}

// classify adds the answers of a classification: its class, and the secondary attributes that the option names.
func (d *drawing) classify(a adapter.Annotation, c export.Classification) {
	if d.options.Question == "" {
		return
	}
	d.add(a, annotationLine{Name: d.options.Question, Answer: answerName{a.Class}})
	for _, name := range slices.Sorted(maps.Keys(c.Secondary)) {
		if answer := answerOf(d.options.Answers[name], c.Secondary[name]); answer != nil {
			d.add(a, annotationLine{Name: name, Answer: answer})
		}
	}
}

// answerOf is an attribute's value as an answer of a kind; nil where it is none.
func answerOf(kind string, value any) any {
	text, plain := export.Text(value)
	switch kind {
	case answerRadio:
		if plain {
			return answerName{text}
		}
	case answerText:
		if plain {
			return text
		}
	case answerChecklist:
		return checked(value)
	}
	return nil
}

// checked are the answers of a checklist: a list's texts, or one.
func checked(value any) any {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	var answers []answerName
	for _, one := range list {
		if text, ok := export.Text(one); ok {
			answers = append(answers, answerName{text})
		}
	}
	if len(answers) == 0 {
		return nil
	}
	return answers
}
