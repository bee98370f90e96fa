package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// project is a project.
type project struct {
	id           int
	title, xml   string
	config       *labelConfig
	enterprise   bool
	modelVersion string
	tasks        []*Task
	inner        int
}

func (p *project) edition() string {
	if p.enterprise {
		return "Enterprise"
	}
	return "Community"
}

// addProject makes a project; nil when its label config is not good.
func (a *api) addProject(title, config string) *project {
	cfg, err := parseConfig(config)
	if err != nil {
		return nil
	}
	id := 1
	if n := len(a.projects); n > 0 {
		id = a.projects[n-1].id + 1
	}
	p := &project{id: id, title: title, xml: config, config: cfg, enterprise: strings.HasPrefix(title, "Enterprise")}
	a.projects = append(a.projects, p)
	return p
}

// projectOf returns the project of an id as it stands in a path or query; nil when there is none.
func (a *api) projectOf(id string) *project {
	for _, p := range a.projects {
		if strconv.Itoa(p.id) == id {
			return p
		}
	}
	return nil
}

func (a *api) createProject(c *call) {
	sent := c.object()
	title, _ := sent["title"].(string)
	config, there := sent["label_config"].(string)
	if !there {
		config = "<View></View>"
	}
	if _, err := parseConfig(config); err != nil {
		c.invalid("label_config", []string{err.Error()})
		return
	}
	if _, named := sent["title"]; named && title != "" && utf8.RuneCountInString(title) < 3 {
		c.invalid("title", []string{"Ensure this field has at least 3 characters."})
		return
	}
	if utf8.RuneCountInString(title) > 50 {
		c.invalid("title", []string{"Ensure this field has no more than 50 characters."})
		return
	}
	p := a.addProject(title, config)
	c.effect("project %d made", p.id)
	c.answer(http.StatusCreated, a.show(p))
}

func (a *api) listProjects(c *call) {
	if page := c.query().Get("page"); page != "" && page != "1" { // one page holds them all
		c.fail(http.StatusNotFound, "Invalid page.")
		return
	}
	all := make([]any, 0, len(a.projects))
	for _, p := range slices.Backward(a.projects) {
		all = append(all, a.show(p))
	}
	c.answer(http.StatusOK, map[string]any{"count": len(all), "next": nil, "previous": nil, "results": all})
}

func (a *api) getProject(c *call) {
	if p := c.project(); p != nil {
		c.answer(http.StatusOK, a.show(p))
	}
}

func (a *api) deleteProject(c *call) {
	if p := c.project(); p != nil {
		a.projects = slices.DeleteFunc(a.projects, func(other *project) bool { return other == p })
		c.effect("project %d deleted", p.id)
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// project is that of the path; it answers 404 where there is none.
func (c *call) project() *project {
	p := c.api.projectOf(c.r.PathValue("id"))
	if p == nil {
		c.missing("Project")
	}
	return p
}

func (a *api) show(p *project) map[string]any {
	var annotations, predictions, labeled int
	for _, t := range p.tasks {
		annotations += len(t.Annotations)
		predictions += len(t.Predictions)
		if t.IsLabeled {
			labeled++
		}
	}
	return map[string]any{
		"id": p.id, "title": p.title, "description": "", "label_config": p.xml, "parsed_label_config": p.config.controls,
		"model_version": p.modelVersion, "task_number": len(p.tasks), "total_annotations_number": annotations,
		"total_predictions_number": predictions, "num_tasks_with_annotations": labeled, "finished_task_number": labeled,
		"organization": 1, "color": "#FFFFFF", "maximum_annotations": 1, "is_published": false, "is_draft": false,
		"created_by": map[string]any{"id": 1, "first_name": "", "last_name": "", "email": user, "avatar": nil},
		"created_at": isoTime(a.now()), "sampling": "Sequential sampling", "show_collab_predictions": true,
		"show_skip_button": true, "enable_empty_annotation": true, "overlap_cohort_percentage": 100,
		"config_has_control_tags": len(p.config.controls) > 0, "skip_queue": "REQUEUE_FOR_OTHERS", "queue_total": len(p.tasks),
		"queue_done": labeled, "state": nil,
	}
}

// user is the only user there is.
const user = "stand-in@example.com"

func author() string { return fmt.Sprintf(" %s, 1", user) }
