package transport_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

// requireFailure returns err as the *Failure that it must be, free of the key.
func requireFailure(t *testing.T, err error) *transport.Failure {
	t.Helper()
	var failure *transport.Failure
	require.ErrorAs(t, err, &failure)
	require.NotEmpty(t, failure.Detail)
	requireNoKey(t, err.Error())
	return failure
}

func TestFaults(t *testing.T) {
	t.Parallel()
	short := func(o *transport.Options) { o.Timeout = 150 * time.Millisecond }
	cases := map[string]struct {
		script func(net.Conn)
		change func(*transport.Options)
		reason adapter.Reason
	}{
		"reset as the request comes": {script: resetAtFirstByte, reason: adapter.ReasonConnection},
		"reset after the request is read": {
			script: func(conn net.Conn) { readRequest(conn); reset(conn) }, reason: adapter.ReasonConnection,
		},
		"closed after the request is read": {
			script: func(conn net.Conn) { readRequest(conn) }, reason: adapter.ReasonConnection,
		},
		"closed in the header": {script: after("HTTP/1.1 200 OK\r\nContent-"), reason: adapter.ReasonConnection},
		"closed in the body": {
			script: after("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":"), reason: adapter.ReasonConnection,
		},
		"closed in a chunk": {
			script: after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{\"id\":"), reason: adapter.ReasonConnection,
		},
		"no HTTP, and it quotes the key": {
			script: after("SSH-2.0 you sent " + canary + "\r\n"), reason: adapter.ReasonBadAnswer,
		},
		"no answer in time": {
			script: func(conn net.Conn) { readRequest(conn); hold(conn) }, change: short, reason: adapter.ReasonTimeout,
		},
		"slow header": {
			script: func(conn net.Conn) { after("HTTP/1.1 200 OK\r\n")(conn); hold(conn) }, change: short,
			reason: adapter.ReasonTimeout,
		},
		"slow body": {
			script: func(conn net.Conn) { after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")(conn); hold(conn) },
			change: short, reason: adapter.ReasonTimeout,
		},
	}
	for name, c := range cases {
		for kind, call := range map[string]adapter.Call{"rest": post(`{}`), "graphql": mutation(`{"ids":["1"]}`)} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				change := c.change
				if change == nil {
					change = func(*transport.Options) {}
				}
				w := newWire(t, c.script)

				_, err := newClient(t, w.url, change).Do(t.Context(), call)

				failure := requireFailure(t, err)
				require.Equal(t, c.reason, failure.Reason, failure.Detail)
				require.True(t, failure.Sent, failure.Detail)
				require.EqualValues(t, 1, w.conns.Load(), "nothing is tried again here")
			})
		}
	}
}

// after answers with raw bytes once the request is read.
func after(answer string) func(net.Conn) {
	return func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, answer)
	}
}

// resetAtFirstByte drops a connection with the request unread. Earlier than that the dial itself may fail.
func resetAtFirstByte(conn net.Conn) {
	_, _ = conn.Read(make([]byte, 1))
	reset(conn)
}

// hold keeps a connection open until the other side closes it.
func hold(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func TestFaultsBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refusing := "://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	notTLS := strings.TrimPrefix(newVendor(t, answering(http.StatusOK, "text/plain", "")).url, "http")
	silent := strings.TrimPrefix(newWire(t, hold).url, "http")
	cases := map[string]struct {
		url    string
		reason adapter.Reason
		detail string
	}{
		"refused":            {"http" + refusing, adapter.ReasonUnavailable, "connection refused"},
		"no such host":       {"http://labels.invalid", adapter.ReasonUnavailable, "labels.invalid"},
		"HTTP on a TLS port": {"https" + notTLS, adapter.ReasonTLS, "HTTP response to HTTPS client"},
		"no TLS handshake":   {"https" + silent, adapter.ReasonTimeout, "limits.timeout is 500ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, c.url, func(o *transport.Options) { o.Timeout = 500 * time.Millisecond })
			for _, call := range []adapter.Call{post("{}"), mutation("{}")} {
				_, err := client.Do(t.Context(), call)
				failure := requireFailure(t, err)
				require.Equal(t, c.reason, failure.Reason, failure.Detail)
				require.False(t, failure.Sent, failure.Detail)
				require.Contains(t, failure.Detail, c.detail)
			}
		})
	}
}

func TestCancelledByTheCaller(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 1)
	w := newWire(t, func(conn net.Conn) { readRequest(conn); reached <- struct{}{}; hold(conn) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()

	_, err := newClient(t, w.url).Do(ctx, post("{}"))

	failure := requireFailure(t, err)
	require.Equal(t, adapter.ReasonConnection, failure.Reason)
	require.True(t, failure.Sent)
}

// net/http sends some calls again by itself when a kept connection breaks. Here every second call on a connection is
// read and then dropped: the vendor must see it once.
func TestNothingIsReplayedOnAKeptConnection(t *testing.T) {
	t.Parallel()
	keyed := map[string]string{"Idempotency-Key": "k1"}
	calls := map[string]adapter.Call{
		"with body":      {Method: http.MethodPost, Header: keyed, Body: adapter.BytesBody([]byte("{}"))},
		"without body":   {Method: http.MethodPost, Header: keyed},
		"delete":         {Method: http.MethodDelete, Header: keyed},
		"graphql":        {Document: "mutation { a }", Header: keyed, Body: adapter.BytesBody([]byte("{}"))},
		"graphql, empty": {Document: "mutation { a }", Header: keyed},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				readRequest(conn)
			})
			client := newClient(t, w.url)
			_, err := client.Do(t.Context(), call)
			require.NoError(t, err)

			_, err = client.Do(t.Context(), call)

			require.True(t, requireFailure(t, err).Sent)
			require.EqualValues(t, 1, w.conns.Load(), "a replay would have opened a second connection")
		})
	}
}
