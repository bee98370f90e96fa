package segments

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// keptNames are the names of a dataset's labelsets, a line each.
const keptNames = "names"

// Inspect compares the options with the dataset: that it is there, is of a type that labels of images can be put into, has the
// labelset, and has a category for every class of the class map.
func (a *segments) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	wrong := func(option, format string, args ...any) {
		mistakes = append(mistakes, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
	}
	found, known := results[stepThere]
	if !known {
		return nil, true, emit(adapter.Step{ID: stepThere, Call: adapter.Call{Method: "GET", Path: a.dataset}, Repeat: adapter.RepeatSafe})
	}
	taskType := found.Kept[keptType]
	if taskType == "" {
		wrong("dataset", "there is no dataset %s, or the key may not see it", a.options.Dataset)
		return mistakes, false, nil
	}
	sets, known := results[stepLabelset]
	if !known {
		return nil, true, emit(adapter.Step{ID: stepLabelset, Call: adapter.Call{Method: "GET", Path: a.dataset + "labelsets/"}, Repeat: adapter.RepeatSafe})
	}
	if names := strings.Split(sets.Kept[keptNames], "\n"); !slices.Contains(names, a.options.Labelset) {
		wrong("labelset", "%q is not one of the dataset's: %s", a.options.Labelset, strings.Join(names, ", "))
	}
	if a.options.Mode != modeBatch || !a.options.Prelabels {
		return mistakes, false, nil
	}
	if !takes(taskType, "bbox") && !takes(taskType, "point") {
		wrong("dataset", "is of type %q; labels can be put into vector, bboxes and keypoints; set prelabels: false to send images alone", taskType)
	}
	categories := map[string]int{}
	if err := json.Unmarshal([]byte(found.Kept[keptCategories]), &categories); err != nil {
		return nil, false, fmt.Errorf("categories of dataset %s: %w", a.options.Dataset, err)
	}
	for _, name := range a.annotator.Classes.Names() {
		if _, ok := categories[name]; !ok {
			wrong("classes", "%q is not a category of the dataset: %s", name, strings.Join(slices.Sorted(maps.Keys(categories)), ", "))
		}
	}
	return mistakes, false, nil
}

// judgeThere: a dataset that is not there is a finding, not a failure.
func judgeThere(resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if resp.Status == statusNotFound && detailOf(resp.Body) != "" {
		return adapter.Verdict{Kind: adapter.Done}
	}
	return judgeDataset(resp, v)
}

// judgeDataset keeps the dataset's type, and the numbers of its categories.
func judgeDataset(resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if resp.Status == statusNotFound {
		v.Detail += "; is there a dataset of the name that the option dataset says?"
	}
	if v.Kind != adapter.Done {
		return v
	}
	var d struct {
		TaskType   string `json:"task_type"`
		Attributes struct {
			Categories []struct {
				ID   int    `json:"id"`
				Name string `json:"name"`
			} `json:"categories"`
		} `json:"task_attributes"`
	}
	if json.Unmarshal(resp.Body, &d) != nil || d.TaskType == "" {
		return badAnswer(resp, "no dataset")
	}
	categories := map[string]int{}
	for _, c := range d.Attributes.Categories {
		if _, twice := categories[c.Name]; !twice {
			categories[c.Name] = c.ID
		}
	}
	text, _ := json.Marshal(categories) // names and numbers have a JSON form
	v.Kept = map[string]string{keptType: d.TaskType, keptCategories: string(text)}
	return v
}

func judgeLabelsets(resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if v.Kind != adapter.Done {
		return v
	}
	var sets []struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(resp.Body, &sets) != nil || sets == nil {
		return badAnswer(resp, "no labelsets")
	}
	names := make([]string, len(sets))
	for i := range sets {
		names[i] = sets[i].Name
	}
	v.Kept = map[string]string{keptNames: strings.Join(names, "\n")}
	return v
}
