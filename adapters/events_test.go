package adapters_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/adapters/graphql"
	"github.com/labelgate/labelgate/adapters/rest"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

const events = "../pkg/source/aquarium/testdata/events"

// effects are what an event must do at the vendor.
type effects struct {
	GraphQL struct {
		ProjectID string   `json:"projectId"`
		LabelIDs  []string `json:"labelIds"`
	} `json:"graphql"`
	REST        any `json:"rest"`
	RESTRefused []struct {
		Index     int    `json:"index"`
		ElementID string `json:"element_id"`
		Why       string `json:"why"`
	} `json:"rest_refused"`
}

func relabel(t testing.TB) adapter.Adapter {
	t.Helper()
	o := graphql.Factory().Options().(*graphql.Options)
	o.Each, o.Item = "labels", ".id"
	o.Variables = "{projectId: $event.project, labelIds: $items}"
	o.Document = `mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) {
		project(where: {id: $projectId}) {
			bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: true, waitForQueue: true) { count }
		}
	}`
	a, err := graphql.Factory().New(o)
	require.NoError(t, err)
	return a
}

func createBatch(t testing.TB) adapter.Adapter {
	t.Helper()
	o := rest.Factory().Options().(*rest.Options)
	o.Each, o.Item = "frames", "{id: .id, url: .image_url}"
	o.Body = `{name: "\($event.issue.dataset)_relabel_\($event.issue.name)", project: $event.project, frames: $items}`
	a, err := rest.Factory().New(o)
	require.NoError(t, err)
	return a
}

func input(t testing.TB, name string) adapter.Input {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(events, name+".json"))
	require.NoError(t, err)
	in, err := adaptertest.Input(aquarium.New(), body)
	require.NoError(t, err)
	return in
}

func TestEventsHaveTheirEffects(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(events, "*.effects.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".effects.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want effects
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(data, &want))
			requireRelabel(t, want, adaptertest.Rules(t, relabel(t), input(t, name)))
			requireBatch(t, want, adaptertest.Rules(t, createBatch(t), input(t, name)))
		})
	}
}

func requireRelabel(t *testing.T, want effects, plan adaptertest.Plan) {
	t.Helper()
	require.Len(t, plan.Steps, 1)
	require.True(t, plan.Steps[0].Last)
	got := want.GraphQL
	got.LabelIDs, got.ProjectID = nil, ""
	require.NoError(t, json.Unmarshal([]byte(plan.Steps[0].Body), &got))
	require.Equal(t, want.GraphQL.ProjectID, got.ProjectID)
	require.ElementsMatch(t, want.GraphQL.LabelIDs, got.LabelIDs)
	require.Len(t, plan.Steps[0].Items, len(got.LabelIDs))
	require.Empty(t, plan.Refused)
}

func requireBatch(t *testing.T, want effects, plan adaptertest.Plan) {
	t.Helper()
	require.Len(t, plan.Steps, 1)
	body, err := json.Marshal(want.REST)
	require.NoError(t, err)
	require.JSONEq(t, string(body), plan.Steps[0].Body)
	require.Len(t, plan.Refused, len(want.RESTRefused))
	for i, r := range want.RESTRefused {
		require.Equal(t, adapter.Refusal{Index: r.Index, ElementID: r.ElementID, Reason: r.Why}, plan.Refused[i])
	}
}

func TestBadElementsAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	no := func(index int, id, reason string) adapter.Refusal {
		return adapter.Refusal{Index: index, ElementID: id, Reason: reason}
	}
	plan := adaptertest.Rules(t, relabel(t), input(t, "bad/some-elements-bad"))
	require.Equal(t, `{"labelIds":["label-good","label-nf"],"projectId":"rarepets"}`, plan.Steps[0].Body)
	require.Equal(t, []adapter.Refusal{
		no(1, "crop-without-data", "no crop_data"),
		no(2, "no-frame-data", "no frame_data"),
		no(3, "unknown-type", `unknown element type "video"`),
		no(4, "label-without-uuid", "label 0: no uuid"),
		no(6, "", "not an object"),
		no(7, "", "not an object"),
	}, plan.Refused)

	plan = adaptertest.Rules(t, createBatch(t), input(t, "bad/some-elements-bad"))
	require.JSONEq(t, `{"name": "train_relabel_some bad", "project": "rarepets", "frames": [
		{"id": "good", "url": "https://images.example.com/good.jpg"},
		{"id": "f1", "url": "https://images.example.com/f1.jpg"},
		{"id": "f4", "url": "https://images.example.com/f4.jpg"}]}`, plan.Steps[0].Body)
	require.Equal(t, []adapter.Refusal{
		no(2, "no-frame-data", "no frame_data"),
		no(3, "unknown-type", "no image_url"),
		no(5, "no-frame-id", "no frame_id"),
		no(6, "", "not an object"),
		no(7, "", "not an object"),
	}, plan.Refused)
}

func TestNothingToSendMakesNoCall(t *testing.T) {
	t.Parallel()
	for _, a := range []adapter.Adapter{relabel(t), createBatch(t)} {
		plan := adaptertest.Rules(t, a, input(t, "bad/no-element"))
		require.Empty(t, plan.Steps)
		require.Empty(t, plan.Refused)
	}
	plan := adaptertest.Rules(t, relabel(t), input(t, "bad/all-elements-bad"))
	require.Len(t, plan.Steps, 1, "label-nf of an element without a frame id is still a label")
}

func TestAllIsARegistry(t *testing.T) {
	t.Parallel()
	_, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
}
