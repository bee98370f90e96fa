package labelstudio_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// TestJudge: what the answers mean that the stand-in does not give, or gives seldom.
func TestJudge(t *testing.T) {
	t.Parallel()
	const page = `<!doctype html><html><head><title>Label Studio</title></head></html>`
	batch, relabel := newAdapter(t, options("batch", community)), newAdapter(t, options("relabel", community))
	for name, c := range map[string]struct {
		a          adapter.Adapter
		step       string
		refs       []string
		status     int
		body       string
		check      bool
		kind       adapter.Kind
		reason     adapter.Reason
		kept, says string
	}{
		"enterprise":            {batch, "import/0001", []string{"k"}, 201, `{"import":7}`, false, adapter.Done, "", "7", ""},
		"neither":               {batch, "import/0001", []string{"k"}, 201, `{"id":7}`, false, adapter.Unknown, adapter.ReasonBadAnswer, "", "neither"},
		"a page":                {batch, "import/0001", []string{"k"}, 200, page, false, adapter.Unknown, adapter.ReasonBadAnswer, "", "Label Studio"},
		"500":                   {batch, "import/0001", []string{"k"}, 500, `{"detail":"'NoneType' object"}`, false, adapter.Unknown, adapter.ReasonUnavailable, "", "NoneType"},
		"busy":                  {batch, "import/0001", []string{"k"}, 429, ``, false, adapter.Retry, adapter.ReasonRateLimited, "", "429"},
		"no project":            {batch, "import/0001", []string{"k"}, 404, page, false, adapter.Reject, adapter.ReasonNotFound, "", "project 1 is not there"},
		"all are wrong":         {batch, "import/0001", []string{"k"}, 400, `{"validation_errors":{"non_field_errors":["Error at item 0: no :: {}"]}}`, false, adapter.Reject, adapter.ReasonInvalid, "", "Error at item 0"},
		"one is wrong":          {batch, "import/0001", []string{"k", "l"}, 400, `{"validation_errors":{"non_field_errors":[{},"Error at item 1: no :: {}"]}}`, false, adapter.Done, "", `{"1":"no"}`, ""},
		"one is wrong again":    {batch, "again/0001", []string{"k", "l"}, 400, `{"validation_errors":{"non_field_errors":[{},"Error at item 1: no :: {}"]}}`, false, adapter.Reject, adapter.ReasonInvalid, "", "Error at item 1"},
		"nobody says which":     {batch, "import/0001", []string{"k", "l"}, 400, `{"detail":"JSON parse error"}`, false, adapter.Reject, adapter.ReasonInvalid, "", "JSON parse error"},
		"another's place":       {batch, "import/0001", []string{"k", "l"}, 400, `{"validation_errors":{"predictions":["- Task 9, prediction 0: no"]}}`, false, adapter.Reject, adapter.ReasonInvalid, "", "Task 9"},
		"queued":                {batch, "poll/0001", []string{"k"}, 200, `{"status":"created"}`, false, adapter.Wait, adapter.ReasonUnavailable, "", "created"},
		"failed":                {batch, "poll/0001", []string{"k"}, 200, `{"status":"failed","error":"no disk"}`, false, adapter.Reject, adapter.ReasonInvalid, "", "no disk"},
		"failed for one":        {batch, "poll/0001", []string{"k", "l"}, 200, `{"status":"failed","error":"x (1 errors):\n- Task 0, prediction 0: no\n"}`, false, adapter.Done, "", `{"0":"no"}`, ""},
		"a new state":           {batch, "poll/0001", []string{"k"}, 200, `{"status":"paused"}`, false, adapter.Retry, adapter.ReasonBadAnswer, "", "status"},
		"not there":             {batch, "import/0001", []string{"k"}, 200, `{"total":0,"tasks":[]}`, true, adapter.Absent, "", "", ""},
		"there":                 {batch, "import/0001", []string{"k"}, 200, `{"total":1,"tasks":[{"id":1,"data":{"labelgate_key":"k"}}]}`, true, adapter.Done, "", "1", ""},
		"surplus is gone":       {batch, "surplus/0001", []string{"9"}, 200, `{"total":1,"tasks":[{"id":1,"data":{}}]}`, true, adapter.Done, "", "", ""},
		"surplus is there":      {batch, "surplus/0001", []string{"1"}, 200, `{"total":1,"tasks":[{"id":1,"data":{}}]}`, true, adapter.Absent, "", "", ""},
		"too many":              {relabel, "find/0001", []string{"f"}, 200, `{"total":9,"tasks":[]}`, false, adapter.Reject, adapter.ReasonInvalid, "", "9 tasks"},
		"none is marked":        {relabel, "mark/0001", []string{"1"}, 200, `{"detail":"Updated 0 tasks"}`, false, adapter.Reject, adapter.ReasonNotFound, "", "none"},
		"an annotation is gone": {relabel, "draft/5", nil, 404, page, false, adapter.Exists, adapter.ReasonNotFound, "", "404"},
		"so it is":              {relabel, "draft/5", nil, 404, `{"detail":"No Annotation matches the given query."}`, true, adapter.Done, "", "", ""},
		"the path is gone":      {relabel, "draft/5", nil, 404, page, true, adapter.Reject, adapter.ReasonNotFound, "", "404"},
		"it is still there":     {relabel, "draft/5", nil, 200, `{"id":5}`, true, adapter.Absent, "", "", ""},
		"older work is there":   {relabel, "delete/0001", []string{"5"}, 200, `{"total":1,"tasks":[{"id":1,"annotations":[{"id":5}]}]}`, true, adapter.Absent, "", "", ""},
		"newer work is there":   {relabel, "delete/0001", []string{"5"}, 200, `{"total":1,"tasks":[{"id":1,"annotations":[{"id":6}]}]}`, true, adapter.Done, "", "", ""},
		"another's review":      {relabel, "review/5/0123", nil, 200, `[{"id":1,"accepted":false,"comment":"no (labelgate 9999)"}]`, true, adapter.Absent, "", "", ""},
		"our review":            {relabel, "review/5/0123", nil, 200, `[{"id":1,"accepted":false,"comment":"no (labelgate 0123)"}]`, true, adapter.Done, "", "1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := adapter.Step{ID: c.step, Refs: c.refs, Repeat: adapter.RepeatSafe, Check: &adapter.Call{}}
			if c.step[0] == 'i' || c.step[0] == 'a' {
				step.Repeat = adapter.RepeatCheckFirst
			}
			v := c.a.Judge(step, adapter.Response{Status: c.status, Body: []byte(c.body), Check: c.check})
			require.Equal(t, c.kind, v.Kind, v.Detail)
			require.Equal(t, c.reason, v.Reason)
			require.Contains(t, v.Detail, c.says)
			kept := ""
			for _, value := range v.Kept {
				kept = value
			}
			require.Equal(t, c.kept, kept)
		})
	}
}

