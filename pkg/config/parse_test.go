package config_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/config"
)

// small is the least that a config must say; more goes in the places marked by %s: options and route.
const small = `
sources:
  aquarium: {type: aquarium, secrets: [one]}
destinations:
  labels:
    adapter: vendor
    url: https://vendor.example/api
    options:
      project: pets
%s
routes:
  - name: relabel
    path: /webhook
    source: aquarium
    destination: labels
%s
`

func parse(t *testing.T, text string, env map[string]string) *config.Config {
	t.Helper()
	files := map[string]string{"/etc/gate/key": "from-file\n", "/run/key": "absolute"}
	c, err := config.Parse("/etc/gate/labelgate.yaml", []byte(text), options(t, env, files))
	require.NoError(t, err)
	return c
}

// made returns the options that the first route's adapter was made from.
func made(t *testing.T, c *config.Config) vendorOptions {
	t.Helper()
	require.IsType(t, vendor{}, c.Routes[0].Adapter)
	return c.Routes[0].Adapter.(vendor).options
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, fmt.Sprintf(small, "", ""), nil)
	require.Equal(t, config.Server{
		Listen: ":8080", MaxBody: 512 << 20, HeaderTimeout: 10 * time.Second,
		BodyTimeout: 10 * time.Minute, DrainTimeout: 30 * time.Second,
	}, c.Server)
	require.Equal(t, config.Store{URL: "sqlite://labelgate.db", Retention: 720 * time.Hour}, c.Store)
	require.Equal(t, "info", c.Log.Level)
	d := c.Destinations["labels"]
	require.Equal(t, config.Limits{Concurrency: 4, Timeout: 30 * time.Second, MaxAnswer: 8 << 20}, d.Limits)
	require.Equal(t, config.Retry{
		Initial: time.Second, Max: 10 * time.Minute, MaxRetryAfter: time.Hour, Poll: 5 * time.Second, GiveUpAfter: 24 * time.Hour, PauseAfter: 10,
	}, d.Retry)
	require.Nil(t, d.Auth)
	require.Equal(t, []string{"issue-exported"}, c.Routes[0].Events)
	require.Equal(t, 10*time.Minute, c.Routes[0].Dedup)
	require.Zero(t, c.Routes[0].Wait)
	require.Equal(t, vendorOptions{Project: "pets", Mode: "fast", Batch: vendorBatch{Items: 10}}, made(t, c))
}

func TestEveryKindOfOption(t *testing.T) {
	t.Parallel()
	c := parse(t, fmt.Sprintf(small, `
      mode: careful
      batch: {items: 0x10, bytes: 5}
      keep: {id: .id}
      tags: [a, b]
      ratio: 0.5
      urgent: true
      every: 90s
      limit: 64KiB
      extra: {list: [1, true, x, ~], f: 1.5}
      review: {items: 3}
      stages: [{items: 1}, {bytes: 2}]
      token: hush
`, ""), nil)
	require.Equal(t, vendorOptions{
		Project: "pets", Mode: "careful", Batch: vendorBatch{Items: 16, Bytes: 5}, Keep: map[string]string{"id": ".id"},
		Tags: []string{"a", "b"}, Ratio: 0.5, Urgent: true, Every: 90 * time.Second, Limit: 64 << 10,
		Extra:  map[string]any{"list": []any{1, true, "x", nil}, "f": 1.5},
		Review: &vendorBatch{Items: 3}, Stages: []vendorBatch{{Items: 1}, {Bytes: 2}}, Token: "hush",
	}, made(t, c))
}

func TestRouteOptionsAreLaidOverTheDestinations(t *testing.T) {
	t.Parallel()
	c := parse(t, fmt.Sprintf(small, `
      mode: careful
      batch: {items: 5, bytes: 6}
      keep: {a: x, b: y}
      tags: [one, two]
`, `
    options:
      mode:
      batch: {bytes: 7}
      keep: {b: z}
      tags: [three]
  - {name: other, path: /other, source: aquarium, destination: labels}
`), nil)
	over := made(t, c)
	require.Equal(t, "fast", over.Mode, "an empty value takes the adapter's default again")
	require.Equal(t, vendorBatch{Items: 5, Bytes: 7}, over.Batch)
	require.Equal(t, map[string]string{"a": "x", "b": "z"}, over.Keep)
	require.Equal(t, []string{"three"}, over.Tags)
	other := c.Routes[1].Adapter.(vendor).options
	require.Equal(t, vendorBatch{Items: 5, Bytes: 6}, other.Batch)
	require.Equal(t, "careful", other.Mode)
}

