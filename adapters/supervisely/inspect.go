package supervisely

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// stepInspect stands before the names of the reads that check --online makes: what they do not find is a mistake in the
// options, not a failure.
const stepInspect = "inspect"

// What the reads are.
const (
	inspectJob     = stepInspect + "/" + stepJob
	inspectDataset = stepInspect + "/" + stepDataset
	inspectMeta    = stepInspect + "/" + stepMeta
)

const (
	keptClasses = "classes" // titles, as a JSON list
	keptTags    = "tags"    // names, as a JSON list
)

// Inspect compares the options with the job, or with the dataset and the classes and tags of its project.
func (s *supervisely) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	if s.options.Mode == modeRelabel {
		return reading{inspectJob, "jobs.info", "job", s.options.Job}.look(results, emit)
	}
	mistakes, more, err = reading{inspectDataset, "datasets.info", "dataset", s.options.Dataset}.look(results, emit)
	if err != nil || more || len(mistakes) > 0 {
		return mistakes, more, err
	}
	project, err := strconv.Atoi(results[inspectDataset].Kept[keptProject])
	if err != nil {
		return nil, false, fmt.Errorf("dataset %d: supervisely says of no project that it is its own", s.options.Dataset)
	}
	mistakes, more, err = reading{inspectMeta, "projects.meta", "dataset", project}.look(results, emit)
	if err != nil || more || len(mistakes) > 0 {
		return mistakes, more, err
	}
	return s.unknown(results[inspectMeta].Kept), false, nil
}

// reading looks one thing up that an option names.
type reading struct {
	step, method, option string
	id                   int
}

// look reads it, and says when it is not there.
func (r reading) look(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	args, err := json.Marshal(byNumber{r.id})
	if err != nil {
		return nil, false, err
	}
	read := adapter.Call{Method: post, Path: prefix + r.method, Body: adapter.BytesBody(args)}
	if err := emit(adapter.Step{ID: r.step, Call: read, Repeat: adapter.RepeatSafe}); err != nil {
		return nil, false, err
	}
	seen, done := results[r.step]
	if said := seen.Kept[keptMissing]; said != "" {
		return []error{mistake(r.option, fmt.Sprintf("supervisely has none of id %d, or the key may not see it: %s", r.id, said))}, false, nil
	}
	return nil, !done, nil
}

// judgeInspect reads what a read of check --online has found.
func judgeInspect(step adapter.Step, resp adapter.Response) adapter.Verdict {
	switch step.ID {
	case inspectJob:
		return judgeJob(resp)
	case inspectDataset:
		return judgeDataset(resp)
	default:
		return judgeMeta(resp)
	}
}

func judgeMeta(resp adapter.Response) adapter.Verdict {
	var meta struct {
		Classes *[]struct {
			Title string `json:"title"`
		} `json:"classes"`
		Tags []struct {
			Name string `json:"name"`
		} `json:"tags"`
	}
	if json.Unmarshal(resp.Body, &meta) != nil || meta.Classes == nil {
		return badAnswer()
	}
	classes, tags := []string{}, []string{}
	for _, c := range *meta.Classes {
		classes = append(classes, c.Title)
	}
	for _, t := range meta.Tags {
		tags = append(tags, t.Name)
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptClasses: list(classes), keptTags: list(tags)}}
}

// list is a list of texts as a text.
func list(texts []string) string {
	text, err := json.Marshal(texts)
	if err != nil {
		return "[]" // texts always have a JSON form
	}
	return string(text)
}

// unknown are classes and tags of the options that the project does not have. A class of the map may be either: it is a tag
// for classifications.
func (s *supervisely) unknown(kept map[string]string) []error {
	var classes, tags []string
	_ = json.Unmarshal([]byte(kept[keptClasses]), &classes) // written by judgeMeta
	_ = json.Unmarshal([]byte(kept[keptTags]), &tags)
	var found []error
	for _, class := range slices.Sorted(maps.Keys(s.options.Classes)) {
		if name := s.options.Classes[class]; !slices.Contains(classes, name) && !slices.Contains(tags, name) {
			found = append(found, mistake("classes."+class, fmt.Sprintf("the project has neither a class nor a tag %q", name)))
		}
	}
	for _, answer := range slices.Sorted(maps.Keys(s.options.Answers)) {
		if name := s.options.Answers[answer]; !slices.Contains(tags, name) {
			found = append(found, mistake("answers."+answer, fmt.Sprintf("the project has no tag %q", name)))
		}
	}
	return found
}

func mistake(option, text string) error {
	return &adapter.OptionError{Option: option, Err: errors.New(text)}
}
