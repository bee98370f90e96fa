package cvatsandbox

import (
	"slices"
)

// store is what the server holds. Ids count up from 1 for each kind.
type store struct {
	organizations []organization
	userList      []user
	projectList   []*project
	taskList      []*task
	issueList     []*issue
	requestList   []*request
	// twice counts effects that were made once more: tasks with the same tracker link, issues with the same text on the same
	// frame, shapes or tags that are there already.
	twice int
	ids   struct{ task, label, attribute, job, shape, issue, comment int }
}

// organization is a team that shares projects.
type organization struct {
	ID   int
	Slug string
}

type user struct {
	ID       int    `json:"id"`
	URL      string `json:"url"`
	Username string `json:"username"`
	First    string `json:"first_name"`
	Last     string `json:"last_name"`
}

type project struct {
	id, org int
	name    string
	labels  []*label
}

// label is a class, of a project or of a task without one. Sublabels are the points of a skeleton.
type label struct {
	id         int
	name, kind string
	attributes []attribute
	sublabels  []*label
}

type attribute struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Mutable bool     `json:"mutable"`
	Input   string   `json:"input_type"`
	Default string   `json:"default_value"`
	Values  []string `json:"values"`
}

type task struct {
	id, org       int
	project       *project // nil for a task with labels of its own
	name, tracker string
	subset        string
	assignee      int
	segmentSize   int
	overlap       *int
	labels        []*label
	remote        []string // the URLs that were attached, also where they could not be fetched
	frames        []frame
	quality       int
	jobs          []*job
	created       string
}

type frame struct {
	name          string
	width, height int
}

type job struct {
	id          int
	task        *task
	start, stop int
	stage       string
	state       string
	assignee    int
	shapes      []*shape
	tags        []*shape
}

func (j *job) holds(frame int) bool { return j.start <= frame && frame <= j.stop }

type issue struct {
	id, frame int
	position  []float64
	job       *job
	resolved  bool
	assignee  int
	comments  []*comment
	created   string
}

type comment struct {
	id      int
	issue   *issue
	message string
	created string
}

func (t *task) labelList() []*label {
	if t.project != nil {
		return t.project.labels
	}
	return t.labels
}

func (t *task) job(id int) *job {
	for _, j := range t.jobs {
		if j.id == id {
			return j
		}
	}
	return nil
}

func (s *store) task(id int) *task {
	for _, t := range s.taskList {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (s *store) jobByID(id int) *job {
	for _, t := range s.taskList {
		if j := t.job(id); j != nil {
			return j
		}
	}
	return nil
}

func (s *store) project(id int) *project {
	for _, p := range s.projectList {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (s *store) user(id int) *user {
	i := slices.IndexFunc(s.userList, func(u user) bool { return u.ID == id })
	if i < 0 {
		return nil
	}
	return &s.userList[i]
}

// add gives a label and all below it their ids.
func (s *store) add(l *label) *label {
	s.ids.label++
	l.id = s.ids.label
	for i := range l.attributes {
		s.ids.attribute++
		l.attributes[i].ID = s.ids.attribute
	}
	for _, sub := range l.sublabels {
		s.add(sub)
	}
	return l
}
