package harness

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Binary is the path of a built labelgate.
type Binary string

// Build compiles the binary into dir, with the flags of `make build` so that both share the build cache. tags are build tags.
func Build(dir string, tags ...string) (Binary, error) {
	path := filepath.Join(dir, strings.Join(append([]string{"labelgate"}, tags...), "-"))
	//nolint:gosec,noctx // a folder of the tests; it ends by itself
	cmd := exec.Command("go", "build", "-trimpath", "-tags", strings.Join(tags, ","), "-ldflags", "-s -w -X main.version=e2e", "-o", path, "./cmd/labelgate")
	cmd.Dir = Root()
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return Binary(path), nil
}

// Root is the root of the source tree.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

// Result is what a command line did.
type Result struct {
	// Code is the exit code.
	Code int
	// Stdout and Stderr are what it wrote.
	Stdout, Stderr string
}

// Command is a command line to be.
type Command struct {
	// Args follow the program's name; Env is the whole environment; Dir is where it runs; Stdin is what it reads.
	Args  []string
	Env   []string
	Dir   string
	Stdin []byte
}

// Run runs a command line to its end.
func (b Binary) Run(t *testing.T, c Command) Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(b), c.Args...) //nolint:gosec // the binary under test
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Stdin = c.Env, c.Dir, &stdout, &stderr, bytes.NewReader(c.Stdin)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}
