package labelstudio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// keptConfig is what an inspection keeps of the project: its controls, as far as they are looked at.
const keptConfig = "config"

// control is a tag of the label config, as the project tells it (parsed_label_config).
type control struct {
	Type   string   `json:"type"`
	ToName []string `json:"to_name"`
	Inputs []struct {
		Value string `json:"value"`
	} `json:"inputs"`
	Labels []string `json:"labels"`
}

// Inspect compares the options with the project: that it is there, that its label config has the controls, that they are of
// the right kind, and that every class of the class map is a label of one of them.
func (a *labelStudio) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	found, known := results[stepProject]
	if !known {
		call := adapter.Call{Method: "GET", Path: "/api/projects/" + a.project() + "/"}
		return nil, true, emit(adapter.Step{ID: stepProject, Call: call, Repeat: adapter.RepeatSafe})
	}
	c := checking{}
	var config map[string]control
	if json.Unmarshal([]byte(found.Kept[keptConfig]), &config) != nil {
		c.wrong("project", "there is no project %d; correct the number, or give the key's user access to it", a.options.Project)
	} else if a.options.Mode == modeBatch && a.options.Predictions {
		a.inspectControls(&c, config)
	}
	return c.errs, false, nil
}

func (a *labelStudio) inspectControls(c *checking, config map[string]control) {
	o := a.options.Controls
	var labels []string
	for _, want := range []struct{ option, name, kind string }{
		{"controls.box", o.Box, "RectangleLabels"},
		{"controls.polygon", o.Polygon, "PolygonLabels"},
		{"controls.keypoint", o.Keypoint, "KeyPointLabels"},
		{"controls.line", o.Line, "VectorLabels"},
		{"controls.class", o.Class, "Choices"},
	} {
		if want.name != "" {
			labels = append(labels, a.inspectControl(c, config, want.option, want.name, want.kind)...)
		}
	}
	for _, answer := range sortedKeys(o.Answers) {
		a.inspectControl(c, config, "controls.answers."+answer, o.Answers[answer], "Choices")
	}
	for _, class := range a.annotator.Classes.Names() {
		if !slices.Contains(labels, class) {
			c.wrong("classes", "%q is no label of the controls; they have %s", class, strings.Join(slices.Compact(slices.Sorted(slices.Values(labels))), ", "))
		}
	}
}

// inspectControl returns the labels of a control that is as it should be.
func (a *labelStudio) inspectControl(c *checking, config map[string]control, option, name, kind string) []string {
	has, there := config[name]
	switch {
	case !there:
		c.wrong(option, "the label config has no tag %q; it has %s", name, strings.Join(sortedKeys(config), ", "))
	case !strings.EqualFold(has.Type, kind):
		c.wrong(option, "the tag %q is a %s, not a %s", name, has.Type, kind)
	case !slices.Contains(has.ToName, a.options.Controls.Image):
		c.wrong("controls.image", "the tag %q is for %s, not for %q", name, strings.Join(has.ToName, ", "), a.options.Controls.Image)
	case len(has.Inputs) > 0 && !strings.EqualFold(has.Inputs[0].Value, a.options.Image):
		c.wrong("image", "the label config shows $%s as the image, not $%s", has.Inputs[0].Value, a.options.Image)
	}
	return has.Labels
}

// judgeProject keeps what Inspect looks at.
func judgeProject(resp adapter.Response) adapter.Verdict {
	var p struct {
		ID     int64              `json:"id"`
		Config map[string]control `json:"parsed_label_config"`
	}
	if json.Unmarshal(resp.Body, &p) != nil || p.ID == 0 {
		return badAnswer(resp, "no project")
	}
	if p.Config == nil {
		p.Config = map[string]control{}
	}
	kept, err := json.Marshal(p.Config)
	if err != nil {
		return badAnswer(resp, fmt.Sprintf("no label config: %v", err))
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptConfig: string(kept)}}
}
