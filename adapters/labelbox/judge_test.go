package labelbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

func planError(a adapter.Adapter, in adapter.Input) error {
	_, err := adaptertest.Collect(a, in)
	return err
}

// graphql is a step of a GraphQL call.
func graphql(id string) adapter.Step {
	return adapter.Step{ID: id, Call: adapter.Call{Document: "{x}"}, Repeat: adapter.RepeatSafe}
}

// checked is one that is checked first, for two items.
func checked(id string) adapter.Step {
	s := graphql(id)
	s.Repeat, s.Check = adapter.RepeatCheckFirst, &adapter.Call{Document: "{x}"}
	s.Items, s.Refs = []export.ItemID{"i1", "i2"}, []string{"r1", "r2"}
	s.Call.Body = adapter.BytesBody([]byte(`{"batchInput": {"name": "b"}}`))
	return s
}

func failure(code, extension string) string {
	return fmt.Sprintf(`{"data": null, "errors": [{"message": "words", "extensions": {"code": %q%s}}]}`, code, extension)
}

func task(status, result string) string {
	return fmt.Sprintf(`{"data": {"user": {"createdTasks": [{"status": %q, "completionPercentage": 40, "result": %s}]}}}`, status, result)
}

func imported(state string) string {
	return fmt.Sprintf(`{"data": {"modelAssistedLabelingPredictionImport": {"id": "i", "state": %q, "progress": "50%%"}}}`, state)
}

