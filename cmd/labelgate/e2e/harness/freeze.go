package harness

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Freeze stops the gateway's process where it is (SIGSTOP); Thaw lets it go on.
func (g *Gateway) Freeze(t *testing.T) {
	t.Helper()
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGSTOP))
}

// Thaw undoes Freeze.
func (g *Gateway) Thaw(t *testing.T) {
	t.Helper()
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGCONT))
}