// TestReadTellsOfEachTask: which are there, which are not, and which are there twice.
func TestReadTellsOfEachTask(t *testing.T) {
	t.Parallel()
	step := adapter.Step{ID: "read/0001", Items: []export.ItemID{"a", "b", "c"}, Refs: []string{"ka", "kb", "kc"}}
	body := `{"total":4,"tasks":[{"id":3,"data":{"labelgate_key":"ka"}},{"id":4,"data":{"labelgate_key":"kb"}},` +
		`{"id":5,"data":{"labelgate_key":"ka"}},{"id":6,"data":{"labelgate_key":"kb"},"annotations":[{"id":1}]}]}`
	v := newAdapter(t, options("batch", community)).Judge(step, adapter.Response{Status: 200, Body: []byte(body)})
	require.Equal(t, adapter.Receipt{ID: "3", Link: "/projects/1/data?task=3"}, v.Taken["a"])
	require.Equal(t, "4", v.Taken["b"].ID)
	require.Contains(t, v.Failed["c"], "not there after its import")
	require.Equal(t, "[5]", v.Kept["surplus"], "task 6 has been worked on")
}

// TestManyFramesComeInChunks plans a large event in chunks.
func TestManyFramesComeInChunks(t *testing.T) {
	t.Parallel()
	in := manyFrames(t, 10_000)
	c := &counter{}
	more, err := newAdapter(t, options("batch", community, func(o *labelstudio.Options) { o.Batch = 200 })).Plan(in, c)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, 50, c.steps)
	require.Less(t, c.largest, int64(1<<20), "an import is a chunk, not the event")
}
