package sandbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultHeader asks for a fault of one request, in the text form that ParseFault reads.
const FaultHeader = "X-Sandbox-Fault"

// The kinds of fault that are no status. Any status from 400 to 599 is a kind as well ("429", "503").
const (
	Slow     = "slow"      // the effect is made, the answer comes after Delay
	Cut      = "cut"       // the connection is closed before the request is read
	CutAfter = "cut-after" // the effect is made, the connection is closed before the answer: a lost reply
	CutReply = "reset"     // the effect is made, the connection is closed in the middle of the answer
	FailLate = "500-after" // the effect is made, the answer is 500: some vendors do so
	Errors   = "errors"    // 200 with GraphQL errors and no data; no effect
	Partial  = "partial"   // the effect is made, the answer has its data and GraphQL errors too
	Redirect = "redirect"  // 307 to elsewhere; no effect
	Huge     = "huge"      // the effect is made, the answer is followed by Size bytes of white space
	BadJSON  = "bad-json"  // the effect is made, the answer ends in the middle of its JSON
	Random   = "random"    // another kind each time, by Seed
)

var (
	namedKinds  = []string{Slow, Cut, CutAfter, CutReply, FailLate, Errors, Partial, Redirect, Huge, BadJSON, Random} //nolint:gochecknoglobals // constant
	randomKinds = []string{"429", "500", "502", "503", Cut, CutAfter, CutReply, FailLate, BadJSON}                    //nolint:gochecknoglobals // constant
)

// The defaults of a fault's fields.
const (
	defaultDelay       = 2 * time.Second
	defaultProbability = 0.3
	defaultHuge        = 64 << 20
	defaultCode        = "INTERNAL_SERVER_ERROR"
)

// Fault is a way to misbehave, and how often.
type Fault struct {
	// Kind is a status from 400 to 599 or one of the named kinds.
	Kind string
	// Times is how many requests meet it: 0 means 1, or all where Every or Probability is set; negative means all.
	Times int
	// After is how many requests are let by first.
	After int
	// Every makes it every n-th request only; Probability a share of the requests (0 to 1), by Seed.
	Every       int
	Probability float64
	Seed        uint64
	// RetryAfter is the Retry-After header of a status fault: seconds ("2") or, as "date+2s", an HTTP date so much later.
	RetryAfter string
	// Delay is how long Slow waits.
	Delay time.Duration
	// Code is the extensions.code of Errors and Partial.
	Code string
	// Size is how many bytes Huge adds.
	Size int64
}

// ParseFault reads a fault's text form: its kind, then fields, such as "429,times=3,retry_after=2" or
// "random,probability=0.2,seed=7". Fields are times, after, every, probability, seed, retry_after, delay, code and size (bytes).
func ParseFault(text string) (Fault, error) {
	kind, rest, _ := strings.Cut(text, ",")
	f := Fault{Kind: strings.TrimSpace(kind)}
	for rest != "" {
		var field string
		field, rest, _ = strings.Cut(rest, ",")
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if err := f.set(name, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %s: %w", text, name, err)
		}
	}
	return f.checked()
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "after":
		f.After, err = strconv.Atoi(value)
	case "every":
		f.Every, err = strconv.Atoi(value)
	case "probability":
		f.Probability, err = strconv.ParseFloat(value, 64)
	case "seed":
		f.Seed, err = strconv.ParseUint(value, 10, 64)
	case "retry_after":
		f.RetryAfter = value
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "code":
		f.Code = value
	case "size":
		f.Size, err = strconv.ParseInt(value, 10, 64)
	default:
		return errors.New("there is no such field; see labelgate sandbox --help")
	}
	return err
}

// checked returns the fault with its defaults, or what is wrong with it.
func (f Fault) checked() (Fault, error) {
	switch {
	case f.status() == 0 && !slices.Contains(namedKinds, f.Kind):
		return f, fmt.Errorf("fault %q: there is no such kind; use a status from 400 to 599, %s", f.Kind, strings.Join(namedKinds, ", "))
	case f.After < 0 || f.Every < 0 || f.Delay < 0 || f.Size < 0:
		return f, fmt.Errorf("fault %q: after, every, delay and size must not be negative", f.Kind)
	case f.Probability < 0 || f.Probability > 1:
		return f, fmt.Errorf("fault %q: probability must be from 0 to 1", f.Kind)
	}
	if wait, isDate := strings.CutPrefix(f.RetryAfter, "date+"); isDate {
		if _, err := time.ParseDuration(wait); err != nil {
			return f, fmt.Errorf("fault %q: retry_after: %w", f.Kind, err)
		}
	}
	if f.Kind == Random && f.Every == 0 && f.Probability == 0 {
		f.Probability = defaultProbability
	}
	if f.Times == 0 {
		f.Times = 1
		if f.Every > 0 || f.Probability > 0 {
			f.Times = -1
		}
	}
	return f.withDefaults(), nil
}

func (f Fault) withDefaults() Fault {
	if f.Delay == 0 {
		f.Delay = defaultDelay
	}
	if f.Code == "" {
		f.Code = defaultCode
	}
	if f.Size == 0 {
		f.Size = defaultHuge
	}
	return f
}

// status is the status of a status fault, else 0.
func (f Fault) status() int {
	status, err := strconv.Atoi(f.Kind)
	if err != nil || status < http.StatusBadRequest || status > 599 {
		return 0
	}
	return status
}

// faults are the faults that requests will meet, in the order they were added.
type faults struct {
	mu     sync.Mutex // guards active
	active []*activeFault
}

// activeFault is a fault with what is left of it.
type activeFault struct {
	Fault
	dice *rand.Rand
	met  int // requests since After was over
}

func (s *faults) add(f Fault) error {
	f, err := f.checked()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = append(s.active, &activeFault{Fault: f, dice: rand.New(rand.NewPCG(f.Seed, 0))}) //nolint:gosec // repeatable on purpose
	return nil
}

func (s *faults) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = nil
}

func (s *faults) list() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Fault, 0, len(s.active))
	for _, a := range s.active {
		list = append(list, a.Fault)
	}
	return list
}

// next returns the fault that a request meets: that of its header, else the first active one whose turn it is, else none.
func (s *faults) next(header string) (Fault, error) {
	if header != "" {
		f, err := ParseFault(header)
		if err != nil {
			return Fault{}, err
		}
		if f.Kind == Random {
			f.Kind = randomKinds[rand.New(rand.NewPCG(f.Seed, 0)).IntN(len(randomKinds))] //nolint:gosec // repeatable on purpose
		}
		return f, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, a := range s.active {
		f, due := a.turn()
		if !due {
			continue
		}
		if a.Times == 0 {
			s.active = slices.Delete(s.active, i, i+1)
		}
		return f, nil
	}
	return Fault{}, nil
}

// turn counts a request and says whether it meets the fault.
func (a *activeFault) turn() (Fault, bool) {
	if a.After > 0 {
		a.After--
		return Fault{}, false
	}
	a.met++
	if a.Every > 0 && a.met%a.Every != 0 || a.Probability > 0 && a.dice.Float64() >= a.Probability {
		return Fault{}, false
	}
	if a.Times > 0 {
		a.Times--
	}
	f := a.Fault
	if f.Kind == Random {
		f.Kind = randomKinds[a.dice.IntN(len(randomKinds))]
	}
	return f, true
}
