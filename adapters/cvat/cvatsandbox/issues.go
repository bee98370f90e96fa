package cvatsandbox

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// issues answers /api/issues and one of them.
func (c *call) issues(p []string) *problem {
	if len(p) == 0 {
		return c.byMethod(map[string]func() *problem{http.MethodGet: c.listIssues, http.MethodPost: c.createIssue})
	}
	id, err := number(p[0])
	if err != nil || len(p) > 1 {
		return detail(http.StatusNotFound, "Not found.")
	}
	i := c.issue(id)
	if i == nil {
		return detail(http.StatusNotFound, "No Issue matches the given query.")
	}
	return c.byMethod(map[string]func() *problem{
		http.MethodGet:   func() *problem { return c.reply(http.StatusOK, i.read()) },
		http.MethodPatch: func() *problem { return c.patchIssue(i) },
	})
}

func (c *call) issue(id int) *issue {
	for _, i := range c.issueList {
		if i.id == id && c.sees(i.job.task.org) {
			return i
		}
	}
	return nil
}

// createIssue makes an issue with its first comment, which is the message.
func (c *call) createIssue() *problem {
	var body struct {
		Frame    *int       `json:"frame"`
		Position *[]float64 `json:"position"`
		Job      *int       `json:"job"`
		Message  *string    `json:"message"`
		Assignee *int       `json:"assignee"`
		Resolved *bool      `json:"resolved"`
	}
	if err := c.queries(); err != nil {
		return err
	}
	if err := c.read(&body, "assignee"); err != nil {
		return err
	}
	switch {
	case body.Frame == nil:
		return field("frame", required)
	case body.Position == nil:
		return field("position", required)
	case body.Job == nil:
		return field("job", required)
	case body.Message == nil:
		return field("message", required)
	case *body.Message == "":
		return field("message", blank)
	case body.Assignee != nil && c.user(*body.Assignee) == nil:
		return field("assignee", "Invalid pk \"%d\" - object does not exist.", *body.Assignee)
	}
	j := c.jobByID(*body.Job)
	switch {
	case j == nil || !c.sees(j.task.org):
		return field("job", "Invalid pk \"%d\" - object does not exist.", *body.Job)
	case !j.holds(*body.Frame):
		return field("frame", "Frame %d is not in job %d.", *body.Frame, j.id)
	}
	c.ids.issue++
	i := &issue{id: c.ids.issue, frame: *body.Frame, position: *body.Position, job: j, assignee: whole(body.Assignee), created: c.now()}
	again := slices.ContainsFunc(c.issueList, func(o *issue) bool {
		return o.job == j && o.frame == i.frame && o.comments[0].message == *body.Message
	})
	if again {
		c.twice++
	}
	c.say(i, *body.Message)
	c.issueList = append(c.issueList, i)
	sandbox.Effect(c.w, "issue %d on frame %d of job %d, repeated: %v: %s", i.id, i.frame, j.id, again, *body.Message)
	return c.reply(http.StatusCreated, i.read())
}

func (c *call) say(i *issue, message string) *comment {
	c.ids.comment++
	m := &comment{id: c.ids.comment, issue: i, message: message, created: c.now()}
	i.comments = append(i.comments, m)
	return m
}

func (c *call) patchIssue(i *issue) *problem {
	var body struct {
		Resolved *bool      `json:"resolved"`
		Assignee *int       `json:"assignee"`
		Position *[]float64 `json:"position"`
	}
	if err := c.read(&body, "assignee"); err != nil {
		return err
	}
	if body.Resolved != nil {
		i.resolved = *body.Resolved
	}
	if body.Position != nil {
		i.position = *body.Position
	}
	sandbox.Effect(c.w, "issue %d: resolved %v", i.id, i.resolved)
	return c.reply(http.StatusOK, i.read())
}

func (c *call) listIssues() *problem {
	if err := c.queries("page", "page_size", "job_id", "task_id", "frame_id", "resolved"); err != nil {
		return err
	}
	var found []any
	for _, i := range c.issueList {
		if c.sees(i.job.task.org) && c.wanted(i.values()) {
			found = append(found, i.read())
		}
	}
	return c.page(found)
}

func (i *issue) values() map[string]string {
	return map[string]string{
		"job_id": strconv.Itoa(i.job.id), "task_id": strconv.Itoa(i.job.task.id), "frame_id": strconv.Itoa(i.frame),
		"resolved": strconv.FormatBool(i.resolved), "issue_id": strconv.Itoa(i.id),
	}
}

// comments answers /api/comments.
func (c *call) comments(p []string) *problem {
	if len(p) > 0 {
		return detail(http.StatusNotFound, "Not found.")
	}
	return c.byMethod(map[string]func() *problem{http.MethodGet: c.listComments, http.MethodPost: c.createComment})
}

func (c *call) listComments() *problem {
	if err := c.queries("page", "page_size", "job_id", "issue_id", "frame_id"); err != nil {
		return err
	}
	var found []any
	for _, i := range c.issueList {
		if !c.sees(i.job.task.org) || !c.wanted(i.values()) {
			continue
		}
		for _, m := range i.comments {
			found = append(found, m.read())
		}
	}
	return c.page(found)
}

func (c *call) createComment() *problem {
	var body struct {
		Issue   *int    `json:"issue"`
		Message *string `json:"message"`
	}
	if err := c.read(&body); err != nil {
		return err
	}
	switch {
	case body.Issue == nil:
		return field("issue", required)
	case text(body.Message) == "":
		return field("message", required)
	}
	i := c.issue(*body.Issue)
	if i == nil {
		return field("issue", "Invalid pk \"%d\" - object does not exist.", *body.Issue)
	}
	m := c.say(i, *body.Message)
	sandbox.Effect(c.w, "comment on issue %d", i.id)
	return c.reply(http.StatusCreated, m.read())
}
