package labelboxsandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
)

// rowName names a data row: by exactly one of the two.
type rowName struct {
	ID        string `json:"id,omitempty"`
	GlobalKey string `json:"globalKey,omitempty"`
}

// annotationLine is a line of an import (labelbox/data/serialization/ndjson: base.py, objects.py, classification.py).
type annotationLine struct {
	UUID            string            `json:"uuid"`
	Name            string            `json:"name"`
	SchemaID        string            `json:"schemaId"`
	DataRow         rowName           `json:"dataRow"`
	Classifications []json.RawMessage `json:"classifications"`
	Box             *box              `json:"bbox"`
	Polygon         []point           `json:"polygon"`
	Line            []point           `json:"line"`
	Point           *point            `json:"point"`
	Mask            *mask             `json:"mask"`
	Answer          json.RawMessage   `json:"answer"`
	Confidence      *float64          `json:"confidence"` // ignored by imports of pre-labels
}

type point struct {
	X *float64 `json:"x"`
	Y *float64 `json:"y"`
}

type box struct {
	Top    *float64 `json:"top"`
	Left   *float64 `json:"left"`
	Height *float64 `json:"height"`
	Width  *float64 `json:"width"`
}

type mask struct {
	InstanceURI string `json:"instanceURI,omitempty"`
	ColorRGB    []int  `json:"colorRGB,omitempty"`
	PNG         string `json:"png,omitempty"`
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// readLine reads a line and checks it against the ontology.
func readLine(text []byte) (annotationLine, error) {
	var l annotationLine
	if err := strictly(text, &l); err != nil {
		return l, err
	}
	switch {
	case !uuidForm.MatchString(l.UUID):
		return l, fmt.Errorf("uuid %q is not valid", l.UUID)
	case (l.DataRow.ID == "") == (l.DataRow.GlobalKey == ""):
		return l, errors.New("dataRow needs exactly one of id and globalKey")
	case (l.Name == "") == (l.SchemaID == ""):
		return l, errors.New("exactly one of name and schemaId is needed")
	case len(l.Classifications) > 0:
		return l, errors.New("the tool has no classifications")
	}
	if l.Answer != nil {
		return l, l.checkAnswer()
	}
	return l, l.checkObject()
}

func (l annotationLine) checkObject() error {
	kind, count := "", 0
	for name, there := range map[string]bool{
		boxTool: l.Box != nil, polygonTool: l.Polygon != nil, lineTool: l.Line != nil, pointTool: l.Point != nil, maskTool: l.Mask != nil,
	} {
		if there {
			kind = name
			count++
		}
	}
	if count != 1 {
		return errors.New("exactly one of bbox, polygon, line, point, mask and answer is needed")
	}
	fits := func(t tool) bool { return t.Tool == kind && (t.Name == l.Name || t.FeatureSchemaID == l.SchemaID) }
	if !slices.ContainsFunc(ontology().Tools, fits) {
		return fmt.Errorf("the ontology has no %s tool %q", kind, l.Name+l.SchemaID)
	}
	return l.checkShape()
}

func (l annotationLine) checkShape() error {
	switch {
	case l.Box != nil:
		return l.Box.check()
	case l.Polygon != nil:
		return checkPoints(l.Polygon, 3)
	case l.Line != nil:
		return checkPoints(l.Line, 2)
	case l.Point != nil:
		return checkPoints([]point{*l.Point}, 1)
	case l.Mask.PNG == "" && (l.Mask.InstanceURI == "" || len(l.Mask.ColorRGB) != 3):
		return errors.New("a mask needs instanceURI and colorRGB, or png")
	default:
		return nil
	}
}

// check: sides are wanted that are not negative. The image's size is not known here: the stand-in fetches nothing.
func (b box) check() error {
	for _, n := range []*float64{b.Top, b.Left, b.Height, b.Width} {
		if n == nil || math.IsInf(*n, 0) {
			return errors.New("bbox needs top, left, height and width")
		}
	}
	if *b.Height <= 0 || *b.Width <= 0 {
		return errors.New("bbox: height and width must be above 0")
	}
	return nil
}

func checkPoints(points []point, least int) error {
	if len(points) < least {
		return fmt.Errorf("%d points are too few", len(points))
	}
	for _, p := range points {
		if p.X == nil || p.Y == nil {
			return errors.New("a point needs x and y")
		}
	}
	return nil
}

// checkAnswer: a radio takes {"name"}, a checklist a list of these, free text a text.
func (l annotationLine) checkAnswer() error {
	is := func(c choice) bool { return c.Name == l.Name || c.FeatureSchemaID == l.SchemaID }
	all := ontology().Classifications
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return fmt.Errorf("the ontology has no classification %q", l.Name+l.SchemaID)
	}
	switch c := all[i]; c.Type {
	case freeText:
		var text string
		return json.Unmarshal(l.Answer, &text)
	case checklist:
		var answers []answerName
		if err := strictly(l.Answer, &answers); err != nil {
			return err
		}
		return c.check(answers...)
	default:
		var answer answerName
		if err := strictly(l.Answer, &answer); err != nil {
			return err
		}
		return c.check(answer)
	}
}

type answerName struct {
	Name string `json:"name"`
}

func (c choice) check(answers ...answerName) error {
	if len(answers) == 0 {
		return errors.New("an answer is needed")
	}
	for _, answer := range answers {
		if !slices.ContainsFunc(c.Options, func(o option) bool { return o.Label == answer.Name }) {
			return fmt.Errorf("classification %q has no option %q", c.Name, answer.Name)
		}
	}
	return nil
}

// value is the shape or the answer alone, for the state.
func (l annotationLine) value() json.RawMessage {
	var shape any = l.Answer
	switch {
	case l.Box != nil:
		shape = l.Box
	case l.Polygon != nil:
		shape = l.Polygon
	case l.Line != nil:
		shape = l.Line
	case l.Point != nil:
		shape = l.Point
	case l.Mask != nil:
		shape = l.Mask
	}
	text, _ := json.Marshal(shape)
	return text
}
