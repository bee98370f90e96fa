package adapters_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/graphql"
	"github.com/labelgate/labelgate/adapters/rest"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
	"github.com/labelgate/labelgate/pkg/transport"
)

// generic is the sandbox's own vendor, behind a real server.
type generic struct {
	server *sandbox.Server
	client *transport.Client
}

func genericVendor(path string, auth adapter.Auth) func(*testing.T) adaptertest.Vendor {
	return func(t *testing.T) adaptertest.Vendor {
		t.Helper()
		server := sandbox.New(sandbox.Options{})
		listener := httptest.NewServer(server.Handler())
		t.Cleanup(listener.Close)
		client, err := transport.New(transport.Options{URL: listener.URL + path, APIKey: "key", Auth: auth})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		return &generic{server, client}
	}
}

func (g *generic) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	return g.client.Do(ctx, call)
}

func (g *generic) State() (json.RawMessage, error) {
	s := g.server.Summary()
	return json.Marshal([]any{s.Batches, s.Frames, s.Latest, s.LabelsDeleted, s.Repeats, s.MatchedEverything})
}

// TestGenericAdaptersKeepTheContract holds the adapters that are written in config to what every vendor's adapter is held to.
func TestGenericAdaptersKeepTheContract(t *testing.T) {
	t.Parallel()
	events := []string{"frames", "crops", "mixed", "geometry-2d", "least", "names-and-metadata"}
	batches := rest.Factory().Options().(*rest.Options)
	batches.Each, batches.Item, batches.Body = "frames", "{id: .id, url: .image_url}", "{name: $event.project, project: $event.project, frames: $items}"
	batches.Batch.Items, batches.Keep = 2, map[string]string{"id": ".id"}
	labels := graphql.Factory().Options().(*graphql.Options)
	labels.Each, labels.Item, labels.Variables, labels.Batch.Items = "labels", ".id", "{p: $event.project, l: $items}", 2
	labels.Document = `mutation($p: ID!, $l: [ID!]) { project(where: {id: $p}) { bulkDeleteLabels(where: {id_in: $l}, makeTemplates: true, waitForQueue: true) { count } } }`
	adaptertest.Run(t, rest.Factory(), adaptertest.Case{
		Name: "rest", Options: batches, Vendor: genericVendor("/batches", rest.Factory().Auth), Events: sandboxtest.Events(t, events...), AnyBody: true,
	})
	adaptertest.Run(t, graphql.Factory(), adaptertest.Case{
		Name: "graphql", Options: labels, Vendor: genericVendor("/graphql", graphql.Factory().Auth), Events: sandboxtest.Events(t, events...),
	})
}
