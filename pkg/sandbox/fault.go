package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is a misbehaviour that the sandbox is asked for.
type Fault struct {
	// Kind is one of FaultKinds.
	Kind string `json:"fault"`
	// Times is how many calls it hits, 0 for all until it is taken back. After is how many calls pass before it begins.
	Times int `json:"times,omitempty"`
	After int `json:"after,omitempty"`
	// Chance hits a call with this probability only, between 0 and 1; 0 hits every call.
	Chance float64 `json:"chance,omitempty"`
	// RetryAfter is sent with 429 and 503: seconds, or "date" for an HTTP date two seconds from now.
	RetryAfter string `json:"retry_after,omitempty"`
	// Delay is how long "slow" takes, such as "3s"; 5s when empty.
	Delay string `json:"delay,omitempty"`
}

// FaultKinds are the misbehaviours.
var FaultKinds = []string{ //nolint:gochecknoglobals // a constant list
	"400", "401", "403", "404", "408", "425", "429", "500", "502", "503",
	"slow", "cut", "cut-after", "cut-mid", "errors", "partial", "redirect", "huge", "bad-json",
}

// Check says what is wrong with a fault.
func (f Fault) Check() error {
	if !slices.Contains(FaultKinds, f.Kind) {
		return fmt.Errorf("fault %q: must be one of %s", f.Kind, strings.Join(FaultKinds, ", "))
	}
	if _, err := f.delay(); err != nil {
		return fmt.Errorf("delay %q: must be a duration such as 3s", f.Delay)
	}
	if f.Chance < 0 || f.Chance > 1 {
		return fmt.Errorf("chance %g: must be between 0 and 1", f.Chance)
	}
	return nil
}

// ParseFault reads a fault as it is written on the command line: KIND[,times=3][,after=1][,chance=0.2][,retry_after=2][,delay=3s].
func ParseFault(text string) (Fault, error) {
	kind, rest, _ := strings.Cut(text, ",")
	f := Fault{Kind: kind}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "":
		case "times":
			f.Times, err = strconv.Atoi(value)
		case "after":
			f.After, err = strconv.Atoi(value)
		case "chance":
			f.Chance, err = strconv.ParseFloat(value, 64)
		case "retry_after":
			f.RetryAfter = value
		case "delay":
			f.Delay = value
		default:
			return f, fmt.Errorf("fault %q: %s is unknown; there are times, after, chance, retry_after, delay", text, name)
		}
		if err != nil {
			return f, fmt.Errorf("fault %q: %s %q: must be a number", text, name, value)
		}
	}
	return f, f.Check()
}

// Misbehave asks for a fault, in place of the one before; an empty kind asks for none.
func (s *Server) Misbehave(f Fault) error {
	if f.Kind != "" {
		if err := f.Check(); err != nil {
			return err
		}
	}
	s.faults.set(f)
	return nil
}

// faults hands out the fault that was asked for.
type faults struct {
	mu     sync.Mutex // guards everything below
	now    Fault
	passed int
	hit    int
}

func (f *faults) set(now Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now, f.passed, f.hit = now, 0, 0
}

// next is the fault of a call: the one the call itself asks for, else the one that is set.
func (f *faults) next(asked string) Fault {
	if asked != "" {
		if own, err := ParseFault(asked); err == nil {
			return own
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now.Kind == "" || f.now.Times > 0 && f.hit >= f.now.Times {
		return Fault{}
	}
	if f.passed++; f.passed <= f.now.After {
		return Fault{}
	}
	if f.now.Chance > 0 && rand.Float64() >= f.now.Chance { //nolint:gosec // chance, not secrecy
		return Fault{}
	}
	f.hit++
	return f.now
}

const defaultDelay = 5 * time.Second

func (f Fault) delay() (time.Duration, error) {
	if f.Delay == "" {
		return defaultDelay, nil
	}
	return time.ParseDuration(f.Delay)
}

// before misbehaves instead of acting; it reports whether it did.
func (f Fault) before(rec *recorder, r *http.Request) bool {
	switch f.Kind {
	case "cut":
		hangUp(rec)
	case "slow":
		delay, _ := f.delay() // checked when it was set
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
		return false
	case "redirect":
		rec.drain()
		rec.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		rec.WriteHeader(http.StatusFound)
	case "502":
		rec.drain()
		rec.Header().Set("Content-Type", "text/html")
		rec.WriteHeader(http.StatusBadGateway)
		_, _ = rec.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"))
	default:
		status, err := strconv.Atoi(f.Kind)
		if err != nil {
			return false
		}
		f.setRetryAfter(rec)
		refuse(rec, r, status, faultCodes[status], "the sandbox was asked to answer "+f.Kind)
	}
	return true
}

// faultCodes are the GraphQL codes of statuses.
var faultCodes = map[int]string{ //nolint:gochecknoglobals // a constant table
	400: "BAD_USER_INPUT", 401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "RESOURCE_NOT_FOUND", 408: "TIMEOUT",
	425: "TIMEOUT", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE",
}

func (f Fault) setRetryAfter(rec *recorder) {
	switch f.RetryAfter {
	case "":
	case "date":
		rec.Header().Set("Retry-After", rec.at.Add(2*time.Second).UTC().Format(http.TimeFormat))
	default:
		rec.Header().Set("Retry-After", f.RetryAfter)
	}
}

// hugeAnswer is more than any gateway should read.
const hugeAnswer = 64 << 20

// after answers a call whose effect is made, in the way that was asked for.
func (f Fault) after(rec *recorder, r reply) {
	switch f.Kind {
	case "cut-after":
		hangUp(rec)
	case "cut-mid":
		rec.Header().Set("Content-Length", "1000")
		rec.WriteHeader(r.status)
		_, _ = rec.Write([]byte(`{"id":`))
		_ = http.NewResponseController(rec).Flush()
		hangUp(rec)
	case "errors":
		rec.answer(graphQLError(http.StatusOK, "INTERNAL_SERVER_ERROR", "the sandbox was asked for errors"))
	case "partial":
		rec.answer(reply{status: http.StatusOK, body: map[string]any{
			"data":   map[string]any{"project": nil},
			"errors": []any{map[string]any{"message": "half of it failed", "path": []string{"project"}}},
		}})
	case "bad-json":
		rec.WriteHeader(r.status)
		_, _ = rec.Write([]byte(`{"id": "batch`))
	case "huge":
		rec.WriteHeader(r.status)
		filler := []byte(strings.Repeat(" ", 1<<20))
		for range hugeAnswer >> 20 {
			if _, err := rec.Write(filler); err != nil {
				return
			}
		}
	default:
		rec.answer(r)
	}
}

// hangUp closes the connection without an answer.
func hangUp(rec *recorder) {
	conn, _, err := http.NewResponseController(rec).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 and recorders cannot be hijacked; this resets the stream
	}
	_ = conn.Close()
}
