package gateway

import (
	"os"
	"runtime/debug"
)

// What the garbage collector is told. The gateway holds little and passes much on, so at Go's default much of its CPU time
// (a sixth under load, docs/performance.md) is spent on collecting a heap of a few megabytes. It may grow to five times what is in use instead, up to the limit;
// beyond the limit it is collected more often (Go spends at most half of its CPU time on that).
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
