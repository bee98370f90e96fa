package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Vendor is a labeling vendor that the sandbox can play instead of its generic one.
type Vendor struct {
	// Name is what --vendor names it by, the same as its adapter's name.
	Name string
	// Summary is one line for people: what is played, and how strictly.
	Summary string
	// Path is what stands behind the server's URL in a destination's url, such as "/v1"; empty for nothing.
	Path string
	// New returns a vendor's API that has seen nothing yet. Two of them share nothing.
	New func(VendorOptions) API
}

// VendorOptions are what a played vendor is set up with.
type VendorOptions struct {
	// Key is the only API key that is taken, in the form that the vendor wants it; empty takes any that is well formed.
	Key string
	// Now is the clock. It is never nil.
	Now func() time.Time
}

// API plays one vendor's API: statefully (ids, duplicates, queues, jobs that must be polled, the vendor's own error forms) and
// strictly: what the vendor would refuse is refused. The same handler serves the vendor's own client and the adapter.
//
// The sandbox calls it for one request at a time, so it needs no locks. It gets every path that does not begin with
// /_sandbox/. What it writes is kept back until it returns, so that a fault can spoil the answer after the effect was
// made. It should say in words what each request changed, by Effect.
type API interface {
	http.Handler
	// State returns what the vendor holds now, in a form that encoding/json takes, for people (/_sandbox/state) and for
	// tests. It is encoded before the next request.
	State() any
	// Twice returns how many effects were made that had been made before: work that people would do a second time. What a key
	// or a name has kept from being made again, and what sets a value that was set, is none.
	Twice() int
}

// Effect says in words what the request that w answers has changed, such as "batch b1 created: 3 tasks". It is shown with
// the request. The last one counts.
func Effect(w http.ResponseWriter, format string, args ...any) {
	if r, ok := w.(*recorder); ok {
		r.effect = fmt.Sprintf(format, args...)
	}
}

// WriteJSON answers with a status and a JSON value. A nil value is no body at all.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	if value == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(marshal(value)) //nolint:errcheck // it is kept back in memory
}

// played is the vendor whose API somebody else wrote.
type played struct {
	kind    Vendor
	options VendorOptions

	mu  sync.Mutex // guards api and every call of it
	api API
}

func newPlayed(kind Vendor, o VendorOptions) *played {
	return &played{kind: kind, options: o, api: kind.New(o)}
}

// serve lets the API answer into memory.
func (p *played) serve(c *call) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := c.request.Clone(c.request.Context())
	r.Body = http.MaxBytesReader(nil, bodyCloser{&c.body}, maxBody)
	w := &recorder{header: http.Header{}}
	p.api.ServeHTTP(w, r)
	if err := c.body.drain(); err != nil {
		return unreadable(err)
	}
	return w.answer()
}

// reset begins anew.
func (p *played) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.api = p.kind.New(p.options)
}

// state encodes what the vendor holds.
func (p *played) state() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.MarshalIndent(p.api.State(), "", "  ")
}

func (p *played) twice() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.api.Twice()
}

// bodyCloser is a request's body, counted and sampled as it is read.
type bodyCloser struct{ *body }

// Close implements io.Closer; the server closes the real body.
func (bodyCloser) Close() error { return nil }

// recorder keeps an answer back.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	effect string
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter; the first status counts.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) answer() answer {
	r.WriteHeader(http.StatusOK)
	contentType := r.header.Get("Content-Type")
	r.header.Del("Content-Type")
	effect := r.effect
	if effect == "" {
		effect = "none"
		if r.status >= http.StatusBadRequest {
			effect = "refused: " + shorten(r.body.String())
		}
	}
	return answer{status: r.status, values: r.header, body: r.body.Bytes(), contentType: contentType, effect: effect}
}

// shorten makes a line of a refusal.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return s
}
