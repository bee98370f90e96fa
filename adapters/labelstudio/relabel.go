package labelstudio

import (
	"fmt"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// planRelabel finds the tasks, reopens them, and marks them. Each is a round of its own, because it needs the answers of the
// one before.
func (a *labelStudio) planRelabel(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := &relabeling{labelStudio: a, in: in, out: out}
	if err := p.find(); err != nil || p.open > 0 {
		return p.open > 0, err
	}
	if err := p.gather(); err != nil {
		return false, err
	}
	if a.options.Reopen == reopenReview {
		return false, p.review()
	}
	if err := p.reopen(); err != nil || p.open > 0 {
		return p.open > 0, err
	}
	return false, p.mark()
}

// relabeling is a round of a plan in relabel mode.
type relabeling struct {
	*labelStudio
	in  adapter.Input
	out adapter.Output

	finds [][]target // the targets of each look-up
	tasks []*reopened
	open  int // steps that are not recorded as done
}

// target is something that was exported, and the id that its task is found by.
type target struct {
	item  export.ItemID
	id    string
	index int
	el    string
}

// reopened is a task that is sent back, with the items that it stands for.
type reopened struct {
	id          int64
	annotations []int64
	items       []export.ItemID
}

// The bounds of a look-up. Its ids are part of the address, and proxies take addresses of about 8 KiB.
const (
	maxFind      = 100
	maxFindBytes = 3000
	pageOfFind   = 1000 // several tasks may have the same id in their column
)

// find looks up the tasks of everything that was exported.
func (p *relabeling) find() error {
	var chunk []target
	size := 0
	flush := func() error {
		if len(chunk) == 0 {
			return nil
		}
		p.finds = append(p.finds, chunk)
		targets := chunk
		chunk, size = nil, 0
		return p.lookUp(len(p.finds), targets)
	}
	err := adapter.EachSubject(p.in, p.out, p.options.IDs.Fields()|export.FieldLabels, func(s *export.Subject) error {
		targets, err := p.targets(s)
		if err != nil {
			return err
		}
		for _, t := range targets {
			if len(chunk) >= maxFind || size+cost(t.id) > maxFindBytes {
				if err := flush(); err != nil {
					return err
				}
			}
			chunk, size = append(chunk, t), size+cost(t.id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// cost is about how long an id is in an address.
func cost(id string) int {
	n := 9 // quotes and a comma, each as a code
	for _, c := range []byte(id) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			n++
		} else {
			n += 5
		}
	}
	return n
}

func (p *relabeling) lookUp(number int, targets []target) error {
	ids := make([]string, len(targets))
	for i, t := range targets {
		ids[i] = t.id
	}
	by := withAny(p.options.Column, ids)
	if p.options.Column == "" {
		own := make([]int64, len(ids))
		for i, id := range ids {
			own[i], _ = strconv.ParseInt(id, 10, 64) // targets are checked
		}
		by = withIDs(own)
	}
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepFind, number), Call: p.list(by, pageOfFind), Refs: ids, Repeat: adapter.RepeatSafe,
	})
}

func (p *relabeling) emit(s adapter.Step) error {
	if !p.in.Done(s.ID) {
		p.open++
	}
	return p.out.Emit(s)
}

// gather puts together the tasks that were found. What has none is refused.
func (p *relabeling) gather() error {
	known := map[int64]*reopened{}
	for i, targets := range p.finds {
		found := readFound(p.in.Kept(adapter.StepID(stepFind, i+1), keptTasks))
		for place, t := range targets {
			if lack := p.lack(found[place], t); lack != "" {
				if err := p.out.Refuse(adapter.Refusal{Index: t.index, ElementID: t.el, Item: t.item, Reason: lack}); err != nil {
					return err
				}
				continue
			}
			for n, f := range found[place] {
				task := known[f.Task]
				if task == nil {
					task = &reopened{id: f.Task, annotations: f.Annotations}
					known[f.Task] = task
					p.tasks = append(p.tasks, task)
				}
				if n == 0 { // where an id has several tasks, the first one settles it
					task.items = append(task.items, t.item)
				}
			}
		}
	}
	return nil
}

// lack is why nothing can be sent back; "" when something can.
func (p *relabeling) lack(found []foundTask, t target) string {
	if len(found) == 0 {
		if p.options.Column == "" {
			return fmt.Sprintf("project %d has no task %s", p.options.Project, t.id)
		}
		return fmt.Sprintf("project %d has no task whose %s is %q", p.options.Project, p.options.Column, t.id)
	}
	if p.options.Reopen == reopenReview && len(found[0].Annotations) == 0 {
		return fmt.Sprintf("task %d has no annotation to reject", found[0].Task)
	}
	return ""
}

// reopen takes annotations back: one by one as drafts, or deleted for a chunk of tasks at once.
func (p *relabeling) reopen() error {
	switch p.options.Reopen {
	case reopenDraft:
		for _, t := range p.tasks {
			for _, annotation := range t.annotations {
				if err := p.draft(annotation); err != nil {
					return err
				}
			}
		}
		return nil
	case reopenDelete:
		labeled := adapter.Chunks[*reopened]{Size: maxFind, Flush: p.delete}
		for _, t := range p.tasks {
			if len(t.annotations) > 0 {
				if err := labeled.Add(t); err != nil {
					return err
				}
			}
		}
		return labeled.Close()
	default:
		return nil
	}
}

// draft makes an annotation a draft again. One that is not there is looked for: it may be a draft already.
func (p *relabeling) draft(annotation int64) error {
	path := "/api/annotations/" + strconv.FormatInt(annotation, 10)
	call, err := adapter.RESTCall(p.out, "POST", path+"/convert-to-draft", struct{}{})
	if err != nil {
		return err
	}
	return p.emit(adapter.Step{
		ID: fmt.Sprintf("%s/%d", stepDraft, annotation), Call: call, Repeat: adapter.RepeatCheckFirst,
		Check: &adapter.Call{Method: "GET", Path: path + "/"},
	})
}

// delete deletes the annotations of a chunk of tasks. It is checked first: a repeat could delete what people have made since.
func (p *relabeling) delete(number int, tasks []*reopened) error {
	var ids, annotations []int64
	for _, t := range tasks {
		ids, annotations = append(ids, t.id), append(annotations, t.annotations...)
	}
	call, err := p.act(p.out, "delete_tasks_annotations", these(ids))
	if err != nil {
		return err
	}
	check := p.list(withIDs(ids), len(ids))
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepDelete, number), Call: call, Refs: texts(annotations), Repeat: adapter.RepeatCheckFirst, Check: &check,
	})
}

// mark sets a column of the tasks, and settles them. The same twice is as once.
func (p *relabeling) mark() error {
	chunks := adapter.Chunks[*reopened]{Size: maxFind, Flush: func(number int, tasks []*reopened) error {
		step := adapter.Step{ID: adapter.StepID(stepMark, number), Repeat: adapter.RepeatSafe}
		var ids []int64
		for _, t := range tasks {
			ids = append(ids, t.id)
			for _, item := range t.items {
				step.Items, step.Refs = append(step.Items, item), append(step.Refs, strconv.FormatInt(t.id, 10))
			}
		}
		marked := these(ids)
		marked.ValueName, marked.ValueType, marked.Value = p.options.Mark, "String", p.value()
		var err error
		if step.Call, err = p.act(p.out, "add_data_field", marked); err != nil {
			return err
		}
		return p.emit(step)
	}}
	for _, t := range p.tasks {
		if err := chunks.Add(t); err != nil {
			return err
		}
	}
	return chunks.Close()
}

// value is what tasks are marked with.
func (p *relabeling) value() string {
	for _, value := range []string{p.options.Value, p.in.Event.Issue.Name, p.in.Event.Issue.ID} {
		if value != "" {
			return value
		}
	}
	return p.in.Key
}