func batches(name string, size int) string {
	return fmt.Sprintf(`{"data": {"project": {"batches": {"nodes": [{"id": "b1", "name": %q, "size": %d}]}}}}`, name, size)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, batchOptions())
	for name, c := range map[string]struct {
		step   adapter.Step
		status int
		body   string
		check  bool
		kind   adapter.Kind
		reason adapter.Reason
		says   string
	}{
		"limit, as the vendor says it":   {graphql("user"), 200, `{"message": "You have exceeded the limit"}`, false, adapter.Retry, adapter.ReasonRateLimited, "You have"},
		"limit, by the status":           {graphql("user"), 429, failure("OTHER", ""), false, adapter.Retry, adapter.ReasonRateLimited, ""},
		"key":                            {graphql("user"), 200, failure("AUTHENTICATION_ERROR", ""), false, adapter.Reject, adapter.ReasonUnauthorized, "words"},
		"key may not":                    {graphql("user"), 200, failure("AUTHORIZATION_ERROR", ""), false, adapter.Reject, adapter.ReasonForbidden, ""},
		"no project":                     {graphql("queues"), 200, failure("RESOURCE_NOT_FOUND", ""), false, adapter.Reject, adapter.ReasonNotFound, ""},
		"null project":                   {graphql("queues"), 200, `{"data": {"project": null}}`, false, adapter.Reject, adapter.ReasonNotFound, "sees no project"},
		"null project, inspected":        {graphql("ontology"), 200, `{"data": {"project": null}}`, false, adapter.Done, "", ""},
		"null dataset, inspected":        {graphql("dataset"), 200, `{"data": {"dataset": null}}`, false, adapter.Done, "", ""},
		"internal":                       {graphql("user"), 200, failure("INTERNAL_SERVER_ERROR", ""), false, adapter.Retry, adapter.ReasonUnavailable, ""},
		"internal, of a creating call":   {checked("batch/0001"), 200, failure("INTERNAL_SERVER_ERROR", ""), false, adapter.Unknown, adapter.ReasonUnavailable, ""},
		"internal, but the client's":     {checked("batch/0001"), 200, failure("INTERNAL_SERVER_ERROR", `, "exception": {"status": 422}`), false, adapter.Reject, adapter.ReasonInvalid, ""},
		"internal, not allowed":          {graphql("user"), 200, failure("INTERNAL_SERVER_ERROR", `, "exception": {"status": 426}`), false, adapter.Reject, adapter.ReasonForbidden, ""},
		"internal, busy":                 {graphql("user"), 200, failure("INTERNAL_SERVER_ERROR", `, "exception": {"status": 503}`), false, adapter.Retry, adapter.ReasonUnavailable, ""},
		"no task":                        {graphql("upserted"), 200, `{"data": {"user": {"createdTasks": []}}}`, false, adapter.Retry, adapter.ReasonBadAnswer, "no task"},
		"task in progress":               {graphql("moved/0001"), 200, task("IN_PROGRESS", "null"), false, adapter.Wait, adapter.ReasonUnavailable, "40%"},
		"task complete":                  {graphql("moved/0001"), 200, task("COMPLETE", "null"), false, adapter.Done, "", ""},
		"task failed":                    {graphql("moved/0001"), 200, task("FAILED", `"{\"error\": \"no such rows\"}"`), false, adapter.Reject, adapter.ReasonInvalid, "FAILED: no such rows"},
		"task cancelled":                 {graphql("upserted"), 200, task("CANCELED", "null"), false, adapter.Reject, adapter.ReasonInvalid, "no reason given"},
		"look-up in progress":            {graphql("found/0001"), 200, `{"data": {"dataRowsForGlobalKeysResult": {"jobStatus": "IN_PROGRESS", "data": null}}}`, false, adapter.Wait, adapter.ReasonUnavailable, ""},
		"look-up failed":                 {graphql("found/0001"), 200, `{"data": {"dataRowsForGlobalKeysResult": {"jobStatus": "FAILED"}}}`, false, adapter.Reject, adapter.ReasonInvalid, ""},
		"look-up without data":           {graphql("found/0001"), 200, `{"data": {"dataRowsForGlobalKeysResult": {"jobStatus": "COMPLETE"}}}`, false, adapter.Retry, adapter.ReasonBadAnswer, ""},
		"not processed":                  {graphql("processed/0001"), 200, `{"data": {"queryAllDataRowsHaveBeenProcessed": {"allDataRowsHaveBeenProcessed": false}}}`, false, adapter.Wait, adapter.ReasonUnavailable, ""},
		"batch name taken":               {checked("batch/0001"), 200, failure("RESOURCE_CONFLICT", ""), false, adapter.Exists, adapter.ReasonConflict, ""},
		"batch is there":                 {checked("batch/0001"), 200, batches("b", 2), true, adapter.Done, "", ""},
		"batch is not there":             {checked("batch/0001"), 200, batches("other", 2), true, adapter.Absent, "", ""},
		"empty batch is there":           {checked("empty-batch/0001"), 200, batches("b", 0), true, adapter.Done, "", ""},
		"batch without id":               {checked("batch/0001"), 200, `{"data": {"project": {"createBatchV2": {}}}}`, false, adapter.Unknown, adapter.ReasonBadAnswer, ""},
		"batch is full already":          {checked("fill/0001"), 200, batches("b", 2), true, adapter.Done, "", ""},
		"batch is being filled":          {checked("fill/0001"), 200, batches("b", 1), true, adapter.Wait, adapter.ReasonUnavailable, ""},
		"batch is empty":                 {checked("fill/0001"), 200, batches("b", 0), true, adapter.Absent, "", ""},
		"filling failed":                 {graphql("filled/0001"), 200, task("FAILED", `"x"`), false, adapter.Done, "", ""},
		"import is there":                {checked("pre-labels/0001"), 200, imported("RUNNING"), true, adapter.Done, "", ""},
		"import is not there":            {checked("pre-labels/0001"), 200, failure("RESOURCE_NOT_FOUND", ""), true, adapter.Absent, "", ""},
		"import is null":                 {checked("pre-labels/0001"), 200, `{"data": {"modelAssistedLabelingPredictionImport": null}}`, true, adapter.Absent, "", ""},
		"import runs":                    {graphql("pre-labeled/0001"), 200, imported("RUNNING"), false, adapter.Wait, adapter.ReasonUnavailable, "50%"},
		"import failed":                  {graphql("pre-labeled/0001"), 200, imported("FAILED"), false, adapter.Done, "", ""},
		"a 5xx, whatever comes with it":  {graphql("upsert"), 502, failure("FORBIDDEN", ""), false, adapter.Retry, adapter.ReasonUnavailable, ""},
		"a creating call's 500":          {checked("fill/0001"), 500, "", false, adapter.Unknown, adapter.ReasonUnavailable, ""},
		"a creating call that is parked": {checked("fill/0001"), 503, "", false, adapter.Retry, adapter.ReasonUnavailable, ""},
	} {
		resp := adapter.ReadGraphQL(adapter.Response{Status: c.status, Body: []byte(c.body), Check: c.check})
		v := a.Judge(c.step, resp)
		require.Equal(t, c.kind.String(), v.Kind.String(), "%s: %s", name, v.Detail)
		require.Equal(t, c.reason, v.Reason, name)
		require.Contains(t, v.Detail, c.says, name)
	}
}

