package gateway

import (
	"os"
	"runtime/debug"
)

// What the garbage collector is told. The gateway holds little and passes much on, so Go's default collects a heap of a few
// megabytes very often. It may grow to five times what is in use instead, up to the limit; beyond the limit it is collected
// more often (Go spends at most half of its CPU time on that). The gain and its price are in docs/performance.md.
const (
	gcPercent   = 400
	memoryLimit = 64 << 20
)

// TuneMemory trades memory that is not needed for CPU time. It is for a process that does nothing else than Run. What the
// environment says by GOGC or GOMEMLIMIT stays.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
