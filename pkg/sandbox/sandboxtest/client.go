package sandboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clientTimeout bounds one run of a vendor's client.
const clientTimeout = 3 * time.Minute

// Client runs a script of the vendor's own Python client, client/NAME below the test's folder, against the stand, and returns
// what it prints. The script finds the server in SANDBOX_URL and the key in SANDBOX_KEY. vendor names the virtual
// environment that .ci/vendor-clients has made: .venvs/VENDOR below the repository's folder.
func (s *Stand) Client(t *testing.T, vendor, script string, args ...string) []byte {
	t.Helper()
	python := filepath.Join(Root(), ".venvs", vendor, "bin", "python")
	require.FileExists(t, python, "run: make test-vendors (it installs the clients by .ci/vendor-clients)")
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, append([]string{filepath.Join("client", script)}, args...)...) //nolint:gosec // the test's own script
	cmd.Env = append(os.Environ(), "SANDBOX_URL="+s.URL, "SANDBOX_KEY="+s.Key, "PYTHONDONTWRITEBYTECODE=1", "NO_PROXY=*", "HOME="+t.TempDir())
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		require.NoError(t, err, "client/%s:\n%s\n%s", script, out.String(), stderr.String())
	}
	return out.Bytes()
}

// ReadBack runs a script as Client does and decodes the JSON that it prints.
func (s *Stand) ReadBack(t *testing.T, into any, vendor, script string, args ...string) {
	t.Helper()
	out := s.Client(t, vendor, script, args...)
	require.NoError(t, json.Unmarshal(out, into), "client/%s printed:\n%s", script, out)
}