// TestJudgeTellsRowsApart: who was taken, by which id, and who was not.
func TestJudgeTellsRowsApart(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, batchOptions())
	v := a.Judge(checked("batch/0001"), adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(
		`{"data": {"project": {"createBatchV2": {"batch": {"id": "b1"}, "failedDataRowIds": ["r2", "other"]}}}}`)}))
	require.Equal(t, map[export.ItemID]adapter.Receipt{"i1": {ID: "r1"}}, v.Taken)
	require.Len(t, v.Failed, 1)
	require.Contains(t, v.Failed, export.ItemID("i2"))

	v = a.Judge(checked("batch/0001"), adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(batches("b", 1)), Check: true}))
	require.Equal(t, "1 of 2", v.Kept["missing"], "a batch that was found, and does not hold all")
	require.Empty(t, v.Taken)

	v = a.Judge(graphql("refused/0001"), adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(`{"data": {"failedDataRowImports": {
		"after": "c2", "results": [{"message": "Duplicate global key: 'k1'", "spec": {"globalKey": "k1"}}, {"message": "too long", "spec": {"globalKey": "k2"}}]}}}`)}))
	require.Equal(t, map[string]string{"refused": `{"k2":"the vendor refused the data row: too long"}`, "after": "c2"}, v.Kept)

	v = a.Judge(graphql("found/0001"), adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(`{"data": {"dataRowsForGlobalKeysResult": {
		"jobStatus": "COMPLETE", "data": {"fetchedDataRows": [{"id": "r1"}, {"id": ""}, {"id": "r3"}]}}}}`)}))
	require.Equal(t, "r1,,r3", v.Kept["ids"])
}

// TestJudgeReadsTheFileOfErrors: by name up to a thousand, counted beyond; and what has expired.
func TestJudgeReadsTheFileOfErrors(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, batchOptions())
	step := adapter.Step{ID: "pre-label-errors/0001", Call: adapter.Call{Link: "https://x"}}
	judge := func(status int, body string) adapter.Verdict {
		return a.Judge(step, adapter.Response{Status: status, Body: []byte(body)})
	}
	require.Equal(t, map[string]string{"refused": "{}"}, judge(200, "").Kept)
	line := `{"uuid": "u1", "dataRow": {"id": "r"}, "status": "FAILURE", "errors": [{"name": "E", "message": "no tool"}]}`
	require.Equal(t, map[string]string{"refused": `{"u1":"no tool"}`}, judge(200, line+"\n\n").Kept)
	require.Equal(t, map[string]string{"refused": `{"u2":"no reason given"}`}, judge(200, `{"uuid": "u2"}`).Kept)
	var many strings.Builder
	for i := range 1003 {
		fmt.Fprintf(&many, `{"uuid": "u%d"}`+"\n", i)
	}
	require.Equal(t, "3", judge(200, many.String()).Kept["more"])
	require.Equal(t, adapter.Retry, judge(200, "<html>").Kind)
	require.Equal(t, adapter.Retry, judge(503, "").Kind)
	require.Equal(t, "HTTP status 403", judge(403, "<?xml version='1.0'?><Error/>").Kept["failure"])
	require.Equal(t, adapter.Reject, judge(404, "<html>").Kind)
}

