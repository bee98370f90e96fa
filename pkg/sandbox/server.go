// Package sandbox is a stand-in labeling vendor to rehearse with: it takes REST batches and the relabel mutation,
// strictly, shows what it got, and misbehaves on request. It also draws a picture under any image path, so that sample
// events have something to show.
package sandbox

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are what a sandbox is made from.
type Options struct {
	// Key is the API key that calls must carry as Authorization: Bearer; empty takes any key, but asks for one.
	Key string
	// Keep is how many calls are kept to be looked at; 1,000 when 0.
	Keep int
	// Seen is told of every call that was answered; it may be nil. It must be quick and safe for concurrent use.
	Seen func(Call)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Call is one call that came in and what became of it.
type Call struct {
	Number int64             `json:"number"`
	At     time.Time         `json:"at"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"header"`
	// Size is the body's size in bytes, Sample its beginning.
	Size   int64  `json:"size"`
	Sample string `json:"sample,omitempty"`
	// Fault is the misbehaviour that was asked for, Status the answer's, Effect what changed at the vendor.
	Fault  string `json:"fault,omitempty"`
	Status int    `json:"status"`
	Effect string `json:"effect,omitempty"`
}

// Server is a vendor. It is safe for concurrent use.
type Server struct {
	options Options
	faults  *faults
	ledger  *ledger

	mu    sync.Mutex // guards calls and count
	calls []Call     // the last ones, oldest first
	count int64
}

const defaultKeep = 1000

// New returns a vendor with nothing in it.
func New(o Options) *Server {
	if o.Keep <= 0 {
		o.Keep = defaultKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{options: o, faults: &faults{}, ledger: newLedger()}
}

// Handler answers the vendor's API, and /_sandbox for people.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routeLook(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && isPicture(r.URL.Path) {
			servePicture(w, r)
			return
		}
		s.serveVendor(w, r)
	})
	return mux
}

// serveVendor answers one call of the vendor's API, or misbehaves.
func (s *Server) serveVendor(w http.ResponseWriter, r *http.Request) {
	rec := newRecorder(w, r, s.options.Now())
	defer func() { s.keep(rec.call()) }()
	fault := s.faults.next(r.Header.Get("X-Sandbox-Fault"))
	rec.fault = fault.Kind
	if fault.before(rec, r) {
		return
	}
	if !s.authorized(r) {
		refuse(rec, r, http.StatusUnauthorized, "UNAUTHENTICATED", "send the API key as Authorization: Bearer")
		return
	}
	if r.Method != http.MethodPost {
		refuse(rec, r, http.StatusMethodNotAllowed, "MALFORMED_REQUEST", "only POST is taken")
		return
	}
	answer := s.batch
	if isGraphQL(r) {
		answer = s.mutation
	}
	fault.after(rec, answer(rec))
}

func isGraphQL(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/graphql") }

func (s *Server) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && key != "" && (s.options.Key == "" || key == s.options.Key)
}

// keep remembers a call.
func (s *Server) keep(c Call) {
	s.mu.Lock()
	s.count++
	c.Number = s.count
	if len(s.calls) >= s.options.Keep {
		s.calls = s.calls[1:]
	}
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	if s.options.Seen != nil {
		s.options.Seen(c)
	}
}
