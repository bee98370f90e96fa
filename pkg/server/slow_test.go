package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/server"
)

// listen serves on a port of its own and returns its address.
func (b *bundle) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, b.server.Shutdown(context.WithoutCancel(t.Context())))
		require.NoError(t, <-served)
	})
	return l.Addr().String()
}

func quick(o *server.Options) {
	o.HeaderTimeout, o.BodyTimeout = 50*time.Millisecond, 50*time.Millisecond
}

func TestASlowHeaderIsCutOff(t *testing.T) {
	t.Parallel()
	conn, err := net.Dial("tcp", setup(t, quick).listen(t))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /webhook HTTP/1.1\r\nHost: a\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(conn)
	require.NoError(t, err, "the server closes the connection")
}

func TestASlowBodyIsCutOff(t *testing.T) {
	t.Parallel()
	b := setup(t, quick)
	conn, err := net.Dial("tcp", b.listen(t))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /webhook HTTP/1.1\r\nHost: a\r\nX-Aquarium-Secret: %s\r\nContent-Length: 1000\r\n\r\n{", secret)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
	require.Empty(t, b.deliverer.offered)
}

func TestAHugeHeaderIsRefused(t *testing.T) {
	t.Parallel()
	addr := setup(t).listen(t)
	req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/webhook", strings.NewReader(good))
	require.NoError(t, err)
	req.Header.Set("X-Junk", strings.Repeat("x", 64<<10))
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
}
