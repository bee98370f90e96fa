package labelbox

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The codes of errors that say more than that a call failed (lbox/request_client.py, execute).
const (
	codeNotFound = "RESOURCE_NOT_FOUND"
	codeConflict = "RESOURCE_CONFLICT"
	codeInternal = "INTERNAL_SERVER_ERROR"
)

// HTTP statuses that are looked at, of answers and inside errors.
const (
	statusBadRequest      = 400
	statusUnauthorized    = 401
	statusForbidden       = 403
	statusNotFound        = 404
	statusTimeout         = 408
	statusGone            = 410
	statusUnprocessable   = 422
	statusNotAllowed      = 426
	statusTooManyRequests = 429
)

// Judge says what an answer means.
func (a *labelbox) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	kind, _, _ := strings.Cut(step.ID, "/")
	if kind == stepImportErrors {
		return judgeErrorsFile(resp)
	}
	if !step.Call.GraphQL() && !resp.Check {
		resp = adapter.ReadGraphQL(resp)
	}
	if v := judgeAnswer(resp); v.Kind != adapter.Done {
		return failed(kind, step, resp, v)
	}
	if noProject(resp) {
		return nothingThere(kind)
	}
	v := meaning(kind, step, resp)
	if v.Kind == adapter.Reject || v.Kind == adapter.Wait {
		return v
	}
	return adapter.Doubt(step, resp, v)
}

// noProject reports whether the vendor answers a null for the project: there is none, or the key may not see it.
func noProject(resp adapter.Response) bool {
	data, ok := decode[struct {
		Project json.RawMessage `json:"project"`
	}](resp)
	return ok && string(data.Project) == "null"
}

// nothingThere is the verdict on a project or a dataset that the vendor does not have. An inspection wants to know.
func nothingThere(kind string) adapter.Verdict {
	if kind == stepOntology || kind == stepDataset {
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptAbsent: "yes"}}
	}
	return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonNotFound, Detail: "the key sees no project of that id"}
}

// meaning reads an answer that brings data.
func meaning(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	switch kind {
	case stepUser:
		return keepID(resp, func(d *userAnswer) string { return d.User.ID })
	case stepUpload, stepManifest:
		return judgeUpload(resp)
	case stepUpsert:
		return keepID(resp, func(d *upsertAnswer) string { return d.UpsertDataRows.ID })
	case stepUpserted, stepMoved, stepPrioritised, stepFilled:
		return judgeTask(kind, step, resp)
	case stepRefused:
		return judgeRefused(resp)
	case stepLookUp:
		return keepID(resp, func(d *lookUpAnswer) string { return d.DataRowsForGlobalKeys.JobID })
	case stepFound:
		return judgeFound(resp)
	case stepProcess:
		return judgeProcessed(resp)
	case stepBatch, stepEmptyBatch:
		return judgeBatch(kind, step, resp)
	case stepFill:
		return judgeFill(step, resp)
	case stepHeld:
		return judgeHeld(step, resp)
	case stepImport:
		return judgeImport(resp)
	case stepImported:
		return judgeImported(resp)
	case stepQueues:
		return judgeQueues(resp)
	case stepMove:
		return keepID(resp, func(d *moveAnswer) string { return d.Project.CreateBulkAddRowsToQueueTask.TaskID })
	case stepPriority:
		return keepID(resp, func(d *priorityAnswer) string { return d.Project.CreateQueuePriorityUpdateTask.TaskID })
	default:
		return inspected(kind, resp)
	}
}

// judgeAnswer judges errors and statuses. Some statuses tell enough, whatever code comes with them: the client tries every 5xx
// again without a look at the body.
func judgeAnswer(resp adapter.Response) adapter.Verdict {
	switch s := resp.Status; {
	case s == statusUnauthorized, s == statusTooManyRequests, s == statusTimeout, s >= 500:
		return adapter.JudgeStatus(resp)
	}
	if said := adapter.Said(resp.Body); strings.HasPrefix(said, "You have exceeded") && len(resp.Errors) == 0 {
		// The request limit, whatever the status (request_client.py, ApiLimitError).
		return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonRateLimited, Detail: said}
	}
	v := adapter.JudgeGraphQL(resp)
	if v.Kind != adapter.Retry || len(resp.Errors) == 0 {
		return v
	}
	switch nestedStatus(resp.Body) {
	case statusBadRequest, statusUnprocessable:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonInvalid
	case statusNotAllowed:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonForbidden
	}
	return v
}

// nestedStatus is the true status of an error that calls itself internal: extensions.exception.status, 0 when there is none.
// The server calls many faults of the client so (request_client.py, get_error_status_code).
func nestedStatus(body []byte) int {
	var whole struct {
		Errors []struct {
			Extensions struct {
				Code      string `json:"code"`
				Exception struct {
					Status json.Number `json:"status"`
				} `json:"exception"`
			} `json:"extensions"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &whole) != nil {
		return 0
	}
	for _, e := range whole.Errors {
		if e.Extensions.Code == codeInternal {
			status, _ := e.Extensions.Exception.Status.Int64() // absent, or no number: none
			return int(status)
		}
	}
	return 0
}

// noRowsLeft begins the message of a batch whose data rows are all in the project already, which this very step may have put
// there (labelbox-python, tests/integration/test_batch.py).
const noRowsLeft = "No valid data rows to add to project"

// failed judges a call that failed: some failures say what is there.
func failed(kind string, step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	code, message := "", ""
	if len(resp.Errors) > 0 {
		code, message = resp.Errors[0].Code, resp.Errors[0].Message
	}
	switch {
	case resp.Check && kind == stepImport && code == codeNotFound:
		return adapter.Verdict{Kind: adapter.Absent}
	case (kind == stepOntology || kind == stepDataset) && code == codeNotFound:
		return nothingThere(kind)
	case !resp.Check && step.Check != nil && code == codeConflict:
		// The name is taken. It is made of the delivery's key, so this very step may have taken it.
		v.Kind = adapter.Exists
		return v
	case !resp.Check && kind == stepBatch && strings.HasPrefix(message, noRowsLeft):
		v.Kind = adapter.Exists
		return v
	}
	return adapter.Doubt(step, resp, v)
}

// strange is the verdict on an answer that lacks what the API says it has.
func strange(what string) adapter.Verdict {
	return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: "the answer has no " + what}
}

// working is the verdict on a job that has not ended.
func working(what string) adapter.Verdict {
	return adapter.Verdict{Kind: adapter.Wait, Reason: adapter.ReasonUnavailable, Detail: what}
}

// soon is how long the client waits between two looks at a task or a look-up. It is the hint where a job is mostly short;
// elsewhere the host asks at growing intervals.
const soon = 2 * time.Second

// decode reads an answer's data.
func decode[T any](resp adapter.Response) (data T, ok bool) {
	return data, json.Unmarshal(resp.Data, &data) == nil
}

// keepID judges an answer that is there for one id.
func keepID[T any](resp adapter.Response, id func(*T) string) adapter.Verdict {
	data, ok := decode[T](resp)
	if !ok || id(&data) == "" {
		return strange("id")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptID: id(&data)}}
}
