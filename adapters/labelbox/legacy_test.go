package labelbox_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

func legacyOptions(edit ...func(*labelbox.LegacyOptions)) *labelbox.LegacyOptions {
	o := labelbox.LegacyFactory().Options().(*labelbox.LegacyOptions)
	o.Project = labelboxsandbox.ProjectID
	for _, f := range edit {
		f(o)
	}
	return o
}

// withLabels is an event of one frame with labels of these ids.
func withLabels(t *testing.T, labels ...string) adapter.Input {
	t.Helper()
	list := make([]string, len(labels))
	for i, id := range labels {
		list[i] = fmt.Sprintf(`{"uuid": %q, "label": "dog", "label_type": "BBOX_2D", "attributes": {"top": 1, "left": 1, "width": 1, "height": 1}}`, id)
	}
	return event(t, fmt.Sprintf(`{"element_type": "frame", "frame_id": "f1", "element_id": "e1", "frame_data": {"sensor_data": [
		{"sensor_id": "s", "data_urls": {"image_url": "https://images.example.com/1.jpg"}}], "label_data": [%s]}}`, strings.Join(list, ",")))
}

// event is an event with these elements.
func event(t *testing.T, elements ...string) adapter.Input {
	t.Helper()
	in, err := adaptertest.Input(aquarium.New(), []byte(`{"event": "issue-exported", "project": "`+labelboxsandbox.ProjectID+
		`", "issue": {"issue_name": "i", "dataset": "d", "elements": [`+strings.Join(elements, ",")+`]}}`))
	require.NoError(t, err)
	return in
}

func TestLegacyKit(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, labelbox.LegacyFactory(), adaptertest.Case{
		Name: "legacy", Options: legacyOptions(func(o *labelbox.LegacyOptions) { o.Labels = 2 }), Vendor: sandboxtest.Vendor(setup()),
		Events: sandboxtest.Events(t, "mixed", "bad/some-elements-bad", "bad/no-element"),
	})
}

func deliverLegacy(t *testing.T, o *labelbox.LegacyOptions, in adapter.Input) (adaptertest.Outcome, labelboxsandbox.State) {
	t.Helper()
	a, err := labelbox.LegacyFactory().New(o)
	require.NoError(t, err)
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, a, in)
	var state labelboxsandbox.State
	stand.ReadState(t, &state)
	return out, state
}

// TestLegacySendsTheHandlersMutation: the document and the variables of the published handler, and its effect.
func TestLegacySendsTheHandlersMutation(t *testing.T) {
	t.Parallel()
	out, state := deliverLegacy(t, legacyOptions(), withLabels(t, labelboxsandbox.LabelID(1), labelboxsandbox.LabelID(3), "gone"))
	require.Len(t, out.Steps, 1)
	require.Equal(t, "/graphql", out.Steps[0].Call.Path)
	want := `mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) { project(where: {id: $projectId}) {
		bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: true, waitForQueue: true) { count } } }`
	require.Equal(t, strings.Fields(want), strings.Fields(out.Steps[0].Call.Document))
	require.JSONEq(t, `{"projectId": "cmproject0000000000000001", "labelIds": ["cmlabel000000000000000001", "cmlabel000000000000000003", "gone"]}`, out.Steps[0].Body)
	require.Equal(t, "2 of 3", out.Results["delete/0001"].Kept["deleted"])
	require.Equal(t, []string{labelboxsandbox.LabelID(1), labelboxsandbox.LabelID(3)}, state.DeletedLabels)
	require.Equal(t, 1, state.DataRows[0].Templates)
	require.Equal(t, "Initial labeling task", state.DataRows[0].Queue)
}

// TestLegacyHasTheHandlersEffects: for every sample event, what the published handler does.
func TestLegacyHasTheHandlersEffects(t *testing.T) {
	t.Parallel()
	a, err := labelbox.LegacyFactory().New(legacyOptions(func(o *labelbox.LegacyOptions) { o.Project = "" }))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(sandboxtest.Root(), "pkg/source/aquarium/testdata/events/*.effects.json"))
	require.NoError(t, err)
	require.Greater(t, len(files), 8)
	for _, file := range files {
		var want struct {
			GraphQL struct {
				ProjectID string   `json:"projectId"`
				LabelIDs  []string `json:"labelIds"`
			} `json:"graphql"`
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &want))
		name := strings.TrimSuffix(filepath.Base(file), ".effects.json")
		plan, err := adaptertest.Collect(a, sandboxtest.Event(t, name))
		require.NoError(t, err, name)
		if len(want.GraphQL.LabelIDs) == 0 {
			require.Empty(t, plan.Steps, name)
			continue
		}
		require.Len(t, plan.Steps, 1, name)
		got := want.GraphQL
		got.LabelIDs = nil
		require.NoError(t, json.Unmarshal([]byte(plan.Steps[0].Body), &got))
		require.Equal(t, want.GraphQL.ProjectID, got.ProjectID, name)
		require.ElementsMatch(t, want.GraphQL.LabelIDs, got.LabelIDs, name)
	}
}

