package labelstudiosandbox

import (
	"encoding/json"
	"time"
)

// State is what a Label Studio holds, without times, and without the ids of what is in projects: they tell how often
// something was made, and State is equal where the same is there.
type State struct {
	// Projects are all projects, by id.
	Projects []ProjectState `json:"projects"`
	// Pending counts import jobs of Enterprise projects that are not done.
	Pending int `json:"pending"`
	// Reviews are the reviews of Enterprise projects.
	Reviews []Review `json:"reviews"`
	// Twice counts effects that were made more than once: tasks whose data are those of another task of their project, and
	// reviews that say of an annotation what another one says.
	Twice int `json:"twice"`
}

// ProjectState is a project with its tasks.
type ProjectState struct {
	ID           int    `json:"id"`
	Title        string `json:"title"`
	Edition      string `json:"edition"`
	ModelVersion string `json:"model_version"`
	Tasks        []Task `json:"tasks"`
}

// Task is a task as the server keeps it.
type Task struct {
	ID          int            `json:"-"`
	InnerID     int            `json:"-"`
	Data        map[string]any `json:"data"`
	Meta        any            `json:"meta"`
	Overlap     int            `json:"overlap"`
	IsLabeled   bool           `json:"is_labeled"`
	Predictions []*Prediction  `json:"predictions"`
	Annotations []*Annotation  `json:"annotations"`
	Drafts      []*Draft       `json:"drafts"`

	project *project
	made    time.Time
}

// Prediction is a pre-annotation, kept word for word.
type Prediction struct {
	ID           int     `json:"-"`
	Result       []any   `json:"result"`
	ModelVersion string  `json:"model_version"`
	Score        any     `json:"score"`
	Task         int     `json:"-"`
	Project      int     `json:"-"`
	CreatedAt    isoTime `json:"-"`
}

// Annotation is people's work.
type Annotation struct {
	ID           int     `json:"-"`
	Result       any     `json:"result"`
	Task         int     `json:"-"`
	Project      int     `json:"-"`
	CompletedBy  int     `json:"completed_by"`
	WasCancelled bool    `json:"was_cancelled"`
	GroundTruth  bool    `json:"ground_truth"`
	LeadTime     any     `json:"lead_time"`
	CreatedAt    isoTime `json:"-"`
}

// Draft is work that is not handed in.
type Draft struct {
	ID         int     `json:"-"`
	User       string  `json:"user"`
	Result     any     `json:"result"`
	LeadTime   any     `json:"lead_time"`
	Task       int     `json:"-"`
	Annotation *int    `json:"-"`
	CreatedAt  isoTime `json:"-"`
}

// Review is an Enterprise reviewer's word on an annotation.
type Review struct {
	ID              int     `json:"-"`
	Annotation      int     `json:"annotation"`
	Accepted        bool    `json:"accepted"`
	Comment         string  `json:"comment"`
	RejectAction    any     `json:"reject_action"`
	RemoveFromQueue bool    `json:"remove_from_queue"`
	CreatedBy       int     `json:"created_by"`
	CreatedAt       isoTime `json:"-"`
}

// isoTime is a time as the server writes it.
type isoTime time.Time

// MarshalJSON implements json.Marshaler.
func (t isoTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(t).UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// State implements sandbox.API.
func (a *api) State() any {
	s := State{Projects: []ProjectState{}, Reviews: []Review{}, Twice: a.Twice()}
	for _, p := range a.projects {
		ps := ProjectState{ID: p.id, Title: p.title, Edition: p.edition(), ModelVersion: p.modelVersion, Tasks: []Task{}}
		for _, t := range p.tasks {
			ps.Tasks = append(ps.Tasks, *t)
		}
		s.Projects = append(s.Projects, ps)
	}
	for _, j := range a.imports {
		if !j.ended() {
			s.Pending++
		}
	}
	for _, r := range a.reviews {
		s.Reviews = append(s.Reviews, *r)
	}
	return s
}

// Twice implements sandbox.API.
func (a *api) Twice() int {
	twice := 0
	for _, p := range a.projects {
		seen := map[string]bool{}
		for _, t := range p.tasks {
			twice += again(seen, t.Data)
		}
	}
	seen := map[string]bool{}
	for _, r := range a.reviews {
		twice += again(seen, []any{r.Annotation, r.Accepted, r.Comment})
	}
	return twice
}

// again is 1 for what was seen before.
func again(seen map[string]bool, value any) int {
	raw, err := json.Marshal(value)
	if err != nil || !seen[string(raw)] {
		seen[string(raw)] = true
		return 0
	}
	return 1
}
