package encord_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

const (
	rowHash  = "1abe1000-0000-4000-8000-000000000001"
	dataHash = "cccccccc-0000-4000-8000-000000000001"
)

// legacy is an answer of the legacy API.
func legacy(status int, response, payload string) string {
	return fmt.Sprintf(`{"status": %d, "response": %s, "payload": %q}`, status, response, payload)
}

func legacyStep(id string, repeat adapter.Repeat, refs ...string) adapter.Step {
	step := adapter.Step{ID: id, Call: adapter.Call{Method: "POST", Path: "/public"}, Repeat: repeat, Refs: refs}
	for i := range refs {
		step.Items = append(step.Items, export.ItemID(fmt.Sprintf("item-%d", i)))
	}
	return step
}

func v2Step(id string, repeat adapter.Repeat, refs ...string) adapter.Step {
	step := legacyStep(id, repeat, refs...)
	step.Call.Path = "/v2/public/x"
	return step
}

func TestLegacyErrors(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	safe, once := legacyStep("rows/0001", adapter.RepeatSafe, dataHash), legacyStep("reopen/0001", adapter.RepeatCheckFirst, rowHash+"@"+complete)
	start := legacyStep("start/0001", adapter.RepeatCheckFirst, dataHash)
	for name, c := range map[string]struct {
		step   adapter.Step
		status int
		body   string
		kind   adapter.Kind
		reason adapter.Reason
	}{
		"key":             {safe, 200, legacy(401, `["AUTHENTICATION_ERROR"]`, ""), adapter.Reject, adapter.ReasonUnauthorized},
		"other region":    {safe, 200, legacy(401, `["SSH_KEY_NOT_FOUND_ERROR"]`, ""), adapter.Reject, adapter.ReasonUnauthorized},
		"rights":          {safe, 200, legacy(403, `["AUTHORISATION_ERROR"]`, ""), adapter.Reject, adapter.ReasonForbidden},
		"not found":       {once, 200, legacy(404, `["RESOURCE_NOT_FOUND_ERROR"]`, "label not found"), adapter.Reject, adapter.ReasonNotFound},
		"new code":        {once, 200, legacy(400, `["SOME_NEW_ERROR"]`, ""), adapter.Reject, adapter.ReasonInvalid},
		"rate":            {once, 200, legacy(429, `["RATE_LIMIT_ERROR"]`, ""), adapter.Retry, adapter.ReasonRateLimited},
		"real rate":       {once, 429, `{"message": "slow down"}`, adapter.Retry, adapter.ReasonRateLimited},
		"real too large":  {once, 413, `{"detail": "too large"}`, adapter.Reject, adapter.ReasonTooLarge},
		"unknown, read":   {safe, 200, legacy(500, `["UNKNOWN_ERROR"]`, ""), adapter.Retry, adapter.ReasonUnavailable},
		"unknown, write":  {once, 200, legacy(500, `["UNKNOWN_ERROR"]`, ""), adapter.Unknown, adapter.ReasonUnavailable},
		"status alone":    {once, 200, legacy(503, `"down"`, ""), adapter.Unknown, adapter.ReasonUnavailable},
		"gateway":         {once, 502, "<title>Bad Gateway</title>", adapter.Unknown, adapter.ReasonUnavailable},
		"null":            {once, 200, legacy(200, "null", ""), adapter.Unknown, adapter.ReasonBadAnswer},
		"false":           {once, 200, legacy(200, "false", ""), adapter.Done, adapter.ReasonNone},
		"exists":          {start, 200, legacy(409, `["RESOURCE_EXISTS_ERROR"]`, ""), adapter.Exists, adapter.ReasonConflict},
		"exists, no list": {once, 200, legacy(409, `["RESOURCE_EXISTS_ERROR"]`, ""), adapter.Reject, adapter.ReasonConflict},
	} {
		v := a.Judge(c.step, adapter.Response{Status: c.status, Body: []byte(c.body)})
		require.Equal(t, c.kind, v.Kind, name)
		require.Equal(t, c.reason, v.Reason, name)
	}
	v := a.Judge(once, adapter.Response{Status: 200, Body: []byte(legacy(404, `["RESOURCE_NOT_FOUND_ERROR"]`, "label not found"))})
	require.Equal(t, "RESOURCE_NOT_FOUND_ERROR: label not found", v.Detail)
}

