package scalesandbox

// State is what the account holds.
type State struct {
	// Projects are the names of the projects.
	Projects []string `json:"projects"`
	// Batches are in the order of their creation.
	Batches []BatchState `json:"batches"`
	// Tasks are in the order of their creation.
	Tasks []TaskState `json:"tasks"`
	// Repeats counts effects that were made before: a task that asks for the very same as another, a batch of a Rapid or
	// Studio project that was finalized again.
	Repeats int `json:"repeated_effects"`
}

// BatchState is a batch.
type BatchState struct {
	Name     string         `json:"name"`
	Project  string         `json:"project"`
	Status   string         `json:"status"`
	Metadata map[string]any `json:"metadata"`
	// Finalized counts the calls, also those of projects that need none.
	Finalized int `json:"finalized"`
}

// TaskState is a task.
type TaskState struct {
	ID         string         `json:"task_id"`
	Project    string         `json:"project"`
	Batch      string         `json:"batch"`
	Status     string         `json:"status"`
	UniqueID   string         `json:"unique_id"`
	Priority   int            `json:"priority"`
	Attachment string         `json:"attachment"`
	Hypothesis any            `json:"hypothesis"`
	Metadata   map[string]any `json:"metadata"`
}

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.repeats }

// State implements sandbox.API.
func (a *api) State() any {
	s := State{Projects: []string{}, Batches: []BatchState{}, Tasks: []TaskState{}, Repeats: a.repeats}
	for _, p := range a.projects {
		s.Projects = append(s.Projects, p.Name)
	}
	for _, b := range a.batches {
		s.Batches = append(s.Batches, BatchState{b.Name, b.Project, b.Status, b.Metadata, b.finalized})
	}
	for _, t := range a.tasks {
		s.Tasks = append(s.Tasks, TaskState{
			ID: t.ID, Project: t.Project, Batch: t.Batch, Status: t.Status, UniqueID: t.UniqueID, Priority: t.Priority,
			Attachment: t.Params.Attachment, Hypothesis: t.Params.Hypothesis, Metadata: t.Metadata,
		})
	}
	return s
}
