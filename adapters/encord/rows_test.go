package encord_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

const (
	otherData = "cccccccc-0000-4000-8000-000000000002"
	otherRow  = "1abe1000-0000-4000-8000-000000000002"
)

func quoted(text string) string { return `"` + text + `"` }

func TestRowsAreKeptInTheOrderAskedFor(t *testing.T) {
	t.Parallel()
	first, second := row(quoted(rowHash), dataHash, complete), row("null", otherData, annotate)
	kept := func(parts ...string) string { return strings.Join(parts, "|") }
	for name, c := range map[string]struct {
		match string
		step  adapter.Step
		rows  string
		kind  adapter.Kind
		want  string
	}{
		"by data hash": {
			"data_hash", legacyStep("rows/0001", adapter.RepeatSafe, otherData, someUUID, dataHash), "[" + first + "," + second + "]", adapter.Done,
			kept(otherData, "-", annotate) + " - " + kept(dataHash, rowHash, complete),
		},
		"by label hash": {
			"label_hash", legacyStep("rows/0001", adapter.RepeatSafe, otherRow, rowHash), "[" + first + "," + second + "]", adapter.Done,
			"- " + kept(dataHash, rowHash, complete),
		},
		"by title":              {"title", legacyStep("rows/0001", adapter.RepeatSafe, "f1"), "[" + first + "]", adapter.Done, kept(dataHash, rowHash, complete)},
		"a title of two":        {"title", legacyStep("rows/0001", adapter.RepeatSafe, "f1"), "[" + first + "," + second + "]", adapter.Done, "?|?|?"},
		"another title":         {"title", legacyStep("rows/0001", adapter.RepeatSafe, "f2"), "[" + first + "]", adapter.Done, "-"},
		"none":                  {"data_hash", legacyStep("rows/0001", adapter.RepeatSafe, dataHash), "[]", adapter.Done, "-"},
		"two branches of one":   {"data_hash", legacyStep("rows/0001", adapter.RepeatSafe, dataHash), "[" + first + "," + first + "]", adapter.Done, kept(dataHash, rowHash, complete)},
		"tasks are here":        {"title", legacyStep("task/0001", adapter.RepeatSafe, dataHash), "[" + first + "]", adapter.Done, kept(dataHash, rowHash, complete)},
		"a task is not here":    {"title", legacyStep("task/0001", adapter.RepeatSafe, dataHash, otherData), "[" + first + "]", adapter.Wait, ""},
		"a task by its item":    {"title", legacyStep("task-of/0001", adapter.RepeatSafe, "f1", someUUID), "[" + strings.Replace(first, "{", `{"backing_item_uuid": "`+someUUID+`", `, 1) + "]", adapter.Done, kept(dataHash, rowHash, complete)},
		"a task of another":     {"title", legacyStep("task-of/0001", adapter.RepeatSafe, "f1", someUUID), "[" + first + "]", adapter.Wait, ""},
		"a hash that is a path": {"data_hash", legacyStep("rows/0001", adapter.RepeatSafe, dataHash), `[{"data_hash": "../x"}]`, adapter.Retry, ""},
		"no list":               {"data_hash", legacyStep("rows/0001", adapter.RepeatSafe, dataHash), `{"rows": []}`, adapter.Retry, ""},
	} {
		a := newAdapter(t, func(o *encord.Options) { o.Match = c.match })
		v := a.Judge(c.step, adapter.Response{Status: 200, Body: []byte(legacy(200, c.rows, ""))})
		require.Equal(t, c.kind, v.Kind, name)
		require.Equal(t, c.want, v.Kept["rows"], name)
		if v.Kind == adapter.Wait {
			require.Contains(t, v.Detail, "is the dataset attached", name)
			require.Positive(t, v.After)
		}
	}
}

func TestTasksAreKeptByTheirPlace(t *testing.T) {
	t.Parallel()
	const page = `{"results": [
		{"uuid": "7a5c0000-0000-4000-8000-000000000001", "dataHash": "CCCCCCCC-0000-4000-8000-000000000001", "dataTitle": "f1"},
		{"uuid": "7a5c0000-0000-4000-8000-000000000002", "dataHash": "cccccccc-0000-4000-8000-000000000002", "dataTitle": "f1 again"},
		{"uuid": "no task", "dataHash": "cccccccc-0000-4000-8000-000000000002", "dataTitle": "f1"}], "nextPageToken": "p2"}`
	for name, c := range map[string]struct {
		match string
		refs  []string
		want  map[string]string
	}{
		"hashes": {"data_hash", []string{otherData, dataHash}, map[string]string{
			"next": "p2",
			"tasks": "1|CCCCCCCC-0000-4000-8000-000000000001|7a5c0000-0000-4000-8000-000000000001 " +
				"0|cccccccc-0000-4000-8000-000000000002|7a5c0000-0000-4000-8000-000000000002",
		}},
		"title": {"title", []string{"f1"}, map[string]string{
			"next": "p2", "tasks": "0|CCCCCCCC-0000-4000-8000-000000000001|7a5c0000-0000-4000-8000-000000000001",
		}},
		"none": {"title", []string{"f"}, map[string]string{"next": "p2"}},
	} {
		a := newAdapter(t, byMove, func(o *encord.Options) { o.Match = c.match })
		v := a.Judge(v2Step("tasks/0001", adapter.RepeatSafe, c.refs...), adapter.Response{Status: 200, Body: []byte(page)})
		require.Equal(t, adapter.Done, v.Kind, name)
		require.Equal(t, c.want, v.Kept, name)
	}
}

