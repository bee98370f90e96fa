package cvat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The names of kept values.
const (
	keptLabels  = "labels"
	keptNext    = "next" // "1" where a list goes on
	keptTask    = "task"
	keptTasks   = "tasks"
	keptRequest = "request"
	keptState   = "state"
	keptMessage = "message"
	keptFrames  = "frames"
	keptJobs    = "jobs"
)

// Judge implements adapter.Adapter.
func (v *vendor) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	kind, _, _ := strings.Cut(step.ID, "/")
	switch kind {
	case "labels":
		return judgeLabels(resp)
	case "create":
		return adapter.Doubt(step, resp, judgeCreate(step, resp))
	case "attach":
		return adapter.Doubt(step, resp, judgeAttach(step, resp))
	case "fetch":
		return judgeFetch(resp)
	case "frames", "confirm":
		return judgeFrames(step, resp)
	case "annotate":
		return judgeAnnotate(step, resp)
	case "find":
		return judgeFind(step, resp)
	case "look":
		return judgeLook(step, resp)
	case "jobs":
		return judgeJobs(resp)
	case "issue":
		return adapter.Doubt(step, resp, judgeIssue(step, resp))
	case "job":
		return judgeJob(step, resp)
	case "project":
		return judgeExists(resp)
	default:
		return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonInternal, Detail: "step " + step.ID + " is not one of this adapter's"}
	}
}

// list is what all of CVAT's lists have.
type list struct {
	Count *int    `json:"count"`
	Next  *string `json:"next"`
}

// more is "1" when the list goes on.
func (l list) more() string {
	if l.Next == nil || *l.Next == "" {
		return ""
	}
	return "1"
}

// judgeRead judges an answer that must be a JSON object, and decodes it.
func judgeRead(resp adapter.Response, into any) adapter.Verdict {
	if v := judgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	body := bytes.TrimSpace(resp.Body)
	if len(body) == 0 || body[0] != '{' || adapter.SaysError(body) || json.Unmarshal(body, into) != nil {
		return strange(resp, "a JSON object")
	}
	return adapter.Verdict{Kind: adapter.Done}
}

// judgeStatus judges by the status, with what CVAT says in its own forms of errors.
func judgeStatus(resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	if v.Kind == adapter.Done || v.Reason == adapter.ReasonRedirect {
		return v
	}
	if said := said(resp.Body); said != "" {
		v.Detail = fmt.Sprintf("%d: %s", resp.Status, said)
	}
	return v
}

// strange is the verdict on a success that is not what the API says.
func strange(resp adapter.Response, want string) adapter.Verdict {
	detail := fmt.Sprintf("%d, but the answer is not %s", resp.Status, want)
	if said := adapter.Said(resp.Body); said != "" {
		detail += ": " + said
	}
	return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: detail}
}

// sayAtMost bounds what is told of an error, in letters.
const sayAtMost = 300

// said reads CVAT's forms of errors: a JSON text, a list of texts, {"detail": text}, and {"field": [text, ...], ...}, which
// nests where the body did.
func said(body []byte) string {
	var value any
	if len(body) > 1<<16 || json.Unmarshal(body, &value) != nil {
		return ""
	}
	return cutTo(strings.Join(texts("", value, 0), "; "), sayAtMost)
}

func texts(at string, value any, depth int) []string {
	var all []string
	switch v := value.(type) {
	case string:
		if at != "" {
			v = at + ": " + v
		}
		return []string{v}
	case []any:
		for i := range min(len(v), 3) {
			if depth < 5 {
				all = append(all, texts(at, v[i], depth+1)...)
			}
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names[:min(len(names), 3)] {
			if depth >= 5 {
				break
			}
			inner := name
			switch {
			case name == "detail" || name == "non_field_errors":
				inner = at
			case at != "":
				inner = at + "." + name
			}
			all = append(all, texts(inner, v[name], depth+1)...)
		}
	}
	return all
}

// isJSON reports whether a refusal is CVAT's own, not that of a proxy before it.
func isJSON(resp adapter.Response) bool {
	body := bytes.TrimSpace(resp.Body)
	return len(body) > 0 && json.Valid(body) && bytes.IndexByte([]byte(`{["`), body[0]) >= 0
}
