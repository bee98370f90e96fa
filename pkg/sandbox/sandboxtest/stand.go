// Package sandboxtest tries adapters against played vendors, over a real connection by the real transport, and has the
// vendors' own clients use and read them.
package sandboxtest

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox"
	"github.com/labelgate/labelgate/pkg/transport"
)

// Key is the API key that stands take, where the vendor's keys have no form of their own.
const Key = "sandbox-key-0123456789"

// Stand is a played vendor behind a real server, and the transport to it. It is an adaptertest.Vendor.
type Stand struct {
	// Server is the sandbox: its State, faults and requests.
	Server *sandbox.Server
	// URL is the server's, without a path.
	URL string
	// Key is the API key that is taken.
	Key string

	client *transport.Client
}

// Setup says how a stand is reached.
type Setup struct {
	// Vendor is what is played.
	Vendor sandbox.Vendor
	// Auth is the adapter's way of sending the key: Factory.Auth.
	Auth adapter.Auth
	// Key is the API key; Key when it is empty.
	Key string
	// Path is put behind the server's URL to make the destination's; Vendor.Path when it is empty.
	Path string
}

// Start plays a vendor until the test ends.
func Start(t *testing.T, s Setup) *Stand {
	t.Helper()
	if s.Key == "" {
		s.Key = Key
	}
	if s.Path == "" {
		s.Path = s.Vendor.Path
	}
	server := sandbox.New(sandbox.Options{Vendor: &s.Vendor, Key: s.Key})
	listener := httptest.NewServer(server.Handler())
	client, err := transport.New(transport.Options{
		URL: listener.URL + s.Path, APIKey: s.Key, Auth: s.Auth, UserAgent: "labelgate/test", Concurrency: 2,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		listener.Close()
	})
	return &Stand{Server: server, URL: listener.URL, Key: s.Key, client: client}
}

// Vendor returns a function that starts a stand anew, for adaptertest.Case.
func Vendor(s Setup) func(*testing.T) adaptertest.Vendor {
	return func(t *testing.T) adaptertest.Vendor {
		t.Helper()
		return Start(t, s)
	}
}

// Do makes a call by the real transport.
func (s *Stand) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	return s.client.Do(ctx, call)
}

// State is what the vendor holds.
func (s *Stand) State() (json.RawMessage, error) { return s.Server.State() }

// ReadState decodes what the vendor holds into a value.
func (s *Stand) ReadState(t *testing.T, into any) {
	t.Helper()
	state, err := s.State()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(state, into))
}

// Fault makes calls from now on meet a fault, in the text form of `labelgate sandbox --fault`: "429,times=2".
func (s *Stand) Fault(t *testing.T, text string) {
	t.Helper()
	fault, err := sandbox.ParseFault(text)
	require.NoError(t, err)
	require.NoError(t, s.Server.Inject(fault))
}

// Deliver delivers an event and requires that it goes well.
func (s *Stand) Deliver(t *testing.T, a adapter.Adapter, in adapter.Input) adaptertest.Outcome {
	t.Helper()
	out, err := adaptertest.Deliver(t.Context(), a, in, s)
	require.NoError(t, err)
	return out
}