func TestTheOntologyIsReadForWhatLabelsCanBe(t *testing.T) {
	t.Parallel()
	const ontology = `{"ontologyUuid": "x", "editor": {
		"objects": [
			{"id": "1", "name": "old", "color": "#000", "shape": "polygon", "featureNodeHash": "o1", "archived": true},
			{"id": "2", "name": "pose", "color": "#111", "shape": "skeleton", "featureNodeHash": "o2"}],
		"classifications": [
			{"featureNodeHash": "c1", "attributes": [{"name": "Notes", "type": "text", "featureNodeHash": "a1"}]},
			{"featureNodeHash": "c2", "attributes": []},
			{"featureNodeHash": "c3", "attributes": [{"name": "Tags", "type": "checklist", "featureNodeHash": "a3", "options": [
				{"label": "wet", "value": "wet", "featureNodeHash": "p1"}, {"label": "dry", "value": "dry", "featureNodeHash": "p2", "archived": true}]}]}],
		"skeleton_templates": [{"template": {"name": "pose", "feature_node_hash": "o2", "skeleton": {"0": {"name": "head", "featureHash": "v1"}}}}]}}`
	a := newAdapter(t, inBatches, withLabels)
	v := a.Judge(v2Step("ontology", adapter.RepeatSafe), adapter.Response{Status: 200, Body: []byte(ontology)})
	require.Equal(t, adapter.Done, v.Kind)
	require.JSONEq(t, `{
		"objects": [{"name": "pose", "color": "#111", "shape": "skeleton", "hash": "o2", "joints": {"head": "v1"}}],
		"options": [{"hash": "c3", "attribute": "a3", "question": "Tags", "label": "wet", "value": "wet", "option": "p1"}]}`, v.Kept["features"])

	for _, body := range []string{`{"editor": null}`, `{}`, `[]`, "<html>"} {
		v := a.Judge(v2Step("ontology", adapter.RepeatSafe), adapter.Response{Status: 200, Body: []byte(body)})
		require.Equal(t, adapter.Retry, v.Kind, body)
	}
	v = a.Judge(v2Step("project", adapter.RepeatSafe), adapter.Response{Status: 200, Body: []byte(`{"ontologyHash": "../secrets"}`)})
	require.Equal(t, adapter.Retry, v.Kind, "what goes into a path must be a UUID")
}

func TestAKeyThatEncordDoesNotKnowEndsTheDelivery(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]adapter.Adapter{
		"project": newAdapter(t), "tasks/0001": newAdapter(t, byMove), "upload/0001": newAdapter(t, inBatches),
	} {
		stand := sandboxtest.Start(t, setup(t))
		_, err := adaptertest.Deliver(t.Context(), a, sandboxtest.Event(t, "frames"), otherCaller{t, stand})
		var stopped *adaptertest.Stopped
		require.ErrorAs(t, err, &stopped)
		require.Equal(t, name, stopped.Step)
		require.Equal(t, adapter.ReasonUnauthorized, stopped.Verdict.Reason, "both of Encord's dialects say so")
	}
}

func TestWhoIsNotAllowedIsTold(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	elsewhere := func(o *encord.Options) { o.Project = someUUID }
	for _, a := range []adapter.Adapter{newAdapter(t, elsewhere), newAdapter(t, elsewhere, byMove), newAdapter(t, inBatches, func(o *encord.Options) { o.Folder = someUUID })} {
		_, err := adaptertest.Deliver(t.Context(), a, sandboxtest.Event(t, "frames"), stand)
		var stopped *adaptertest.Stopped
		require.ErrorAs(t, err, &stopped)
		require.Equal(t, adapter.ReasonForbidden, stopped.Verdict.Reason)
	}
}

func FuzzJudge(f *testing.F) {
	for _, body := range []string{
		"", "null", `"` + someUUID + `"`, `{"status": 200, "response": [` + row(quoted(rowHash), dataHash, complete) + `]}`,
		`{"status": 404, "response": ["RESOURCE_NOT_FOUND_ERROR"], "payload": "x"}`, `{"status": "DONE", "itemsWithNames": null, "unitErrors": [{}]}`,
		`{"results": [{"uuid": "` + someUUID + `", "clientMetadata": "{"}], "nextPageToken": ""}`, `{"editor": {"classifications": [{"attributes": [{}]}]}}`,
	} {
		f.Add(uint16(200), false, []byte(body))
		f.Add(uint16(500), true, []byte(body))
	}
	made, err := encord.Factory().New(options(byMove))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, status uint16, check bool, body []byte) {
		for _, id := range []string{
			"rows/0001", "reopen/0001", "tasks/0001", "move/0001", "priority/0001", "upload/0001", "job/0001", "find/0001", "link/0001", "task/0001",
			"task-of/0001", "start/0001", "save/0001", "project", "ontology", "datasets", "folder", "else",
		} {
			for _, path := range []string{"/public", "/v2/public/x"} {
				step := adapter.Step{
					ID: id, Call: adapter.Call{Path: path}, Refs: []string{rowHash + "@" + complete, dataHash}, Items: []export.ItemID{"a", "b"},
					Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{Path: "/public"},
				}
				v := made.Judge(step, adapter.Response{Status: int(status), Body: body, Check: check})
				require.Equal(t, v.Kind == adapter.Done || v.Kind == adapter.Absent, v.Reason == adapter.ReasonNone)
				require.False(t, v.Kind == adapter.Absent && !check, "only a check can say that nothing was done")
				require.False(t, v.Kind == adapter.Done && (status < 200 || status > 299))
			}
		}
	})
}
