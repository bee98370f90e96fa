package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Request is a vendor request, as it is remembered.
type Request struct {
	// Number counts the requests from 1.
	Number int64
	// At is when it came.
	At time.Time
	// Method and Path are those of its first line, the query included.
	Method, Path string
	// Size is how many bytes of its body were read, Sample the first 2 KiB of them.
	Size   int64
	Sample string
	// Status is that of the answer; 0 when the connection was cut.
	Status int
	// Effect says in words what it changed.
	Effect string
	// Fault is the kind of the fault it met, empty for none.
	Fault string

	header http.Header
}

// Header returns the request's headers, credentials masked.
func (r Request) Header() http.Header {
	shown := make(http.Header, len(r.header))
	for name, values := range r.header {
		if secret(name) {
			values = []string{"***"}
		}
		shown[name] = values
	}
	return shown
}

// MarshalJSON shows the request with its masked headers.
func (r Request) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Number int64       `json:"number"`
		At     time.Time   `json:"at"`
		Method string      `json:"method"`
		Path   string      `json:"path"`
		Header http.Header `json:"headers"`
		Size   int64       `json:"size"`
		Sample string      `json:"sample"`
		Status int         `json:"status"`
		Effect string      `json:"effect"`
		Fault  string      `json:"fault,omitempty"`
	}{r.Number, r.At, r.Method, r.Path, r.Header(), r.Size, r.Sample, r.Status, r.Effect, r.Fault})
}

// secret reports whether a header may hold a credential. Idempotency-Key is no key to anything.
func secret(name string) bool {
	name = strings.ToLower(name)
	if name == "idempotency-key" {
		return false
	}
	for _, word := range []string{"auth", "cookie", "key", "secret", "token"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// requestLog remembers the last requests.
type requestLog struct {
	mu    sync.Mutex // guards everything below
	ring  []Request
	keep  int
	added int
}

func newRequestLog(keep int) *requestLog { return &requestLog{keep: keep} }

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < l.keep {
		l.ring = append(l.ring, r)
	} else {
		l.ring[l.added%l.keep] = r
	}
	l.added++
}

func (l *requestLog) newestFirst() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := make([]Request, 0, len(l.ring))
	for i := l.added - 1; i >= l.added-len(l.ring); i-- {
		newest = append(newest, l.ring[i%l.keep])
	}
	return newest
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.added = nil, 0
}
