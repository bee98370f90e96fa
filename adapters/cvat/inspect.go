package cvat

import (
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
)

var _ adapter.Inspector = (*vendor)(nil)

// Inspect implements adapter.Inspector: the project is there, its labels are those that classes lead to and carry the
// attribute for uuids; the tasks of task_ids are there.
func (v *vendor) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) (mistakes []error, more bool, err error) {
	i := inspection{vendor: v, results: results, emit: emit}
	if v.options.Project > 0 {
		i.exists("project", fmt.Sprintf("project/%d", v.options.Project), fmt.Sprintf("/api/projects/%d", v.options.Project))
	}
	if v.options.Mode == modeBatch && v.options.Annotations {
		i.labels()
	}
	if v.options.Mode == modeRelabel && v.options.Find == findTasks {
		for _, id := range unique(v.options.Tasks) {
			i.exists("task_ids", fmt.Sprintf("project/task-%d", id), fmt.Sprintf("/api/tasks/%d", id))
		}
	}
	return i.mistakes, i.more, i.err
}

type inspection struct {
	*vendor
	results  map[string]adapter.Result
	emit     func(adapter.Step) error
	mistakes mistakes
	more     bool
	err      error
}

// read emits a read and reports whether its result is there.
func (i *inspection) read(step adapter.Step) (adapter.Result, bool) {
	if i.err == nil {
		i.err = i.emit(step)
	}
	result, done := i.results[step.ID]
	i.more = i.more || !done
	return result, done && i.err == nil
}

func (i *inspection) exists(option, id, path string) {
	result, done := i.read(adapter.Step{ID: id, Call: i.get(path), Repeat: adapter.RepeatSafe})
	if done && result.Kept[keptState] == stateGone {
		i.mistakes.add(option, "CVAT has no %s that this key sees; is the organization right?", path[len("/api/"):])
	}
}

func (i *inspection) labels() {
	table := labelTable{}
	for page := 1; ; page++ {
		result, done := i.read(i.labelStep(page))
		if !done {
			return
		}
		table.add(result.Kept[keptLabels])
		if result.Kept[keptNext] == "" {
			break
		}
	}
	i.compare(table)
}

func (i *inspection) compare(table labelTable) {
	names := sortedKeys(table)
	for _, class := range sortedKeys(i.options.Classes) {
		if to := i.options.Classes[class]; !slices.Contains(names, to) {
			i.mistakes.add("classes."+class, "%q is no label of project %d at CVAT; it has %q", to, i.options.Project, names)
		}
	}
	for _, name := range names {
		if spec, ok := table[name].attribute(i.options.Attribute); ok && spec.Input == inputText {
			return
		}
	}
	if i.options.Attribute != "" && len(names) > 0 {
		i.mistakes.add("attribute", "no label of project %d at CVAT has a text attribute %q; add one, or set attribute to \"\"", i.options.Project, i.options.Attribute)
	}
}
