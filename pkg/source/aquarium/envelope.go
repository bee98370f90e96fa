package aquarium

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/labelgate/labelgate/pkg/export"
)

// envelope is what a body holds besides its elements.
type envelope struct {
	fields   fields
	issue    fields // nil when the issue is no object; then fields holds it, if there is one
	listed   bool   // issue.elements is a list
	elements int
	first    elementNames
}

// elementNames are the names of the first element that has them. An issue may leave them to its elements.
type elementNames struct {
	dataset, inferenceSet, issue string
}

// named returns where the value of an element's field goes, nil for fields that are no names.
func (n *elementNames) named(field string) *string {
	switch field {
	case "dataset":
		return &n.dataset
	case "inference_set":
		return &n.inferenceSet
	case "issue_name":
		return &n.issue
	default:
		return nil
	}
}

// complete says that no further element needs to be looked at. Ground truth has no inference set, so that one is not waited for.
func (n *elementNames) complete() bool { return n.dataset != "" && n.issue != "" }

// event makes the event of a body that is well-formed JSON. The order of the checks is the order of the answers.
func (v *envelope) event(accepts func(string) bool) (*export.Event, error) {
	kind, err := v.fields.text("", "event")
	switch {
	case err != nil:
		return nil, err
	case kind == "":
		return nil, formatError("event is missing")
	case !accepts(kind):
		return nil, unexpectedEvent(kind)
	}
	if err := v.checkIssue(); err != nil {
		return nil, err
	}
	project, err := v.fields.text("", "project", "project_name")
	if err != nil {
		return nil, err
	}
	if project == "" {
		return nil, missingKey("project")
	}
	issue, err := v.exportedIssue(plainNames(project))
	if err != nil {
		return nil, err
	}
	return &export.Event{Type: kind, Project: project, Issue: *issue, Extra: v.fields.rest()}, nil
}

func (v *envelope) checkIssue() error {
	switch value := v.fields["issue"]; {
	case v.issue == nil && value == nil, v.issue != nil && len(v.issue) == 0 && !v.listed:
		return missingKey("issue")
	case v.issue == nil:
		return formatError("issue must be an object, got " + typeName(value))
	}
	return nil
}

func (v *envelope) exportedIssue(names plainNames) (*export.Issue, error) {
	if !v.listed {
		elements := v.issue["elements"]
		if elements == nil {
			return nil, missingKey("issue.elements")
		}
		return nil, formatError("issue.elements must be a list, got " + typeName(elements))
	}
	if number, ok := v.issue["id"].(json.Number); ok {
		v.issue["id"] = number.String()
	}
	issue := &export.Issue{Elements: v.elements}
	for _, field := range []struct {
		to       *string
		names    []string
		fallback string
	}{
		{&issue.ID, []string{"id"}, ""},
		{&issue.Name, []string{"name", "issue_name"}, v.first.issue},
		{&issue.Dataset, []string{"dataset"}, v.first.dataset},
		{&issue.InferenceSet, []string{"inference_set"}, v.first.inferenceSet},
	} {
		text, err := v.issue.text("issue.", field.names...)
		if err != nil {
			return nil, err
		}
		*field.to = cmp.Or(text, field.fallback)
	}
	issue.Dataset, issue.InferenceSet = names.of(issue.Dataset), names.of(issue.InferenceSet)
	issue.Extra = v.issue.rest()
	return issue, nil
}

// fields are the members of an object that are not read yet.
type fields map[string]any

// text takes the first of the names that has a text. It is empty when none has, and an error when one is something else;
// within stands in front of its name there.
func (f fields) text(within string, names ...string) (string, error) {
	for _, name := range names {
		value := f[name]
		text, ok := value.(string)
		if !ok && value != nil {
			return "", formatError(within + name + " must be text, got " + typeName(value))
		}
		delete(f, name)
		if text != "" {
			return text, nil
		}
	}
	return "", nil
}

// rest is what was not taken, nil when nothing is left.
func (f fields) rest() map[string]any {
	if len(f) == 0 {
		return nil
	}
	return f
}

// plainNames is a project, whose name and a dot may stand in front of the names of its datasets and inference sets.
type plainNames string

// of returns name without the project in front.
func (p plainNames) of(name string) string {
	rest, found := strings.CutPrefix(name, string(p))
	if found && len(rest) > 1 && rest[0] == '.' {
		return rest[1:]
	}
	return name
}
