package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/gateway"
	"github.com/labelgate/labelgate/pkg/sandbox"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// faultCase is one way to fail. Those of the sandbox are in its own words, with the request that meets it put behind.
type faultCase struct {
	name    string
	sandbox string
	// call is what a call comes to that never gets to the vendor: "refused" or "expired certificate".
	call string
}

func faultCases() []faultCase {
	return []faultCase{
		{name: "refused", call: "refused"},
		{name: "expired certificate", call: "expired certificate"},
		{name: "reset before send", sandbox: "cut"},
		{name: "reset after send", sandbox: "cut-after"},
		{name: "reset mid-body", sandbox: "reset"},
		{name: "slow", sandbox: "slow,delay=1s"},
		{name: "408", sandbox: "408"},
		{name: "429 seconds", sandbox: "429,retry_after=1"},
		{name: "429 date", sandbox: "429,retry_after=date+1s"},
		{name: "500", sandbox: "500"},
		{name: "500 after the effect", sandbox: "500-after"},
		{name: "502", sandbox: "502"},
		{name: "200 with errors", sandbox: "errors"},
		{name: "redirect", sandbox: "redirect"},
		{name: "huge body", sandbox: "huge,size=200000"},
		{name: "bad JSON", sandbox: "bad-json"},
	}
}

// TestFaultMatrix lets every fault happen at every call of every adapter's flow, by the real engine, store and transport, against the
// played vendor. Whatever happens, what the vendor holds in the end is what it holds without the fault, nothing less and nothing
// twice: by itself, or after a person has redriven what is dead. LABELGATE_FAULTS=all tries every pair of fault and call.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	for _, flow := range flows(t) {
		t.Run(flow.name, func(t *testing.T) {
			t.Parallel()
			m := newMatrix(t, flow)
			clean := m.run(t, nil, 0)
			require.Contains(t, []store.State{store.Delivered, store.Partial}, clean.delivery.State, "%+v", clean.delivery.Delivery)
			require.Positive(t, clean.delivery.Accepted, "nothing has come of it at the vendor")
			t.Logf("%d calls", clean.calls)
			for i, fault := range faultCases() {
				for stage := range clean.calls {
					if !m.whole && m.leaveOut(stage, i, clean.calls) {
						continue
					}
					t.Run(fmt.Sprintf("%s/%d", fault.name, stage), func(t *testing.T) { m.look(t, clean, fault, stage) })
				}
			}
		})
	}
}

// matrix runs a flow again and again, each time as if for the first time: with the same delivery key and an empty vendor.
type matrix struct {
	flow
	config   *config.Config
	asItIs   *config.Config // without the flow's options
	registry *adapter.Registry
	template string // a store's file, to be copied
	at       time.Time
	broken   map[string]delivery.Caller // by the name of what a call comes to
	whole    bool
	target   *relay
}

// leaveOut says which pairs the quick form leaves out: it has each stage and each fault, but in the further modes of a vendor each
// third fault alone.
func (m *matrix) leaveOut(stage, fault, calls int) bool {
	return (stage+fault)%calls > 0 || m.options != "" && fault%3 > 0
}

// outcome is what a run came to.
type outcome struct {
	delivery *store.Detail
	calls    int
	state    string
}

func newMatrix(t *testing.T, f flow) *matrix {
	t.Helper()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	m := &matrix{flow: f, registry: registry, at: time.Now(), whole: os.Getenv("LABELGATE_FAULTS") == "all", target: &relay{}}
	server := httptest.NewServer(m.target)
	t.Cleanup(server.Close)
	endpoint, key := server.URL+f.path, harness.Key
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"AQ_WEBHOOK_SECRET": "s", "LABELING_API_ENDPOINT": endpoint, "LABELING_API_KEY": key}[name]
		return value, ok
	}
	load := func() {
		m.config = parse(t, registry, f.file, f.options, env)
		m.asItIs = parse(t, registry, f.file, "", env)
	}
	load()
	if factory, _ := registry.Get(destination(m.config).Adapter); factory.Auth.Sign != nil {
		key = privateKey(t)
		load()
	}
	m.template = filepath.Join(t.TempDir(), "template.db")
	s, err := store.Open(t.Context(), "sqlite://"+m.template)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	closed := httptest.NewServer(nil)
	closed.Close()
	m.broken = map[string]delivery.Caller{"refused": m.caller(t, closed.URL), "expired certificate": m.caller(t, expired(t))}
	return m
}

func destination(c *config.Config) config.Destination {
	for _, d := range c.Destinations {
		return d
	}
	return config.Destination{}
}

