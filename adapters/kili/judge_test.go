package kili_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

func graphQLError(code, message string) []adapter.GraphQLError {
	return []adapter.GraphQLError{{Code: code, Message: message}}
}

// TestJudge: what an answer means to a step that may be sent again, and to one that must be looked at first.
func TestJudge(t *testing.T) {
	t.Parallel()
	const generic = "OPERATION_RESOLUTION_FAILURE"
	a := newAdapter(t, withJobs)
	safe := adapter.Step{ID: "predictions/0001", Repeat: adapter.RepeatSafe}
	checked := adapter.Step{ID: "assets/0001", Items: []export.ItemID{"f"}, Refs: []string{"k-f"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{}}
	for name, c := range map[string]struct {
		resp          adapter.Response
		safe, checked adapter.Kind
		reason        adapter.Reason
	}{
		"busy":               {adapter.Response{Status: 429}, adapter.Retry, adapter.Retry, adapter.ReasonRateLimited},
		"busy with errors":   {adapter.Response{Status: 429, Errors: graphQLError(generic, "x")}, adapter.Retry, adapter.Retry, adapter.ReasonRateLimited},
		"key":                {adapter.Response{Status: 401}, adapter.Reject, adapter.Reject, adapter.ReasonUnauthorized},
		"key with errors":    {adapter.Response{Status: 401, Errors: graphQLError(generic, "x")}, adapter.Reject, adapter.Reject, adapter.ReasonUnauthorized},
		"origin down":        {adapter.Response{Status: 521}, adapter.Retry, adapter.Retry, adapter.ReasonUnavailable},
		"not forwarded":      {adapter.Response{Status: 503, Body: []byte("no healthy upstream")}, adapter.Retry, adapter.Retry, adapter.ReasonUnavailable},
		"forwarded before":   {adapter.Response{Status: 503, Body: []byte("retried and the latest reset reason: connection failure")}, adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		"503":                {adapter.Response{Status: 503}, adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		"500":                {adapter.Response{Status: 500}, adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		"errors beat status": {adapter.Response{Status: 500, Errors: graphQLError(generic, "[x] no")}, adapter.Reject, adapter.Reject, adapter.ReasonInvalid},
		"transient":          {adapter.Response{Status: 200, Errors: graphQLError(generic, "Failed to fetch data connection")}, adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		"denied":             {adapter.Response{Status: 200, Errors: graphQLError(generic, "[accessDenied] no")}, adapter.Reject, adapter.Reject, adapter.ReasonForbidden},
		"there already":      {adapter.Response{Status: 200, Errors: graphQLError(generic, "they already exist")}, adapter.Reject, adapter.Exists, adapter.ReasonConflict},
		"not found":          {adapter.Response{Status: 200, Errors: graphQLError("", "asset not found")}, adapter.Reject, adapter.Reject, adapter.ReasonNotFound},
		"invalid":            {adapter.Response{Status: 400, Errors: graphQLError("GRAPHQL_VALIDATION_FAILED", "not found")}, adapter.Reject, adapter.Reject, adapter.ReasonInvalid},
		"no data":            {adapter.Response{Status: 200, Body: []byte("{}")}, adapter.Retry, adapter.Unknown, adapter.ReasonBadAnswer},
		"other data":         {adapter.Response{Status: 200, Data: []byte(`{"data":{}}`)}, adapter.Retry, adapter.Unknown, adapter.ReasonBadAnswer},
	} {
		got := a.Judge(safe, c.resp)
		require.Equal(t, c.safe, got.Kind, "%s: %+v", name, got)
		require.Equal(t, c.reason, got.Reason, name)
		got = a.Judge(checked, c.resp)
		require.Equal(t, c.checked, got.Kind, "%s: %+v", name, got)
		require.Equal(t, c.reason, got.Reason, name)
	}
}

// TestSentBackIsToldByTheStatuses: after a lost reply the statuses say what went back; what was in the queue before does not.
func TestSentBackIsToldByTheStatuses(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, relabel)
	step := adapter.Step{
		ID: "send-back/0001", Items: []export.ItemID{"a", "b", "c"}, Refs: []string{"1", "2", "3 (queued)"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{},
	}
	judge := func(data string) adapter.Verdict {
		return a.Judge(step, adapter.Response{Status: 200, Check: true, Data: []byte(data)})
	}
	v := judge(`{"data":[{"id":"1","status":"LABELED"},{"id":"2","status":"LABELED"},{"id":"3","status":"TODO"}]}`)
	require.Equal(t, adapter.Absent, v.Kind)
	v = judge(`{"data":[{"id":"1","status":"ONGOING"},{"id":"2","status":"LABELED"},{"id":"3","status":"TODO"}]}`)
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, map[export.ItemID]adapter.Receipt{"a": {ID: "1"}}, v.Taken)
	require.Contains(t, v.Failed["b"], "did not go back")
	require.Contains(t, v.Failed["c"], "declined")

	answer := adapter.Response{Status: 200, Data: []byte(`{"data":{"succeeded":[{"assetId":"1"}],"declined":[],"failed":[]}}`)}
	v = a.Judge(step, answer)
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, "kili did not say what became of it", v.Failed["b"])
	answer.Data = []byte(`{"data":{"succeeded":[{"assetId":"1"}],"failed":[]}}`)
	require.Equal(t, adapter.Unknown, a.Judge(step, answer).Kind, "all three lists are promised")
}

func TestSeveralAssetsOfOneExternalID(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, relabel)
	step := adapter.Step{ID: "find/0001", Refs: []string{"a", "b"}}
	v := a.Judge(step, adapter.Response{Status: 200, Data: []byte(`{"data":[{"id":"1","externalId":"a","status":"TODO"},{"id":"2","externalId":"a"},{"id":"3","externalId":"other"}]}`)})
	require.Equal(t, "*,", v.Kept["ids"])
}
