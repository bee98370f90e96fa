package scale

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// What an inspection keeps of the project.
const (
	keptType    = "type"
	keptShapes  = "shapes"
	keptClasses = "classes"
)

// Inspect compares the options with the project: that it is there, annotates images, has something to annotate, and that every
// class of the class map is one of its classes.
func (a *scale) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	found, known := results[stepProject]
	if !known {
		call := adapter.Call{Method: "GET", Path: "/projects/" + quote(a.options.Project)}
		return nil, true, emit(adapter.Step{ID: stepProject, Call: call, Repeat: adapter.RepeatSafe})
	}
	wrong := func(option, format string, args ...any) {
		mistakes = append(mistakes, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
	}
	switch kind := found.Kept[keptType]; kind {
	case "":
		wrong("project", "there is no project %q; make it at the vendor, or correct the name", a.options.Project)
		return mistakes, false, nil
	case "imageannotation":
	default:
		wrong("project", "is of type %s; the adapter makes tasks of type imageannotation", kind)
	}
	classes := list(found.Kept[keptClasses])
	if len(a.options.Geometries) > 0 {
		classes = nil
		for _, g := range a.options.Geometries {
			classes = append(classes, g.Objects...)
		}
	} else if found.Kept[keptShapes] == "" {
		wrong("geometries", "neither the options nor the project says what to annotate; set them here or at the project")
	}
	if len(classes) > 0 {
		for _, name := range a.annotator.Classes.Names() {
			if !slices.Contains(classes, name) {
				wrong("classes", "%q is not among the objects to annotate: %s", name, strings.Join(slices.Compact(slices.Sorted(slices.Values(classes))), ", "))
			}
		}
	}
	return mistakes, false, nil
}

// judgeProject keeps what Inspect looks at. A project that is not there is a finding, not a failure.
func judgeProject(resp adapter.Response) adapter.Verdict {
	if resp.Status == statusNotFound {
		return adapter.Verdict{Kind: adapter.Done}
	}
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	var p struct {
		Name    string `json:"name"`
		Type    string `json:"type"`
		History []struct {
			Geometries map[string]struct {
				Objects []object `json:"objects_to_annotate"`
			} `json:"geometries"`
		} `json:"param_history"`
	}
	if json.Unmarshal(resp.Body, &p) != nil || p.Type == "" {
		return badAnswer(resp, "no project")
	}
	kept := map[string]string{keptType: p.Type}
	if len(p.History) > 0 { // the last entry is in force
		var shapes, classes []string
		for shape, g := range p.History[len(p.History)-1].Geometries {
			shapes = append(shapes, shape)
			for _, o := range g.Objects {
				classes = append(classes, o.names()...)
			}
		}
		slices.Sort(shapes)
		slices.Sort(classes)
		kept[keptShapes], kept[keptClasses] = strings.Join(shapes, "\n"), strings.Join(slices.Compact(classes), "\n")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

// object is a class: a name, or a choice with further ones below it (docs.scale.com, label nesting and options).
type object struct {
	Choice     string
	Subchoices []object
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &o.Choice) == nil {
		return nil
	}
	var nested struct {
		Choice     string   `json:"choice"`
		Subchoices []object `json:"subchoices"`
	}
	if err := json.Unmarshal(text, &nested); err != nil {
		return err
	}
	o.Choice, o.Subchoices = nested.Choice, nested.Subchoices
	return nil
}

func (o object) names() []string {
	names := []string{o.Choice}
	for _, sub := range o.Subchoices {
		names = append(names, sub.names()...)
	}
	return names
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