func TestV2Answers(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, byMove)
	move, upload := v2Step("move/0001", adapter.RepeatCheckFirst, dataHash), v2Step("upload/0001", adapter.RepeatKeyed)
	job, find := v2Step("job/0001", adapter.RepeatSafe, "f1", "f2"), v2Step("find/0001", adapter.RepeatSafe, "https://a/1.jpg", "key-1")
	const state = `{"status": %q, "itemsWithNames": [{"itemUuid": %q, "name": "f2"}], "errors": ["no"], ` +
		`"unitErrors": [{"objectUrls": ["https://a/1.jpg"], "error": "404"}], "unitsPendingCount": 1, "unitsDoneCount": 2}`
	for name, c := range map[string]struct {
		step   adapter.Step
		status int
		body   string
		kind   adapter.Kind
		kept   map[string]string
	}{
		"moved":            {move, 204, "", adapter.Done, nil},
		"moved, null":      {move, 200, "null", adapter.Done, nil},
		"a page":           {move, 200, "<html>", adapter.Unknown, nil},
		"move went down":   {move, 500, "", adapter.Unknown, nil},
		"not in the stage": {move, 400, `{"message": "task is not in the stage"}`, adapter.Reject, nil},
		"job":              {upload, 200, `"` + someUUID + `"`, adapter.Done, map[string]string{"job": someUUID}},
		"no job":           {upload, 200, `"../../x"`, adapter.Retry, nil},
		"upload went down": {upload, 503, "", adapter.Retry, nil},
		"pending":          {job, 200, fmt.Sprintf(state, "PENDING", someUUID), adapter.Wait, nil},
		"done": {
			job, 200, fmt.Sprintf(state, "DONE", someUUID), adapter.Done,
			map[string]string{"items": `{"f2":"` + someUUID + `"}`, "errors": `[{"url":"https://a/1.jpg","error":"404"}]`},
		},
		"cancelled": {job, 200, fmt.Sprintf(state, "CANCELLED", someUUID), adapter.Reject, nil},
		"error":     {job, 200, fmt.Sprintf(state, "ERROR", someUUID), adapter.Reject, nil},
		"new state": {job, 200, fmt.Sprintf(state, "PAUSED", someUUID), adapter.Retry, nil},
		"found by url": {
			find, 200, `{"results": [{"uuid": "` + rowHash + `", "url": null}, {"uuid": "` + someUUID + `", "url": "https://a/1.jpg"}]}`, adapter.Done,
			map[string]string{"item": someUUID},
		},
		"found by key": {
			find, 200, `{"results": [{"uuid": "` + someUUID + `", "url": "s3://b/1.jpg", "clientMetadata": "{\"labelgate_key\": \"key-1\"}"}]}`, adapter.Done,
			map[string]string{"item": someUUID},
		},
		"on a further page": {find, 200, `{"results": [{"uuid": "` + someUUID + `", "url": "x"}], "nextPageToken": "p2"}`, adapter.Done, map[string]string{"next": "p2"}},
		"nowhere":           {find, 200, `{"results": [], "nextPageToken": null}`, adapter.Done, nil},
	} {
		v := a.Judge(c.step, adapter.Response{Status: c.status, Body: []byte(c.body)})
		require.Equal(t, c.kind, v.Kind, name)
		require.Equal(t, c.kept, v.Kept, name)
		require.Equal(t, c.kind == adapter.Done, v.Reason == adapter.ReasonNone, name)
	}
}

// row is a label row as it is listed.
func row(label, data, stage string) string {
	return fmt.Sprintf(`{"label_hash": %s, "data_hash": %q, "data_title": "f1", "workflow_graph_node": {"uuid": %q, "title": "x"}}`, label, data, stage)
}

func TestChecks(t *testing.T) {
	t.Parallel()
	const other = "cccccccc-0000-4000-8000-000000000002"
	label := `"` + rowHash + `"`
	reopen := legacyStep("reopen/0001", adapter.RepeatCheckFirst, rowHash+"@"+complete)
	both := legacyStep("reopen/0001", adapter.RepeatCheckFirst, rowHash+"@"+complete, otherRow+"@"+complete)
	move := v2Step("move/0001", adapter.RepeatCheckFirst, dataHash, other)
	start, save := legacyStep("start/0001", adapter.RepeatCheckFirst, dataHash, other), legacyStep("save/0001", adapter.RepeatCheckFirst, rowHash)
	whole := `[{"data_hash": "` + dataHash + `", "label_hash": ` + label + `, "data_units": {"` + dataHash + `": {"labels": {"objects": [%s]}}}, "classification_answers": {%s}}]`
	for name, c := range map[string]struct {
		step adapter.Step
		rows string
		kind adapter.Kind
	}{
		"reopened":         {reopen, "[" + row(label, dataHash, annotate) + "]", adapter.Done},
		"not reopened":     {reopen, "[" + row(label, dataHash, complete) + "]", adapter.Absent},
		"gone":             {reopen, "[]", adapter.Absent},
		"one of two":       {both, "[" + row(label, dataHash, review) + "," + row(`"`+otherRow+`"`, other, complete) + "]", adapter.Absent},
		"two of two":       {both, "[" + row(label, dataHash, annotate) + "," + row(`"`+otherRow+`"`, other, review) + "]", adapter.Done},
		"in annotation":    {legacyStep("reopen/0001", adapter.RepeatCheckFirst, rowHash), "[" + row(label, dataHash, annotate) + "]", adapter.Absent},
		"moved":            {move, "[" + row(label, dataHash, annotate) + "," + row("null", other, annotate) + "]", adapter.Done},
		"not moved":        {move, "[" + row(label, dataHash, complete) + "," + row("null", other, review) + "]", adapter.Absent},
		"started":          {start, "[" + row(label, dataHash, annotate) + "]", adapter.Done},
		"not started":      {start, "[" + row("null", dataHash, annotate) + "]", adapter.Absent},
		"saved":            {save, fmt.Sprintf(whole, `{"objectHash": "x"}`, ""), adapter.Done},
		"saved, an answer": {save, fmt.Sprintf(whole, "", `"x": {}`), adapter.Done},
		"not saved":        {save, fmt.Sprintf(whole, "", ""), adapter.Absent},
		"no rows":          {save, `"x"`, adapter.Retry},
	} {
		v := newAdapter(t, byMove).Judge(c.step, adapter.Response{Status: 200, Body: []byte(legacy(200, c.rows, "")), Check: true})
		require.Equal(t, c.kind, v.Kind, name)
	}
	v := newAdapter(t, byMove).Judge(move, adapter.Response{
		Status: 200, Check: true, Body: []byte(legacy(200, "["+row(label, dataHash, annotate)+","+row("null", other, complete)+"]", "")),
	})
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, map[export.ItemID]string{"item-1": "the others of its call were moved, and its task is still where it was"}, v.Failed)
	v = newAdapter(t, byMove).Judge(move, adapter.Response{Status: 503, Check: true})
	require.Equal(t, adapter.Retry, v.Kind, "the check is made again")
}
