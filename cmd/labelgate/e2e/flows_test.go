package e2e_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/configs"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// flow is what an adapter does by a config, its vendor and an event.
type flow struct {
	name, file, options string
	event               []byte
	vendor              *sandbox.Vendor // nil for the generic one
	path                string          // of the generic one
	sent                bool            // the event must have been sent by the config as it is before
}

func flows(t *testing.T) []flow {
	t.Helper()
	all := []flow{
		{name: "rest", file: "aquarium-rest", event: harness.Event(t, "mixed"), path: "/batches"},
		{name: "graphql", file: "aquarium-graphql", event: harness.Event(t, "mixed"), path: "/graphql"},
	}
	for _, f := range adapters.Flows() {
		event := f.Event
		switch {
		case f.Sample != "":
			event = harness.Event(t, f.Sample)
		case event == nil:
			event = harness.Event(t, "geometry-2d")
		}
		all = append(all, flow{
			name: f.Name, file: f.Config, options: f.Options, event: event, vendor: &f.Vendor, path: f.Vendor.Path, sent: f.Sent,
		})
	}
	return all
}

// optionsBlock is the options of a config's destination.
var optionsBlock = regexp.MustCompile(`(?m)^    options:.*\n(?:      .*\n|\n)*`)

// parse loads a config, with other options where there are any.
func parse(t *testing.T, registry *adapter.Registry, name, options string, env func(string) (string, bool)) *config.Config {
	t.Helper()
	text, err := configs.Read(name)
	require.NoError(t, err)
	if options != "" {
		block := "    options:\n      " + strings.ReplaceAll(options, "\n", "\n      ") + "\n\n"
		require.True(t, optionsBlock.Match(text))
		text = optionsBlock.ReplaceAllLiteral(text, []byte(block))
	}
	c, err := config.Parse(name+".yaml", text, config.LoadOptions{Adapters: registry, LookupEnv: env})
	require.NoError(t, err)
	return c
}
