package cvat

import (
	"errors"
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The modes.
const (
	modeBatch   = "batch"
	modeRelabel = "relabel"
)

// The ways to find frames at CVAT.
const (
	findProject = "project"
	findTasks   = "tasks"
	findIDs     = "ids"
	findName    = "name"
	findTracker = "tracker"
)

// Options are the adapter's options.
type Options struct {
	Mode         string `yaml:"mode" required:"true" enum:"relabel,batch" doc:"relabel sends jobs that hold the exported frames back, with an issue on each frame; batch makes new tasks of the frames' images."`
	Organization string `yaml:"organization" doc:"Short name (slug) of the CVAT organization to work in, sent as X-Organization; empty for whatever the key sees."`
	Project      int    `yaml:"project" doc:"Id of the CVAT project: batch makes tasks in it and uses its labels; relabel with find project looks for frames in its tasks."`

	adapter.Annotating

	Task         TaskOptions `yaml:"task" doc:"batch: the tasks that are made."`
	ImageQuality int         `yaml:"image_quality" doc:"batch: quality of the images that annotators are shown, 1 to 100."`
	UseCache     bool        `yaml:"use_cache" doc:"batch: have CVAT make the images' chunks when they are looked at, not before."`
	Annotations  bool        `yaml:"annotations" doc:"batch: send the exported labels along, to be corrected."`
	Attribute    string      `yaml:"attribute" doc:"batch: name of the text attribute that carries a label's uuid, of those CVAT labels that have it."`

	Find  string       `yaml:"find" enum:"project,tasks,ids,name,tracker" doc:"relabel: where the frames are. project: in any task of the project; tasks: in the tasks of task_ids; ids: the frame says its task's or job's id; name, tracker: the frame says its task's name or bug tracker link."`
	Tasks []int        `yaml:"task_ids" doc:"relabel with find tasks: ids of the tasks to look in."`
	IDs   IDOptions    `yaml:"ids" doc:"relabel: what frames say about where they are at CVAT."`
	Job   JobOptions   `yaml:"job" doc:"relabel: what becomes of the jobs that hold the frames."`
	Issue IssueOptions `yaml:"issue" doc:"relabel: the issue that is opened on each frame."`
}

// TaskOptions are about new tasks.
type TaskOptions struct {
	Name        string `yaml:"name" doc:"Name of the tasks, a number is put behind it; empty for the name of the exported issue."`
	Size        int    `yaml:"size" doc:"Most images of one task. An image that CVAT cannot fetch costs the rest of its task a further try."`
	SegmentSize int    `yaml:"segment_size" doc:"Most images of one job; 0 for one job a task."`
	Subset      string `yaml:"subset" doc:"Subset of the tasks, such as Train; at most 64 letters."`
	Assignee    int    `yaml:"assignee" doc:"Id of the user that the tasks are assigned to; 0 for nobody."`
	Tracker     string `yaml:"tracker" doc:"What is put before the delivery's key in the tasks' bug tracker link, by which they are found again."`
}

// IDOptions say what frames say.
type IDOptions struct {
	Task  string `yaml:"task" doc:"Where a frame says its task (its id, name or tracker link, as find says): label, frame, element, task, or a metadata field such as user__cvat_task."`
	Job   string `yaml:"job" doc:"Where a frame says its job's id (find ids only, instead of task): as above."`
	Frame string `yaml:"frame" doc:"Where a frame says its number in the task, from 0: as above; empty to find it by its file name. With job, issues need it."`
	Name  string `yaml:"name" doc:"Where a frame says its file name at CVAT: as above; empty for the last part of its image's URL."`
}

// JobOptions are what is set on jobs.
type JobOptions struct {
	Stage    string `yaml:"stage" enum:"annotation,validation,acceptance" doc:"Stage that the jobs are put into."`
	State    string `yaml:"state" enum:"new,in progress,completed,rejected" doc:"State that the jobs are put into."`
	Assignee int    `yaml:"assignee" doc:"Id of the user that the jobs are assigned to; 0 to leave that as it is."`
}

// IssueOptions are about issues.
type IssueOptions struct {
	Open     bool   `yaml:"open" doc:"Open an issue on each frame that says what to look at."`
	Message  string `yaml:"message" doc:"What the issue says first; empty for a sentence with the exported issue's name."`
	Assignee int    `yaml:"assignee" doc:"Id of the user that the issues are assigned to; 0 for nobody."`
}

// The defaults that are not empty.
const (
	defaultTaskSize  = 200
	defaultQuality   = 70 // that of CVAT's own client
	defaultTracker   = "labelgate:"
	defaultAttribute = "label_uuid"
)

func defaults() *Options {
	return &Options{
		Task:         TaskOptions{Size: defaultTaskSize, Tracker: defaultTracker},
		ImageQuality: defaultQuality, Annotations: true, Attribute: defaultAttribute,
		Find:  findProject,
		Job:   JobOptions{Stage: "annotation", State: "rejected"},
		Issue: IssueOptions{Open: true},
	}
}

// The limits of CVAT's OpenAPI document.
const (
	maxName    = 256
	maxSubset  = 64
	maxTracker = 2000
	maxTask    = 5000 // ours: a task's images and annotations are one body each
	keyRoom    = 64   // letters that the key and a task's number need behind task.tracker and task.name
)

// check returns every mistake.
func (o *Options) check() error {
	errs := mistakes{o.Check()}
	switch o.Mode {
	case modeBatch:
		o.checkBatch(&errs)
	case modeRelabel:
		o.checkRelabel(&errs)
	case "":
		errs.add("mode", "is missing; set it to relabel or batch")
	default:
		errs.add("mode", "%q is not known; use relabel or batch", o.Mode)
	}
	return errors.Join(errs...)
}

func (o *Options) checkBatch(errs *mistakes) {
	if o.Project <= 0 {
		errs.add("project", "is needed to make tasks; it is the number in the project's address, /projects/NUMBER")
	}
	if o.Task.Size < 1 || o.Task.Size > maxTask {
		errs.add("task.size", "must be from 1 to %d", maxTask)
	}
	if o.Task.SegmentSize < 0 || o.Task.Assignee < 0 {
		errs.add("task", "segment_size and assignee must not be negative")
	}
	if o.ImageQuality < 1 || o.ImageQuality > 100 {
		errs.add("image_quality", "must be from 1 to 100")
	}
	if letters(o.Task.Subset) > maxSubset {
		errs.add("task.subset", "must have at most %d letters", maxSubset)
	}
	if letters(o.Task.Tracker) > maxTracker-keyRoom || o.Task.Tracker == "" {
		errs.add("task.tracker", "must have 1 to %d letters; repeats are found by it", maxTracker-keyRoom)
	}
}

func (o *Options) checkRelabel(errs *mistakes) {
	for _, id := range []struct{ option, source string }{
		{"ids.task", o.IDs.Task}, {"ids.job", o.IDs.Job}, {"ids.frame", o.IDs.Frame}, {"ids.name", o.IDs.Name},
	} {
		if id.source == "" {
			continue
		}
		if err := export.IDSource(id.source).Check(); err != nil {
			errs.add(id.option, "%w", err)
		}
	}
	byTask := o.Find == findName || o.Find == findTracker
	switch {
	case o.Find == findProject && o.Project <= 0:
		errs.add("project", "is needed to find frames in its tasks; it is the number in the project's address, /projects/NUMBER")
	case o.Find == findTasks && len(o.Tasks) == 0:
		errs.add("task_ids", "is needed with find tasks")
	case o.Find == findIDs && o.IDs.Task == "" && o.IDs.Job == "":
		errs.add("ids", "needs task or job with find ids")
	case byTask && o.IDs.Task == "":
		errs.add("ids.task", "is needed with find %s", o.Find)
	}
	if o.IDs.Job != "" && (o.Find != findIDs || o.IDs.Task != "" || o.IDs.Frame == "" && o.Issue.Open) {
		errs.add("ids.job", "goes with find ids, without ids.task, and for issues with ids.frame")
	}
	if slices.ContainsFunc(o.Tasks, func(id int) bool { return id <= 0 }) {
		errs.add("task_ids", "must be tasks' numbers, from 1")
	}
	if o.Find == findProject || o.Find == findTasks {
		if o.IDs.Task != "" || o.IDs.Frame != "" {
			errs.add("ids", "task and frame are not looked at with find %s", o.Find)
		}
	}
	if o.Job.Assignee < 0 || o.Issue.Assignee < 0 {
		errs.add("job", "assignees must not be negative")
	}
}

// mistakes gathers what is wrong, option by option.
type mistakes []error

func (m *mistakes) add(option, format string, args ...any) {
	*m = append(*m, &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)})
}
