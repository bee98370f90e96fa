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
	// longest is what a look counts for at most: a machine that was stopped as a whole, with its clock going on, was not waiting.
	longest = time.Second
)

// Await returns once the condition holds. Unlike require.Eventually it looks at once and on the test's own goroutine, so
// that the condition may fail the test.
func Await(t *testing.T, condition func() bool, what string, args ...any) {
	t.Helper()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	looked, waited := time.Now(), time.Duration(0)
	for !condition() {
		if waited > patience {
			require.Failf(t, "this did not come", what, args...)
		}
		<-ticker.C
		now := time.Now()
		waited += min(now.Sub(looked), longest)
		looked = now
	}
}
