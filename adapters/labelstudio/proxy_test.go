//go:build labelstudio

package labelstudio_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between the gateway and the server, and does something to the next import or token.
type proxy struct {
	url, to string

	mu      sync.Mutex // guards everything below
	spoil   func(*exchange)
	garble  bool // the next bearer token
	imports int  // how many imports came
	trades  int  // how many personal access tokens were exchanged
	denied  int  // how many answers were 401
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	p := &proxy{to: strings.TrimPrefix(to, "http://")}
	listener := httptest.NewServer(p)
	t.Cleanup(listener.Close)
	p.url = listener.URL
	return p
}

// next has the next import spoiled.
func (p *proxy) next(spoil func(*exchange)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil = spoil
}

// spoiled reports whether the spoil has been used.
func (p *proxy) spoiled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spoil == nil
}

// ServeHTTP hands a request on.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	x := &exchange{proxy: p, w: w, r: r, body: body}
	if spoil := p.look(r); spoil != nil {
		spoil(x)
		return
	}
	if x.send(len(body)) {
		x.answer()
	}
}

// look counts the request, and returns what is to be done to it.
func (p *proxy) look(r *http.Request) (spoil func(*exchange)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/token/refresh"):
		p.trades++
	case strings.HasSuffix(r.URL.Path, "/import"):
		p.imports++
		spoil, p.spoil = p.spoil, nil
	}
	if p.garble && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		p.garble = false
		r.Header.Set("Authorization", "Bearer garbage")
	}
	return spoil
}

// exchange is a request on its way.
type exchange struct {
	*proxy
	w    http.ResponseWriter
	r    *http.Request
	body []byte
	conn net.Conn
}

// send sends the request's head and the first n bytes of its body to the server. It answers 502 where there is no server.
func (x *exchange) send(n int) bool {
	var err error
	if x.conn, err = (&net.Dialer{}).DialContext(x.r.Context(), "tcp", x.to); err != nil {
		x.w.WriteHeader(http.StatusBadGateway)
		return false
	}
	out := x.r.Clone(x.r.Context())
	out.Body, out.ContentLength, out.RequestURI = io.NopCloser(bytes.NewReader(x.body)), int64(len(x.body)), ""
	out.URL.Scheme, out.URL.Host, out.Host, out.Close = "http", x.to, x.to, true
	var raw bytes.Buffer
	out.Write(&raw)
	whole := raw.Bytes()
	_, err = x.conn.Write(whole[:len(whole)-len(x.body)+n])
	return err == nil
}

// read reads the server's answer; nil where there is none.
func (x *exchange) read() *http.Response {
	resp, err := http.ReadResponse(bufio.NewReader(x.conn), x.r)
	if err != nil {
		return nil
	}
	return resp
}

// answer hands the server's answer back.
func (x *exchange) answer() {
	defer x.conn.Close()
	resp := x.read()
	if resp == nil {
		x.cut()
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		x.mu.Lock()
		x.denied++
		x.mu.Unlock()
	}
	for name, values := range resp.Header {
		x.w.Header()[name] = values
	}
	x.w.WriteHeader(resp.StatusCode)
	io.Copy(x.w, resp.Body)
}

// cut closes the connection to the gateway, and to the server where there is one.
func (x *exchange) cut() {
	if x.conn != nil {
		x.conn.Close()
	}
	conn, _, err := x.w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// require401s requires how many answers were 401 and how many tokens were exchanged.
func (p *proxy) require401s(t *testing.T, denied, trades int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Equal(t, denied, p.denied, "answers 401")
	require.Equal(t, trades, p.trades, "exchanges of the token")
}
