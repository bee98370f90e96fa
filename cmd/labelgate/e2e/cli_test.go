package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// TestExitCodes are a contract with scripts, see docs/cli.md.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	cases := map[string]struct {
		args []string
		code int
		says string // on standard error
	}{
		"version":             {[]string{"version"}, 0, ""},
		"help":                {[]string{"--help"}, 0, ""},
		"check":               {[]string{"check"}, 0, ""},
		"adapters":            {[]string{"adapters"}, 0, ""},
		"completion":          {[]string{"completion", "bash"}, 0, ""},
		"unknown adapter":     {[]string{"adapters", "nope"}, 1, "nope"},
		"unknown delivery":    {[]string{"deliveries", "show", "1"}, 1, "delivery 1: not found"},
		"unknown route":       {[]string{"preview", "--route", "nope", harness.EventFile("frames")}, 1, "batch, relabel"},
		"unknown config":      {[]string{"init", "nope"}, 1, "aquarium-rest"},
		"event is missing":    {[]string{"preview", "--route", "batch", "none.json"}, 1, "none.json"},
		"event is bad":        {[]string{"preview", "--route", "batch", harness.EventFile("bad/truncated")}, 1, "invalid webhook payload format"},
		"unknown flag":        {[]string{"check", "--nope"}, 2, "--nope"},
		"unknown output":      {[]string{"check", "-o", "xml"}, 2, "text or json"},
		"unknown command":     {[]string{"nope"}, 2, "nope"},
		"unknown subcommand":  {[]string{"deliveries", "nope"}, 2, "nope"},
		"argument too many":   {[]string{"check", "more"}, 2, "more"},
		"argument is missing": {[]string{"deliveries", "show"}, 2, "arg"},
		"id is no number":     {[]string{"deliveries", "show", "x"}, 2, "number"},
		"route is not said":   {[]string{"preview", harness.EventFile("frames")}, 2, "--route"},
		"server is no URL":    {[]string{"deliveries", "list", "--server", "nope"}, 2, "--server"},
		"gateway is away":     {[]string{"deliveries", "list", "--server", "http://127.0.0.1:1"}, 3, "gateway"},
		"send, away":          {[]string{"send", "-r", "batch", "--server", "http://127.0.0.1:1", harness.EventFile("least")}, 3, "gateway"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := site.Binary.Run(t, harness.Command{Args: append(c.args, "-c", site.Config), Env: site.Environ(), Dir: t.TempDir()})
			require.Equal(t, c.code, got.Code, "%s%s", got.Stdout, got.Stderr)
			if c.code == 0 {
				require.Empty(t, got.Stderr)
				require.NotEmpty(t, got.Stdout)
				return
			}
			require.Contains(t, got.Stderr, c.says)
			require.NotContains(t, got.Stderr, "failed to")
			require.Empty(t, got.Stdout, "errors are for standard error")
		})
	}
}

// TestCheck: every mistake at once, with its place, in a form that editors and scripts read.
func TestCheck(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	site.Config = write(t, "bad.yaml", `server:
  listen: 127.0.0.1:0
  max_bodi: 1MiB
sources:
  aquarium: {type: aquarium, secrets: ["${NOT_SET}"]}
destinations:
  labels:
    adapter: rets
    url: ${LABELING_API_ENDPOINT}
routes:
  - {name: a, path: /webhook, source: aquarium, destination: lables}
`)
	want := []string{"3:3", "max_bodi", "NOT_SET", "rets", "lables"}
	got := site.CLI(t, "check")
	require.Equal(t, 1, got.Code)
	require.Empty(t, got.Stdout)
	for _, mistake := range want {
		require.Contains(t, got.Stderr, mistake)
	}
	for line := range strings.Lines(got.Stderr) {
		require.Regexp(t, `^\S*bad\.yaml:\d+:\d+: \S+`, line)
	}
	require.Equal(t, 1, site.CLI(t, "serve").Code, "a gateway does not start with it")

	var checked struct {
		OK       bool
		Mistakes []struct {
			Line, Column  int
			Path, Message string
		}
	}
	got = site.CLI(t, "check", "-o", "json")
	require.Equal(t, 1, got.Code)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &checked))
	require.False(t, checked.OK)
	require.GreaterOrEqual(t, len(checked.Mistakes), 4)
	for _, m := range checked.Mistakes {
		require.Positive(t, m.Line)
		require.Positive(t, m.Column)
		require.NotEmpty(t, m.Message)
	}

	site.Config = filepath.Join(t.TempDir(), "none.yaml")
	got = site.CLI(t, "check")
	require.Equal(t, 1, got.Code)
	require.Contains(t, got.Stderr, "labelgate init")
}

