package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"help", []string{"--help"}, exitDone},
		{"version", []string{"version"}, exitDone},
		{"unknown command", []string{"frob"}, exitUsage},
		{"unknown subcommand", []string{"deliveries", "frob"}, exitUsage},
		{"unknown flag", []string{"version", "--frob"}, exitUsage},
		{"too many arguments", []string{"version", "x"}, exitUsage},
		{"too few arguments", []string{"preview"}, exitUsage},
		{"bad output", []string{"version", "-o", "xml"}, exitUsage},
		{"bad id", []string{"deliveries", "show", "x"}, exitUsage},
		{"no config", []string{"check", "-c", "/nowhere/labelgate.yaml"}, exitFailed},
		{"unknown adapter", []string{"adapters", "nope"}, exitFailed},
		{"unreachable", []string{"deliveries", "list", "--server", "http://127.0.0.1:1"}, exitUnreachable},
		{"bad server", []string{"deliveries", "list", "--server", "nope"}, exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.code, run(t.Context(), c.args))
		})
	}
}

func TestJSONIsForScripts(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version", "-o", "json"}, {"adapters", "-o", "json"}, {"adapters", "rest", "-o", "json"}, {"schema"}} {
		var out bytes.Buffer
		cmd := newRootCommand()
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		require.NoError(t, cmd.Execute())
		require.True(t, out.Len() > 10 && (out.Bytes()[0] == '{' || out.Bytes()[0] == '['), "%v: %s", args, out.String())
	}
}
