package scalesandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// The states of a task (scaleapi/tasks.py, and error of docs.scale.com, errors).
const (
	pending  = "pending"
	canceled = "canceled"
	failed   = "error"
)

// task is a task, in the form that the API answers.
type task struct {
	ID          string         `json:"task_id"`
	Type        string         `json:"type"`
	Status      string         `json:"status"`
	CreatedAt   string         `json:"created_at"`
	UpdatedAt   string         `json:"updated_at"`
	Project     string         `json:"project,omitempty"`
	Batch       string         `json:"batch,omitempty"`
	Instruction string         `json:"instruction,omitempty"`
	CallbackURL string         `json:"callback_url,omitempty"`
	UniqueID    string         `json:"unique_id,omitempty"`
	Priority    int            `json:"priority"`
	Params      taskParams     `json:"params"`
	Metadata    map[string]any `json:"metadata"`
	Tags        []string       `json:"tags"`
	Error       string         `json:"error,omitempty"`
	IsTest      bool           `json:"is_test"`

	clearOnError bool
}

// taskParams are what a task asks for.
type taskParams struct {
	Attachment     string              `json:"attachment"`
	AttachmentType string              `json:"attachment_type,omitempty"`
	Geometries     map[string]geometry `json:"geometries,omitempty"`
	Hypothesis     *hypothesis         `json:"hypothesis,omitempty"`
	Base           *hypothesis         `json:"base_annotations,omitempty"`
}

// taskTypes are the types of v1 (scaleapi/tasks.py).
func taskTypes() []string {
	return []string{
		"annotation", "categorization", "comparison", "cuboidannotation", "datacollection", "documentmodel", "documenttranscription",
		"imageannotation", "laneannotation", "lidarannotation", "lidarlinking", "lidarsegmentation", "lidartopdown", "lineannotation",
		"namedentityrecognition", "pointannotation", "polygonannotation", "segmentannotation", "transcription", "textcollection",
		"videoannotation", "videoboxannotation", "videoplaybackannotation", "videocuboidannotation", "sensorfusion",
	}
}

func (a *api) createTask(c *call) {
	kind := c.r.PathValue("type")
	switch {
	case kind == "imageannotation":
	case contains(taskTypes(), kind):
		c.refuse(http.StatusPaymentRequired, "Tasks of type %s are not enabled for this account", kind)
		return
	default:
		c.refuse(http.StatusNotFound, "There is no task type %q", kind)
		return
	}
	var body taskBody
	if !c.decode(&body) {
		return
	}
	place, problem := a.place(&body)
	if problem != nil {
		c.refuse(problem.status, "%s", problem.text)
		return
	}
	if err := body.check(place); err != nil {
		c.refuse(http.StatusBadRequest, "%s", err)
		return
	}
	if body.UniqueID != nil && a.byUnique[*body.UniqueID] != nil {
		c.refuse(http.StatusConflict, "Task with unique_id %q already exists", *body.UniqueID)
		return
	}
	t := a.add(&body, place)
	c.effect("task %s created in project %q, batch %q: unique_id %q", t.ID, t.Project, t.Batch, t.UniqueID)
	c.answer(t)
}

// add makes the task, and counts it when there is one that asks for the very same.
func (a *api) add(body *taskBody, p *project) *task {
	now := a.time()
	t := &task{
		ID: a.nextID(), Type: "imageannotation", Status: pending, CreatedAt: now, UpdatedAt: now, Project: p.Name, Batch: body.Batch,
		Instruction: body.Instruction, CallbackURL: body.CallbackURL, Priority: body.priority(), Metadata: body.Metadata, Tags: body.Tags,
		Params: taskParams{
			Attachment: body.Attachment, AttachmentType: body.AttachmentType, Geometries: body.Geometries,
			Hypothesis: body.Hypothesis, Base: body.BaseAnnotations,
		},
		clearOnError: body.ClearUniqueID,
	}
	if t.Metadata == nil {
		t.Metadata = map[string]any{}
	}
	if t.Tags == nil {
		t.Tags = []string{}
	}
	a.setUnique(t, body.UniqueID)
	body.UniqueID = nil
	text, _ := json.Marshal(body, json.Deterministic(true)) // it came from JSON
	sum := sha256.Sum256(text)
	if a.bodies[sum] {
		a.repeats++
	}
	a.bodies[sum] = true
	a.tasks = append(a.tasks, t)
	return t
}

// nextID is an id of the vendor's form, 24 hexadecimal digits.
func (a *api) nextID() string {
	sum := sha256.Sum256([]byte(numeral(len(a.tasks))))
	return hex.EncodeToString(sum[:12])
}

func (a *api) setUnique(t *task, id *string) {
	delete(a.byUnique, t.UniqueID)
	t.UniqueID = ""
	if id != nil {
		t.UniqueID = *id
		a.byUnique[*id] = t
	}
}

// settle does what happens to a task after it was created: attachments are looked at later, and one that cannot be read
// puts its task into error (docs.scale.com, errors). Here these are those of hosts that end in .invalid.
func (a *api) settle(t *task) {
	if t.Status != pending || !strings.Contains(t.Params.Attachment+"/", ".invalid/") {
		return
	}
	t.Status, t.Error = failed, "the attachment could not be read"
	if t.clearOnError {
		a.setUnique(t, nil)
	}
}

// theTask is the task that the path names; nil when it was refused.
func (a *api) theTask(c *call) *task {
	id := c.r.PathValue("id")
	i := slices.IndexFunc(a.tasks, func(t *task) bool { return t.ID == id })
	if i < 0 {
		c.refuse(http.StatusNotFound, "Task with id %q does not exist", id)
		return nil
	}
	a.settle(a.tasks[i])
	return a.tasks[i]
}

func (a *api) getTask(c *call) {
	if t := a.theTask(c); t != nil {
		c.answer(t)
	}
}

// listTasks pages by next_token. A parameter can be given several times.
func (a *api) listTasks(c *call) {
	if !c.query("project", "batch", "type", "status", "unique_id", "tags", "limit", "offset", "next_token", "include_attachment_url",
		"limited_response", "customer_review_status", "start_time", "end_time", "completed_before", "completed_after",
		"updated_before", "updated_after") {
		return
	}
	q := c.r.URL.Query()
	limit, from := number(q.Get("limit"), 100), max(number(q.Get("next_token"), 0), number(q.Get("offset"), 0))
	if limit < 1 || limit > 100 || from < 0 {
		c.refuse(http.StatusBadRequest, `"limit" must be from 1 to 100`)
		return
	}
	found := []*task{}
	for _, t := range a.tasks {
		a.settle(t)
		if matches(q, "project", t.Project) && matches(q, "batch", t.Batch) && matches(q, "type", t.Type) &&
			matches(q, "status", t.Status) && matches(q, "unique_id", t.UniqueID) {
			found = append(found, t)
		}
	}
	to := min(from+limit, len(found))
	answer := map[string]any{
		"docs": found[min(from, len(found)):to], "total": len(found), "limit": limit, "offset": from, "has_more": to < len(found),
	}
	if to < len(found) {
		answer["next_token"] = numeral(to)
	}
	c.answer(answer)
}
