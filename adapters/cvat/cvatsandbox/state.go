package cvatsandbox

// State is what the server holds, for people and for tests.
type State struct {
	Tasks  []TaskState  `json:"tasks"`
	Issues []IssueState `json:"issues"`
	// Twice counts effects that were made once more.
	Twice int `json:"made_twice"`
}

// TaskState is a task with its frames, jobs and annotations.
type TaskState struct {
	ID           int        `json:"id"`
	Name         string     `json:"name"`
	Project      int        `json:"project_id,omitempty"`
	Organization int        `json:"organization,omitempty"`
	Tracker      string     `json:"bug_tracker,omitempty"`
	Subset       string     `json:"subset,omitempty"`
	Assignee     int        `json:"assignee,omitempty"`
	Quality      int        `json:"image_quality,omitempty"`
	Frames       []string   `json:"frames"`
	Jobs         []JobState `json:"jobs"`
}

// JobState is a job with its annotations.
type JobState struct {
	ID       int    `json:"id"`
	Start    int    `json:"start_frame"`
	Stop     int    `json:"stop_frame"`
	Stage    string `json:"stage"`
	State    string `json:"state"`
	Assignee int    `json:"assignee,omitempty"`
	// Shapes and Tags name each annotation's label.
	Shapes []ShapeState `json:"shapes,omitempty"`
	Tags   []ShapeState `json:"tags,omitempty"`
}

// ShapeState is an annotation in words: its label's name, its attributes by name.
type ShapeState struct {
	Frame      int               `json:"frame"`
	Label      string            `json:"label"`
	Type       string            `json:"type,omitempty"`
	Points     []float64         `json:"points,omitempty"`
	Score      *float64          `json:"score,omitempty"`
	Source     string            `json:"source,omitempty"`
	Group      int               `json:"group,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Elements   []ShapeState      `json:"elements,omitempty"`
	Outside    bool              `json:"outside,omitempty"`
}

// IssueState is an issue with its messages.
type IssueState struct {
	Job      int       `json:"job"`
	Frame    int       `json:"frame"`
	Position []float64 `json:"position"`
	Resolved bool      `json:"resolved,omitempty"`
	Messages []string  `json:"messages"`
}

func (s *store) state() State {
	out := State{Tasks: []TaskState{}, Issues: []IssueState{}, Twice: s.twice}
	for _, t := range s.taskList {
		out.Tasks = append(out.Tasks, t.state())
	}
	for _, i := range s.issueList {
		one := IssueState{Job: i.job.id, Frame: i.frame, Position: i.position, Resolved: i.resolved}
		for _, m := range i.comments {
			one.Messages = append(one.Messages, m.message)
		}
		out.Issues = append(out.Issues, one)
	}
	return out
}

func (t *task) state() TaskState {
	out := TaskState{
		ID: t.id, Name: t.name, Organization: t.org, Tracker: t.tracker, Subset: t.subset, Assignee: t.assignee,
		Quality: t.quality, Frames: []string{}, Jobs: []JobState{},
	}
	if t.project != nil {
		out.Project = t.project.id
	}
	for _, f := range t.frames {
		out.Frames = append(out.Frames, f.name)
	}
	for _, j := range t.jobs {
		out.Jobs = append(out.Jobs, JobState{
			ID: j.id, Start: j.start, Stop: j.stop, Stage: j.stage, State: j.state, Assignee: j.assignee,
			Shapes: shapeStates(j.shapes, t.labelList()), Tags: shapeStates(j.tags, t.labelList()),
		})
	}
	return out
}

func shapeStates(list []*shape, labels []*label) []ShapeState {
	var out []ShapeState
	for _, s := range list {
		out = append(out, s.state(labels))
	}
	return out
}

func (s *shape) state(labels []*label) ShapeState {
	out := ShapeState{
		Frame: *s.Frame, Type: s.Type, Points: s.Points, Score: s.Score, Source: text(s.Source), Group: whole(s.Group),
		Outside: s.Outside != nil && *s.Outside,
	}
	for _, l := range labels {
		if l.id != *s.Label {
			continue
		}
		out.Label = l.name
		for _, a := range s.Attributes {
			for _, spec := range l.attributes {
				if spec.ID == *a.Spec {
					if out.Attributes == nil {
						out.Attributes = map[string]string{}
					}
					out.Attributes[spec.Name] = *a.Value
				}
			}
		}
		for i := range s.Elements {
			out.Elements = append(out.Elements, s.Elements[i].state(l.sublabels))
		}
	}
	return out
}
