package store_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// network passes bytes to a database and back, until it is cut: then it passes nothing. As when a switch drops packets, the server
// gives the connections up (by its keepalives, here at once), and the other side hears nothing of that until the network is mended.
type network struct {
	address string
	mu      sync.Mutex    // guards everything below
	open    chan struct{} // closed while it passes
	servers []net.Conn
}

func newNetwork(t *testing.T, address string) *network {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	to := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host = l.Addr().String()
	n := &network{address: u.String(), open: make(chan struct{})}
	close(n.open)
	t.Cleanup(func() { _ = l.Close(); n.mend() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				<-n.passing()
				server, err := net.Dial("tcp", to)
				if err != nil {
					_ = from.Close()
					return
				}
				n.mu.Lock()
				n.servers = append(n.servers, server)
				n.mu.Unlock()
				go n.pass(from, server)
				n.pass(server, from)
			}()
		}
	}()
	return n
}

func (n *network) pass(from, to net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		got, err := from.Read(buffer)
		<-n.passing()
		if got > 0 {
			if _, err := to.Write(buffer[:got]); err != nil {
				_, _ = io.Copy(io.Discard, from)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (n *network) passing() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open
}

func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open = make(chan struct{})
	for _, s := range n.servers {
		_ = s.Close()
	}
	n.servers = nil
}

func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.open:
	default:
		close(n.open)
	}
}

// TestAReplicaThatIsCutOff answers that it cannot, in bounded time, instead of hanging; another does what it had under way, and what
// it writes of that afterwards is refused. When the network is back it goes on.
func TestAReplicaThatIsCutOff(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	n := newNetwork(t, address)
	cutOff := replicas(t, n.address, 1)[0]
	other := replicas(t, address, 1)[0]
	d, err := acceptBody(t, cutOff, "under way")
	require.NoError(t, err)
	require.NoError(t, cutOff.Take(t.Context(), &d))
	require.NoError(t, cutOff.Begin(t.Context(), &d, store.Begin{Step: "send", Digest: "x", At: time.Now()}))
	require.Empty(t, claimAll(t, other))

	n.cut()
	var again []store.Delivery
	require.Eventually(t, func() bool {
		again = claimAll(t, other)
		return len(again) > 0
	}, time.Minute, 50*time.Millisecond)
	require.Equal(t, d.ID, again[0].ID)
	_, err = acceptBody(t, cutOff, "nowhere")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, cutOff.Ping(t.Context()), store.ErrUnavailable)
	_, err = cutOff.Claim(t.Context(), []string{"r"}, time.Now(), 1)
	require.ErrorIs(t, err, store.ErrUnavailable)

	n.mend()
	err = cutOff.Record(t.Context(), &d, store.Record{Step: "send", State: store.StepDone, Verdict: "done"}, nil)
	require.ErrorIs(t, err, store.ErrLost)
	require.Eventually(t, func() bool {
		_, err := acceptBody(t, cutOff, "after")
		return err == nil
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, other.Record(t.Context(), &again[0], store.Record{Step: "send", State: store.StepDone, Verdict: "done"},
		&store.Finish{State: store.Delivered, At: time.Now()}))
	require.Empty(t, audit(t, other).Findings)
}
