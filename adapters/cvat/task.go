package cvat

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// task is one try to make a task of images.
type task struct {
	*round
	row    *row
	id     string // of the try, within step ids
	number int
	images []image
}

// taskWrite is CVAT's TaskWriteRequest.
type taskWrite struct {
	Name        string `json:"name"`
	ProjectID   int    `json:"project_id"`
	BugTracker  string `json:"bug_tracker"`
	SegmentSize int    `json:"segment_size,omitempty"`
	AssigneeID  int    `json:"assignee_id,omitempty"`
	Subset      string `json:"subset,omitempty"`
}

// dataWrite is CVAT's DataRequest.
type dataWrite struct {
	ImageQuality  int      `json:"image_quality"`
	SortingMethod string   `json:"sorting_method"`
	UseCache      bool     `json:"use_cache,omitempty"`
	RemoteFiles   []string `json:"remote_files"`
}

// annotationsWrite is CVAT's LabeledDataRequest.
type annotationsWrite struct {
	Shapes []shape `json:"shapes,omitempty"`
	Tags   []tag   `json:"tags,omitempty"`
}

// progress says how far a try has come.
type progress int

const (
	pending progress = iota // a step of it is not recorded yet
	fetched                 // CVAT has the images
	failed                  // CVAT could not fetch them
)

// fetch goes along the steps until CVAT has the images.
func (t *task) fetch() (progress, error) {
	if done, err := t.row.step("create/"+t.id, t.create); err != nil || !done {
		return pending, err
	}
	if done, err := t.row.step("attach/"+t.id, t.attach); err != nil || !done {
		return pending, err
	}
	if t.kept("attach", keptRequest) == "" { // CVAT says that it has them already
		return fetched, nil
	}
	if done, err := t.row.step("fetch/"+t.id, func() (adapter.Step, error) { return t.pollStep(t.in, t.id), nil }); err != nil || !done {
		return pending, err
	}
	if t.kept("fetch", keptState) == stateFailed {
		return failed, nil
	}
	return fetched, nil
}

// annotate looks the frames up and puts annotations on them, which settles the images. Where there is nothing to put, a
// look-up settles them: an empty replacement is never sent. It waits for the labels.
func (t *task) annotate() error {
	if t.table == nil {
		t.row.more = true
		return nil
	}
	if !slices.ContainsFunc(t.images, drawn) {
		return t.row.last("frames/"+t.id, func() (adapter.Step, error) { return t.settle("frames", t.images), nil })
	}
	if done, err := t.row.step("frames/"+t.id, func() (adapter.Step, error) { return t.frames(), nil }); err != nil || !done {
		return err
	}
	at := t.numbers()
	images := there(t.images, at)
	switch {
	case len(images) == 0:
		return nil
	case !slices.ContainsFunc(images, drawn):
		return t.row.last("confirm/"+t.id, func() (adapter.Step, error) { return t.settle("confirm", images), nil })
	default:
		return t.row.last("annotate/"+t.id, func() (adapter.Step, error) { return t.put(images, at) })
	}
}

// drawn reports whether an image has annotations.
func drawn(i image) bool { return len(i.drawing.shapes)+len(i.drawing.tags) > 0 }

// numbers are the frames that the images have become, by item.
func (t *task) numbers() map[string]frame {
	found := unpackFrames(t.kept("frames", keptFrames))
	at := make(map[string]frame, len(found))
	for n, i := range t.images {
		if f, ok := found[n]; ok {
			at[string(i.item)] = f
		}
	}
	return at
}

func (t *task) kept(step, name string) string { return t.in.Kept(step+"/"+t.id, name) }

// at is the path of the task at CVAT.
func (t *task) at() string { return "/api/tasks/" + t.kept("create", keptTask) }

