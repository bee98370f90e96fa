package configs_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/configs"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md")

func TestDocsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	reg, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	want := config.Markdown(reg)
	const file = "../docs/configuration.md"
	if *update {
		require.NoError(t, os.WriteFile(file, want, 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go test ./configs -update")
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	reg, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema(reg)))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("labelgate.json", doc))
	compiled, err := compiler.Compile("labelgate.json")
	require.NoError(t, err)
	return compiled
}

// asJSON turns YAML into what the validator takes.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal(text, &value))
	data, err := json.Marshal(value)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	return doc
}

func TestEveryFileFitsTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, name := range configs.Names() {
		text, err := configs.Read(name)
		require.NoError(t, err)
		require.NoError(t, s.Validate(asJSON(t, text)), name)
	}
}

func TestSchemaFindsMistakes(t *testing.T) {
	t.Parallel()
	s := schema(t)
	text, err := configs.Read("labelgate")
	require.NoError(t, err)
	for _, c := range []struct{ old, mistake, where string }{
		{"listen:", "lisen:", "lisen"},
		{"max_body: 512MiB", "max_body: 512 potatoes", "/server/max_body"},
		{"header_timeout: 10s", "header_timeout: 10", "/server/header_timeout"},
		{"level: info", "level: loud", "/log/level"},
		{"adapter: rest", "adapter: fax", "/destinations/labels/adapter"},
		{"concurrency: 4", "concurrency: many", "/destinations/labels/limits/concurrency"},
		{"each: frames", "each: pages", "/destinations/labels/options/each"},
		{"method: POST", "document: POST", "document"},
		{"path: /webhook", "paths: /webhook", "paths"},
	} {
		wrong := bytes.Replace(text, []byte(c.old), []byte(c.mistake), 1)
		require.NotEqual(t, string(text), string(wrong))
		require.ErrorContains(t, s.Validate(asJSON(t, wrong)), c.where)
	}
}
