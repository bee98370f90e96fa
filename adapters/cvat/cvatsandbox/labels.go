package cvatsandbox

import (
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// labelWrite is the document's PatchedLabelRequest, as far as a new label has it.
type labelWrite struct {
	Name       *string          `json:"name"`
	Color      *string          `json:"color"`
	Type       *string          `json:"type"`
	SVG        *string          `json:"svg"`
	Attributes []attributeWrite `json:"attributes"`
	Sublabels  []labelWrite     `json:"sublabels"`
}

type attributeWrite struct {
	Name    *string   `json:"name"`
	Mutable *bool     `json:"mutable"`
	Input   *string   `json:"input_type"`
	Default *string   `json:"default_value"`
	Values  *[]string `json:"values"`
}

// labelTypes and inputTypes are the document's LabelType and InputTypeEnum.
var (
	labelTypes = []string{"any", "cuboid", "ellipse", "mask", "points", "polygon", "polyline", "rectangle", "skeleton", "interval", "tag"} //nolint:gochecknoglobals // constant
	inputTypes = []string{"checkbox", "radio", "number", "text", "select"}                                                                 //nolint:gochecknoglobals // constant
)

// maxName is the longest name of a label or attribute, in letters.
const maxName = 64

func checkLabels(list []labelWrite) *problem {
	seen := map[string]bool{}
	for _, l := range list {
		switch {
		case l.Name == nil || *l.Name == "":
			return field("labels", "name: "+required)
		case utf8.RuneCountInString(*l.Name) > maxName:
			return field("labels", "name: Ensure this field has no more than 64 characters.")
		case seen[*l.Name]:
			return field("labels", "All label names must be unique")
		case l.Type != nil && !slices.Contains(labelTypes, *l.Type):
			return field("labels", "type: \"%s\" is not a valid choice.", *l.Type)
		case l.Type != nil && *l.Type == "skeleton" && len(l.Sublabels) == 0:
			return field("labels", "A skeleton needs sublabels.")
		}
		seen[*l.Name] = true
		for _, a := range l.Attributes {
			if a.Name == nil || a.Mutable == nil || a.Input == nil || a.Values == nil || !slices.Contains(inputTypes, *a.Input) {
				return field("labels", "attributes: name, mutable, input_type and values are required.")
			}
		}
		if err := checkLabels(l.Sublabels); err != nil {
			return err
		}
	}
	return nil
}

func (l labelWrite) label() *label {
	made := &label{name: *l.Name, kind: "any"}
	if l.Type != nil {
		made.kind = *l.Type
	}
	for _, a := range l.Attributes {
		made.attributes = append(made.attributes, attribute{
			Name: *a.Name, Mutable: *a.Mutable, Input: *a.Input, Default: text(a.Default), Values: *a.Values,
		})
	}
	for _, sub := range l.Sublabels {
		made.sublabels = append(made.sublabels, sub.label())
	}
	return made
}

func (c *call) listLabels() *problem {
	if err := c.queries("page", "page_size", "project_id", "task_id", "job_id", "name"); err != nil {
		return err
	}
	query := c.r.URL.Query()
	var all []*label
	switch {
	case query.Has("project_id"):
		if p := c.project(atoi(query.Get("project_id"))); p != nil && c.sees(p.org) {
			all = p.labels
		}
	case query.Has("task_id"):
		if t := c.task(atoi(query.Get("task_id"))); t != nil && c.sees(t.org) {
			all = t.labelList()
		}
	case query.Has("job_id"):
		if j := c.jobByID(atoi(query.Get("job_id"))); j != nil && c.sees(j.task.org) {
			all = j.task.labelList()
		}
	default:
		return field("non_field_errors", "one of project_id, task_id and job_id is needed here")
	}
	var found []any
	for _, l := range all {
		if !query.Has("name") || l.name == query.Get("name") {
			found = append(found, l.read())
		}
	}
	return c.page(found)
}

// projects answers /api/projects: a project with labels of one's own can be made, so that rehearsals need not be of animals.
func (c *call) projects(p []string) *problem {
	if len(p) == 0 {
		return c.byMethod(map[string]func() *problem{http.MethodPost: c.createProject})
	}
	id, err := number(p[0])
	if err != nil {
		return err
	}
	found := c.project(id)
	if found == nil || !c.sees(found.org) || len(p) > 1 {
		return detail(http.StatusNotFound, "No Project matches the given query.")
	}
	tasks := 0
	for _, t := range c.taskList {
		if t.project == found {
			tasks++
		}
	}
	return c.byMethod(map[string]func() *problem{
		http.MethodGet: func() *problem { return c.reply(http.StatusOK, found.read(tasks)) },
	})
}

func (c *call) createProject() *problem {
	var body struct {
		Name   *string      `json:"name"`
		Labels []labelWrite `json:"labels"`
	}
	if err := c.read(&body); err != nil {
		return err
	}
	if text(body.Name) == "" {
		return field("name", required)
	}
	if err := checkLabels(body.Labels); err != nil {
		return err
	}
	made := &project{id: len(c.projectList) + 1, name: *body.Name}
	if c.org != nil {
		made.org = c.org.ID
	}
	for _, l := range body.Labels {
		made.labels = append(made.labels, c.add(l.label()))
	}
	c.projectList = append(c.projectList, made)
	sandbox.Effect(c.w, "project %d created with %d labels", made.id, len(made.labels))
	return c.reply(http.StatusCreated, made.read(0))
}

// users answers /api/users, so that people find the ids of assignees.
func (c *call) users(p []string) *problem {
	switch {
	case len(p) == 0:
		var found []any
		for _, u := range c.userList {
			if search := c.r.URL.Query().Get("search"); search == "" || u.Username == search {
				found = append(found, u)
			}
		}
		return c.page(found)
	case len(p) == 1 && p[0] == "self":
		return c.reply(http.StatusOK, c.userList[0])
	}
	return detail(http.StatusNotFound, "Not found.")
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