// create makes the task. CVAT has no idempotency key and no unique names; the bug tracker link is what repeats are found by.
func (t *task) create() (adapter.Step, error) {
	o := t.options
	tracker := o.Task.Tracker + t.in.Key + "/" + t.id
	call, err := t.send(t.out, "POST", "/api/tasks", taskWrite{
		Name: t.name(), ProjectID: o.Project, BugTracker: tracker,
		SegmentSize: o.Task.SegmentSize, AssigneeID: o.Task.Assignee, Subset: o.Task.Subset,
	})
	check := t.get("/api/tasks?tracker_link=" + url.QueryEscape(tracker) + "&page=1")
	return adapter.Step{
		ID: "create/" + t.id, Call: call, Refs: []string{tracker}, Repeat: adapter.RepeatCheckFirst, Check: &check,
	}, err
}

func (t *task) name() string {
	name := t.options.Task.Name
	if name == "" {
		name = t.in.Event.Issue.Name
	}
	if name == "" {
		name = "labelgate"
	}
	number := fmt.Sprintf(" #%d", t.number)
	return cutTo(name, maxName-letters(number)) + number
}

// attach gives the task its images. It works once: CVAT refuses a second time ("Adding more data is not supported").
func (t *task) attach() (adapter.Step, error) {
	id := t.kept("create", keptTask)
	urls := make([]string, len(t.images))
	for i := range t.images {
		urls[i] = t.images[i].url
	}
	call, err := t.send(t.out, "POST", t.at()+"/data/", dataWrite{
		ImageQuality: t.options.ImageQuality, SortingMethod: "predefined", UseCache: t.options.UseCache, RemoteFiles: urls,
	})
	check := t.get("/api/requests?action=create&target=task&task_id=" + id + "&page=1")
	return adapter.Step{
		ID: "attach/" + t.id, Call: call, Refs: []string{id}, Repeat: adapter.RepeatCheckFirst, Check: &check,
	}, err
}

// frames reads which frame each image has become.
func (t *task) frames() adapter.Step {
	step := t.meta("frames")
	for _, i := range t.images {
		step.Refs = append(step.Refs, string(i.item), t.file(i))
	}
	return step
}

// settle reads the same, and settles the images that are there.
func (t *task) settle(name string, images []image) adapter.Step {
	step := t.meta(name)
	for _, i := range images {
		step.Items, step.Refs = append(step.Items, i.item), append(step.Refs, t.file(i))
	}
	return step
}

func (t *task) meta(name string) adapter.Step {
	return adapter.Step{ID: name + "/" + t.id, Call: t.get(t.at() + "/data/meta"), Repeat: adapter.RepeatSafe}
}

// file names an image as a file of the task.
func (t *task) file(i image) string { return t.kept("create", keptTask) + "/" + i.name }

// put replaces the task's annotations, of which a new task has none: the form that can be repeated.
func (t *task) put(images []image, at map[string]frame) (adapter.Step, error) {
	step := adapter.Step{ID: "annotate/" + t.id, Repeat: adapter.RepeatSafe}
	var body annotationsWrite
	group := 0
	for _, i := range images {
		number := at[string(i.item)].number
		step.Items = append(step.Items, i.item)
		step.Refs = append(step.Refs, fmt.Sprintf("%s/%d", t.kept("create", keptTask), number))
		for _, tag := range i.drawing.tags {
			tag.Frame = number
			body.Tags = append(body.Tags, tag)
		}
		for _, one := range i.drawing.shapes {
			if len(one) > 1 {
				group++
			}
			body.Shapes = append(body.Shapes, placed(one, number, group)...)
		}
	}
	var err error
	step.Call, err = t.send(t.out, "PUT", t.at()+"/annotations/", body)
	return step, err
}

// placed are the shapes of one label on a frame; several are one object, by a group.
func placed(shapes []shape, frame, group int) []shape {
	list := make([]shape, len(shapes))
	for i, s := range shapes {
		s.Frame = frame
		if len(shapes) > 1 {
			s.Group = group
		}
		elements := make([]shape, len(s.Elements))
		for n, e := range s.Elements {
			e.Frame = frame
			elements[n] = e
		}
		s.Elements = elements
		list[i] = s
	}
	return list
}

// there are the images that CVAT has.
func there(images []image, at map[string]frame) []image {
	var list []image
	for _, i := range images {
		if _, ok := at[string(i.item)]; ok {
			list = append(list, i)
		}
	}
	return list
}
