package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/config"
)

var update = flag.Bool("update", false, "rewrite the expected errors in testdata")

// rule parts the three pieces of a case: lines "env NAME=value" or "file PATH=text", the config, its errors.
const rule = "----------\n"

// TestMistakes reads testdata: one file a mistake.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			requireMistake(t, file)
		})
	}
}

func requireMistake(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	parts := strings.SplitN(string(text), rule, 3)
	require.Len(t, parts, 3)
	env, files := around(t, parts[0])
	_, err = config.Parse("labelgate.yaml", []byte(parts[1]), options(t, env, files))
	var mistakes config.Errors
	require.ErrorAs(t, err, &mistakes)
	for _, value := range env {
		if value != "" {
			require.NotContains(t, err.Error(), value)
		}
	}
	got := err.Error() + "\n"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(parts[0]+rule+parts[1]+rule+got), 0o600))
		return
	}
	require.Equal(t, parts[2], got)
}

// around reads the environment and the files of a case.
func around(t *testing.T, head string) (env, files map[string]string) {
	t.Helper()
	env, files = map[string]string{}, map[string]string{}
	for line := range strings.Lines(head) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		name, value, found := strings.Cut(rest, "=")
		require.True(t, found, line)
		map[string]map[string]string{"env": env, "file": files}[kind][name] = value
	}
	return env, files
}