// TestNoSecretNoStart: without a secret a gateway does not start, unless the config says that it is meant so.
func TestNoSecretNoStart(t *testing.T) {
	t.Parallel()
	site, _ := newDropIn(t, "aquarium-rest")
	site.Env["AQ_WEBHOOK_SECRET"] = ""
	require.Equal(t, 1, site.CLI(t, "serve").Code)
	delete(site.Env, "AQ_WEBHOOK_SECRET")
	got := site.CLI(t, "serve")
	require.Equal(t, 1, got.Code)
	require.Contains(t, got.Stderr, "AQ_WEBHOOK_SECRET")
}

func TestInit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "aquarium-rest", "aquarium-graphql"} {
		t.Run("init "+name, func(t *testing.T) {
			t.Parallel()
			site, _ := newSite(t)
			site.Config = filepath.Join(site.Dir, "labelgate.yaml")
			init := append([]string{"init"}, strings.Fields(name)...)
			written := site.CLI(t, init...)
			require.Zero(t, written.Code, written.Stderr)
			checked := site.CLI(t, "check")
			require.Zero(t, checked.Code, checked.Stderr)
			require.Equal(t, 1, site.CLI(t, init...).Code, "it does not overwrite")
			require.Zero(t, site.CLI(t, append(init, "--force")...).Code)
			gateway := site.Serve(t)
			gateway.Await(t, gateway.Accept(t, webhook, harness.Event(t, "least")), "delivered")
		})
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	var schema struct {
		Schema     string                     `json:"$schema"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	require.NoError(t, json.Unmarshal([]byte(site.CLI(t, "schema").Stdout), &schema))
	require.Contains(t, schema.Schema, "2020-12")
	require.Contains(t, schema.Properties, "routes")

	var adapters []struct{ Name, Summary string }
	require.NoError(t, json.Unmarshal([]byte(site.CLI(t, "adapters", "-o", "json").Stdout), &adapters))
	require.GreaterOrEqual(t, len(adapters), 2)
	for _, a := range adapters {
		require.NotEmpty(t, a.Summary)
		require.Contains(t, site.CLI(t, "adapters", a.Name).Stdout, "OPTION")
	}
	require.Contains(t, site.CLI(t, "version").Stdout, "e2e")
	require.Contains(t, site.CLI(t, "completion", "bash").Stdout, "complete ")
}

func TestSend(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	send := func(args ...string) harness.Result {
		return site.CLI(t, append([]string{"send", "--server", gateway.URL, "--route", "batch", "-o", "json"}, args...)...)
	}
	var sent struct {
		Delivery  string
		Duplicate bool
		State     string
	}
	got := send("--wait", harness.EventFile("frames"))
	require.Zero(t, got.Code, got.Stderr)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &sent))
	require.Equal(t, "1", sent.Delivery)
	require.False(t, sent.Duplicate)
	require.Equal(t, "delivered", sent.State)
	require.Equal(t, harness.EffectsOf(t, "frames").REST, harness.Decode[harness.Batch](t, vendor.Calls()[0]))

	got = send("--gzip", harness.EventFile("frames"))
	require.Zero(t, got.Code, got.Stderr)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &sent))
	require.True(t, sent.Duplicate)

	refused := send(harness.EventFile("bad/no-issue"))
	require.Equal(t, 1, refused.Code)
	require.Contains(t, refused.Stderr, "expected key: issue")

	vendor.Always(harness.Status(400, `{"error": "no such project"}`))
	dead := send("--wait", harness.EventFile("crops"))
	require.Equal(t, 1, dead.Code)
	require.Contains(t, dead.Stderr, "no such project")
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}
