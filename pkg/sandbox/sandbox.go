// Package sandbox is a stand-in vendor, to rehearse with. It plays a vendor's API strictly, shows what it got, misbehaves when
// it is asked to, and draws the pictures that sample events point to. It keeps nothing on disk. The generic vendor, which
// creates batches by REST and relabels in bulk by GraphQL, is its own, and bounded in memory; a real vendor's API is handed
// in as a Vendor.
package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// lookPrefix is where the sandbox itself is talked to; every other path is the vendor's.
const lookPrefix = "/_sandbox/"

// DefaultKeep is how many requests are remembered when Options.Keep is 0.
const DefaultKeep = 1000

// Options set a sandbox up. The zero value is the generic vendor, which takes every Bearer key and behaves.
type Options struct {
	// Key is the only API key that is taken; empty takes any.
	Key string
	// Keep is how many requests are remembered, and how many batches are listed.
	Keep int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Vendor is the vendor to play; nil for the generic one.
	Vendor *Vendor
	// OnRequest is told of every vendor request before it is answered, from several goroutines at once; nil for nobody.
	OnRequest func(Request)
}

// Server is a stand-in vendor. It is safe for several goroutines at once. Use New.
type Server struct {
	options Options
	vendor  vendor
	played  *played // the vendor, where it is not the generic one
	faults  faults
	book    *book
	log     *requestLog
	number  atomic.Int64
}

// vendor plays one vendor's API. A further vendor is a further implementation.
type vendor interface {
	// serve reads a call and makes its effect.
	serve(c *call) answer
}

// New returns a sandbox that has seen nothing yet.
func New(o Options) *Server {
	if o.Keep <= 0 {
		o.Keep = DefaultKeep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{options: o, book: newBook(o.Keep), log: newRequestLog(o.Keep)}
	s.vendor = &generic{book: s.book, relabel: newRelabel(s.book)}
	if o.Vendor != nil {
		s.played = newPlayed(*o.Vendor, VendorOptions{Key: o.Key, Now: o.Now})
		s.vendor = s.played
	}
	return s
}

// Handler returns the vendor's HTTP side.
func (s *Server) Handler() http.Handler {
	look := s.look()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, lookPrefix):
			look.ServeHTTP(w, r)
		case s.played == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			s.show(w, r)
		default:
			s.exchange(w, r)
		}
	})
}

// Inject adds a fault to those that vendor requests will meet. An error says what is wrong with it.
func (s *Server) Inject(f Fault) error { return s.faults.add(f) }

// Requests returns the remembered vendor requests, newest first.
func (s *Server) Requests() []Request { return s.log.newestFirst() }

// Summary returns what all requests since the last Reset came to.
func (s *Server) Summary() Summary { return s.book.summary() }

// State returns what the played vendor holds now, as JSON; "null" for the generic one.
func (s *Server) State() (json.RawMessage, error) {
	if s.played == nil {
		return json.RawMessage("null"), nil
	}
	return s.played.state()
}

// Twice returns how many effects were made that had been made before.
func (s *Server) Twice() int {
	if s.played == nil {
		return int(s.Summary().Repeats)
	}
	return s.played.twice()
}

// Reset forgets all requests and their effects. Faults stay.
func (s *Server) Reset() {
	s.log.reset()
	s.book.reset()
	if s.played != nil {
		s.played.reset()
	}
}

// exchange answers one vendor request: a fault's way, or the vendor's, or both. It is recorded before it is answered.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	at := s.options.Now()
	c := newCall(r)
	fault, err := s.faults.next(r.Header.Get(FaultHeader))
	var ans answer
	switch {
	case err != nil:
		ans = refuse(http.StatusBadRequest, FaultHeader+": "+err.Error())
	case fault.cutsFirst():
		ans = answer{effect: "connection cut before the request was read"}
	default:
		ans = s.answer(c, fault, at)
	}
	s.record(c, at, ans, fault.Kind)
	fault.send(w, r, ans)
}

// answer reads the request and makes its effect, unless the fault stands before it.
func (s *Server) answer(c *call, fault Fault, at time.Time) answer {
	if ans, ok := fault.instead(at); ok {
		if err := c.body.drain(); err != nil {
			return unreadable(err)
		}
		return ans
	}
	if ans, ok := s.admit(c); s.played == nil && !ok {
		if err := c.body.drain(); err != nil {
			return unreadable(err)
		}
		return ans
	}
	return fault.after(s.vendor.serve(c))
}

func (s *Server) record(c *call, at time.Time, ans answer, fault string) {
	request := Request{
		Number: s.number.Add(1), At: at, Method: c.request.Method, Path: c.request.URL.RequestURI(),
		header: c.request.Header, Size: c.body.size, Sample: strings.ToValidUTF8(string(c.body.sample), ""),
		Status: ans.status, Effect: ans.effect, Fault: fault,
	}
	s.log.add(request)
	s.book.count(ans.status, fault)
	if s.options.OnRequest != nil {
		s.options.OnRequest(request)
	}
}

// call is a vendor request while it is served.
type call struct {
	request *http.Request
	body    body
}

func newCall(r *http.Request) *call {
	return &call{request: r, body: body{from: r.Body}}
}

// json returns a strict decoder of the body: valid UTF-8, no name twice.
func (c *call) json() *jsontext.Decoder { return jsontext.NewDecoder(&c.body) }
