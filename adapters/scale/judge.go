package scale

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The statuses that say more than JudgeStatus knows.
const (
	statusBadRequest    = 400
	statusNotEnabled    = 402 // the task type is not enabled for the account
	statusNotFound      = 404
	statusConflict      = 409 // a name or a unique_id is taken
	statusTooLarge      = 413
	statusUnprocessable = 422
	statusServerError   = 500
)

// Judge says what an answer means. The vendor answers 200 and JSON, or an error as {"status_code", "error"}. A 5xx may come
// after the effect was made ("false 500s", the client's pull request 57): tasks and batches are keyed, so that sending again
// does no harm, and finalizing looks first.
func (a *scale) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	kind, _, _ := strings.Cut(step.ID, "/")
	switch {
	case kind == stepTask && resp.Check:
		return a.judgeTaskThere(step, resp)
	case kind == stepTask:
		return judgeTask(step, resp)
	case kind == stepBatch:
		return a.judgeBatch(step, resp)
	case kind == stepFinalize:
		return judgeFinalize(resp)
	case kind == stepProject:
		return judgeProject(resp)
	default:
		return adapter.JudgeStatus(resp)
	}
}

// judgeTask: a task that the vendor does not accept is that task's fault alone, but for what all tasks have in common: the
// key, the project, and whether the account may have such tasks.
func judgeTask(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	item := export.ItemID("")
	if len(step.Items) > 0 {
		item = step.Items[0]
	}
	switch resp.Status {
	case statusConflict:
		v.Kind = adapter.Exists
		return v
	case statusNotEnabled:
		v.Reason = adapter.ReasonForbidden
		return v
	case statusBadRequest, statusUnprocessable, statusTooLarge:
		if said := errorOf(resp.Body); said != "" {
			return adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{item: said}}
		}
		return v
	}
	if v.Kind != adapter.Done {
		return v
	}
	var made vendorTask
	if json.Unmarshal(resp.Body, &made) != nil || made.ID == "" {
		return badAnswer(resp, "no task_id")
	}
	return taken(item, made)
}

// vendorTask is what is read of a task.
type vendorTask struct {
	ID       string `json:"task_id"`
	Project  string `json:"project"`
	Batch    string `json:"batch"`
	Status   string `json:"status"`
	UniqueID string `json:"unique_id"`
}

// taken is the verdict over a task that is there. One that is in error by now was created all the same, and then found
// unfit, such as for an image that cannot be read.
func taken(item export.ItemID, t vendorTask) adapter.Verdict {
	if t.Status == "error" {
		return adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{item: fmt.Sprintf("task %s is in error at the vendor", t.ID)}}
	}
	return adapter.Verdict{Kind: adapter.Done, Taken: map[export.ItemID]adapter.Receipt{item: {ID: t.ID}}}
}

// judgeTaskThere: a task with our unique_id is ours when it is in the project, and in the delivery's batch or in none, that
// it was to be in.
func (a *scale) judgeTaskThere(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	var found struct {
		Docs []vendorTask `json:"docs"`
	}
	if json.Unmarshal(resp.Body, &found) != nil || found.Docs == nil || len(step.Refs) == 0 || len(step.Items) == 0 {
		return badAnswer(resp, "no docs")
	}
	for _, t := range found.Docs {
		switch {
		case t.UniqueID != step.Refs[0] || t.ID == "":
			continue
		case t.Project != a.options.Project || !a.belongs(t):
			return adapter.Verdict{
				Kind: adapter.Reject, Reason: adapter.ReasonConflict,
				Detail: fmt.Sprintf("unique_id %s is that of task %s in project %q, batch %q", t.UniqueID, t.ID, t.Project, t.Batch),
			}
		}
		return taken(step.Items[0], t)
	}
	// It was just refused as taken, so that the list must be behind: the call is made again later.
	return adapter.Verdict{
		Kind: adapter.Retry, Reason: adapter.ReasonConflict,
		Detail: fmt.Sprintf("unique_id %s is taken, and no task that has it is listed", step.Refs[0]),
	}
}

// belongs reports whether a task is in the batch that its unique_id is of, or in none where there is to be none. Both begin
// with the delivery's key.
func (a *scale) belongs(t vendorTask) bool {
	if a.options.Mode != modeBatch {
		return t.Batch == ""
	}
	return strings.HasSuffix(t.Batch, " "+t.UniqueID[:min(keyPart, len(t.UniqueID))])
}

// judgeBatch: a batch of that name is ours when it carries the delivery.
func (a *scale) judgeBatch(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	switch {
	case resp.Check && resp.Status == statusNotFound:
		return adapter.Verdict{Kind: adapter.Absent}
	case !resp.Check && resp.Status == statusConflict:
		v.Kind = adapter.Exists
		return v
	case resp.Status == statusNotEnabled:
		v.Reason = adapter.ReasonForbidden
		return v
	case v.Kind != adapter.Done:
		return v
	}
	var b struct {
		Name     string         `json:"name"`
		Project  string         `json:"project"`
		Metadata map[string]any `json:"metadata"` // of anybody's making
	}
	if json.Unmarshal(resp.Body, &b) != nil || b.Name == "" {
		return badAnswer(resp, "no batch")
	}
	if resp.Check && (b.Project != a.options.Project || len(step.Refs) == 0 || b.Metadata[deliveryField] != step.Refs[0]) {
		return adapter.Verdict{
			Kind: adapter.Reject, Reason: adapter.ReasonConflict,
			Detail: fmt.Sprintf("batch %q is there, in project %q, and not of this delivery", b.Name, b.Project),
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"batch": b.Name}}
}

// judgeFinalize: a refusal may be of what is finalized already, and the batch tells: one that is no longer in staging is
// open to its workers. Batches of enterprise projects never are in staging.
func judgeFinalize(resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	switch {
	case !resp.Check && (resp.Status == statusConflict || resp.Status == statusBadRequest):
		v.Kind = adapter.Exists
		return v
	case !resp.Check && resp.Status >= statusServerError:
		v.Kind = adapter.Unknown
		return v
	case v.Kind != adapter.Done:
		return v
	}
	var b struct {
		Status string `json:"status"`
	}
	switch err := json.Unmarshal(resp.Body, &b); {
	case err != nil || b.Status == "":
		v = badAnswer(resp, "no status")
		if !resp.Check {
			v.Kind = adapter.Unknown
		}
		return v
	case resp.Check && b.Status == "staging":
		return adapter.Verdict{Kind: adapter.Absent}
	default:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"status": b.Status}}
	}
}

// errorOf is the vendor's own word about a request; empty for anything else, such as a proxy's page.
func errorOf(body []byte) string {
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error == "" {
		return ""
	}
	return adapter.Said(body)
}

// badAnswer: a success that is none of the vendor's, such as a page of a proxy. Asking again does no harm.
func badAnswer(resp adapter.Response, lack string) adapter.Verdict {
	return adapter.Verdict{
		Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer,
		Detail: fmt.Sprintf("status %d with %s: %s", resp.Status, lack, adapter.Said(resp.Body)),
	}
}
