package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/labelgate/labelgate/pkg/adapter"
)

const jsonType = "application/json"

// request is one call with everything that is sent.
type request struct {
	method, url string
	header      http.Header
	body        io.Reader // nil for none
	size        int64
	signature   map[string]bool // names of the headers that sign it
	// sent is set when a connection was handed over: from then on bytes may have reached the vendor.
	sent atomic.Bool
}

// prepare checks a call and adds host, headers and credentials.
func (c *Client) prepare(call adapter.Call) (*request, error) {
	if call.Link != "" {
		return c.prepareLink(call)
	}
	url, err := c.base.join(call.Path)
	if err != nil {
		return nil, err
	}
	r := &request{method: call.Method, url: url}
	if call.GraphQL() || r.method == "" {
		r.method = http.MethodPost
	}
	if call.Body != nil && call.Body.Len() > 0 {
		if r.body, err = call.Body.Reader(); err != nil {
			return nil, fmt.Errorf("request body: %w", err)
		}
		r.size = call.Body.Len()
	}
	if r.header, err = c.headerOf(call, r.body != nil); err != nil {
		return nil, err
	}
	if c.sign != nil {
		if err := c.signed(r, call); err != nil {
			return nil, err
		}
	}
	if r.body == nil && !call.GraphQL() {
		r.forbidReplay()
	}
	return r, nil
}

// headerOf builds the header: defaults, then the call's own, then the configured ones, then the key.
func (c *Client) headerOf(call adapter.Call, hasBody bool) (http.Header, error) {
	header := make(http.Header, 3+len(call.Header)+len(c.header))
	header["Accept"] = []string{jsonType}
	switch {
	case call.GraphQL() || hasBody && call.ContentType == "":
		header["Content-Type"] = []string{jsonType}
	case hasBody:
		header["Content-Type"] = []string{call.ContentType}
	}
	for name, value := range call.Header {
		name = http.CanonicalHeaderKey(name)
		if err := checkHeader(name, value); err != nil {
			return nil, fmt.Errorf("header %q: %w", name, err)
		}
		header[name] = []string{value}
	}
	for name, values := range c.header {
		header[name] = values
	}
	if c.auth.name != "" {
		header[c.auth.name] = []string{c.auth.value}
	}
	return header, nil
}

// forbidReplay keeps net/http from sending a call without body again by itself on a connection that broke: it does so
// for every method whose header has this very key (net/http, Request.isReplayable). Names of headers have no case on
// the wire. What is left are its replays of GET and HEAD, which have no effect at the vendor.
func (r *request) forbidReplay() {
	for _, name := range [...]string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := r.header[name]; ok {
			delete(r.header, name)
			r.header[strings.ToLower(name)] = values
		}
	}
}

// trace notes when a connection is handed over. Names, dialling, proxy and TLS come before that, the request's first
// byte after it.
func (r *request) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { r.sent.Store(true) },
	})
}

// attach sets the body as a stream of known length: never chunked, never buffered. Without GetBody net/http has no
// means of sending it again by itself.
func (r *request) attach(to *http.Request) {
	to.GetBody, to.Body, to.ContentLength = nil, http.NoBody, 0
	if r.body != nil {
		to.Body, to.ContentLength = io.NopCloser(r.body), r.size
	}
}
