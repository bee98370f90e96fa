package cvatsandbox

import (
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// taskWrite is the document's TaskWriteRequest, without storages.
type taskWrite struct {
	Name        *string       `json:"name"`
	Project     *int          `json:"project_id"`
	Owner       *int          `json:"owner_id"`
	Assignee    *int          `json:"assignee_id"`
	Tracker     *string       `json:"bug_tracker"`
	Overlap     *int          `json:"overlap"`
	SegmentSize *int          `json:"segment_size"`
	Labels      *[]labelWrite `json:"labels"`
	Subset      *string       `json:"subset"`
	Replicas    *int          `json:"consensus_replicas"`
	Initial     *int          `json:"initial_replicas"`
}

// tasks answers /api/tasks and all below it.
func (c *call) tasks(p []string) *problem {
	if len(p) == 0 {
		return c.byMethod(map[string]func() *problem{http.MethodGet: c.listTasks, http.MethodPost: c.createTask})
	}
	id, err := number(p[0])
	if err != nil {
		return err
	}
	t := c.task(id)
	if t == nil || !c.sees(t.org) {
		return detail(http.StatusNotFound, "No Task matches the given query.")
	}
	return c.ofTask(t, p[1:])
}

func (c *call) ofTask(t *task, p []string) *problem {
	switch {
	case len(p) == 0:
		return c.byMethod(map[string]func() *problem{
			http.MethodGet:    func() *problem { return c.reply(http.StatusOK, t.read()) },
			http.MethodDelete: func() *problem { return c.deleteTask(t) },
		})
	case slices.Equal(p, []string{"data", ""}):
		return c.byMethod(map[string]func() *problem{http.MethodPost: func() *problem { return c.attach(t) }})
	case slices.Equal(p, []string{"data", "meta"}):
		return c.byMethod(map[string]func() *problem{http.MethodGet: func() *problem { return c.meta(t, t.frames) }})
	case slices.Equal(p, []string{"annotations", ""}):
		return c.annotations(t, t.jobs)
	default:
		return detail(http.StatusNotFound, "Not found.")
	}
}

func (c *call) createTask() *problem {
	var body taskWrite
	if err := c.queries(); err != nil {
		return err
	}
	if err := c.read(&body, "project_id", "owner_id", "assignee_id", "overlap"); err != nil {
		return err
	}
	if err := c.checkTask(body); err != nil {
		return err
	}
	c.ids.task++
	t := &task{id: c.ids.task, name: *body.Name, tracker: text(body.Tracker), subset: text(body.Subset), created: c.now()}
	t.assignee, t.segmentSize, t.overlap = whole(body.Assignee), whole(body.SegmentSize), body.Overlap
	switch {
	case body.Project != nil:
		t.project = c.project(*body.Project)
		t.org = t.project.org
	default:
		for _, l := range *body.Labels {
			t.labels = append(t.labels, c.add(l.label()))
		}
		if c.org != nil {
			t.org = c.org.ID
		}
	}
	again := t.tracker != "" && slices.ContainsFunc(c.taskList, func(o *task) bool { return o.tracker == t.tracker })
	if again {
		c.twice++
	}
	c.taskList = append(c.taskList, t)
	sandbox.Effect(c.w, "task %d created: %q, tracker %q, repeated: %v", t.id, t.name, t.tracker, again)
	return c.reply(http.StatusCreated, t.read())
}

func (c *call) checkTask(b taskWrite) *problem {
	switch {
	case b.Name == nil:
		return field("name", required)
	case *b.Name == "":
		return field("name", blank)
	case utf8.RuneCountInString(*b.Name) > 256:
		return field("name", "Ensure this field has no more than 256 characters.")
	case utf8.RuneCountInString(text(b.Tracker)) > 2000:
		return field("bug_tracker", "Ensure this field has no more than 2000 characters.")
	case utf8.RuneCountInString(text(b.Subset)) > 64:
		return field("subset", "Ensure this field has no more than 64 characters.")
	case outside(b.SegmentSize):
		return field("segment_size", "Ensure this value is from 0 to 2147483647.")
	case outside(b.Overlap):
		return field("overlap", "Ensure this value is from 0 to 2147483647.")
	case b.Assignee != nil && c.user(*b.Assignee) == nil:
		return field("assignee_id", "Invalid pk \"%d\" - object does not exist.", *b.Assignee)
	case b.Project == nil && (b.Labels == nil || len(*b.Labels) == 0):
		return field("non_field_errors", "Label list or project_id must be present")
	case b.Project != nil && b.Labels != nil && len(*b.Labels) > 0:
		return field("non_field_errors", "Project must have only one of Label list or project_id")
	case b.Project == nil:
		return checkLabels(*b.Labels)
	}
	p := c.project(*b.Project)
	if p == nil {
		return field("project_id", "The specified project #%d does not exist.", *b.Project)
	}
	if !c.sees(p.org) {
		return detail(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	return nil
}

func (c *call) listTasks() *problem {
	if err := c.queries("page", "page_size", "name", "tracker_link", "project_id", "subset", "search"); err != nil {
		return err
	}
	query := c.r.URL.Query()
	var found []any
	for i := len(c.taskList) - 1; i >= 0; i-- { // newest first, as CVAT's default order is
		t := c.taskList[i]
		if c.sees(t.org) && c.wanted(map[string]string{
			"name": t.name, "tracker_link": t.tracker, "project_id": t.projectID(), "subset": t.subset,
		}) && (query.Get("search") == "" || t.name == query.Get("search")) {
			found = append(found, t.read())
		}
	}
	return c.page(found)
}

// wanted reports whether the values are those of the query, where it names them.
func (c *call) wanted(values map[string]string) bool {
	query := c.r.URL.Query()
	for name, value := range values {
		if query.Has(name) && query.Get(name) != value {
			return false
		}
	}
	return true
}

func (c *call) deleteTask(t *task) *problem {
	c.taskList = slices.DeleteFunc(c.taskList, func(o *task) bool { return o == t })
	c.issueList = slices.DeleteFunc(c.issueList, func(i *issue) bool { return i.job.task == t })
	sandbox.Effect(c.w, "task %d deleted", t.id)
	return c.reply(http.StatusNoContent, nil)
}

func (t *task) projectID() string {
	if t.project == nil {
		return ""
	}
	return strconv.Itoa(t.project.id)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func whole(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// outside reports whether a number does not fit CVAT's positive 32-bit column.
func outside(n *int) bool { return n != nil && (*n < 0 || *n > 1<<31-1) }
