package configs_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/configs"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
)

// fourNames is the environment that every file must do with.
func fourNames(name string) (string, bool) {
	value, ok := map[string]string{
		"AQ_WEBHOOK_SECRET":     "hook-secret",
		"LABELING_API_KEY":      "vendor-key",
		"LABELING_API_ENDPOINT": "https://vendor.example/api",
		"PORT":                  "9999",
	}[name]
	return value, ok
}

func load(t *testing.T, name string) *config.Config {
	t.Helper()
	reg, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	text, err := configs.Read(name)
	require.NoError(t, err)
	c, err := config.Parse(name+".yaml", text, config.LoadOptions{Adapters: reg, LookupEnv: fourNames})
	require.NoError(t, err)
	return c
}

func TestEveryFileLoadsWithTheFourNames(t *testing.T) {
	t.Parallel()
	require.Subset(t, configs.Names(), []string{"labelgate", "aquarium-graphql", "aquarium-rest"})
	for _, name := range configs.Names() {
		c := load(t, name)
		require.Equal(t, ":9999", c.Server.Listen)
		require.Equal(t, "sqlite://labelgate.db", c.Store.URL)
		require.Equal(t, "/webhook", c.Routes[0].Path)
		require.NotNil(t, c.Routes[0].Adapter)
		require.Equal(t, "vendor-key", c.Destinations["labels"].APIKey.Reveal())
		require.Equal(t, []config.Secret{"hook-secret"}, c.Sources["aquarium"].Secrets)
	}
}

func TestTheCommentedDefaultSaysTheDefaults(t *testing.T) {
	t.Parallel()
	written, plain := load(t, "labelgate"), load(t, "aquarium-rest")
	require.Equal(t, plain.Server, written.Server)
	require.Equal(t, plain.Store, written.Store)
	require.Equal(t, plain.Log, written.Log)
	require.Equal(t, plain.Destinations["labels"].Retry, written.Destinations["labels"].Retry)
	require.Equal(t, plain.Routes[0].Dedup, written.Routes[0].Dedup)
	require.Equal(t, plain.Routes[0].Events, written.Routes[0].Events)
}

func TestUnknownName(t *testing.T) {
	t.Parallel()
	_, err := configs.Read("nobody")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
