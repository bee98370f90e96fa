package cvat

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The statuses that CVAT's endpoints mean something of their own by.
const (
	statusBadRequest = 400
	statusNotFound   = 404
	statusConflict   = 409
)

// The states that a poll keeps.
const (
	stateFinished = "finished"
	stateFailed   = "failed"
	stateGone     = "gone"
)

// waiting is the verdict on a vendor that is at work.
func waiting(detail string) adapter.Verdict {
	return adapter.Verdict{Kind: adapter.Wait, Reason: adapter.ReasonUnavailable, Detail: detail}
}

// judgeCreate reads the new task's id or, as a check, that of the task which carries the tracker link of the ref.
func judgeCreate(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if resp.Check {
		return judgeCreated(step, resp)
	}
	var made struct {
		ID int `json:"id"`
	}
	if v := judgeRead(resp, &made); v.Kind != adapter.Done {
		return v
	}
	if made.ID <= 0 {
		return strange(resp, "a task")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTask: strconv.Itoa(made.ID)}}
}

// judgeCreated looks for the task among those that CVAT has found. It compares the link itself: what follows replaces a
// task's annotations, and must never meet a task of somebody else's.
func judgeCreated(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		list
		Results []taskRead `json:"results"`
	}
	if v := judgeRead(resp, &page); v.Kind != adapter.Done {
		return v
	}
	if page.Results == nil {
		return strange(resp, "a list of tasks")
	}
	for _, t := range page.Results {
		if t.ID > 0 && t.Tracker == ref(step, 0) {
			return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTask: strconv.Itoa(t.ID)}}
		}
	}
	if page.more() != "" {
		return adapter.Verdict{
			Kind: adapter.Unknown, Reason: adapter.ReasonOutcomeUnknown,
			Detail: "CVAT has not looked by the tracker link; see whether it has a task with the link " + ref(step, 0),
		}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}

// taskRead is CVAT's TaskRead, as far as tasks are found by it.
type taskRead struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Tracker string `json:"bug_tracker"`
	Size    *int   `json:"size"`
}

// hasData is what CVAT says when a task has its images already. Nobody but this delivery attaches any to its tasks.
const hasData = "Adding more data is not supported"

// judgeAttach reads the id of the request that fetches the images or, as a check, the requests of the task.
func judgeAttach(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if resp.Check {
		return judgeRequests(step, resp)
	}
	switch {
	case resp.Status == statusBadRequest && strings.Contains(said(resp.Body), hasData):
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptRequest: ""}, Detail: hasData}
	case resp.Status == statusConflict:
		v := judgeStatus(resp)
		v.Kind = adapter.Exists // a request of this task is at work
		return v
	}
	var made struct {
		RequestID string `json:"rq_id"`
	}
	if v := judgeRead(resp, &made); v.Kind != adapter.Done {
		return v
	}
	if made.RequestID == "" {
		return strange(resp, "a request's id (rq_id)")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptRequest: made.RequestID}}
}

// judgeRequests finds the task's own request, the first of Refs being the task. None means that nothing was attached, or so
// long ago that CVAT has forgotten it; then it says so when it is attached again.
func judgeRequests(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		list
		Results []struct {
			ID        string `json:"id"`
			Operation struct {
				Task *int `json:"task_id"`
			} `json:"operation"`
		} `json:"results"`
	}
	if v := judgeRead(resp, &page); v.Kind != adapter.Done {
		return v
	}
	if page.Results == nil {
		return strange(resp, "a list of requests")
	}
	for _, r := range page.Results {
		if r.ID != "" && (r.Operation.Task == nil || strconv.Itoa(*r.Operation.Task) == ref(step, 0)) {
			return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptRequest: r.ID}}
		}
	}
	if page.more() != "" {
		return adapter.Verdict{
			Kind: adapter.Unknown, Reason: adapter.ReasonOutcomeUnknown,
			Detail: "CVAT has not looked by task; see whether task " + ref(step, 0) + " has images, or a request that fetches them",
		}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}

// maxFailure is how much of a failure's message is kept, in letters: it holds a URL, and perhaps another that it was redirected to.
const maxFailure = 3 * maxURL

// judgeFetch reads how the request is getting on.
func judgeFetch(resp adapter.Response) adapter.Verdict {
	if resp.Status == statusNotFound && isJSON(resp) { // forgotten after some time; the frames tell whether it went well
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptState: stateGone}}
	}
	var request struct {
		Status   string          `json:"status"`
		Message  string          `json:"message"`
		Progress json.RawMessage `json:"progress"`
	}
	if v := judgeRead(resp, &request); v.Kind != adapter.Done {
		return v
	}
	switch request.Status {
	case "queued", "started":
		return waiting("CVAT is fetching the images (" + request.Status + ")")
	case stateFinished:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptState: stateFinished}}
	case stateFailed:
		return adapter.Verdict{
			Kind: adapter.Done, Detail: brief(request.Message),
			Kept: map[string]string{keptState: stateFailed, keptMessage: cutTo(request.Message, maxFailure)},
		}
	default:
		return strange(resp, "a request")
	}
}

// judgeAnnotate: the annotations are there. Refs are the frames of Items, as task and number.
func judgeAnnotate(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := judgeStatus(resp)
	if v.Kind != adapter.Done {
		return v
	}
	if len(resp.Body) > 0 && !isJSON(resp) || adapter.SaysError(resp.Body) {
		return strange(resp, "CVAT's")
	}
	v.Taken = make(map[export.ItemID]adapter.Receipt, len(step.Items))
	for i, item := range step.Items {
		v.Taken[item] = receipt(ref(step, i))
	}
	return v
}

// judgeExists judges a read that only asks whether something is there.
func judgeExists(resp adapter.Response) adapter.Verdict {
	if resp.Status == statusNotFound && isJSON(resp) {
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptState: stateGone}}
	}
	var one struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	if v := judgeRead(resp, &one); v.Kind != adapter.Done {
		return v
	}
	if one.ID <= 0 {
		return strange(resp, "an object with an id")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"name": one.Name}}
}
