package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/config"
)

// FuzzParse: whatever the file, it is a config or a list of mistakes that have a place, and no secret is told.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add([]byte(strings.SplitN(string(text), rule, 3)[1]))
	}
	f.Add([]byte(fmt.Sprintf(small, "      extra: ${KEY}", "    options: {keep: {a: $${x}}}")))
	const canary = "canary-Zk3v-canary"
	o := options(f, map[string]string{"KEY": canary}, map[string]string{"key": canary})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("labelgate.yaml", data, o)
		if err == nil {
			require.NotEmpty(t, c.Routes)
			return
		}
		var mistakes config.Errors
		require.True(t, errors.As(err, &mistakes))
		require.NotEmpty(t, mistakes)
		require.NotContains(t, err.Error(), canary)
		for _, m := range mistakes {
			require.Positive(t, m.Line)
			require.Positive(t, m.Column)
			require.NotEmpty(t, m.Message)
		}
	})
}
