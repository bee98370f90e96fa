package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Vendor is a labeling vendor that does as it is told: it records every call and answers by its script.
type Vendor struct {
	// URL is its endpoint, for REST and GraphQL alike.
	URL string

	mu     sync.Mutex // guards everything below
	script []Reply
	rest   Reply
	calls  []*Call
}

// Call is a call that reached the vendor.
type Call struct {
	Method, Path string
	Header       http.Header
	// Body is the request's body; nil where the vendor did not read it. Length is the Content-Length, -1 for none.
	Body   []byte
	Length int64
	// Taken says that the vendor did what it asks.
	Taken bool
	// Arrived is when its header was there, Answered when its answer was written; zero while it is in flight.
	Arrived, Answered time.Time
}

// Key is the call's idempotency key.
func (c Call) Key() string { return c.Header.Get("Idempotency-Key") }

// Batch is the body of a REST call of the drop-in config.
type Batch struct {
	Name    string  `json:"name"`
	Project string  `json:"project"`
	Frames  []Frame `json:"frames"`
}

// Frame is one frame of a batch.
type Frame struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// Mutation is the body of a GraphQL call of the drop-in config.
type Mutation struct {
	Query         string `json:"query"`
	OperationName string `json:"operationName"`
	Variables     struct {
		ProjectID string   `json:"projectId"`
		LabelIDs  []string `json:"labelIds"`
	} `json:"variables"`
}

// Decode decodes a call's body, strictly.
func Decode[T any](t *testing.T, c Call) T {
	t.Helper()
	var body T
	dec := json.NewDecoder(bytes.NewReader(c.Body))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&body), "%.500s", c.Body)
	require.ErrorIs(t, dec.Decode(new(any)), io.EOF, "something follows the body")
	return body
}

// NewVendor starts a vendor that accepts everything. It ends with the test.
func NewVendor(t *testing.T) *Vendor {
	t.Helper()
	v := &Vendor{rest: Accept()}
	server := httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	v.URL = server.URL + "/api"
	return v
}

// Next scripts the answers to the next calls, in order.
func (v *Vendor) Next(replies ...Reply) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.script = append(v.script, replies...)
}

// Always sets the answer to every call that is not scripted.
func (v *Vendor) Always(r Reply) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rest = r
}

// Calls are all calls so far, in the order they arrived.
func (v *Vendor) Calls() []Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	calls := make([]Call, 0, len(v.calls))
	for _, c := range v.calls {
		calls = append(calls, *c)
	}
	return calls
}

// Count is the number of calls so far.
func (v *Vendor) Count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.calls)
}

// Taken are the calls that the vendor did what they ask.
func (v *Vendor) Taken() []Call {
	return slices.DeleteFunc(v.Calls(), func(c Call) bool { return !c.Taken })
}

// AwaitCalls returns the calls once there are at least n.
func (v *Vendor) AwaitCalls(t *testing.T, n int) []Call {
	t.Helper()
	Await(t, func() bool { return v.Count() >= n }, "%d calls at the vendor", n)
	return v.Calls()
}

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	c, reply := v.arrive(r)
	defer v.update(func() { c.Answered = time.Now() })
	if !reply.unread {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the gateway was killed while it sent
		}
		v.update(func() { c.Body, c.Taken = body, reply.taken })
	}
	reply.answer(w, r, c.Body)
}

func (v *Vendor) arrive(r *http.Request) (*Call, Reply) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := &Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Length: r.ContentLength, Arrived: time.Now()}
	v.calls = append(v.calls, c)
	reply := v.rest
	if len(v.script) > 0 {
		reply, v.script = v.script[0], v.script[1:]
	}
	return c, reply
}

func (v *Vendor) update(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
}
