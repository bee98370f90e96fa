package cvatsandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// The document's JobStage and OperationStatus.
var (
	stages = []string{"annotation", "validation", "acceptance"}      //nolint:gochecknoglobals // constant
	states = []string{"new", "in progress", "completed", "rejected"} //nolint:gochecknoglobals // constant
)

// jobs answers /api/jobs and all below it.
func (c *call) jobs(p []string) *problem {
	if len(p) == 0 {
		return c.byMethod(map[string]func() *problem{http.MethodGet: c.listJobs})
	}
	id, err := number(p[0])
	if err != nil {
		return err
	}
	j := c.jobByID(id)
	if j == nil || !c.sees(j.task.org) {
		return detail(http.StatusNotFound, "No Job matches the given query.")
	}
	switch {
	case len(p) == 1:
		return c.byMethod(map[string]func() *problem{
			http.MethodGet:   func() *problem { return c.reply(http.StatusOK, j.read(c.issuesOf(j))) },
			http.MethodPatch: func() *problem { return c.patchJob(j) },
		})
	case slices.Equal(p[1:], []string{"annotations", ""}):
		return c.annotations(j.task, []*job{j})
	case slices.Equal(p[1:], []string{"data", "meta"}):
		return c.byMethod(map[string]func() *problem{
			http.MethodGet: func() *problem { return c.meta(j.task, j.task.frames[j.start:j.stop+1]) },
		})
	}
	return detail(http.StatusNotFound, "Not found.")
}

func (c *call) issuesOf(j *job) int {
	n := 0
	for _, i := range c.issueList {
		if i.job == j {
			n++
		}
	}
	return n
}

func (c *call) listJobs() *problem {
	if err := c.queries("page", "page_size", "task_id", "project_id", "stage", "state", "type"); err != nil {
		return err
	}
	var found []any
	for _, t := range c.taskList {
		if !c.sees(t.org) {
			continue
		}
		for _, j := range t.jobs {
			if c.wanted(map[string]string{
				"task_id": strconv.Itoa(t.id), "project_id": t.projectID(), "stage": j.stage, "state": j.state, "type": "annotation",
			}) {
				found = append(found, j.read(c.issuesOf(j)))
			}
		}
	}
	return c.page(found)
}

// patchJob changes a job. A change of stage without a state makes the state new.
func (c *call) patchJob(j *job) *problem {
	var body struct {
		Assignee optional `json:"assignee"`
		Stage    *string  `json:"stage"`
		State    *string  `json:"state"`
	}
	if err := c.queries(); err != nil {
		return err
	}
	if err := c.read(&body, "assignee"); err != nil {
		return err
	}
	switch {
	case body.Stage != nil && !slices.Contains(stages, *body.Stage):
		return field("stage", "\"%s\" is not a valid choice.", *body.Stage)
	case body.State != nil && !slices.Contains(states, *body.State):
		return field("state", "\"%s\" is not a valid choice.", *body.State)
	case body.Assignee.id != 0 && c.user(body.Assignee.id) == nil:
		return field("assignee", "Invalid pk \"%d\" - object does not exist.", body.Assignee.id)
	}
	if body.Stage != nil {
		if *body.Stage != j.stage {
			j.state = "new"
		}
		j.stage = *body.Stage
	}
	if body.State != nil {
		j.state = *body.State
	}
	if body.Assignee.given {
		j.assignee = body.Assignee.id
	}
	sandbox.Effect(c.w, "job %d: stage %s, state %s", j.id, j.stage, j.state)
	return c.reply(http.StatusOK, j.read(c.issuesOf(j)))
}

// optional is an id that may be left out, or null for nobody.
type optional struct {
	given bool
	id    int
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional) UnmarshalJSON(b []byte) error {
	o.given = true
	return json.Unmarshal(b, &o.id)
}
