package scale_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

const unique = adaptertest.Key + "-f"

func theStep(id string) adapter.Step {
	s := adapter.Step{ID: id, Check: &adapter.Call{Method: "GET"}}
	switch id {
	case "batch":
		s.Refs = []string{adaptertest.Key}
	case "task/0001":
		s.Items, s.Refs = []export.ItemID{"f"}, []string{unique}
	}
	return s
}

func TestJudge(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, options("batch"))
	const ours = `{"docs":[{"task_id":"t","unique_id":"` + unique + `","project":"demo","batch":"x 0123456789ab","status":"pending"}]}`
	for name, c := range map[string]struct {
		step   string
		check  bool
		status int
		body   string
		kind   adapter.Kind
		reason adapter.Reason
	}{
		"task made":                  {"task/0001", false, 200, `{"task_id":"t"}`, adapter.Done, ""},
		"task, no id":                {"task/0001", false, 200, `{}`, adapter.Retry, adapter.ReasonBadAnswer},
		"task, page":                 {"task/0001", false, 200, `<title>Log in</title>`, adapter.Retry, adapter.ReasonBadAnswer},
		"task refused":               {"task/0001", false, 400, `{"status_code":400,"error":"attachment is required"}`, adapter.Done, ""},
		"task, 400 of a proxy":       {"task/0001", false, 400, `<title>Bad</title>`, adapter.Reject, adapter.ReasonInvalid},
		"task, key":                  {"task/0001", false, 401, `{"status_code":401,"error":"no"}`, adapter.Reject, adapter.ReasonUnauthorized},
		"task, type not enabled":     {"task/0001", false, 402, `{"error":"not enabled"}`, adapter.Reject, adapter.ReasonForbidden},
		"task, no project":           {"task/0001", false, 404, `{"error":"no project"}`, adapter.Reject, adapter.ReasonNotFound},
		"task, key taken":            {"task/0001", false, 409, `{"error":"exists"}`, adapter.Exists, adapter.ReasonConflict},
		"task, too many":             {"task/0001", false, 429, ``, adapter.Retry, adapter.ReasonRateLimited},
		"task, 500 is sent again":    {"task/0001", false, 500, ``, adapter.Retry, adapter.ReasonUnavailable},
		"task there":                 {"task/0001", true, 200, ours, adapter.Done, ""},
		"task there, other project":  {"task/0001", true, 200, `{"docs":[{"task_id":"t","unique_id":"` + unique + `","project":"other","batch":"x 0123456789ab"}]}`, adapter.Reject, adapter.ReasonConflict},
		"task there, other batch":    {"task/0001", true, 200, `{"docs":[{"task_id":"t","unique_id":"` + unique + `","project":"demo","batch":"x"}]}`, adapter.Reject, adapter.ReasonConflict},
		"task there, other key":      {"task/0001", true, 200, `{"docs":[{"task_id":"t","unique_id":"other"}]}`, adapter.Retry, adapter.ReasonConflict},
		"task not listed yet":        {"task/0001", true, 200, `{"docs":[]}`, adapter.Retry, adapter.ReasonConflict},
		"task look-up, no list":      {"task/0001", true, 200, `{}`, adapter.Retry, adapter.ReasonBadAnswer},
		"task look-up fails":         {"task/0001", true, 503, ``, adapter.Retry, adapter.ReasonUnavailable},
		"batch made":                 {"batch", false, 200, `{"name":"b","project":"demo"}`, adapter.Done, ""},
		"batch name taken":           {"batch", false, 409, `{"error":"exists"}`, adapter.Exists, adapter.ReasonConflict},
		"batch not enabled":          {"batch", false, 402, `{"error":"no"}`, adapter.Reject, adapter.ReasonForbidden},
		"batch refused":              {"batch", false, 400, `{"error":"no"}`, adapter.Reject, adapter.ReasonInvalid},
		"batch, 500 is sent again":   {"batch", false, 500, ``, adapter.Retry, adapter.ReasonUnavailable},
		"batch ours":                 {"batch", true, 200, `{"name":"b","project":"demo","metadata":{"labelgate_delivery":"` + adaptertest.Key + `"}}`, adapter.Done, ""},
		"batch of another delivery":  {"batch", true, 200, `{"name":"b","project":"demo","metadata":{}}`, adapter.Reject, adapter.ReasonConflict},
		"batch, odd metadata":        {"batch", true, 200, `{"name":"b","project":"demo","metadata":{"issue":7,"labelgate_delivery":{}}}`, adapter.Reject, adapter.ReasonConflict},
		"batch not there":            {"batch", true, 404, `{"error":"no"}`, adapter.Absent, ""},
		"batch, nothing of one":      {"batch", false, 200, `[]`, adapter.Retry, adapter.ReasonBadAnswer},
		"finalized":                  {"finalize", false, 200, `{"status":"in_progress"}`, adapter.Done, ""},
		"finalize refused":           {"finalize", false, 400, `{"error":"is finalized"}`, adapter.Exists, adapter.ReasonInvalid},
		"finalize, 500":              {"finalize", false, 500, ``, adapter.Unknown, adapter.ReasonUnavailable},
		"finalize, page":             {"finalize", false, 200, `<html>`, adapter.Unknown, adapter.ReasonBadAnswer},
		"finalize, batch gone":       {"finalize", false, 404, ``, adapter.Reject, adapter.ReasonNotFound},
		"finalized before":           {"finalize", true, 200, `{"status":"completed"}`, adapter.Done, ""},
		"not finalized yet":          {"finalize", true, 200, `{"status":"staging"}`, adapter.Absent, ""},
		"finalize look-up fails":     {"finalize", true, 500, ``, adapter.Retry, adapter.ReasonUnavailable},
		"finalize look-up, no state": {"finalize", true, 200, `{}`, adapter.Retry, adapter.ReasonBadAnswer},
	} {
		v := a.Judge(theStep(c.step), adapter.Response{Status: c.status, Body: []byte(c.body), Check: c.check})
		require.Equal(t, c.kind.String(), v.Kind.String(), name)
		require.Equal(t, c.reason, v.Reason, name)
	}
	refused := a.Judge(theStep("task/0001"), adapter.Response{Status: 400, Body: []byte(`{"status_code":400,"error":"attachment is required"}`)})
	require.Equal(t, map[export.ItemID]string{"f": "attachment is required"}, refused.Failed)
	there := a.Judge(theStep("task/0001"), adapter.Response{Status: 200, Body: []byte(ours), Check: true})
	require.Equal(t, "t", there.Taken["f"].ID)
	taken := a.Judge(theStep("task/0001"), adapter.Response{Status: 409, Body: []byte(`{"status_code":409,"error":"unique_id is taken"}`)})
	require.Equal(t, "409 Conflict: unique_id is taken", taken.Detail)
}
