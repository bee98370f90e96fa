package e2e_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// TestVendorsTakeWhatWasRefused: at every stand-in vendor, what was refused because its class was not mapped is sent by a
// redrive once it is, in a pass of its own; what the vendor has is not sent again; and the books are right after it,
// on SQLite and on PostgreSQL.
func TestVendorsTakeWhatWasRefused(t *testing.T) {
	t.Parallel()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	for _, vendor := range adapters.Sandboxes() {
		t.Run(vendor.Name, func(t *testing.T) {
			t.Parallel()
			factory, _ := registry.Get(vendor.Name)
			for event, states := range map[string][2]string{
				"frames":      {"partial", "delivered"},
				"geometry-2d": {"dead", "partial"}, // one frame, with labels that most vendors have no form for
			} {
				t.Run(event, func(t *testing.T) {
					t.Parallel()
					sendAgain(t, vendor, factory, event, states)
				})
			}
		})
	}
}

func sendAgain(t *testing.T, vendor sandbox.Vendor, factory adapter.Factory, event string, states [2]string) {
	t.Helper()
	server := httptest.NewServer(sandbox.New(sandbox.Options{Vendor: &vendor}).Handler())
	t.Cleanup(server.Close)
	site := harness.NewSite(t, labelgate, mappedConfig(t, vendor.Name), server.URL+vendor.Path)
	site.Env["UNMAPPED"] = "fail"
	if event == "frames" {
		site.Env["LABELGATE_STORE"] = pgtest.URL(t)
	}
	if factory.Auth.Sign != nil {
		site.Env["LABELING_API_KEY"] = privateKey(t)
	}
	gateway := site.Serve(t)
	id := gateway.Accept(t, webhook, harness.Event(t, event))
	first := gateway.Await(t, id, final...)
	require.Equal(t, states[0], first.State, first.Detail)
	require.NotEmpty(t, first.Refusals)
	gateway.Stop(t)

	site.Env["UNMAPPED"] = "skip"
	redriven := site.CLI(t, "deliveries", "redrive", "1")
	require.Zero(t, redriven.Code, redriven.Stderr)
	gateway = site.Serve(t)
	second := gateway.Await(t, id, final...)
	require.Equal(t, []any{states[1], 2}, []any{second.State, second.Pass}, second.Detail)
	require.Greater(t, second.Accepted, first.Accepted)
	require.Greater(t, len(second.Tries), len(first.Tries))
	for _, try := range second.Tries[len(first.Tries):] {
		require.True(t, strings.HasPrefix(try.Step, "pass-2/"), try.Step)
	}
	sent := map[string]bool{}
	for _, item := range items(t, site, id, "--state", "accepted", "-n", "500").Items {
		require.False(t, sent[item.ID], "%s was sent twice", item.ID)
		sent[item.ID] = true
	}
	require.Len(t, sent, second.Accepted)
	if second.State == "partial" { // the vendor has the frame: what is refused of it stays refused, and nothing is sent
		require.Zero(t, site.CLI(t, "deliveries", "redrive", "1").Code)
		third := gateway.Await(t, id, final...)
		require.Equal(t, []any{"partial", 3, second.Accepted, second.Refusals}, []any{third.State, third.Pass, third.Accepted, third.Refusals})
	}
	gateway.Stop(t)
	verified := site.CLI(t, "verify")
	require.Zero(t, verified.Code, verified.Stdout+verified.Stderr)
}

// mappedConfig is the config of `labelgate init VENDOR` with a map of one class only, and a rule for the others.
func mappedConfig(t *testing.T, vendor string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "configs", vendor+".yaml"))
	require.NoError(t, err)
	options := regexp.MustCompile(`(?m)^    options:.*$`)
	mapped := options.ReplaceAllString(string(text), "    options:\n      classes: {dog: dog}\n      unmapped: $${UNMAPPED}")
	require.NotEqual(t, string(text), mapped)
	path := filepath.Join(t.TempDir(), "labelgate.yaml")
	require.NoError(t, os.WriteFile(path, []byte(mapped), 0o600))
	return path
}
