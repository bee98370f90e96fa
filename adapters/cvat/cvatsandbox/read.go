package cvatsandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// The answers' objects carry what CVAT's own client needs besides what is of use (recorded with cvat-sdk 2.80.0).

type object map[string]any

func (t *task) read() object {
	completed := 0
	for _, j := range t.jobs {
		if j.stage == "acceptance" && j.state == "completed" {
			completed++
		}
	}
	o := object{
		"url": fmt.Sprintf("/api/tasks/%d", t.id), "id": t.id, "name": t.name, "project_id": nil, "project_name": nil,
		"mode": "annotation", "dimension": "2d", "media_type": "image", "bug_tracker": t.tracker, "subset": t.subset,
		"created_date": t.created, "updated_date": t.created, "overlap": t.overlap, "segment_size": t.segmentSize,
		"status": "annotation", "size": len(t.frames), "image_quality": t.quality, "data": nil,
		"organization": nullable(t.org), "organization_id": nullable(t.org), "owner": owner(), "assignee": person(t.assignee),
		"jobs":   object{"count": len(t.jobs), "completed": completed, "validation": 0, "url": fmt.Sprintf("/api/jobs?task_id=%d", t.id)},
		"labels": object{"url": fmt.Sprintf("/api/labels?task_id=%d", t.id)},
	}
	if t.project != nil {
		o["project_id"], o["project_name"] = t.project.id, t.project.name
	}
	if len(t.frames) > 0 {
		o["data"] = t.id
	}
	return o
}

func (j *job) read(issues int) object {
	o := object{
		"url": fmt.Sprintf("/api/jobs/%d", j.id), "id": j.id, "task_id": j.task.id, "task_name": j.task.name,
		"project_id": nil, "project_name": nil, "type": "annotation", "mode": "annotation", "dimension": "2d", "media_type": "image",
		"stage": j.stage, "state": j.state, "status": j.stage, "start_frame": j.start, "stop_frame": j.stop,
		"frame_count": j.stop - j.start + 1, "assignee": person(j.assignee), "organization": nullable(j.task.org),
		"bug_tracker": j.task.tracker, "created_date": j.task.created, "updated_date": j.task.created,
		"issues": object{"count": issues, "url": fmt.Sprintf("/api/issues?job_id=%d", j.id)},
		"labels": object{"url": fmt.Sprintf("/api/labels?job_id=%d", j.id)},
	}
	if j.task.project != nil {
		o["project_id"], o["project_name"] = j.task.project.id, j.task.project.name
	}
	return o
}

func (p *project) read(tasks int) object {
	return object{
		"url": fmt.Sprintf("/api/projects/%d", p.id), "id": p.id, "name": p.name, "owner": owner(), "assignee": nil,
		"bug_tracker": "", "dimension": "2d", "status": "annotation", "organization": nullable(p.org),
		"organization_id": nullable(p.org), "task_subsets": []string{},
		"tasks":  object{"count": tasks, "url": fmt.Sprintf("/api/tasks?project_id=%d", p.id)},
		"labels": object{"url": fmt.Sprintf("/api/labels?project_id=%d", p.id)},
	}
}

func (l *label) read() object {
	o := object{
		"id": l.id, "name": l.name, "color": "#33ddff", "type": l.kind, "has_parent": false,
		"attributes": append([]attribute{}, l.attributes...),
	}
	subs := []object{}
	for _, sub := range l.sublabels {
		s := sub.read()
		s["has_parent"] = true
		subs = append(subs, s)
	}
	o["sublabels"] = subs
	return o
}

func (i *issue) read() object {
	return object{
		"id": i.id, "frame": i.frame, "position": i.position, "job": i.job.id, "owner": owner(), "assignee": person(i.assignee),
		"resolved": i.resolved, "created_date": i.created, "updated_date": i.created,
		"comments": object{"count": len(i.comments), "url": fmt.Sprintf("/api/comments?issue_id=%d", i.id)},
	}
}

func (m *comment) read() object {
	return object{
		"id": m.id, "issue": m.issue.id, "message": m.message, "owner": owner(), "created_date": m.created, "updated_date": m.created,
	}
}

func owner() object {
	return object{"id": 1, "url": "/api/users/1", "username": "admin", "first_name": "", "last_name": ""}
}

func person(id int) any {
	if id == 0 {
		return nil
	}
	return object{"id": id, "url": fmt.Sprintf("/api/users/%d", id), "username": fmt.Sprintf("user%d", id)}
}

func nullable(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

// The sizes of a page: what CVAT gives when it is not asked, and the most that this stand-in gives.
const (
	pageSize = 10
	mostPage = 500
)

// page answers with a page of a list.
func (c *call) page(all []any) *problem {
	query := c.r.URL.Query()
	size, number := pageSize, 1
	if query.Has("page_size") {
		n, err := strconv.Atoi(query.Get("page_size"))
		if err != nil || n < 1 {
			return field("page_size", "A valid integer is required.")
		}
		size = min(n, mostPage)
	}
	if query.Has("page") {
		n, err := strconv.Atoi(query.Get("page"))
		if err != nil || n < 1 || n > 1 && (n-1)*size >= len(all) {
			return detail(http.StatusNotFound, "Invalid page.")
		}
		number = n
	}
	from, to := min((number-1)*size, len(all)), min(number*size, len(all))
	return c.reply(http.StatusOK, object{
		"count": len(all), "next": c.pageURL(query, number+1, (len(all)+size-1)/size), "previous": c.pageURL(query, number-1, number-1),
		"results": append([]any{}, all[from:to]...),
	})
}

// pageURL is the address of a page from 1 to last; null for any other.
func (c *call) pageURL(query url.Values, number, last int) any {
	if number < 1 || number > last {
		return nil
	}
	query.Set("page", strconv.Itoa(number))
	return "http://" + c.r.Host + c.r.URL.Path + "?" + query.Encode()
}
