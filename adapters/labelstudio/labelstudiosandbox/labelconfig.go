package labelstudiosandbox

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// labelConfig is what a project's label config says.
type labelConfig struct {
	controls map[string]*control
	objects  map[string]object
	needs    []object // the data keys that a task must have, in the order of the config
}

// control is a tag that people label with.
type control struct {
	Type   string           `json:"type"`
	ToName []string         `json:"to_name"`
	Inputs []map[string]any `json:"inputs"`
	Labels []string         `json:"labels"`
	Attrs  map[string]any   `json:"labels_attrs"`
}

// object is a tag that shows data: an image.
type object struct{ tag, name, key string }

// parseConfig reads a label config.
func parseConfig(text string) (*labelConfig, error) {
	cfg := &labelConfig{controls: map[string]*control{}, objects: map[string]object{}}
	from := xml.NewDecoder(strings.NewReader(text))
	var open []*control // the control each open tag belongs to
	for {
		token, err := from.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, cfg.take(t, last(open)))
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	for _, c := range cfg.controls {
		for _, to := range c.ToName {
			o := cfg.objects[to]
			c.Inputs = append(c.Inputs, map[string]any{"type": o.tag, "valueType": nil, "value": o.key})
		}
	}
	return cfg, nil
}

// take reads one tag, which stands within the control inside, and returns the control that its children belong to.
func (cfg *labelConfig) take(t xml.StartElement, inside *control) *control {
	a := map[string]string{}
	for _, attr := range t.Attr {
		a[attr.Name.Local] = attr.Value
	}
	tag := t.Name.Local
	switch {
	case a["toName"] != "" && a["name"] != "":
		c := &control{Type: tag, ToName: strings.Split(a["toName"], ","), Inputs: []map[string]any{}, Labels: []string{}, Attrs: map[string]any{}}
		cfg.controls[a["name"]] = c
		return c
	case inside != nil && (tag == "Label" || tag == "Choice"):
		inside.Labels = append(inside.Labels, a["value"])
		inside.Attrs[a["value"]] = map[string]any{"value": a["value"]}
	case a["name"] != "" && strings.HasPrefix(a["value"], "$"):
		o := object{tag: tag, name: a["name"], key: a["value"][1:]}
		cfg.objects[o.name] = o
		cfg.needs = append(cfg.needs, o)
	}
	return inside
}

func last(open []*control) *control {
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}
