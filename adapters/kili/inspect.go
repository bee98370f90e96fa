package kili

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

const (
	keptProjects  = "projects"   // how many projects there are of the id
	keptInputType = "input_type" // what the project labels
	keptJobs      = "jobs"       // its jobs, as JSON
)

// projectView is a project in an answer. The interface is JSON text.
type projectView struct {
	InputType     string `json:"inputType"`
	JSONInterface string `json:"jsonInterface"`
}

// question is a job of a project.
type question struct {
	Task       string   `json:"task"`
	Tools      []string `json:"tools"`
	Categories []string `json:"categories"`
}

// Inspect compares the options with the project.
func (k *kili) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	vars, err := json.Marshal(struct {
		Where projectWhere `json:"where"`
		First int          `json:"first"`
		Skip  int          `json:"skip"`
	}{projectWhere{k.options.Project}, 1, 0})
	if err != nil {
		return nil, false, err
	}
	call := adapter.Call{Document: findProject, Body: adapter.BytesBody(vars)}
	if err := emit(adapter.Step{ID: stepProject, Call: call, Repeat: adapter.RepeatSafe}); err != nil {
		return nil, false, err
	}
	seen, done := results[stepProject]
	if !done {
		return nil, true, nil
	}
	return k.mistakes(seen.Kept), false, nil
}

// judgeProject keeps what the project asks of its labelers.
func judgeProject(resp adapter.Response) adapter.Verdict {
	projects, ok := read[[]projectView](resp)
	if !ok {
		return badAnswer()
	}
	kept := map[string]string{keptProjects: fmt.Sprint(len(projects))}
	if len(projects) > 0 {
		kept[keptInputType] = projects[0].InputType
		jobs, err := json.Marshal(questions(projects[0].JSONInterface))
		if err != nil {
			return badAnswer()
		}
		kept[keptJobs] = string(jobs)
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

func questions(text string) map[string]question {
	var read struct {
		Jobs map[string]struct {
			Task    string   `json:"mlTask"`
			Tools   []string `json:"tools"`
			Content struct {
				Categories map[string]json.RawMessage `json:"categories"`
			} `json:"content"`
		} `json:"jobs"`
	}
	_ = json.Unmarshal([]byte(text), &read) // one that cannot be read asks nothing, and every job will be missing
	all := make(map[string]question, len(read.Jobs))
	for name, j := range read.Jobs {
		all[name] = question{j.Task, j.Tools, slices.Sorted(maps.Keys(j.Content.Categories))}
	}
	return all
}

func (k *kili) mistakes(kept map[string]string) []error {
	if kept[keptProjects] == "0" {
		return []error{mistake("project", "kili has no such project, or the key may not see it")}
	}
	if k.options.Mode != modeBatch {
		return nil
	}
	var found []error
	if kept[keptInputType] != "IMAGE" {
		found = append(found, mistake("project", fmt.Sprintf("it is for %s; frames need one for IMAGE", kept[keptInputType])))
	}
	var there map[string]question
	_ = json.Unmarshal([]byte(kept[keptJobs]), &there) // it was written by us
	for _, j := range k.options.Jobs.named() {
		if lack := there[j.name].lack(j, there); lack != "" {
			found = append(found, mistake("jobs."+j.option, lack))
		}
	}
	return append(found, k.unknownClasses(there)...)
}

// lack says why a job cannot take what it is named for.
func (q question) lack(j namedJob, all map[string]question) string {
	switch _, exists := all[j.name]; {
	case !exists:
		return fmt.Sprintf("the project has no job %q; it has %s", j.name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	case j.tool == "" && q.Task != "CLASSIFICATION":
		return fmt.Sprintf("job %q is no classification", j.name)
	case j.tool != "" && !slices.Contains(q.Tools, j.tool):
		return fmt.Sprintf("job %q has no tool %s; it has %s", j.name, j.tool, strings.Join(q.Tools, ", "))
	}
	return ""
}

// unknownClasses are classes of the map that no job of the options has.
func (k *kili) unknownClasses(there map[string]question) []error {
	known := map[string]bool{}
	for _, j := range k.options.Jobs.named() {
		for _, c := range there[j.name].Categories {
			known[c] = true
		}
	}
	var found []error
	for _, class := range slices.Sorted(maps.Keys(k.options.Classes)) {
		if name := k.options.Classes[class]; !known[name] && len(known) > 0 {
			found = append(found, mistake("classes."+class, fmt.Sprintf("no job of the options has the category %q", name)))
		}
	}
	return found
}

// namedJob is a job that the options name. tool is the tool that it needs; a classification has none.
type namedJob struct{ option, name, tool string }

func (j Jobs) named() []namedJob {
	all := []namedJob{
		{"box", j.Box, "rectangle"},
		{"polygon", j.Polygon, "polygon"},
		{"line", j.Line, "polyline"},
		{"point", j.Point, "marker"},
		{"class", j.Class, ""},
	}
	for _, answer := range slices.Sorted(maps.Keys(j.Answers)) {
		all = append(all, namedJob{"answers." + answer, j.Answers[answer], ""})
	}
	return slices.DeleteFunc(all, func(n namedJob) bool { return n.name == "" })
}

func mistake(option, text string) error {
	return &adapter.OptionError{Option: option, Err: errors.New(text)}
}
