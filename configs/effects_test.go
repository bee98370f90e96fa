package configs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

const events = "../pkg/source/aquarium/testdata/events"

// effects are what the published handlers do at the vendor for an event.
type effects struct {
	GraphQL struct {
		ProjectID string   `json:"projectId"`
		LabelIDs  []string `json:"labelIds"`
	} `json:"graphql"`
	REST json.RawMessage `json:"rest"`
}

// TestDropInsDoWhatThePublishedHandlersDo plans every event by the files as they are.
func TestDropInsDoWhatThePublishedHandlersDo(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(events, "*.effects.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var want effects
			require.NoError(t, json.Unmarshal(data, &want))
			event := strings.TrimSuffix(file, ".effects.json") + ".json"

			got := effects{}
			require.NoError(t, json.Unmarshal([]byte(onlyCall(t, "aquarium-graphql", event)), &got.GraphQL))
			require.Equal(t, want.GraphQL.ProjectID, got.GraphQL.ProjectID)
			require.ElementsMatch(t, want.GraphQL.LabelIDs, got.GraphQL.LabelIDs)
			require.JSONEq(t, string(want.REST), onlyCall(t, "aquarium-rest", event))
		})
	}
}

// onlyCall returns the body of the one call that a file's first route makes for an event.
func onlyCall(t *testing.T, name, event string) string {
	t.Helper()
	body, err := os.ReadFile(event)
	require.NoError(t, err)
	in, err := adaptertest.Input(aquarium.New(), body)
	require.NoError(t, err)
	plan := adaptertest.Rules(t, load(t, name).Routes[0].Adapter, in)
	require.Len(t, plan.Steps, 1)
	return plan.Steps[0].Body
}
