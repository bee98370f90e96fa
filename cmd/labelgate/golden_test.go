package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenPreviews plans every case of every adapter: adapters/NAME/testdata/CASE holds a whole config
// (labelgate.yaml), an event (event.json) and what preview shows of it (preview.golden.txt). Adding a case is adding a
// folder and running go test ./cmd/labelgate -run Golden -update.
func TestGoldenPreviews(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob(root + "/adapters/*/testdata/*/labelgate.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, file := range cases {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(dir)))+"/"+filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			checkGolden(t, filepath.Join(dir, "preview.golden.txt"), previewOf(t, dir))
		})
	}
}

func previewOf(t *testing.T, dir string) []byte {
	t.Helper()
	reg, err := registry()
	require.NoError(t, err)
	c, err := config.Load(filepath.Join(dir, "labelgate.yaml"), config.LoadOptions{Adapters: reg})
	require.NoError(t, err)
	payload, err := os.ReadFile(filepath.Join(dir, "event.json"))
	require.NoError(t, err)
	shown, err := preview(c, reg, "", payload)
	require.NoError(t, err)
	var out bytes.Buffer
	shown.text(&out)
	require.NotContains(t, out.String(), "canary", "a secret shows")
	return out.Bytes()
}

func checkGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
