package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// rule gives a sample to a stage. The frames of a sample are tried from the innermost outwards, each against all rules in
// their order; the first that matches decides. So what a library does is its caller's, unless the library has a rule.
type rule struct {
	stage string
	// frames are parts of function names, one of which the frame must have.
	frames []string
	// within is a part of a function name that some frame must have; empty for no condition.
	within string
}

func rules() []rule {
	return []rule{
		{"garbage collector", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart"}, ""},
		{"SHA-256", []string{"crypto/sha256", "fips140/sha256"}, ""},
		{"zstd", []string{"klauspost/compress"}, ""},
		{"store: fsync", []string{"libc.Xfsync", "libc.Xfdatasync", "os.(*File).Sync"}, ""},
		{"store: SQLite's file writes", []string{"libc.Xpwrite", "libc.Xwrite", "libc.Xftruncate"}, ""},
		{"store: SQLite's file reads", []string{"libc.Xpread", "libc.Xread"}, ""},
		{"store: SQLite", []string{"modernc.org/sqlite"}, ""},
		{"store: database/sql", []string{"database/sql"}, ""},
		{"store: ours", []string{"labelgate/pkg/store"}, ""},
		{"accept: net/http, reading", []string{"net/http.(*body)", "net/http.(*connReader)", "net/http.readRequest", "net/http.(*conn).readRequest"}, ""},
		{"deliver: net/http client, writing", []string{"net/http.(*persistConn).writeLoop", "net/http.persistConnWriter"}, ""},
		{"deliver: net/http client, reading", []string{"net/http.(*persistConn).readLoop"}, ""},
		{"deliver: net/http client", []string{"net/http.(*persistConn)", "net/http.(*Transport)", "net/http.(*Client)", "net/http.send"}, ""},
		{"deliver: resty", []string{"go-resty/"}, ""},
		{"deliver: go-graphql-client", []string{"hasura/go-graphql-client"}, ""},
		{"deliver: transport", []string{"labelgate/pkg/transport"}, ""},
		{"log", []string{"go.uber.org/zap"}, ""},
		{"metrics", []string{"prometheus/client_golang"}, ""},
		{"accept: decode and check", []string{"pkg/source/aquarium", "go-json-experiment"}, "aquarium.(*Source).Scan"},
		{"deliver: decode", []string{"pkg/source/aquarium"}, ""},
		{"deliver: map and render", []string{"labelgate/pkg/mapping", "itchyny/gojq", "labelgate/adapters", "labelgate/pkg/adapter"}, ""},
		{"deliver: engine", []string{"labelgate/pkg/delivery"}, ""},
		{"accept: endpoint and echo", []string{"labelgate/pkg/server", "labstack/echo"}, ""},
		{"accept: net/http server", []string{"net/http.(*conn)", "net/http.(*Server)", "net/http.(*response)", "net/http.checkConn"}, ""},
		{"Go scheduler", []string{"runtime.schedule", "runtime.findRunnable", "runtime.mcall", "runtime.mstart", "runtime.sysmon", "runtime.netpoll"}, ""},
	}
}

// stageTimes is CPU time by stage.
type stageTimes map[string]time.Duration

// stages prints a profile by stage.
func stages(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("stages", flag.ContinueOnError)
	n := flags.Int("events", 1, "events that the profile covers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	times, err := readStages(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	var r report
	times.report(r.table("CPU by stage", "stage", "µs an event", "%"), *n)
	return r.write(os.Stdout)
}

// readStages sums up a CPU profile.
func readStages(ctx context.Context, path string) (stageTimes, error) {
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", path).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	times, all := stageTimes{}, rules()
	var took time.Duration
	var frames []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "-----------+") {
			times[stageOf(all, frames)] += took
			took, frames = 0, nil
			continue
		}
		words := strings.Fields(line)
		if len(words) > 1 {
			if d, err := time.ParseDuration(words[0]); err == nil {
				took, words = d, words[1:]
			}
		}
		if len(words) > 0 {
			frames = append(frames, words[0])
		}
	}
	times[stageOf(all, frames)] += took
	return times, lines.Err()
}

func stageOf(all []rule, frames []string) string {
	for _, frame := range frames {
		for _, r := range all {
			if r.matches(frame, frames) {
				return r.stage
			}
		}
	}
	return "Go runtime, other"
}

func (r rule) matches(frame string, frames []string) bool {
	has := func(part string) bool { return strings.Contains(frame, part) }
	if !slices.ContainsFunc(r.frames, has) {
		return false
	}
	return r.within == "" || slices.ContainsFunc(frames, func(f string) bool { return strings.Contains(f, r.within) })
}

// report writes the stages, the costliest first.
func (s stageTimes) report(t *table, events int) {
	var total time.Duration
	for _, took := range s {
		total += took
	}
	names := slices.SortedFunc(maps.Keys(s), func(a, b string) int { return cmp.Or(cmp.Compare(s[b], s[a]), cmp.Compare(a, b)) })
	for _, name := range names {
		if s[name] > 0 {
			t.row(name, perEvent(s[name], events), fmt.Sprintf("%.1f", 100*float64(s[name])/float64(total)))
		}
	}
	t.row("all", perEvent(total, events), "100")
}

func perEvent(took time.Duration, events int) string {
	return fmt.Sprintf("%.1f", float64(took.Microseconds())/float64(events))
}
