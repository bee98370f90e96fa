package transport_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

// canary is the API key of every test; it may reach the vendor and nothing else.
const canary = "canary+key/0123456789&=\""

// bearer sends the key as the generic adapters do.
var bearer = adapter.Auth{Scheme: "Bearer"}

// received is a request as the vendor saw it.
type received struct {
	method, uri, host string
	header            http.Header
	length            int64
	chunked           bool
	body              []byte
}

// vendor is an HTTP vendor that records requests and answers as told.
type vendor struct {
	url      string
	requests chan received
}

func newVendor(t *testing.T, answer http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{requests: make(chan received, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			v.requests <- received{
				method: r.Method, uri: r.RequestURI, host: r.Host, header: r.Header,
				length: r.ContentLength, chunked: len(r.TransferEncoding) > 0, body: body,
			}
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

// answering answers every request the same.
func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// wire is a vendor below HTTP: each connection is handed to a script.
type wire struct {
	url   string
	conns atomic.Int32
}

func newWire(t *testing.T, script func(net.Conn)) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{url: "http://" + listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.conns.Add(1)
			go func() {
				defer conn.Close()
				script(conn)
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return w
}

// readRequest reads one whole request off a connection, or what comes of it.
func readRequest(conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// reset closes a connection so that the other side gets RST, not FIN.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// newClient returns a client with the canary as its bearer key; change may set more.
func newClient(t *testing.T, url string, change ...func(*transport.Options)) *transport.Client {
	t.Helper()
	o := transport.Options{
		URL: url, APIKey: canary, Auth: bearer, Timeout: 10 * time.Second, Concurrency: 2, UserAgent: "labelgate/1.2.3",
	}
	for _, f := range change {
		f(&o)
	}
	c, err := transport.New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func post(body string) adapter.Call {
	return adapter.Call{Method: http.MethodPost, Body: adapter.BytesBody([]byte(body))}
}

// mutation is the GraphQL call of most tests.
func mutation(variables string) adapter.Call {
	call := adapter.Call{Document: "mutation M($ids: [ID!]!) { drop(ids: $ids) { ok } }", Operation: "M"}
	if variables != "" {
		call.Body = adapter.BytesBody([]byte(variables))
	}
	return call
}
