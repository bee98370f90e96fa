package encord

import (
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Inspect implements adapter.Inspector: it reads the project, and what the mode needs besides.
func (a *encord) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	paths := []struct{ id, path string }{{stepProject, a.projectPath("")}}
	if a.options.Mode == modeBatch {
		paths = append(paths, struct{ id, path string }{stepFolder, a.folderPath("")},
			struct{ id, path string }{stepDatasets, a.projectPath("/datasets")})
	}
	for _, read := range paths {
		step := adapter.Step{ID: read.id, Repeat: adapter.RepeatSafe, Call: adapter.Call{Method: "GET", Path: read.path}}
		if err := emit(step); err != nil {
			return nil, false, err
		}
	}
	project, known := results[stepProject]
	if !known {
		return nil, true, nil
	}
	if a.options.Labels {
		step := adapter.Step{ID: stepOntology, Repeat: adapter.RepeatSafe, Call: ontologyCall(project.Kept[keptOntology])}
		if err := emit(step); err != nil {
			return nil, false, err
		}
		if _, known := results[stepOntology]; !known {
			return nil, true, nil
		}
	}
	return a.mistakes(results), false, nil
}

func (a *encord) mistakes(results map[string]adapter.Result) []error {
	c := &checker{}
	stages := strings.Fields(results[stepProject].Kept[keptStages])
	for i, stage := range a.options.From {
		if !slices.Contains(stages, strings.ToLower(stage)) {
			c.wrong(fmt.Sprintf("from[%d]", i), "the project's workflow has no such stage")
		}
	}
	if a.options.To != "" && !slices.Contains(stages, strings.ToLower(a.options.To)) {
		c.wrong("to", "the project's workflow has no such stage")
	}
	if a.options.Mode != modeBatch {
		return c.errs
	}
	if !slices.Contains(strings.Fields(results[stepDatasets].Kept[keptDatasets]), strings.ToLower(a.options.Dataset)) {
		c.wrong("dataset", "is not attached to the project, so that its images would never become tasks; attach it in Encord's web app")
	}
	if !a.options.Labels {
		return c.errs
	}
	p := plan{encord: a, in: adapter.Input{Results: results}}
	features, _ := p.features()
	classes := features.classes()
	for _, name := range a.annotator.Classes.Names() {
		if !classes[name] {
			c.wrong("classes", "the project's ontology has no %q", name)
		}
	}
	return c.errs
}
