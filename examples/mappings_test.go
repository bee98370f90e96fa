// Package examples_test holds what the sample mappings do, so that none of them rots.
package examples_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

func lookupEnv(name string) (string, bool) {
	value, ok := map[string]string{"AQ_WEBHOOK_SECRET": "hook-secret", "VENDOR_KEY": "vendor-key"}[name]
	return value, ok
}

func load(t *testing.T, file string) *config.Config {
	t.Helper()
	reg, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	c, err := config.Parse(file, text, config.LoadOptions{Adapters: reg, LookupEnv: lookupEnv})
	require.NoError(t, err)
	return c
}

// plan returns the calls that a mapping makes of a sample event; the adapter rules are checked on the way.
func plan(t *testing.T, mapping, event string) adaptertest.Plan {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("events", event))
	require.NoError(t, err)
	return planOf(t, mapping, body)
}

func planOf(t *testing.T, mapping string, body []byte) adaptertest.Plan {
	t.Helper()
	in, err := adaptertest.Input(aquarium.New(), body)
	require.NoError(t, err)
	c := load(t, filepath.Join("mappings", mapping))
	return adaptertest.Rules(t, c.Routes[0].Adapter, in)
}

func TestEveryMappingTakesEveryEvent(t *testing.T) {
	t.Parallel()
	mappings, err := filepath.Glob("mappings/*.yaml")
	require.NoError(t, err)
	require.Len(t, mappings, 3, "a new mapping wants a line in README.md and a test below")
	events, err := filepath.Glob("events/*.json")
	require.NoError(t, err)
	require.Len(t, events, 3)
	for _, mapping := range mappings {
		for _, event := range events {
			p := plan(t, filepath.Base(mapping), filepath.Base(event))
			require.NotEmpty(t, p.Steps, "%s of %s", mapping, event)
			require.Empty(t, p.Refused, "%s of %s", mapping, event)
		}
	}
}

func TestOneCallAnImage(t *testing.T) {
	t.Parallel()
	p := plan(t, "one-call-an-image.yaml", "frames.json")
	require.Len(t, p.Steps, 3)
	for _, step := range p.Steps {
		require.Len(t, step.Items, 1)
		require.Equal(t, "projects/rarepets/annotation-requests", step.Call.Path)
	}
	require.JSONEq(t, `{
		"instruction": "Redo the labels: missed boxes",
		"attachments": [{
			"type": "image", "external_id": "frame-070001",
			"content": "https://images.example.com/rarepets/camera_front/frame-070001.jpg"
		}]
	}`, p.Steps[0].Body)
}

func TestGraphQLChunks(t *testing.T) {
	t.Parallel()
	p := plan(t, "graphql-chunks.yaml", "frames.json")
	require.Len(t, p.Steps, 1, "six labels fit into one call")
	require.Equal(t, adapter.RepeatSafe, p.Steps[0].Repeat)
	var variables struct {
		Project, Reason string
		Labels          []struct{ ID, Frame, Class string }
	}
	require.NoError(t, json.Unmarshal([]byte(p.Steps[0].Body), &variables))
	require.Equal(t, "rarepets", variables.Project)
	require.Equal(t, "missed boxes", variables.Reason)
	require.Len(t, variables.Labels, 6)
	require.Equal(t, "d23f0824-128b-4f33-8c5c-7fd0a6a3a450", variables.Labels[0].ID)
	require.Equal(t, "frame-070001", variables.Labels[0].Frame)
	require.Equal(t, "dog", variables.Labels[0].Class)
}

func TestGraphQLChunksHoldAtMostAHundredLabels(t *testing.T) {
	t.Parallel()
	p := planOf(t, "graphql-chunks.yaml", aquariumtest.Bytes(200))
	require.Greater(t, len(p.Steps), 1)
	for _, step := range p.Steps[:len(p.Steps)-1] {
		require.Len(t, step.Items, 100)
	}
	require.LessOrEqual(t, len(p.Steps[len(p.Steps)-1].Items), 100)
}

func TestRESTWithAPIKeyHeader(t *testing.T) {
	t.Parallel()
	auth := load(t, "mappings/rest-api-key.yaml").Destinations["queue"].Auth
	require.NotNil(t, auth)
	require.Equal(t, "X-Api-Key", auth.Header)
	require.Empty(t, auth.Scheme)

	p := plan(t, "rest-api-key.yaml", "frames.json")
	require.Len(t, p.Steps, 1)
	step := p.Steps[0]
	require.Equal(t, "PUT", step.Call.Method)
	require.Equal(t, adapter.RepeatNever, step.Repeat)
	require.Equal(t, "4cbd87ad-5c90-4958-b403-e430ec66a787-1", step.Call.Header["X-Batch"])
	var body struct {
		Items []struct {
			Key, Image string
			Metadata   map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(step.Body), &body))
	require.Len(t, body.Items, 3)
	require.Equal(t, "frame-070001", body.Items[0].Key)
	require.Equal(t, "https://images.example.com/rarepets/camera_front/frame-070001.jpg", body.Items[0].Image)
	require.Equal(t, map[string]any{
		"kind": "frame", "dataset": "train", "class": nil, "device": "default_device", "position": 0.0,
	}, body.Items[0].Metadata)
}