func TestFilling(t *testing.T) {
	t.Parallel()
	env := map[string]string{"A": "one", "EMPTY": "", "YAML": "[x, {y: z}]\n# no", "N": "7", "YES": "true"}
	for _, c := range []struct{ written, want string }{
		{`${A}`, "one"},
		{`"<${A}-${A}>"`, "<one-one>"},
		{`${NONE:-two}`, "two"},
		{`${EMPTY:-two}`, "two"},
		{`"${EMPTY:-}${NONE:-}."`, "."},
		{`${NONE:-a:-b}`, "a:-b"},
		{`$${A}`, "${A}"},
		{`${YAML}`, "[x, {y: z}]\n# no"},
		{`${file:key}`, "from-file"},
		{`${file:/run/key}`, "absolute"},
		{`"mutation M($projectId: ID!) { x(id: $projectId) }"`, "mutation M($projectId: ID!) { x(id: $projectId) }"},
		{`'"\($event.issue.name)_\(.a)" | $event'`, `"\($event.issue.name)_\(.a)" | $event`},
		{`"$ { } $$ $A {$A}"`, "$ { } $$ $A {$A}"},
	} {
		got := parse(t, fmt.Sprintf(small, "      extra: "+c.written, ""), env)
		require.Equal(t, c.want, made(t, got).Extra, c.written)
	}
	typed := parse(t, fmt.Sprintf(small, `
      batch: {items: "${N}"}
      urgent: "${YES}"
      every: ${N}s
      limit: ${N}KiB
      ratio: ${N}`, ""), env)
	require.Equal(t, vendorBatch{Items: 7}, made(t, typed).Batch)
	require.True(t, made(t, typed).Urgent)
	require.Equal(t, 7*time.Second, made(t, typed).Every)
	require.Equal(t, config.Size(7<<10), made(t, typed).Limit)
	require.InDelta(t, 7, made(t, typed).Ratio, 0)
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	t.Parallel()
	c := parse(t, fmt.Sprintf(small, `
      batch: &b {items: 1, bytes: 2}
      review: {<<: *b, items: 9}
      stages: [*b, {<<: [*b, {items: 4}]}]`, ""), nil)
	require.Equal(t, &vendorBatch{Items: 9, Bytes: 2}, made(t, c).Review)
	require.Equal(t, []vendorBatch{{Items: 1, Bytes: 2}, {Items: 1, Bytes: 2}}, made(t, c).Stages)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{
		"0": 0, "17": 17, "17B": 17, "2kB": 2000, "2KB": 2000, "2KiB": 2048, "10MB": 10e6, "512 MiB": 512 << 20, "3GiB": 3 << 30,
	} {
		var got config.Size
		require.NoError(t, got.UnmarshalText([]byte(text)))
		require.Equal(t, want, got, text)
		var again config.Size
		require.NoError(t, again.UnmarshalText([]byte(got.String())))
		require.Equal(t, want, again, text)
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1TiB", "9223372036854775808", "8589934592GiB"} {
		require.Error(t, new(config.Size).UnmarshalText([]byte(text)), text)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	files := map[string]string{"dir/gate.yaml": fmt.Sprintf(small, "      token: ${file:key}", ""), "dir/key": "hush\r\n"}
	c, err := config.Load("dir/gate.yaml", options(t, nil, files))
	require.NoError(t, err)
	require.Equal(t, "hush", made(t, c).Token.Reveal())
	_, err = config.Load("gone.yaml", options(t, nil, files))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "gone.yaml")
}

func TestSecretsHideThemselves(t *testing.T) {
	t.Parallel()
	c := parse(t, fmt.Sprintf(small, "      token: hush-hush", ""), nil)
	data, err := json.Marshal(c.Sources)
	require.NoError(t, err)
	require.NotContains(t, string(data), "one")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, made(t, c)), "hush", verb)
	}
}
