package cvat

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// planRelabel finds the tasks, the frames in them and the jobs that hold the frames; it opens an issue on each frame, and
// then sends the jobs back. Each of these begins when the one before it is recorded as a whole.
func (v *vendor) planRelabel(in adapter.Input, out adapter.Output) (more bool, err error) {
	s := search{vendor: v, in: in, out: out}
	if err := s.wants(); err != nil {
		return false, err
	}
	if !slices.ContainsFunc(s.wanted, func(w want) bool { return w.lack == "" }) {
		return false, s.refuseEarly() // nothing to look for
	}
	for _, look := range []func() error{s.findTasks, s.findFrames, s.findJobs} {
		if err := look(); err != nil {
			return false, err
		}
		if s.more {
			return true, s.refuseEarly()
		}
	}
	s.locate()
	return s.rework()
}

// search finds the exported frames at CVAT. It keeps a few words of each frame.
type search struct {
	*vendor
	in   adapter.Input
	out  adapter.Output
	more bool // a look-up is not recorded yet

	wanted []want
	names  []string // of the wanted, for Judge to look for: file names, or numbers where frames say those
	refs   []string // what frames say about their tasks, each once, in order of appearance
	tasks  []int    // to look in, each once
	said   map[string][]int
	frames map[int]map[int]frame // by task, then place in wanted
	jobs   map[int][]span        // by task
}

// want is a frame to be found: how, and where it was found.
type want struct {
	name   string // its file name at CVAT
	task   string // what it says about its task
	job    int    // where it says its job
	number int    // where it says its number in the task; -1 where it does not
	lack   string // why it cannot be found
	place  place
}

// place is where a frame is.
type place struct {
	task, job     int
	number        int
	width, height int
	others        []int // further tasks that have it
}

// wants reads what the frames say about where they are.
func (s *search) wants() error {
	seen := map[string]bool{}
	return adapter.EachSubject(s.in, quiet{s.out}, s.fields(), func(subject *export.Subject) error {
		w := s.want(subject)
		if w.lack == "" && w.task != "" && !seen[w.task] {
			seen[w.task] = true
			s.refs = append(s.refs, w.task)
		}
		s.wanted = append(s.wanted, w)
		name := w.name
		if s.options.IDs.Frame != "" {
			name = numbered + strconv.Itoa(w.number)
		}
		s.names = append(s.names, name)
		return nil
	})
}

// fields are the parts of elements that every pass over the event reads: what breaks an element must do so in all of them, or
// the passes would count differently.
func (s *search) fields() export.Fields {
	o, fields := s.options.IDs, adapter.AnnotationFields
	for _, source := range []string{o.Task, o.Job, o.Frame, o.Name} {
		if source != "" {
			fields |= export.IDSource(source).Fields()
		}
	}
	return fields
}

func (s *search) want(subject *export.Subject) want {
	o, w := s.options.IDs, want{number: -1}
	image, pictured := subject.Element.Frame.Image()
	if pictured {
		w.name = fileName(image.URL)
	}
	var lacks []string
	read := func(source string) string {
		value := of(subject, export.IDSource(source))
		if value == "" {
			lacks = append(lacks, export.IDSource(source).Lack())
		}
		return value
	}
	numeric := func(source string) int {
		value := read(source)
		n, err := strconv.Atoi(value)
		if value != "" && (err != nil || n < 0) {
			lacks = append(lacks, fmt.Sprintf("%s %q is no number", source, value))
		}
		return n
	}
	if o.Name != "" {
		w.name = read(o.Name)
	}
	if o.Task != "" {
		w.task = read(o.Task)
	}
	if o.Job != "" {
		w.job = numeric(o.Job)
	}
	if o.Frame != "" {
		w.number = numeric(o.Frame)
	}
	if o.Task != "" && s.options.Find == findIDs && len(lacks) == 0 {
		numeric(o.Task)
	}
	switch {
	case len(lacks) > 0:
		w.lack = lacks[0]
	case w.number < 0 && w.name == "" && o.Job == "":
		w.lack = "no image_url with a file name, by which to find it"
	}
	return w
}

// of reads an id of a frame, or of the first of its labels that has it.
func of(subject *export.Subject, source export.IDSource) string {
	if id := source.Of(subject.Element, nil); id != "" {
		return id
	}
	for i := range subject.Labels {
		if id := source.Of(subject.Element, &subject.Labels[i]); id != "" {
			return id
		}
	}
	return ""
}

// emit emits a look-up and reports whether its result is recorded.
func (s *search) emit(step adapter.Step) (done bool, err error) {
	if err := s.out.Emit(step); err != nil {
		return false, err
	}
	if !s.in.Done(step.ID) {
		s.more = true
	}
	return s.in.Done(step.ID), nil
}

// locate puts together where each frame is: the newest task that has it, and the first of its jobs.
func (s *search) locate() {
	for n := range s.wanted {
		w := &s.wanted[n]
		if w.lack != "" || s.options.IDs.Job != "" {
			w.place = place{job: w.job, number: w.number}
			continue
		}
		var holders []int
		for _, task := range s.tasksOf(w) {
			if _, ok := s.frames[task][n]; ok {
				holders = append(holders, task)
			}
		}
		if len(holders) == 0 {
			w.lack = s.nowhere(w)
			continue
		}
		slices.Sort(holders)
		newest := holders[len(holders)-1]
		f := s.frames[newest][n]
		w.place = place{task: newest, number: f.number, width: f.width, height: f.height, others: holders[:len(holders)-1]}
		at := slices.IndexFunc(s.jobs[newest], func(j span) bool { return j.start <= f.number && f.number <= j.stop })
		if at < 0 {
			w.lack = fmt.Sprintf("no job of task %d at CVAT holds frame %d", newest, f.number)
			continue
		}
		w.place.job = s.jobs[newest][at].id
	}
}

func (s *search) nowhere(w *want) string {
	what := fmt.Sprintf("file %q", w.name)
	if w.number >= 0 {
		what = fmt.Sprintf("frame %d", w.number)
	}
	switch s.options.Find {
	case findProject:
		return fmt.Sprintf("%s is in no task of project %d at CVAT", what, s.options.Project)
	case findTasks:
		return fmt.Sprintf("%s is in none of the tasks of task_ids at CVAT", what)
	default:
		return fmt.Sprintf("%s is not in task %q at CVAT, or there is no such task", what, w.task)
	}
}

// refuseEarly refuses what can be refused before anything is found: frames that say nothing to find them by.
func (s *search) refuseEarly() error {
	n := -1
	return adapter.EachSubject(s.in, s.out, s.fields(), func(subject *export.Subject) error {
		n++
		if lack := s.wanted[n].lack; lack != "" {
			return adapter.RefuseSubject(s.out, subject, lack)
		}
		return nil
	})
}

// quiet is an output for reading once more what will be refused in another pass.
type quiet struct{ adapter.Output }

// Refuse implements adapter.Output.
func (quiet) Refuse(adapter.Refusal) error { return nil }
