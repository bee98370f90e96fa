package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// taskOf returns a task by its id; nil when there is none.
func (a *api) taskOf(id int) *Task {
	for _, p := range a.projects {
		for _, t := range p.tasks {
			if t.ID == id {
				return t
			}
		}
	}
	return nil
}

// task is that of the path; it answers 404 where there is none.
func (c *call) task() *Task {
	id, ok := c.number("id")
	if !ok {
		return nil
	}
	t := c.api.taskOf(id)
	if t == nil {
		c.missing("Task")
	}
	return t
}

func (a *api) getTask(c *call) {
	if t := c.task(); t != nil {
		c.answer(http.StatusOK, t.show(true))
	}
}

// updateTask is PATCH /api/tasks/{id}/: data and meta are replaced whole, and are not checked again.
func (a *api) updateTask(c *call) {
	t := c.task()
	if t == nil {
		return
	}
	sent := c.object()
	if data, there := sent["data"]; there {
		object, ok := data.(map[string]any)
		if !ok {
			c.fail(http.StatusInternalServerError, fmt.Sprintf("'%s' object has no attribute 'keys'", pythonType(data)))
			return
		}
		t.Data = object
	}
	if meta, there := sent["meta"]; there {
		t.Meta = meta
	}
	if labeled, ok := sent["is_labeled"].(bool); ok {
		t.IsLabeled = labeled
	}
	if overlap, ok := whole(sent["overlap"]); ok {
		t.Overlap = overlap
	}
	c.effect("task %d changed", t.ID)
	c.answer(http.StatusOK, t.show(true))
}

func (a *api) deleteTask(c *call) {
	if t := c.task(); t != nil {
		t.remove()
		c.effect("task %d deleted", t.ID)
		c.w.WriteHeader(http.StatusNoContent)
	}
}

func (t *Task) remove() {
	t.project.tasks = slices.DeleteFunc(t.project.tasks, func(other *Task) bool { return other == t })
}

// listTasks is GET /api/tasks/: a page of the tasks that a query selects. Its JSON is in ?query=, or in a body.
func (a *api) listTasks(c *call) {
	q := c.query()
	if q.Get("project") == "" {
		c.answer(http.StatusNotFound, map[string]string{"detail": "Neither project nor view id specified"})
		return
	}
	if _, err := strconv.Atoi(q.Get("project")); err != nil {
		c.invalid("project", fmt.Sprintf(`Incorrect value in key "project" = "%s". It should be digit string.`, q.Get("project")))
		return
	}
	p := a.projectOf(q.Get("project"))
	if p == nil {
		c.missing("Project")
		return
	}
	query, err := c.taskQuery()
	if err != nil {
		c.fail(http.StatusInternalServerError, err.Error())
		return
	}
	found, err := query.tasks(p)
	if err != nil {
		c.fail(http.StatusInternalServerError, err.Error())
		return
	}
	c.showPage(found)
}

// defaultPage is the size of a page where none is asked for.
const defaultPage = 100

func (c *call) showPage(found []*Task) {
	q := c.query()
	size, err := strconv.Atoi(q.Get("page_size"))
	if err != nil || size <= 0 {
		size = defaultPage
	}
	page := 1
	if text := q.Get("page"); text != "" {
		page, _ = strconv.Atoi(text)
	}
	from := (page - 1) * size
	if page < 1 || from >= len(found) && page > 1 {
		c.fail(http.StatusNotFound, "Invalid page.")
		return
	}
	var include []string
	if text := q.Get("include"); text != "" {
		include = strings.Split(text, ",")
	}
	whole := q.Get("fields") == "all"
	shown := []map[string]any{}
	var annotations, predictions int
	for i, t := range found {
		annotations, predictions = annotations+len(t.Annotations), predictions+len(t.Predictions)
		if i >= from && i < from+size {
			shown = append(shown, pick(t.show(whole), include))
		}
	}
	c.answer(http.StatusOK, map[string]any{
		"total_annotations": annotations, "total_predictions": predictions, "total": len(found), "tasks": shown,
	})
}

// pick leaves the fields that were asked for. Of annotations and predictions the server then shows ids alone.
func pick(shown map[string]any, include []string) map[string]any {
	if include == nil {
		return shown
	}
	picked := map[string]any{}
	for _, name := range include {
		value, there := shown[name]
		switch all := value.(type) {
		case []map[string]any:
			ids := []map[string]any{}
			for _, one := range all {
				ids = append(ids, map[string]any{"id": one["id"]})
			}
			picked[name] = ids
		default:
			if there {
				picked[name] = value
			}
		}
	}
	return picked
}

// show is the task as the API shows it; whole means with annotations, predictions and the columns made from them.
func (t *Task) show(whole bool) map[string]any { //nolint:revive // it is ?fields=
	shown := map[string]any{
		"id": t.ID, "inner_id": t.InnerID, "project": t.project.id, "data": t.Data, "meta": t.Meta, "overlap": t.Overlap,
		"is_labeled": t.IsLabeled, "total_annotations": len(t.Annotations), "total_predictions": len(t.Predictions),
		"cancelled_annotations": 0, "created_at": isoTime(t.made), "updated_at": isoTime(t.made), "file_upload": nil,
		"storage_filename": nil, "comment_count": 0, "unresolved_comment_count": 0, "last_comment_updated_at": nil,
		"comment_authors": []int{}, "updated_by": []any{}, "annotators": []int{}, "drafts": []any{}, "annotations_ids": "",
	}
	if !whole {
		return shown
	}
	annotations, predictions, drafts, ids := []map[string]any{}, []map[string]any{}, []any{}, []string{}
	for _, one := range t.Annotations {
		annotations = append(annotations, one.show())
		ids = append(ids, strconv.Itoa(one.ID))
	}
	for _, one := range t.Predictions {
		predictions = append(predictions, one.show())
	}
	for _, one := range t.Drafts {
		drafts = append(drafts, one.show())
	}
	shown["annotations"], shown["predictions"], shown["drafts"] = annotations, predictions, drafts
	shown["annotations_ids"], shown["draft_exists"] = strings.Join(ids, ","), len(drafts) > 0
	return shown
}
