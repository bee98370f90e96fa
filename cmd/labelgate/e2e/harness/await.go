package harness

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How long the harness waits for something that must happen, and how often it looks.
const (
	patience = 60 * time.Second
	tick     = 10 * time.Millisecond
)

// Await returns once the condition holds. Unlike require.Eventually it looks at once and on the test's own goroutine, so
// that the condition may fail the test.
func Await(t *testing.T, condition func() bool, what string, args ...any) {
	t.Helper()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !condition(); <-ticker.C {
		if time.Now().After(deadline) {
			require.Failf(t, "this did not come", what, args...)
		}
	}
}
