package labelstudio

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// judgeFind keeps the tasks that were found, by the place of their id in the look-up.
func (a *labelStudio) judgeFind(step adapter.Step, resp adapter.Response) adapter.Verdict {
	page, ok := readList(resp)
	switch {
	case !ok:
		return badAnswer(resp, "no list of tasks")
	case *page.Total > len(page.Tasks):
		return adapter.Verdict{
			Kind: adapter.Reject, Reason: adapter.ReasonInvalid,
			Detail: fmt.Sprintf("%d tasks have the %d ids, more than are read at once; ids must be of one task", *page.Total, len(step.Refs)),
		}
	}
	places := map[string][]int{}
	for place, id := range step.Refs {
		places[id] = append(places[id], place)
	}
	found := []foundTask{}
	for _, t := range page.Tasks {
		id := strconv.FormatInt(t.ID, 10)
		if a.options.Column != "" {
			id = t.column(a.options.Column)
		}
		for _, place := range places[id] {
			found = append(found, foundTask{Place: place, Task: t.ID, Annotations: t.annotations()})
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTasks: string(raw(found))}}
}

// judgeMark: tasks that were deleted since they were found are not marked, and nobody says which.
func (a *labelStudio) judgeMark(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := judgeAction(resp)
	if v.Kind != adapter.Done {
		return v
	}
	if v.Kept["said"] == "Updated 0 tasks" {
		return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonNotFound, Detail: "none of the tasks is there any more"}
	}
	v.Taken = a.taken(step)
	return v
}

// taken are the items of a step whose refs are task ids.
func (a *labelStudio) taken(step adapter.Step) map[export.ItemID]adapter.Receipt {
	taken := map[export.ItemID]adapter.Receipt{}
	for i, item := range step.Items {
		if i < len(step.Refs) {
			if id, err := strconv.ParseInt(step.Refs[i], 10, 64); err == nil {
				taken[item] = a.receipt(id)
			}
		}
	}
	return taken
}

// judgeID: the answer is what was made, with its id.
func judgeID(resp adapter.Response) adapter.Verdict {
	var made struct {
		ID int64 `json:"id"`
	}
	if json.Unmarshal(resp.Body, &made) != nil || made.ID == 0 {
		return badAnswer(resp, "no id")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"id": strconv.FormatInt(made.ID, 10)}}
}

// checkDraft: an annotation that is not there any more is reopened, whoever did it. Only the API's own 404 says so; that of a
// wrong path is a page.
func checkDraft(resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	var said struct {
		Detail string `json:"detail"`
	}
	switch {
	case resp.Status == statusNotFound && json.Unmarshal(resp.Body, &said) == nil && strings.HasPrefix(said.Detail, "No Annotation"):
		return adapter.Verdict{Kind: adapter.Done}
	case v.Kind == adapter.Done:
		if v = judgeID(resp); v.Kind == adapter.Done {
			return adapter.Verdict{Kind: adapter.Absent}
		}
	}
	return v
}
