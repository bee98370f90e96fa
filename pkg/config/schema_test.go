package config_test

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
)

func TestSchemaKnowsEveryKindOfOption(t *testing.T) {
	t.Parallel()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema(registry(t))))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("s.json", doc))
	s, err := compiler.Compile("s.json#/$defs/options-vendor")
	require.NoError(t, err)
	for text, fits := range map[string]bool{
		`{}`: true, // a route's options may say the rest
		`{"project": "p", "batch": {"items": 3}, "keep": {"a": "b"}, "tags": ["a"], "ratio": 1, "urgent": true}`:      true,
		`{"every": "1h30m", "limit": "64KiB", "extra": [{}], "review": {"bytes": 1}, "stages": [{}], "locale": "de"}`: true,
		`{"batch": {"items": "${N}"}, "mode": "${MODE}", "every": "${E}", "limit": 5, "ratio": "${R}"}`:               true,
		`{"batch": {"items": "3"}}`: false,
		`{"batch": {"itms": 3}}`:    false,
		`{"mode": "quick"}`:         false,
		`{"every": 5}`:              false,
		`{"limit": "5 potatoes"}`:   false,
		`{"tags": "a"}`:             false,
		`{"keep": {"a": 1}}`:        false,
		`{"colour": "red"}`:         false,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		require.NoError(t, err)
		require.Equal(t, fits, s.Validate(value) == nil, text)
	}
}

func TestDescribeOptions(t *testing.T) {
	t.Parallel()
	factory, ok := registry(t).Get("vendor")
	require.True(t, ok)
	described := config.DescribeOptions(factory)
	byName := map[string]config.Option{}
	for _, o := range described {
		byName[o.Name] = o
	}
	require.Equal(t, "project", described[0].Name)
	require.Equal(t, config.Option{Name: "project", Type: "text", Required: true, Doc: "Project."}, byName["project"])
	require.Equal(t, config.Option{Name: "mode", Type: "fast or careful", Default: "fast", Doc: "Mode."}, byName["mode"])
	require.Equal(t, "10", byName["batch.items"].Default)
	require.Equal(t, "whole number", byName["stages[].bytes"].Type)
	require.Equal(t, "mapping of names to text", byName["keep"].Type)
	require.Equal(t, "secret text", byName["token"].Type)
	require.Contains(t, byName, "locale")
}

func TestMarkdownNamesEveryKey(t *testing.T) {
	t.Parallel()
	text := string(config.Markdown(registry(t)))
	require.Contains(t, text, "| `max_body` | size | `512MiB` |")
	require.Contains(t, text, "## destinations.NAME.limits")
	require.Contains(t, text, "### options of vendor")
	require.Contains(t, text, "| `review.items` | whole number |")
	empty, err := adapter.NewRegistry()
	require.NoError(t, err)
	require.NotContains(t, string(config.Markdown(empty)), "### options of")
	require.NotContains(t, string(config.Schema(empty)), "$defs")
}