// caller is the transport to a URL.
func (m *matrix) caller(t *testing.T, url string) delivery.Caller {
	t.Helper()
	d := destination(m.config)
	d.URL, d.Limits.Timeout, d.Limits.MaxAnswer = url, 300*time.Millisecond, 100_000
	client, err := gateway.Caller(d, m.registry, "test")
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// look runs the flow with a fault and looks whether the vendor holds the same in the end.
func (m *matrix) look(t *testing.T, clean outcome, fault faultCase, stage int) {
	got := m.run(t, &fault, stage)
	require.Equal(t, clean.delivery.State, got.delivery.State, "%s %s", got.delivery.Reason, got.delivery.Detail)
	require.Equal(t, []int{clean.delivery.Accepted, clean.delivery.Refused}, []int{got.delivery.Accepted, got.delivery.Refused})
	require.Equal(t, clean.state, got.state)
}

// run delivers the event to an empty vendor, with the help of a person where that is needed.
func (m *matrix) run(t *testing.T, fault *faultCase, stage int) outcome {
	t.Helper()
	stand := sandbox.New(sandbox.Options{Vendor: m.vendor, Now: func() time.Time { return m.at }})
	m.target.to(stand.Handler())
	before := 0
	if m.sent {
		m.deliver(t, m.asItIs, m.caller(t, destination(m.config).URL))
		before = len(stand.Requests())
	}
	caller := &failing{Caller: m.caller(t, destination(m.config).URL), at: -1}
	switch {
	case fault == nil:
	case fault.call != "":
		caller.at, caller.instead = stage, m.broken[fault.call]
	default:
		f, err := sandbox.ParseFault(fmt.Sprintf("%s,after=%d", fault.sandbox, stage))
		require.NoError(t, err)
		require.NoError(t, stand.Inject(f))
	}
	d := m.deliver(t, m.config, caller)
	state, err := stand.State()
	require.NoError(t, err)
	calls := len(stand.Requests()) - before
	if m.vendor == nil {
		state = summary(stand)
	}
	return outcome{d, calls, string(state)}
}

// deliver delivers the event by a config.
func (m *matrix) deliver(t *testing.T, c *config.Config, caller delivery.Caller) *store.Detail {
	t.Helper()
	path := filepath.Join(t.TempDir(), "labelgate.db")
	require.NoError(t, copyFile(m.template, path))
	s, err := store.Open(t.Context(), "sqlite://"+path)
	require.NoError(t, err)
	engine := m.engine(c, s, caller)
	engine.Start(t.Context())
	d := m.end(t, s, engine, m.accept(t, s, engine))
	engine.Drain(context.Background())
	require.NoError(t, s.Close())
	return d
}

// summary is what the generic vendor holds.
func summary(stand *sandbox.Server) []byte {
	sum := stand.Summary()
	return fmt.Appendf(nil, "%d batches, %d frames, labels %v, %d effects repeated", sum.Batches, sum.Frames, sum.LabelsDeleted, sum.Repeats)
}

func (m *matrix) engine(c *config.Config, s store.Store, caller delivery.Caller) *delivery.Engine {
	route := c.Routes[0]
	return delivery.New(delivery.Options{
		Store: s, Log: zap.NewNop(),
		Metrics: telemetry.NewMetrics("test", func() []telemetry.DeliveryCount { return nil }),
		Destinations: []delivery.Destination{{
			Name: route.Destination, Adapter: destination(c).Adapter, Caller: caller, Concurrency: 1, Timeout: 300 * time.Millisecond,
			Routes: []delivery.Route{{
				Name: route.Name, Adapter: route.Adapter, Source: gateway.SourceOf(c.Sources[route.Source].Type),
			}},
			Schedule: delivery.Schedule{
				Initial: time.Millisecond, Max: time.Millisecond, MaxRetryAfter: time.Millisecond, Poll: time.Millisecond,
				GiveUpAfter: 20 * time.Second,
			},
		}},
	})
}

func (m *matrix) accept(t *testing.T, s store.Store, engine *delivery.Engine) int64 {
	t.Helper()
	route := m.config.Routes[0]
	body := m.event
	event, err := gateway.SourceOf(m.config.Sources[route.Source].Type).Scan(bytes.NewReader(body), func(string) bool { return true })
	require.NoError(t, err)
	payload, err := s.NewPayload()
	require.NoError(t, err)
	_, err = payload.Write(body)
	require.NoError(t, err)
	accepted, err := s.Accept(t.Context(), store.Accept{
		Source: route.Source, Route: route.Name, Destination: route.Destination, Event: event, Payload: payload, Now: m.at,
	})
	require.NoError(t, err)
	engine.Offer(accepted.Delivery, payload.Bytes())
	return accepted.Delivery.ID
}

// end waits for the delivery's end. A person redrives what is dead, twice at most.
func (m *matrix) end(t *testing.T, s store.Store, engine *delivery.Engine, id int64) *store.Detail {
	t.Helper()
	redriven := 0
	var d *store.Detail
	harness.Await(t, func() bool {
		var err error
		d, err = s.Get(t.Context(), id)
		require.NoError(t, err)
		if d.State == store.Dead && redriven < 2 {
			redriven++
			require.NoError(t, engine.Redrive(t.Context(), id))
			return false
		}
		return d.State.Final() || d.State == store.Waiting && d.NextAt.IsZero()
	}, "%s: the delivery ends", m.name)
	return d
}

// failing makes one call somewhere else, where it fails.
type failing struct {
	delivery.Caller
	instead delivery.Caller
	at      int

	mu   sync.Mutex
	made int
}

func (f *failing) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	f.mu.Lock()
	n := f.made
	f.made++
	f.mu.Unlock()
	if n == f.at {
		return f.instead.Do(ctx, call)
	}
	return f.Caller.Do(ctx, call)
}

// relay is a server whose handler changes.
type relay struct {
	mu   sync.Mutex
	next http.Handler
}

func (r *relay) to(next http.Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = next
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	next := r.next
	r.mu.Unlock()
	next.ServeHTTP(w, req)
}

// expired is the URL of a server whose certificate has expired.
func expired(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	about := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
