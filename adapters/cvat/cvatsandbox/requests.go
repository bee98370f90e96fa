package cvatsandbox

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// request is a background request. It goes on each time it is asked for: queued, started, then its end.
type request struct {
	id      string
	task    *task
	body    dataWrite
	polls   int
	failure string
	created string
}

// workPolls is how many polls find a request at work before one finds it ended.
const workPolls = 1

func (r *request) ended() bool { return r.polls > workPolls }

func (r *request) status() string {
	switch {
	case r.polls == 0:
		return "queued"
	case !r.ended():
		return "started"
	case r.failure != "":
		return "failed"
	default:
		return "finished"
	}
}

func (r *request) read() object {
	progress := any(nil)
	if r.polls > 0 {
		progress = 0.5
	}
	if r.ended() {
		progress = 1
	}
	return object{
		"id": r.id, "status": r.status(), "message": r.failure, "created_date": r.created, "progress": progress,
		"operation": object{
			"type": "create:task", "target": "task", "project_id": nil, "task_id": r.task.id, "job_id": nil, "org_id": nil,
			"format": nil, "function_id": nil, "lightweight": nil,
		},
		"owner":      object{"id": 1, "username": "admin"},
		"result_url": nil, "result_id": nil, "started_date": nil, "finished_date": nil, "expiry_date": nil,
	}
}

func (c *call) requestOf(t *task) *request {
	for _, r := range c.requestList {
		if r.task == t {
			return r
		}
	}
	return nil
}

// requests answers /api/requests and, with its id in one escaped part of the path, one of them.
func (c *call) requests(p []string) *problem {
	if len(p) == 0 {
		return c.byMethod(map[string]func() *problem{http.MethodGet: c.listRequests})
	}
	id, err := url.PathUnescape(p[0])
	if err != nil || len(p) > 1 {
		return detail(http.StatusNotFound, "Not found.")
	}
	return c.byMethod(map[string]func() *problem{http.MethodGet: func() *problem { return c.poll(id) }})
}

func (c *call) poll(id string) *problem {
	for _, r := range c.requestList {
		if r.id != id {
			continue
		}
		c.proceed(r)
		return c.reply(http.StatusOK, r.read())
	}
	return detail(http.StatusNotFound, "There is no request with specified id")
}

// proceed brings a request on by a poll.
func (c *call) proceed(r *request) {
	if r.ended() {
		return
	}
	r.polls++
	if !r.ended() {
		return
	}
	if err := c.fetch(r); err != nil {
		r.failure = "Exception: " + err.Error()
		sandbox.Effect(c.w, "task %d: %s", r.task.id, err)
		return
	}
	sandbox.Effect(c.w, "task %d has %d images in %d jobs", r.task.id, len(r.task.frames), len(r.task.jobs))
}

func (c *call) listRequests() *problem {
	if err := c.queries("page", "page_size", "action", "target", "task_id", "status", "subresource", "format", "project_id", "job_id"); err != nil {
		return err
	}
	var found []any
	for _, r := range c.requestList {
		if c.wanted(map[string]string{
			"action": "create", "target": "task", "task_id": strconv.Itoa(r.task.id), "status": r.status(), "subresource": "",
		}) {
			found = append(found, r.read())
		}
	}
	return c.page(found)
}
