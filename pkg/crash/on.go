//go:build crashpoints

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// armed is the point at which the process dies, and at which passing of it.
var armed, after = parse(os.Getenv("LABELGATE_CRASH_AT")) //nolint:gochecknoglobals // a build for tests alone

var passed atomic.Int64 //nolint:gochecknoglobals // a build for tests alone

func parse(text string) (point string, n int64) {
	point, count, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return point, 1
	}
	return point, n
}

// At kills the process when it passes the point that the environment names, for the time that it names.
func At(point string) {
	if point != armed || passed.Add(1) != after {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens, however long the signal takes
}
