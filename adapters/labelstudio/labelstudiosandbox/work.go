package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// annotate adds an annotation as the API gets it.
func (a *api) annotate(t *Task, sent map[string]any) *Annotation {
	a.next.annotation++
	cancelled, _ := sent["was_cancelled"].(bool)
	truth, _ := sent["ground_truth"].(bool)
	one := &Annotation{
		ID: a.next.annotation, Result: sent["result"], Task: t.ID, Project: t.project.id, CompletedBy: 1, WasCancelled: cancelled,
		GroundTruth: truth, LeadTime: sent["lead_time"], CreatedAt: isoTime(a.now()),
	}
	t.Annotations = append(t.Annotations, one)
	t.IsLabeled = true
	return one
}

// predict adds a prediction as an import has it.
func (a *api) predict(t *Task, sent map[string]any) *Prediction {
	a.next.prediction++
	model := "undefined"
	if value, there := sent["model_version"]; there {
		model, _ = value.(string)
	}
	one := &Prediction{
		ID: a.next.prediction, Result: list(sent["result"]), ModelVersion: model, Score: sent["score"], Task: t.ID,
		Project: t.project.id, CreatedAt: isoTime(a.now()),
	}
	t.Predictions = append(t.Predictions, one)
	if t.project.modelVersion == "" {
		t.project.modelVersion = model
	}
	return one
}

func (a *api) listAnnotations(c *call) {
	if t := c.task(); t != nil {
		all := []map[string]any{}
		for _, one := range t.Annotations {
			all = append(all, one.show())
		}
		c.answer(http.StatusOK, all)
	}
}

func (a *api) createAnnotation(c *call) {
	if t := c.task(); t != nil {
		one := a.annotate(t, c.object())
		c.effect("annotation %d of task %d made", one.ID, t.ID)
		c.answer(http.StatusCreated, one.show())
	}
}

// annotation is that of the path, with its task; nil where there is none.
func (c *call) annotation() (*Task, *Annotation) {
	for _, p := range c.api.projects {
		for _, t := range p.tasks {
			for _, one := range t.Annotations {
				if fmt.Sprint(one.ID) == c.r.PathValue("id") {
					return t, one
				}
			}
		}
	}
	return nil, nil
}

func (a *api) getAnnotation(c *call) {
	_, one := c.annotation()
	if one == nil {
		c.missing("Annotation")
		return
	}
	c.answer(http.StatusOK, one.show())
}

func (a *api) deleteAnnotation(c *call) {
	t, one := c.annotation()
	if one == nil {
		c.missing("Annotation")
		return
	}
	t.drop(one)
	c.effect("annotation %d of task %d deleted", one.ID, t.ID)
	c.w.WriteHeader(http.StatusNoContent)
}

// convertToDraft is POST /api/annotations/{id}/convert-to-draft: the work is kept, and not handed in any more. An annotation
// that is not there gets the page of an unknown path, not the API's own 404.
func (a *api) convertToDraft(c *call) {
	t, one := c.annotation()
	if one == nil {
		notFoundPage(c.w)
		return
	}
	t.drop(one)
	a.next.draft++
	d := &Draft{ID: a.next.draft, User: user, Result: one.Result, LeadTime: one.LeadTime, Task: t.ID, CreatedAt: isoTime(a.now())}
	t.Drafts = append(t.Drafts, d)
	c.effect("annotation %d of task %d is a draft again", one.ID, t.ID)
	c.answer(http.StatusCreated, d.show())
}

func (t *Task) drop(one *Annotation) {
	t.Annotations = slices.DeleteFunc(t.Annotations, func(other *Annotation) bool { return other == one })
	t.IsLabeled = len(t.Annotations) > 0
}

func (a *api) listPredictions(c *call) {
	all := []map[string]any{}
	for _, p := range a.projects {
		for _, t := range p.tasks {
			for _, one := range t.Predictions {
				if asked := c.query().Get("task"); asked == "" || asked == fmt.Sprint(t.ID) {
					all = append(all, one.show())
				}
			}
		}
	}
	c.answer(http.StatusOK, all)
}

func (a *api) createPrediction(c *call) {
	sent := c.object()
	id, isWhole := whole(sent["task"])
	t := a.taskOf(id)
	switch {
	case sent["result"] == nil:
		c.invalid("result", []string{"This field is required."})
	case !isWhole:
		c.invalid("task", []string{"This field is required."})
	case t == nil:
		c.invalid("task", []string{fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, id)})
	default:
		one := a.predict(t, sent)
		c.effect("prediction %d of task %d made", one.ID, t.ID)
		c.answer(http.StatusCreated, one.show())
	}
}

// importPredictions is POST /api/projects/{id}/import/predictions.
func (a *api) importPredictions(c *call) {
	p := a.projectOf(c.r.PathValue("id"))
	if p == nil {
		notFoundPage(c.w)
		return
	}
	sent := list(c.body)
	for i, value := range sent {
		one, _ := value.(map[string]any)
		id, _ := whole(one["task"])
		if t := a.taskOf(id); t == nil || t.project != p {
			c.invalid("non_field_errors", []string{fmt.Sprintf("Prediction %d: Invalid task ID %d - task not found in project", i, id)})
			return
		}
		if wrong := p.config.checkPrediction(one); len(wrong) > 0 {
			c.invalid("non_field_errors", []string{fmt.Sprintf("Prediction %d: %s", i, wrong[0])})
			return
		}
	}
	for _, value := range sent {
		one := value.(map[string]any)
		id, _ := whole(one["task"])
		a.predict(a.taskOf(id), one)
	}
	c.effect("%d predictions made in project %d", len(sent), p.id)
	c.answer(http.StatusCreated, map[string]int{"created": len(sent)})
}

func (one *Annotation) show() map[string]any {
	return map[string]any{
		"id": one.ID, "result": one.Result, "task": one.Task, "project": one.Project, "completed_by": one.CompletedBy,
		"created_username": author(), "created_ago": "0\u00a0minutes", "was_cancelled": one.WasCancelled,
		"ground_truth": one.GroundTruth, "created_at": one.CreatedAt, "updated_at": one.CreatedAt, "draft_created_at": nil,
		"lead_time": one.LeadTime, "import_id": nil, "last_action": nil, "bulk_created": false, "updated_by": 1,
		"parent_prediction": nil, "parent_annotation": nil, "last_created_by": nil,
	}
}

func (one *Prediction) show() map[string]any {
	return map[string]any{
		"id": one.ID, "result": one.Result, "model_version": one.ModelVersion, "score": one.Score, "task": one.Task,
		"project": one.Project, "created_ago": "0\u00a0minutes", "cluster": nil, "neighbors": nil, "mislabeling": 0,
		"created_at": one.CreatedAt, "updated_at": one.CreatedAt, "model": nil, "model_run": nil,
	}
}

func (d *Draft) show() map[string]any {
	return map[string]any{
		"id": d.ID, "user": d.User, "created_username": d.User + ", 1", "created_ago": "0\u00a0minutes", "result": d.Result,
		"lead_time": d.LeadTime, "was_postponed": false, "import_id": nil, "created_at": d.CreatedAt, "updated_at": d.CreatedAt,
		"task": d.Task, "annotation": d.Annotation,
	}
}
