package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"strconv"
)

// act is POST /api/dm/actions/?id=ACTION&project=N: one change of all selected tasks. A selection that names no task selects
// every task of the project, as it does at the server.
func (a *api) act(c *call) {
	p := a.projectOf(c.query().Get("project"))
	if p == nil {
		c.missing("Project")
		return
	}
	id := c.query().Get("id")
	if id == "" {
		c.answer(http.StatusUnprocessableEntity, map[string]string{"detail": `No action id "None", use ?id=<action-id>`})
		return
	}
	do, ok := map[string]func(*api, *call, []*Task){
		"add_data_field":           (*api).addDataField,
		"delete_tasks_annotations": (*api).deleteAnnotationsOf,
		"delete_tasks_predictions": (*api).deletePredictionsOf,
		"delete_tasks":             (*api).deleteTasks,
	}[id]
	if !ok {
		c.fail(http.StatusInternalServerError, fmt.Sprintf("Can't find '%s' in registered actions", id))
		return
	}
	q, err := readQuery(c.body)
	var tasks []*Task
	if err == nil {
		tasks, err = q.tasks(p)
	}
	if err != nil {
		c.fail(http.StatusInternalServerError, err.Error())
		return
	}
	do(a, c, tasks)
}

// listActions is GET /api/dm/actions/, which does not list add_data_field.
func (a *api) listActions(c *call) {
	all := []map[string]any{}
	for i, id := range []string{"delete_tasks", "delete_tasks_annotations", "delete_tasks_predictions"} {
		all = append(all, map[string]any{"id": id, "title": id, "order": 100 + i, "permission": "tasks.delete"})
	}
	c.answer(http.StatusOK, all)
}

func (a *api) addDataField(c *call, tasks []*Task) {
	sent := c.object()
	name, _ := sent["value_name"].(string)
	if name == "" {
		name = "null"
	}
	value := sent["value"]
	switch sent["value_type"] {
	case "String":
	case "Number":
		n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
		if err != nil {
			c.fail(http.StatusInternalServerError, err.Error())
			return
		}
		value = n
	default:
		c.fail(http.StatusInternalServerError, "")
		return
	}
	for _, t := range tasks {
		t.Data[name] = value
	}
	c.effect("data.%s of %d tasks set", name, len(tasks))
	c.answer(http.StatusOK, map[string]string{"detail": fmt.Sprintf("Updated %d tasks", len(tasks))})
}

// deleteAnnotationsOf deletes the drafts of the tasks as well, and does not count them.
func (a *api) deleteAnnotationsOf(c *call, tasks []*Task) {
	n := 0
	for _, t := range tasks {
		n += len(t.Annotations)
		t.Annotations, t.Drafts, t.IsLabeled = nil, nil, false
	}
	c.deleted(n, "annotations")
}

func (a *api) deletePredictionsOf(c *call, tasks []*Task) {
	n := 0
	for _, t := range tasks {
		n += len(t.Predictions)
		t.Predictions = nil
	}
	c.deleted(n, "predictions")
}

func (a *api) deleteTasks(c *call, tasks []*Task) {
	for _, t := range tasks {
		t.remove()
	}
	c.deleted(len(tasks), "tasks")
}

func (c *call) deleted(n int, what string) {
	c.effect("%d %s deleted", n, what)
	c.answer(http.StatusOK, map[string]any{"processed_items": n, "detail": fmt.Sprintf("Deleted %d %s", n, what)})
}
