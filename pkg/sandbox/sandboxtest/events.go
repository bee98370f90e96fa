package sandboxtest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

// Root is the repository's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// Event reads one of the sample events by its name: frames, crops, mixed, geometry-2d, ..., bad/some-elements-bad. See
// pkg/source/aquarium/testdata/events/README.md.
func Event(t *testing.T, name string) adapter.Input {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(Root(), "pkg", "source", "aquarium", "testdata", "events", name+".json"))
	require.NoError(t, err)
	in, err := adaptertest.Input(aquarium.New(), body)
	require.NoError(t, err)
	return in
}

// Events reads several.
func Events(t *testing.T, names ...string) map[string]adapter.Input {
	t.Helper()
	all := make(map[string]adapter.Input, len(names))
	for _, name := range names {
		all[name] = Event(t, name)
	}
	return all
}