func TestLegacyProjectIsTheExportsOwn(t *testing.T) {
	t.Parallel()
	out, state := deliverLegacy(t, legacyOptions(func(o *labelbox.LegacyOptions) {
		o.Project, o.MakeTemplates, o.WaitForQueue = "", false, false
	}), withLabels(t, labelboxsandbox.LabelID(1)))
	require.Len(t, state.DeletedLabels, 1)
	require.Zero(t, state.DataRows[0].Templates)
	require.Contains(t, out.Steps[0].Call.Document, "makeTemplates: false, waitForQueue: false")
}

// TestLegacyNeverSendsAnEmptySelection: it would match every label.
func TestLegacyNeverSendsAnEmptySelection(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]adapter.Input{
		"no element":  sandboxtest.Event(t, "bad/no-element"),
		"no labels":   withLabels(t),
		"no label id": event(t, `{"element_type": "crop", "frame_id": "f", "element_id": "e", "crop_data": {"label": "dog", "label_type": "BBOX_2D"}}`),
	} {
		out, state := deliverLegacy(t, legacyOptions(), in)
		require.Empty(t, out.Steps, name)
		require.Empty(t, state.DeletedLabels, name)
	}
}

func TestLegacyIDsInMetadata(t *testing.T) {
	t.Parallel()
	crop := func(uuid, attributes string) string {
		return fmt.Sprintf(`{"element_type": "crop", "frame_id": "f", "element_id": %q, "crop_data": {"uuid": %q, "label_type": "BBOX_2D", "attributes": %s}}`, uuid, uuid, attributes)
	}
	out, state := deliverLegacy(t, legacyOptions(func(o *labelbox.LegacyOptions) { o.IDs = "user__lb" }), event(t,
		crop("a", `{"user__lb": "`+labelboxsandbox.LabelID(2)+`"}`), crop("b", `{}`), crop("c", `{"user__lb": "`+labelboxsandbox.LabelID(2)+`"}`)))
	require.Equal(t, []string{labelboxsandbox.LabelID(2)}, state.DeletedLabels)
	require.Len(t, out.Refused, 2)
	require.Equal(t, "no user__lb", out.Refused[0].Reason)
	require.Contains(t, out.Refused[1].Reason, "another label")
}

func TestLegacyJudge(t *testing.T) {
	t.Parallel()
	a, err := labelbox.LegacyFactory().New(legacyOptions())
	require.NoError(t, err)
	for name, c := range map[string]struct {
		body   string
		kind   adapter.Kind
		detail string
	}{
		"count":      {`{"data": {"project": {"bulkDeleteLabels": {"count": 0}}}}`, adapter.Done, ""},
		"no count":   {`{"data": {"project": {"bulkDeleteLabels": {}}}}`, adapter.Retry, "no count"},
		"no project": {`{"data": {"project": null}}`, adapter.Retry, "no count"},
		"gone": {
			`{"errors": [{"message": "Cannot query field", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}`,
			adapter.Reject, "use the adapter labelbox",
		},
	} {
		resp := adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(c.body)})
		v := a.Judge(adapter.Step{ID: "delete/0001"}, resp)
		require.Equal(t, c.kind, v.Kind, name)
		require.Contains(t, v.Detail, c.detail, name)
	}
}

func TestLegacyMistakes(t *testing.T) {
	t.Parallel()
	for option, edit := range map[string]func(*labelbox.LegacyOptions){
		"ids":             func(o *labelbox.LegacyOptions) { o.IDs = "frame" },
		"labels_per_call": func(o *labelbox.LegacyOptions) { o.Labels = -1 },
	} {
		_, err := labelbox.LegacyFactory().New(legacyOptions(edit))
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake)
		require.Equal(t, option, mistake.Option)
	}
	_, err := labelbox.LegacyFactory().New(legacyOptions(func(o *labelbox.LegacyOptions) { o.IDs, o.Labels = "nonsense", -1 }))
	require.ErrorContains(t, err, "ids")
	require.ErrorContains(t, err, "labels_per_call")
}