// TestWhatTheVendorDoesNotTellIsComplainedOf: rows that are missing in a batch, imports that failed or cannot be read.
func TestWhatTheVendorDoesNotTellIsComplainedOf(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, batchOptions())
	in := event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "dog")))
	kept := func(pairs ...string) adapter.Result {
		r := adapter.Result{Kept: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			r.Kept[pairs[i]] = pairs[i+1]
		}
		return r
	}
	in.Results = map[string]adapter.Result{
		"user": kept("id", "u"), "upload/0001": kept("url", "https://f/1"), "manifest": kept("url", "https://f/2"),
		"upsert": kept("id", "t"), "upserted": kept(), "refused/0001": kept("refused", "{}"), "look-up/0001": kept("id", "j"),
		"found/0001": kept("ids", "r1"), "processed/0001": kept(), "batch/0001": kept("id", "b", "missing", "1 of 1"),
		"pre-labels/0001": kept("id", "i"), "pre-labeled/0001": kept("url", "https://f/3", "failure", "its state is FAILED"),
		"pre-label-errors/0001": kept("failure", "HTTP status 403", "more", "7"),
	}
	plan, err := adaptertest.Collect(a, in)
	require.NoError(t, err)
	require.False(t, plan.More)
	said := ""
	for _, r := range plan.Refused {
		require.Equal(t, -1, r.Index)
		said += r.Reason + "\n"
	}
	require.Contains(t, said, `batch "i (labelgate 0123456789abcdef)" lacks 1 of 1 of its data rows`)
	require.Contains(t, said, "of pre-labels failed: its state is FAILED")
	require.Contains(t, said, "cannot be read: HTTP status 403")
	require.Contains(t, said, "7 more pre-labels of import")

	in.Results["refused/0001"] = kept("refused", `{"`+adaptertest.Key+`-a": "the vendor refused the data row: bad url"}`)
	plan, err = adaptertest.Collect(a, in)
	require.NoError(t, err)
	require.Equal(t, []adapter.Refusal{{Index: 0, ElementID: "a", Item: "a", Reason: "the vendor refused the data row: bad url"}}, plan.Refused)
}

// FuzzJudge: no answer to any kind of step makes it panic, and what it keeps can be planned with.
func FuzzJudge(f *testing.F) {
	kinds := []string{
		"user", "queues", "upload/0001", "upsert", "upserted", "refused/0001", "look-up/0001", "found/0001", "processed/0001", "batch/0001",
		"empty-batch/0001", "fill/0001", "filled/0001", "held/0001", "pre-labels/0001", "pre-labeled/0001", "pre-label-errors/0001",
		"move/0001", "moved/0001", "priority/0001", "ontology", "dataset", "other",
	}
	for i, body := range []string{
		batches("b", 1), imported("FINISHED"), task("COMPLETE", "null"), failure("RESOURCE_CONFLICT", ""), `{"uuid": "u", "errors": [{}]}`,
		`{"data": {"failedDataRowImports": {"after": "x", "results": [{"message": "m"}]}}}`, `{"data": {"project": {"taskQueues": [{}]}}}`,
	} {
		f.Add(uint8(i*3), 200, body, i%2 == 0)
	}
	a, err := labelbox.Factory().New(batchOptions())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, kind uint8, status int, body string, check bool) {
		step := checked(kinds[int(kind)%len(kinds)])
		v := a.Judge(step, adapter.ReadGraphQL(adapter.Response{Status: status, Body: []byte(body), Check: check}))
		if v.Kind != adapter.Done {
			return
		}
		in := event(t, frame("a", "https://images.example.com/a.jpg", box("l1", "dog")))
		in.Results = map[string]adapter.Result{step.ID: {Kept: v.Kept, Failed: v.Failed}}
		_ = planError(a, in)
	})
}
