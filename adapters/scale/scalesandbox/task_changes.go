package scalesandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// cancelTask works only while a task waits (docs.scale.com, cancel task).
func (a *api) cancelTask(c *call) {
	if !c.query("clear_unique_id") {
		return
	}
	t := a.theTask(c)
	switch {
	case t == nil:
	case t.Status != pending:
		c.refuse(http.StatusConflict, "Task %s is %s and can not be canceled", t.ID, t.Status)
	default:
		t.Status = canceled
		if c.r.URL.Query().Get("clear_unique_id") == "true" {
			a.setUnique(t, nil)
		}
		c.effect("task %s canceled", t.ID)
		c.answer(t)
	}
}

func (a *api) auditTask(c *call) {
	var body struct {
		Accepted *bool   `json:"accepted"`
		Comments *string `json:"comments"`
	}
	t := a.theTask(c)
	if t == nil || !c.decode(&body) {
		return
	}
	switch {
	case body.Accepted == nil:
		c.refuse(http.StatusBadRequest, `"accepted" is required`)
	case t.Status != completed:
		c.refuse(http.StatusBadRequest, "only completed tasks can be audited, task %s is %s", t.ID, t.Status)
	default:
		c.effect("task %s audited: accepted %t", t.ID, *body.Accepted)
		c.answer(t)
	}
}

func (a *api) setTaskMetadata(c *call) {
	var metadata map[string]any
	t := a.theTask(c)
	if t == nil || !c.decode(&metadata) {
		return
	}
	t.Metadata = metadata
	c.effect("task %s has new metadata", t.ID)
	c.answer(t)
}

// changeTags takes a bare list: POST sets it, PUT adds to it, DELETE takes away from it.
func (a *api) changeTags(c *call) {
	var tags []string
	t := a.theTask(c)
	if t == nil || !c.decode(&tags) {
		return
	}
	switch c.r.Method {
	case http.MethodPost:
		t.Tags = tags
	case http.MethodPut:
		for _, tag := range tags {
			if !contains(t.Tags, tag) {
				t.Tags = append(t.Tags, tag)
			}
		}
	default:
		t.Tags = slices.DeleteFunc(t.Tags, func(tag string) bool { return contains(tags, tag) })
	}
	c.effect("task %s has %d tags", t.ID, len(t.Tags))
	c.answer(t)
}

func (a *api) setUniqueID(c *call) {
	var body struct {
		UniqueID string `json:"unique_id"`
	}
	t := a.theTask(c)
	if t == nil || !c.decode(&body) {
		return
	}
	switch other := a.byUnique[body.UniqueID]; {
	case body.UniqueID == "":
		c.refuse(http.StatusBadRequest, `"unique_id" is required`)
	case other != nil && other != t:
		c.refuse(http.StatusConflict, "Task with unique_id %q already exists", body.UniqueID)
	default:
		a.setUnique(t, &body.UniqueID)
		c.effect("task %s has unique_id %q", t.ID, t.UniqueID)
		c.answer(t)
	}
}

func (a *api) clearUniqueID(c *call) {
	if t := a.theTask(c); t != nil {
		a.setUnique(t, nil)
		c.effect("task %s has no unique_id any more", t.ID)
		c.answer(t)
	}
}

func numeral(n int) string { return strconv.Itoa(n) }
