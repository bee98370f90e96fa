package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Gateway is a running `labelgate serve`.
type Gateway struct {
	// URL is where it listens, without a slash at the end.
	URL string

	site    *Site
	secret  string // of its webhooks; the site's may change for the next gateway
	cmd     *exec.Cmd
	exited  chan struct{}
	logFrom int64 // where its own lines begin in the site's log
}

// Serve starts the gateway and returns when it is ready. It is killed at the end of the test if it still runs.
func (s *Site) Serve(t *testing.T) *Gateway {
	t.Helper()
	g := s.Start(t)
	g.AwaitReady(t)
	return g
}

// AwaitReady returns when the gateway is ready.
func (g *Gateway) AwaitReady(t *testing.T) {
	t.Helper()
	Await(t, func() bool {
		require.True(t, g.Running(), "the gateway has ended: %s", g.ownLog(t))
		return g.listens(t) && g.ready(t)
	}, "the gateway is ready")
}

// AwaitReadyOrGone returns when the gateway is ready, or has ended before that.
func (g *Gateway) AwaitReadyOrGone(t *testing.T) (ready bool) {
	t.Helper()
	Await(t, func() bool {
		ready = g.Running() && g.listens(t) && g.ready(t)
		return ready || !g.Running()
	}, "the gateway is ready, or ends")
	return ready
}

// Start starts the gateway as Serve does, and does not wait for it.
func (s *Site) Start(t *testing.T) *Gateway {
	t.Helper()
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close()
	info, err := log.Stat()
	require.NoError(t, err)
	g := &Gateway{site: s, secret: s.Env["AQ_WEBHOOK_SECRET"], exited: make(chan struct{}), logFrom: info.Size()}
	g.cmd = exec.Command(string(s.Binary), "serve", "-c", s.Config) //nolint:gosec,noctx // the binary under test; it outlives no test
	g.cmd.Dir, g.cmd.Env, g.cmd.Stdout, g.cmd.Stderr = s.Dir, s.Environ(), log, log
	require.NoError(t, g.cmd.Start())
	go func() {
		g.cmd.Wait() //nolint:errcheck // the exit code is what counts
		close(g.exited)
	}()
	t.Cleanup(g.Kill)
	return g
}

// listens finds the address in the gateway's log.
func (g *Gateway) listens(t *testing.T) bool {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(g.ownLog(t)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
			g.URL = "http://127.0.0.1" + line.Address[strings.LastIndexByte(line.Address, ':'):]
		}
	}
	return g.URL != ""
}

func (g *Gateway) ready(t *testing.T) bool {
	t.Helper()
	status, _ := g.Get(t, "/readyz")
	return status == http.StatusOK
}

// Kill ends the gateway as kill -9 does, and returns when it is gone.
func (g *Gateway) Kill() {
	g.cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
	<-g.exited
}

// Exited returns when the gateway has ended by itself.
func (g *Gateway) Exited(t *testing.T) {
	t.Helper()
	Await(t, func() bool { return !g.Running() }, "the gateway ends")
}

// Terminate sends SIGTERM.
func (g *Gateway) Terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGTERM))
}

// Reload sends SIGHUP and returns when the config is taken.
func (g *Gateway) Reload(t *testing.T) {
	t.Helper()
	taken := func() int { return strings.Count(g.ownLog(t), `"msg":"config taken"`) }
	before := taken()
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGHUP))
	Await(t, func() bool { return taken() > before }, "the config is taken")
}

// Wait returns the exit code once the gateway has ended.
func (g *Gateway) Wait(t *testing.T) int {
	t.Helper()
	select {
	case <-g.exited:
	case <-time.After(patience):
		require.Fail(t, "the gateway does not end")
	}
	return g.cmd.ProcessState.ExitCode()
}

// Running reports whether the gateway has not ended.
func (g *Gateway) Running() bool {
	select {
	case <-g.exited:
		return false
	default:
		return true
	}
}

// Stop ends the gateway by SIGTERM, which must leave exit code 0.
func (g *Gateway) Stop(t *testing.T) {
	t.Helper()
	g.Terminate(t)
	require.Zero(t, g.Wait(t), "exit code after SIGTERM")
}

// PeakMemory is the most memory that the gateway has ever held at once, in bytes (VmHWM).
func (g *Gateway) PeakMemory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(g.cmd.Process.Pid) + "/status")
	require.NoError(t, err)
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kib, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			require.NoError(t, err)
			return kib << 10
		}
	}
	require.Fail(t, "no VmHWM")
	return 0
}

// ownLog is what this gateway, not an earlier one of the site, has logged.
func (g *Gateway) ownLog(t *testing.T) string {
	t.Helper()
	log, err := os.Open(g.site.logFile())
	require.NoError(t, err)
	defer log.Close()
	text, err := io.ReadAll(io.NewSectionReader(log, g.logFrom, math.MaxInt64-g.logFrom))
	require.NoError(t, err)
	return string(text)
}
