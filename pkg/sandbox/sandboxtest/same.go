package sandboxtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
)

// Request is a REST call with JSON or no body, as it goes over the wire.
type Request struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   any    `json:"body"`
}

// ClientSendsTheSame has the vendor's own client do what an adapter's delivery has done, against a new stand, and requires that
// their requests are equal, one by one, the reads included that steps could make to check. client/same.py gets the adapter's
// calls as a JSON list of {"method", "path", "body"}. Requests whose paths begin with one of besides are the client's own.
func ClientSendsTheSame(t *testing.T, s Setup, out adaptertest.Outcome, besides ...string) {
	t.Helper()
	sent := callsOf(t, out)
	require.NotEmpty(t, sent)
	text, err := json.Marshal(sent)
	require.NoError(t, err)
	stand := Start(t, s)
	got := stand.recorded(t, besides, func() { stand.Client(t, s.Vendor.Name, "same.py", string(text)) })
	require.Len(t, got, len(sent))
	for i := range sent {
		require.Equal(t, sent[i].Method, got[i].Method, sent[i].Path)
		require.Equal(t, takenApart(t, s.Vendor.Path+sent[i].Path), takenApart(t, got[i].Path))
		require.Equal(t, sent[i].Body, got[i].Body, sent[i].Path)
	}
}

// callsOf are a delivery's calls, each with the check that its step could make.
func callsOf(t *testing.T, out adaptertest.Outcome) (all []Request) {
	t.Helper()
	for _, step := range out.Steps {
		one := Request{Method: step.Call.Method, Path: step.Call.Path}
		if step.Body != "" {
			require.NoError(t, json.Unmarshal([]byte(step.Body), &one.Body))
		}
		all = append(all, one)
		if step.Check != nil {
			all = append(all, Request{Method: step.Check.Method, Path: step.Check.Path})
		}
	}
	return all
}

// takenApart is a path and its query: clients escape queries in several ways.
func takenApart(t *testing.T, path string) []any {
	t.Helper()
	u, err := url.Parse(path)
	require.NoError(t, err)
	return []any{u.EscapedPath(), u.Query()}
}

// recorded returns the requests that come to the stand's URL while do runs.
func (s *Stand) recorded(t *testing.T, besides []string, do func()) []Request {
	t.Helper()
	to, err := url.Parse(s.URL)
	require.NoError(t, err)
	var mu sync.Mutex
	var all []Request
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := read(r)
		if !slices.ContainsFunc(besides, func(prefix string) bool { return strings.HasPrefix(one.Path, prefix) }) {
			mu.Lock()
			all = append(all, one)
			mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	defer server.Close()
	s.URL = server.URL
	defer func() { s.URL = to.String() }()
	do()
	return all
}

// read reads a request, and leaves it as it came.
func read(r *http.Request) Request {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	one := Request{Method: r.Method, Path: r.URL.RequestURI()}
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		if inflated, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(inflated) // what is no whole JSON is told as none
		}
	}
	_ = json.Unmarshal(body, &one.Body) // no body stays none
	return one
}
