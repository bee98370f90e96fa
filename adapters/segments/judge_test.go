package segments_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

func theStep(id string) adapter.Step {
	s := adapter.Step{ID: id, Check: &adapter.Call{Method: "GET"}}
	switch id {
	case "samples/0001":
		s.Refs = []string{"n1", "i1", "n2", "i2"}
	case "images/0001":
		s.Items, s.Refs = []export.ItemID{"i1", "i2"}, []string{"n1", "n2"}
	case "find/0001":
		s.Refs = []string{"n1", "i1"}
	case "find/0001/page-20":
		s.Refs = []string{"n1", "i1", "last"}
	case "sample/0001":
		s.Refs = []string{"u", "i1"}
	case "status/0001", "label/0001":
		s.Items, s.Refs = []export.ItemID{"i1"}, []string{"u"}
	case "issue/0001":
		s.Items, s.Refs = []export.ItemID{"i1"}, []string{"u key"}
	}
	return s
}

func TestJudge(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, options("relabel"))
	const (
		both     = `[{"uuid":"u2","name":"n2"},{"uuid":"u1","name":"n1"}]`
		notFound = `{"detail":"Not found."}`
	)
	for name, c := range map[string]struct {
		step   string
		check  bool
		status int
		body   string
		kind   adapter.Kind
		reason adapter.Reason
	}{
		"samples made":               {"samples/0001", false, 200, both, adapter.Done, ""},
		"samples, one missing":       {"samples/0001", false, 200, `[{"uuid":"u2","name":"n2"}]`, adapter.Retry, adapter.ReasonBadAnswer},
		"samples, page":              {"images/0001", false, 200, `<html>`, adapter.Retry, adapter.ReasonBadAnswer},
		"samples, each judged":       {"samples/0001", false, 400, `[{},{"name":["no"]}]`, adapter.Done, ""},
		"samples, all refused":       {"images/0001", false, 400, `{"detail":"no such user"}`, adapter.Reject, adapter.ReasonInvalid},
		"samples, 500 is sent again": {"samples/0001", false, 500, ``, adapter.Retry, adapter.ReasonUnavailable},
		"throttled":                  {"samples/0001", false, 200, `{"detail":"Request was throttled."}`, adapter.Retry, adapter.ReasonRateLimited},
		"too many":                   {"label/0001", false, 429, `{"detail":"throttled"}`, adapter.Retry, adapter.ReasonRateLimited},
		"key":                        {"label/0001", false, 401, `{"detail":"Authentication credentials were not provided."}`, adapter.Reject, adapter.ReasonUnauthorized},
		"not allowed":                {"status/0001", false, 403, `{"detail":"You do not have permission."}`, adapter.Reject, adapter.ReasonForbidden},
		"found":                      {"find/0001", false, 200, `[{"uuid":"u0","name":"xn1"},{"uuid":"u1","name":"n1"}]`, adapter.Done, ""},
		"find, past the last page":   {"find/0001/page-20", false, 404, `{"detail":"Invalid page."}`, adapter.Done, ""},
		"find, no dataset":           {"find/0001", false, 404, notFound, adapter.Reject, adapter.ReasonNotFound},
		"find, no list":              {"find/0001", false, 200, `{}`, adapter.Retry, adapter.ReasonBadAnswer},
		"label put":                  {"label/0001", false, 200, `{"sample_uuid":"u"}`, adapter.Done, ""},
		"label refused":              {"label/0001", false, 400, `{"attributes":["no"]}`, adapter.Done, ""},
		"label refused in depth":     {"label/0001", false, 400, `{"attributes":{"annotations":[{"points":["no"]}]}}`, adapter.Done, ""},
		"label, no such route":       {"label/0001", false, 404, `{"message":"no route"}`, adapter.Reject, adapter.ReasonNotFound},
		"label, proxy":               {"label/0001", false, 400, `<html>`, adapter.Reject, adapter.ReasonInvalid},
		"label, 500":                 {"label/0001", false, 500, ``, adapter.Unknown, adapter.ReasonUnavailable},
		"label, 408":                 {"label/0001", false, 408, ``, adapter.Unknown, adapter.ReasonTimeout},
		"label, page":                {"label/0001", false, 200, `<html>`, adapter.Unknown, adapter.ReasonBadAnswer},
		"label there":                {"label/0001", true, 200, `{"sample_uuid":"u"}`, adapter.Done, ""},
		"label not there":            {"label/0001", true, 404, notFound, adapter.Absent, ""},
		"label look-up, proxy":       {"label/0001", true, 404, `<html>`, adapter.Reject, adapter.ReasonNotFound},
		"status set":                 {"status/0001", false, 200, `{"sample_uuid":"u"}`, adapter.Done, ""},
		"status, no label":           {"status/0001", false, 404, notFound, adapter.Done, ""},
		"status, 500 is sent again":  {"status/0001", false, 500, ``, adapter.Retry, adapter.ReasonUnavailable},
		"sample changed":             {"sample/0001", false, 200, `{"uuid":"u"}`, adapter.Done, ""},
		"issue made":                 {"issue/0001", false, 201, `{"uuid":"x","sample_uuid":"u"}`, adapter.Done, ""},
		"issue refused":              {"issue/0001", false, 400, `["no"]`, adapter.Done, ""},
		"issue, 502":                 {"issue/0001", false, 502, ``, adapter.Unknown, adapter.ReasonUnavailable},
		"issue there":                {"issue/0001", true, 200, `[{"uuid":"x","sample_uuid":"u","description":"a\nlabelgate key"}]`, adapter.Done, ""},
		"issue of another sample":    {"issue/0001", true, 200, `[{"uuid":"x","sample_uuid":"v","description":"labelgate key"}]`, adapter.Absent, ""},
		"issue of somebody else":     {"issue/0001", true, 200, `[{"uuid":"x","sample_uuid":"u","description":"loose"}]`, adapter.Absent, ""},
		"issue look-up fails":        {"issue/0001", true, 503, ``, adapter.Retry, adapter.ReasonUnavailable},
		"issue look-up, no list":     {"issue/0001", true, 200, `{}`, adapter.Retry, adapter.ReasonBadAnswer},
		"dataset":                    {"dataset", false, 200, `{"task_type":"vector"}`, adapter.Done, ""},
		"dataset, none":              {"dataset", false, 404, notFound, adapter.Reject, adapter.ReasonNotFound},
		"labelsets, no list":         {"labelsets", false, 200, `7`, adapter.Retry, adapter.ReasonBadAnswer},
	} {
		v := a.Judge(theStep(c.step), adapter.Response{Status: c.status, Body: []byte(c.body), Check: c.check})
		require.Equal(t, c.kind.String(), v.Kind.String(), name)
		require.Equal(t, c.reason, v.Reason, name)
	}
	judge := func(id string, status int, body string) adapter.Verdict {
		return a.Judge(theStep(id), adapter.Response{Status: status, Body: []byte(body)})
	}
	require.Equal(t, map[string]string{"n1": "u1", "n2": "u2"}, judge("samples/0001", 200, both).Kept)
	require.Equal(t, map[export.ItemID]adapter.Receipt{"i1": {ID: "u1"}, "i2": {ID: "u2"}}, judge("images/0001", 200, both).Taken)
	require.Equal(t, "u1", judge("find/0001", 200, both).Kept["uuid"])
	require.Contains(t, judge("find/0001", 200, `[]`).Failed["i1"], `no sample named "n1"`)
	full := "[" + strings.Repeat(`{"uuid":"u","name":"x"},`, 999) + `{"uuid":"u","name":"x"}]`
	require.Equal(t, "1", judge("find/0001", 200, full).Kept["more"])
	require.Contains(t, judge("find/0001/page-20", 200, full).Failed["i1"], "not among the first 20000")
	require.Contains(t, judge("status/0001", 404, notFound).Failed["i1"], "has no label in the labelset: Not found.")
	require.Contains(t, judge("sample/0001", 404, notFound).Failed["i1"], "the sample is not there")
	require.Contains(t, judge("issue/0001", 400, `{"anchor":["odd"]}`).Failed["i1"], "odd")
	require.Equal(t, "u", judge("issue/0001", 201, `{"uuid":"x"}`).Taken["i1"].ID)
	refused := judge("samples/0001", 400, `[{},{"name":["no"]}]`).Failed
	require.Contains(t, refused["i2"], "no")
	require.Contains(t, refused["i1"], "together with others")
}
