package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// importJob is an Enterprise import. Jobs are worked on one after another, a step with each request that is made.
type importJob struct {
	id      int
	project *project
	tasks   []any
	tellIDs bool
	status  string
	err     string
	ids     []int
	counts  [3]int // tasks, annotations, predictions
}

// importTasks is POST /api/projects/{id}/import: a list of tasks, or one. It is all or nothing.
func (a *api) importTasks(c *call) {
	p := a.projectOf(c.r.PathValue("id"))
	if p == nil {
		notFoundPage(c.w) // HTML here, whatever is accepted
		return
	}
	commit, ok := c.flag("commit_to_project", true)
	if !ok {
		return
	}
	tellIDs, ok := c.flag("return_task_ids", false)
	if !ok {
		return
	}
	tasks, isList := c.body.([]any)
	if one, isObject := c.body.(map[string]any); isObject && len(one) > 0 {
		tasks, isList = []any{one}, true
	}
	switch {
	case !isList:
		c.invalid("non_field_errors", []string{"load_tasks: No data found in DATA or in FILES"})
	case len(tasks) == 0:
		c.invalid("non_field_errors", []string{"load_tasks: No tasks added"})
	case p.enterprise:
		a.next.job++
		job := &importJob{id: a.next.job, project: p, tasks: tasks, tellIDs: tellIDs, status: "created"}
		a.imports = append(a.imports, job)
		c.effect("import %d queued: %d tasks", job.id, len(tasks))
		c.answer(http.StatusCreated, map[string]int{"import": job.id})
	default:
		a.importNow(c, p, tasks, commit, tellIDs)
	}
}

func (a *api) importNow(c *call, p *project, tasks []any, commit, tellIDs bool) { //nolint:revive // they are the request's parameters
	if wrong := p.config.checkPredictions(tasks); wrong != "" {
		c.invalid("predictions", []string{wrong})
		return
	}
	if wrong := p.config.checkTasks(tasks); wrong != nil {
		c.invalid("non_field_errors", wrong)
		return
	}
	said := map[string]any{
		"task_count": len(tasks), "annotation_count": nil, "prediction_count": nil, "duration": 0.01,
		"file_upload_ids": []int{}, "could_be_tasks_list": false, "found_formats": []string{}, "data_columns": []string{},
	}
	if commit {
		ids, counts := a.addTasks(p, tasks)
		said["annotation_count"], said["prediction_count"] = counts[1], counts[2]
		if tellIDs {
			said["task_ids"] = ids
		}
		c.effect("%d tasks and %d predictions made in project %d", counts[0], counts[2], p.id)
	}
	c.answer(http.StatusCreated, said)
}

// addTasks makes tasks that were found good.
func (a *api) addTasks(p *project, tasks []any) (ids []int, counts [3]int) {
	for _, value := range tasks {
		sent := value.(map[string]any)
		data, _ := p.config.checkTask(sent)
		a.next.task++
		p.inner++
		t := &Task{ID: a.next.task, InnerID: p.inner, Data: data, Meta: map[string]any{}, Overlap: 1, project: p, made: a.now()}
		if meta, there := sent["meta"]; there && sent["data"] != nil {
			t.Meta = meta
		}
		for _, one := range list(sent["predictions"]) {
			a.predict(t, one.(map[string]any))
		}
		for _, one := range list(sent["annotations"]) {
			annotation, _ := one.(map[string]any)
			a.annotate(t, annotation)
		}
		p.tasks = append(p.tasks, t)
		ids = append(ids, t.ID)
		counts[0]++
		counts[1] += len(t.Annotations)
		counts[2] += len(t.Predictions)
	}
	return ids, counts
}

// getImport is GET /api/projects/{id}/imports/{job}/.
func (a *api) getImport(c *call) {
	p, id := a.projectOf(c.r.PathValue("id")), c.r.PathValue("job")
	for _, j := range a.imports {
		if fmt.Sprint(j.id) == id && j.project == p {
			c.answer(http.StatusOK, map[string]any{
				"id": j.id, "project": p.id, "status": j.status, "error": orNull(j.err), "commit_to_project": true,
				"return_task_ids": j.tellIDs, "task_ids": ints(j.ids), "task_count": j.counts[0], "annotation_count": j.counts[1],
				"prediction_count": j.counts[2], "duration": 1, "file_upload_ids": []int{}, "found_formats": []string{},
				"data_columns": []string{}, "could_be_tasks_list": false, "preannotated_from_fields": nil, "url": nil,
				"created_at": isoTime(a.now()), "updated_at": isoTime(a.now()), "finished_at": nil,
			})
			return
		}
	}
	c.missing("ProjectImport")
}

// ended reports whether a job is worked on no more.
func (j *importJob) ended() bool { return j.status == "completed" || j.status == "failed" }

// work takes the first job that is not done a step further.
func (a *api) work() {
	for _, j := range a.imports {
		switch j.status {
		case "created":
			j.status = "in_progress"
			return
		case "in_progress":
			a.finish(j)
			return
		}
	}
}

func (a *api) finish(j *importJob) {
	if j.err = j.project.config.checkPredictions(j.tasks); j.err == "" {
		if wrong := j.project.config.checkTasks(j.tasks); wrong != nil {
			j.err = fmt.Sprint(wrong)
		}
	}
	if j.err != "" {
		j.status = "failed"
		return
	}
	j.status = "completed"
	var ids []int
	if ids, j.counts = a.addTasks(j.project, j.tasks); j.tellIDs {
		j.ids = ids
	}
}

// checkPredictions returns what is wrong with the predictions of an import, as one text; "" when nothing is.
func (cfg *labelConfig) checkPredictions(tasks []any) string {
	var wrong []string
	for i, value := range tasks {
		task, _ := value.(map[string]any)
		for j, prediction := range list(task["predictions"]) {
			for _, why := range cfg.checkPrediction(prediction) {
				wrong = append(wrong, fmt.Sprintf("- Task %d, prediction %d: %s\n", i, j, why))
			}
		}
	}
	if len(wrong) == 0 {
		return ""
	}
	return fmt.Sprintf("Prediction validation failed (%d errors):\n", len(wrong)) + strings.Join(wrong, "")
}

// mostErrors is how many tasks of an import the server says something about.
const mostErrors = 100

// checkTasks returns what is wrong with the tasks of an import, one entry a task; nil when nothing is.
func (cfg *labelConfig) checkTasks(tasks []any) []any {
	all, found := make([]any, 0, len(tasks)), false
	for i, task := range tasks {
		if _, why := cfg.checkTask(task); why != "" {
			found = true
			all = append(all, fmt.Sprintf("Error at item %d: %s :: %s", i, why, repr(task)))
		} else {
			all = append(all, struct{}{})
		}
		if found && len(all) >= mostErrors {
			all[len(all)-1] = "..."
			break
		}
	}
	if !found {
		return nil
	}
	return all
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

func ints(of []int) []int {
	if of == nil {
		return []int{}
	}
	return of
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
