package scalesandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// The states of a batch (scaleapi/batches.py). It is staging until it is finalized, in progress until its last task is done.
const (
	staging    = "staging"
	inProgress = "in_progress"
	completed  = "completed"
)

// batch is a batch, in the form that the API answers.
type batch struct {
	Name        string         `json:"name"`
	Project     string         `json:"project"`
	Status      string         `json:"status"`
	Callback    string         `json:"callback"`
	Calibration bool           `json:"calibration_batch"`
	SelfLabel   bool           `json:"self_label_batch"`
	CreatedAt   string         `json:"created_at"`
	Metadata    map[string]any `json:"metadata"`

	finalized int
}

func (a *api) batch(name string) *batch {
	i := slices.IndexFunc(a.batches, func(b *batch) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return a.batches[i]
}

// named is the batch that the path names; nil when it was refused.
func (a *api) named(c *call) *batch {
	name := c.r.PathValue("name")
	b := a.batch(name)
	if b == nil {
		c.refuse(http.StatusNotFound, "Batch with name %q does not exist", name)
	}
	return b
}

func (a *api) createBatch(c *call) {
	var body struct {
		Project     string         `json:"project"`
		Name        string         `json:"name"`
		Callback    string         `json:"callback"`
		Calibration bool           `json:"calibration_batch"`
		SelfLabel   bool           `json:"self_label_batch"`
		Metadata    map[string]any `json:"metadata"`
	}
	if !c.decode(&body) {
		return
	}
	p := a.project(body.Project)
	switch {
	case body.Project == "":
		c.refuse(http.StatusBadRequest, `"project" is required`)
	case body.Name == "":
		c.refuse(http.StatusBadRequest, `"name" is required`)
	case p == nil:
		c.refuse(http.StatusNotFound, "Project with name %q does not exist", body.Project)
	case a.batch(body.Name) != nil:
		c.refuse(http.StatusConflict, "Batch with name %q already exists", body.Name)
	case (body.Calibration || body.SelfLabel) && !p.finalizes():
		c.refuse(http.StatusBadRequest, "calibration_batch and self_label_batch are only applicable for Rapid and Studio projects")
	default:
		b := &batch{
			Name: body.Name, Project: body.Project, Status: inProgress, Callback: body.Callback,
			Calibration: body.Calibration, SelfLabel: body.SelfLabel, CreatedAt: a.time(), Metadata: body.Metadata,
		}
		if b.Metadata == nil {
			b.Metadata = map[string]any{}
		}
		if p.finalizes() {
			b.Status = staging
		}
		a.batches = append(a.batches, b)
		c.effect("batch %q created in project %q: %s", b.Name, b.Project, b.Status)
		c.answer(b)
	}
}

func (a *api) getBatch(c *call) {
	if b := a.named(c); b != nil {
		c.answer(b)
	}
}

// batchStatus counts the tasks by their state; a state without tasks is left out.
func (a *api) batchStatus(c *call) {
	b := a.named(c)
	if b == nil {
		return
	}
	status := map[string]any{"status": b.Status}
	for state, n := range a.counts(b) {
		status[state] = n
	}
	c.answer(status)
}

// counts are those of a batch's tasks by their state.
func (a *api) counts(b *batch) map[string]int {
	n := map[string]int{}
	for _, t := range a.tasks {
		if t.Batch == b.Name {
			a.settle(t)
			n[t.Status]++
		}
	}
	return n
}

// finalizeBatch opens a Rapid or Studio batch to its workers; for others it does nothing and is answered 200 (docs.scale.com,
// batch finalization). Nothing is written about a second time: it is answered as the first, and counted.
func (a *api) finalizeBatch(c *call) {
	b := a.named(c)
	if b == nil {
		return
	}
	if c.r.ContentLength > 0 {
		c.refuse(http.StatusBadRequest, "finalize takes no body")
		return
	}
	b.finalized++
	switch {
	case !a.project(b.Project).finalizes():
		c.effect("batch %q needs no finalizing", b.Name)
	case b.Status == staging:
		b.Status = inProgress
		c.effect("batch %q finalized: in progress", b.Name)
	default:
		a.repeats++
		c.effect("batch %q was finalized before", b.Name)
	}
	c.answer(b)
}

func (a *api) setBatchMetadata(c *call) {
	b := a.named(c)
	var metadata map[string]any
	if b == nil || !c.decode(&metadata) {
		return
	}
	b.Metadata = metadata
	c.effect("batch %q has new metadata", b.Name)
	c.answer(b)
}

func (a *api) setBatchPriorities(c *call) {
	var body struct {
		Batches []struct {
			Name string `json:"name"`
		} `json:"batches"`
	}
	if !c.decode(&body) {
		return
	}
	order := []map[string]any{}
	for i, one := range body.Batches {
		b := a.batch(one.Name)
		if b == nil {
			c.refuse(http.StatusNotFound, "Batch with name %q does not exist", one.Name)
			return
		}
		counts := a.counts(b)
		order = append(order, map[string]any{
			"id": b.Name, "name": b.Name, "projectId": b.Project, "projectName": b.Project, "batchType": "Production", "groups": []string{},
			"studioPriority": i + 1, "total": counts[pending] + counts[canceled] + counts[failed], "completed": 0,
		})
	}
	c.effect("the order of %d batches is set", len(order))
	c.answer(order)
}

// listBatches pages by offset. The count of all is called totalDocs, unlike that of tasks.
func (a *api) listBatches(c *call) {
	if !c.query("project", "status", "limit", "offset", "exclude_archived", "start_time", "end_time") {
		return
	}
	q := c.r.URL.Query()
	limit, offset := number(q.Get("limit"), 100), number(q.Get("offset"), 0)
	if limit < 1 || limit > 100 || offset < 0 {
		c.refuse(http.StatusBadRequest, `"limit" must be from 1 to 100, "offset" at least 0`)
		return
	}
	found := []*batch{}
	for _, b := range a.batches {
		if matches(q, "project", b.Project) && matches(q, "status", b.Status) {
			found = append(found, b)
		}
	}
	page := found[min(offset, len(found)):min(offset+limit, len(found))]
	c.answer(map[string]any{
		"docs": page, "totalDocs": len(found), "limit": limit, "offset": offset, "has_more": offset+limit < len(found),
	})
}

// number reads a parameter; a wrong one is -1, which no parameter may be.
func number(text string, byDefault int) int {
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// matches reports whether one of a parameter's values is value, or it has none.
func matches(q map[string][]string, name, value string) bool {
	return len(q[name]) == 0 || contains(q[name], value)
}
