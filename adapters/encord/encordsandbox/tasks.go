package encordsandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// stage returns the stage that a path names. A false answer has been refused.
func (a *api) stage(c *call) (stage, bool) {
	if !a.project(c) {
		return stage{}, false
	}
	for _, s := range stages() {
		if s.UUID == c.request.PathValue("stage") {
			return s, true
		}
	}
	fail(c, http.StatusNotFound, "no such stage in the workflow")
	return stage{}, false
}

func (a *api) getTasks(c *call) {
	at, ok := a.stage(c)
	if !ok {
		return
	}
	known := []string{"pageToken", "dataHashes", "datasetHashes", "dataTitleContains"}
	if at.Type != "DONE" {
		known = append(known, "userEmails", "statuses")
	}
	if !c.query(known...) {
		return
	}
	q := c.request.URL.Query()
	for _, hash := range q["dataHashes"] {
		if !uuidForm.MatchString(hash) {
			fail(c, http.StatusUnprocessableEntity, "dataHashes: "+hash+" is not a UUID")
			return
		}
	}
	results := []any{}
	for _, u := range a.world.here() {
		if u.Stage == at.UUID && matches(u, q["dataHashes"], q["datasetHashes"], q["statuses"], q.Get("dataTitleContains")) {
			results = append(results, u.task(at))
		}
	}
	c.answer(pageOf(results, q.Get("pageToken"), tasksPage))
}

// tasksPage is how many tasks a page has: few, so that paging is seen. Encord's own number is not known.
const tasksPage = 50

func matches(u *unit, hashes, datasets, statuses []string, title string) bool {
	return (len(hashes) == 0 || contains(hashes, u.DataHash)) && (len(datasets) == 0 || contains(datasets, datasetHash)) &&
		(len(statuses) == 0 || contains(statuses, u.Status)) && strings.Contains(u.Title, title)
}

func (u *unit) task(at stage) map[string]any {
	task := map[string]any{
		"uuid": u.TaskUUID, "createdAt": stamp(u.linked), "updatedAt": stamp(u.linked), "dataHash": u.DataHash, "dataTitle": u.Title,
	}
	if at.Type == "DONE" {
		return task
	}
	task["status"], task["assignee"] = u.Status, nil
	if u.Assignee != "" {
		task["assignee"] = u.Assignee
	}
	if at.Type == "ANNOTATION" {
		task["labelBranchName"] = "main"
	}
	return task
}

func (a *api) moveTasks(c *call) {
	origin, ok := a.stage(c)
	if !ok || !c.query() {
		return
	}
	var move struct {
		TaskUUIDs            []string `json:"taskUuids"`
		DestinationStageUUID string   `json:"destinationStageUuid"`
	}
	if !c.read(&move) {
		return
	}
	if len(move.TaskUUIDs) == 0 || title(move.DestinationStageUUID) == "" || move.DestinationStageUUID == origin.UUID {
		fail(c, http.StatusBadRequest, "taskUuids must not be empty, and destinationStageUuid another stage of the workflow")
		return
	}
	units := make([]*unit, 0, len(move.TaskUUIDs))
	for _, task := range move.TaskUUIDs {
		u := a.world.unitBy(func(u *unit) bool { return u.TaskUUID == task && u.Stage == origin.UUID })
		if u == nil || slices.Contains(units, u) {
			fail(c, http.StatusBadRequest, "task "+task+" is not in stage "+origin.Title)
			return
		}
		units = append(units, u)
	}
	for _, u := range units {
		u.moveTo(move.DestinationStageUUID)
	}
	c.effect("%d tasks moved from %s to %s", len(units), origin.Title, title(move.DestinationStageUUID))
	c.done()
}

// moveTo puts the unit's task into a stage. Labels stay.
func (u *unit) moveTo(to string) {
	u.Stage, u.Status, u.Assignee = to, "NEW", ""
	if to == annotateStage && u.LabelHash != "" {
		u.Status, u.labelStatus = "REOPENED", "LABEL_IN_PROGRESS"
	}
	if to == doneStage {
		u.Status, u.labelStatus = "COMPLETED", "LABELLED"
	}
}

// action is what a stage lets one do to a task.
type action struct {
	TaskUUID            string  `json:"taskUuid"`
	Action              string  `json:"action"`
	Assignee            *string `json:"assignee"`
	ResolveLabelReviews bool    `json:"resolveLabelReviews"`
	RetainAssignee      bool    `json:"retainAssignee"`
}

func (a *api) actOnTasks(c *call) {
	at, ok := a.stage(c)
	if !ok || !c.query() {
		return
	}
	var actions []action
	if !c.read(&actions) {
		return
	}
	for _, act := range actions {
		u := a.world.unitBy(func(u *unit) bool { return u.TaskUUID == act.TaskUUID && u.Stage == at.UUID })
		if u == nil {
			fail(c, http.StatusBadRequest, "task "+act.TaskUUID+" is not in stage "+at.Title)
			return
		}
		if err := u.act(at, act); err != nil {
			fail(c, http.StatusBadRequest, err.Error())
			return
		}
	}
	c.effect("%d actions in %s", len(actions), at.Title)
	c.done()
}

func (u *unit) act(at stage, act action) error {
	switch {
	case act.Action == "ASSIGN" && act.Assignee != nil:
		u.Status, u.Assignee = "ASSIGNED", *act.Assignee
	case act.Action == "RELEASE":
		u.Status, u.Assignee = "RELEASED", ""
	case act.Action == "SUBMIT" && at.Type == "ANNOTATION":
		u.moveTo(reviewStage)
	case act.Action == "APPROVE" && at.Type == "REVIEW":
		u.moveTo(doneStage)
	default:
		return fmt.Errorf("action %q is not one of stage %s", act.Action, at.Title)
	}
	return nil
}

func (a *api) setPriorities(c *call) {
	var params struct {
		Priorities []priority `json:"priorities"`
	}
	if !a.project(c) || !c.query() || !c.read(&params) {
		return
	}
	for _, p := range params.Priorities {
		if a.world.unitBy(func(u *unit) bool { return u.DataHash == p.data }) == nil {
			fail(c, http.StatusNotFound, "no data unit "+p.data+" in the project")
			return
		}
	}
	for _, p := range params.Priorities {
		a.world.unitBy(func(u *unit) bool { return u.DataHash == p.data }).Priority = p.value
	}
	c.effect("%d priorities set", len(params.Priorities))
	c.done()
}

// priority is a pair of a data hash and a number from 0 to 1.
type priority struct {
	data  string
	value float64
}

// UnmarshalJSON reads a list of two.
func (p *priority) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil || len(pair) != 2 {
		return errors.New("a priority is a list of a data hash and a number")
	}
	if err := json.Unmarshal(pair[0], &p.data); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[1], &p.value); err != nil {
		return err
	}
	if p.value < 0 || p.value > 1 {
		return errors.New("a priority is from 0 to 1")
	}
	return nil
}
