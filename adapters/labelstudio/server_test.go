//go:build labelstudio

package labelstudio_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/pkg/transport"
)

// legacyToken is the token of the server's only user.
const legacyToken = "legacy-token-of-the-tests"

// The longest that is waited for the server: it migrates its database at the first start, which takes 25 s on two cores.
const (
	startTimeout = 4 * time.Minute
	tick         = 100 * time.Millisecond
)

// server is a real Label Studio, which can be killed and started again.
type server struct {
	url, dir, port string
	cmd            *exec.Cmd
	exited         chan struct{}
}

// startServer starts a server with a fresh data directory, on a free port. It is killed when the test ends.
func startServer(t *testing.T) *server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	s := &server{url: "http://" + address, port: address[strings.LastIndexByte(address, ':')+1:], dir: t.TempDir()}
	t.Cleanup(func() {
		s.kill()
		if log, err := os.ReadFile(s.logFile()); t.Failed() && err == nil {
			t.Logf("the end of the server's log:\n%s", log[max(0, len(log)-4096):])
		}
	})
	s.start(t)
	return s
}

// venv is the virtual environment with the server and the vendor's client, which .ci/label-studio has made.
func venv(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LABEL_STUDIO_VENV")
	require.NotEmpty(t, dir, "run: make test-label-studio (it installs the server by .ci/label-studio)")
	return dir
}

func (s *server) logFile() string { return filepath.Join(s.dir, "server.log") }

// start starts the server and returns when it answers. It asks nothing of the outside, and validates predictions.
func (s *server) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close()
	s.exited = make(chan struct{})
	s.cmd = exec.Command(filepath.Join(venv(t), "bin", "label-studio"), "start", "--no-browser", "--internal-host", "127.0.0.1",
		"--port", s.port, "--data-dir", s.dir, "--username", "test@example.com", "--password", "password-of-the-tests",
		"--user-token", legacyToken, "--enable-legacy-api-token")
	s.cmd.Env = append(os.Environ(), "COLLECT_ANALYTICS=false", "LATEST_VERSION_CHECK=false", "SENTRY_DSN=", "FRONTEND_SENTRY_DSN=",
		"LABEL_STUDIO_BASE_DATA_DIR="+s.dir, "DJANGO_DB=sqlite", "HOME="+s.dir, "PYTHONDONTWRITEBYTECODE=1",
		"fflag_feat_utc_210_prediction_validation_15082025=true")
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, s.cmd.Start())
	go func(cmd *exec.Cmd, exited chan struct{}) {
		cmd.Wait()
		close(exited)
	}(s.cmd, s.exited)
	await(t, startTimeout, "the server answers", func() bool {
		select {
		case <-s.exited:
			require.Fail(t, "the server has ended; its log says why")
		default:
		}
		return s.answers(t.Context())
	})
}

func (s *server) answers(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill ends the server and all that it has started, as kill -9 does.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.exited
}

// client makes calls to the server by the real transport.
func (s *server) client(t *testing.T, url, key string) *transport.Client {
	t.Helper()
	c, err := transport.New(transport.Options{URL: url, APIKey: key, Auth: labelstudio.Factory().Auth, Timeout: time.Minute, UserAgent: "labelgate/test"})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// python runs a script of the vendor's own client against the server.
func (s *server) python(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(venv(t), "bin", "python"), append([]string{filepath.Join("client", script)}, args...)...)
	cmd.Env = append(os.Environ(), "SANDBOX_URL="+s.url, "SANDBOX_KEY="+legacyToken, "EDITION=Community", "PYTHONDONTWRITEBYTECODE=1", "HOME="+s.dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "client/%s:\n%s", script, stderr.String())
	return out
}

func await(t *testing.T, patience time.Duration, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !condition(); <-ticker.C {
		require.False(t, time.Now().After(deadline), "this did not come: %s", what)
	}
}

var number = regexp.MustCompile(`/\d+`)

// template is a call's path as an OpenAPI document names it.
func template(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return number.ReplaceAllString(path, "/{id}")
}

func lower(method string) string { return strings.ToLower(method) }
