package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

const (
	secret    = "canary-secret-1"
	oldSecret = "canary-secret-2"
	token     = "canary-token"
	good      = `{"event":"issue-exported","project":"rarepets","issue":{"id":"1","elements":[]}}`
)

// deliverer stands in for the engine.
type deliverer struct {
	offered chan store.Delivery
	state   store.State // of Await; empty: it is never final
	ready   error
	settled []store.Settlement
	pause   *store.Pause
	chosen  []delivery.Selection
}

func (d *deliverer) Offer(delivery store.Delivery, _ []byte) { d.offered <- delivery }

func (d *deliverer) Await(ctx context.Context, _ int64) (store.State, error) {
	if d.state != "" {
		return d.state, nil
	}
	<-ctx.Done()
	return "", ctx.Err()
}

func (d *deliverer) Redrive(context.Context, int64) error { return store.ErrState }
func (d *deliverer) Discard(context.Context, int64) error { return store.ErrNotFound }
func (d *deliverer) Settle(_ context.Context, id int64, s store.Settlement) error {
	d.settled = append(d.settled, s)
	if id != 1 {
		return store.ErrUnsettled
	}
	return nil
}

func (d *deliverer) Estimate(_ context.Context, s delivery.Selection) (delivery.Estimate, error) {
	d.chosen = append(d.chosen, s)
	return delivery.Estimate{Deliveries: 2, Items: 30}, nil
}

func (d *deliverer) StartBulk(kind delivery.BulkKind, s delivery.Selection, perMinute int) (delivery.Bulk, error) {
	d.chosen = append(d.chosen, s)
	return delivery.Bulk{ID: 7, Kind: kind, PerMinute: perMinute, State: delivery.BulkRunning}, nil
}

func (d *deliverer) Bulks() []delivery.Bulk {
	return []delivery.Bulk{{ID: 7, State: delivery.BulkDone, Done: 2}}
}

func (d *deliverer) StopBulk(id int64) error {
	if id != 7 {
		return store.ErrNotFound
	}
	return nil
}

func (d *deliverer) Running() server.ConfigInfo { return server.ConfigInfo{Hash: "abc"} }

func (d *deliverer) Reload(context.Context) (server.ConfigInfo, error) { return d.Running(), d.ready }

func (d *deliverer) Destinations(context.Context) []delivery.Standing {
	return []delivery.Standing{{Name: "labels", Paused: d.pause}}
}

func (d *deliverer) Pause(_ context.Context, name, why string) error {
	if name != "labels" {
		return store.ErrNotFound
	}
	d.pause = &store.Pause{Destination: name, By: store.ByPerson, Detail: why}
	return nil
}

func (d *deliverer) Resume(context.Context, string) error {
	if d.pause == nil {
		return store.ErrState
	}
	d.pause = nil
	return nil
}

func (d *deliverer) Ready() error { return d.ready }

type bundle struct {
	store     store.Store
	deliverer *deliverer
	handler   http.Handler
	server    *server.Server
	logs      *observer.ObservedLogs
}

func setup(t *testing.T, change ...func(*server.Options)) *bundle {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	core, logs := observer.New(zap.DebugLevel)
	b := &bundle{store: s, deliverer: &deliverer{offered: make(chan store.Delivery, 100)}, logs: logs}
	o := server.Options{
		Routes: []server.Route{{
			Name: "relabel", Path: "/webhook", SourceName: "aquarium", Destination: "labels",
			Events: []string{"issue-exported"}, Source: aquarium.New(), Secrets: []string{secret, oldSecret}, Dedup: 10 * time.Minute,
		}},
		Store: s, Deliverer: b.deliverer, Config: b.deliverer, Log: zap.New(core), AdminToken: token, MaxBody: 1 << 20,
		Metrics:       telemetry.NewMetrics("test", func() []telemetry.DeliveryCount { return nil }),
		HeaderTimeout: time.Second, BodyTimeout: time.Minute,
	}
	for _, c := range change {
		c(&o)
	}
	b.server = server.New(o)
	b.handler = b.server.Handler()
	return b
}

// post sends a body to the webhook with the secret; change may change the request.
func (b *bundle) post(body io.Reader, change ...func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/webhook", body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Aquarium-Secret", secret)
	for _, c := range change {
		c(req)
	}
	return b.do(req)
}

func (b *bundle) do(req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, req)
	return rec
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestAcceptsAndJournals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rec := b.post(strings.NewReader(good))
	require.Equal(t, http.StatusNoContent, rec.Code)
	require.Equal(t, "1", rec.Header().Get("Labelgate-Delivery"))
	require.Empty(t, rec.Body.String())
	d := <-b.deliverer.offered
	require.Equal(t, "relabel", d.Route)
	payload, err := b.store.OpenPayload(t.Context(), &d)
	require.NoError(t, err)
	journaled, err := io.ReadAll(payload)
	require.NoError(t, err)
	require.NoError(t, payload.Close())
	require.Equal(t, good, string(journaled))
}

func TestTheSameBodyAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(strings.NewReader(good))
	rec := b.post(strings.NewReader(good))
	require.Equal(t, http.StatusNoContent, rec.Code)
	require.Equal(t, "1", rec.Header().Get("Labelgate-Delivery"))
	require.Equal(t, "true", rec.Header().Get("Labelgate-Duplicate"))
	require.Len(t, b.deliverer.offered, 1, "a repeat is not offered")
}

// unread fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read before the secret was checked")
	return 0, io.EOF
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, wrong := range []string{"", "wrong", secret + "x", secret[:4], strings.ToUpper(secret)} {
		rec := b.post(unread{t}, header("X-Aquarium-Secret", wrong))
		require.Equal(t, http.StatusUnauthorized, rec.Code, "secret %q", wrong)
		require.NotContains(t, rec.Body.String(), "canary")
	}
	require.Equal(t, http.StatusNoContent, b.post(strings.NewReader(good), header("X-Aquarium-Secret", oldSecret)).Code,
		"every configured secret is taken")
}

func TestAnInsecureRouteTakesAnyone(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *server.Options) { o.Routes[0].Secrets = nil })
	require.Equal(t, http.StatusNoContent, b.post(strings.NewReader(good), header("X-Aquarium-Secret", "")).Code)
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	huge := strings.Replace(good, "rarepets", strings.Repeat("x", 1<<20), 1)
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	for _, c := range []struct {
		name   string
		body   string
		change func(*http.Request)
		status int
		answer string
	}{
		{"empty", "", nil, 400, "Bad Request: no payload body received"},
		{"not JSON", "{", nil, 400, "invalid webhook payload format"},
		{"no issue", `{"event":"issue-exported","project":"p"}`, nil, 400, "webhook payload did not contain expected key: issue"},
		{"other event", `{"event":"dataset-complete","project":"p"}`, nil, 400, "Bad Request: endpoint not setup to handle dataset-complete events yet"},
		{"form", "a=b", header("Content-Type", "application/x-www-form-urlencoded"), 415, "is not JSON"},
		{"text", good, header("Content-Type", "text/plain"), 415, "is not JSON"},
		{"too large", huge, nil, 413, "1048576 bytes"},
		{"too large, chunked", huge, chunked, 413, "1048576 bytes"},
		{"deflate", good, header("Content-Encoding", "deflate"), 415, "send gzip or none"},
		{"two encodings", good, header("Content-Encoding", "gzip, gzip"), 415, "send gzip or none"},
		{"not gzip", good, header("Content-Encoding", "gzip"), 400, "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*http.Request) {}
			}
			rec := b.post(strings.NewReader(c.body), change)
			require.Equal(t, c.status, rec.Code)
			require.Contains(t, rec.Body.String(), c.answer)
		})
	}
	require.Empty(t, b.deliverer.offered)
}

func TestContentTypesThatAreJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, contentType := range []string{"", "application/json", "application/json; charset=utf-8", "application/vnd.aquarium+json"} {
		require.Equal(t, http.StatusNoContent, b.post(strings.NewReader(good), header("Content-Type", contentType)).Code, contentType)
	}
}

func gzipped(t *testing.T, text string) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return &buf
}

func TestGzip(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gz := header("Content-Encoding", "gzip")
	require.Equal(t, http.StatusNoContent, b.post(gzipped(t, good), gz).Code)
	require.Equal(t, "true", b.post(strings.NewReader(good)).Header().Get("Labelgate-Duplicate"), "the plain body is the same event")
	bomb := gzipped(t, strings.Repeat(" ", 2<<20))
	require.Less(t, bomb.Len(), 1<<20)
	require.Equal(t, http.StatusRequestEntityTooLarge, b.post(bomb, gz).Code, "the limit holds for what it inflates to")
	cut := gzipped(t, good)
	cut.Truncate(cut.Len() - 9)
	require.Equal(t, http.StatusBadRequest, b.post(cut, gz).Code)
}

func TestOtherMethodsAndPaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, http.StatusMethodNotAllowed, b.do(httptest.NewRequest(http.MethodGet, "/webhook", nil)).Code)
	require.Equal(t, http.StatusNotFound, b.do(httptest.NewRequest(http.MethodPost, "/nowhere", nil)).Code)
}

// failing is a store that cannot be written to.
type failing struct{ store.Store }

var errDisk = errors.New("no space left on device")

func (failing) Accept(context.Context, store.Accept) (store.Accepted, error) {
	return store.Accepted{}, errDisk
}
func (failing) Ping(context.Context) error { return errDisk }

// fullPayload takes nothing.
type (
	fullDisk    struct{ store.Store }
	fullPayload struct{ store.Payload }
)

func (f fullDisk) NewPayload() (store.Payload, error) {
	p, err := f.Store.NewPayload()
	return fullPayload{p}, err
}
func (fullPayload) Write([]byte) (int, error) { return 0, errDisk }

func TestAStoreThatCannotTakeIt(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(store.Store) store.Store{
		"accept":  func(s store.Store) store.Store { return failing{s} },
		"payload": func(s store.Store) store.Store { return fullDisk{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *server.Options) { o.Store = wrap(o.Store) })
			rec := b.post(strings.NewReader(good))
			require.Equal(t, http.StatusServiceUnavailable, rec.Code)
			require.NotEmpty(t, rec.Header().Get("Retry-After"))
			require.Empty(t, rec.Header().Get("Labelgate-Delivery"))
			require.NotContains(t, rec.Body.String(), errDisk.Error(), "the sender is not told about our disk")
		})
	}
}

func TestWaitingRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  store.State
		status int
		answer string
	}{
		{store.Delivered, 204, ""},
		{store.Dead, 202, "ended dead"},
		{"", 202, "not finished yet"},
	} {
		b := setup(t, func(o *server.Options) { o.Routes[0].Wait = 20 * time.Millisecond })
		b.deliverer.state = c.state
		rec := b.post(strings.NewReader(good))
		require.Equal(t, c.status, rec.Code)
		require.Contains(t, rec.Body.String(), c.answer)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 200, b.do(httptest.NewRequest(http.MethodGet, "/healthz", nil)).Code)
	require.Equal(t, 200, b.do(httptest.NewRequest(http.MethodGet, "/readyz", nil)).Code)
	b.deliverer.ready = errors.New("stopping")
	require.Equal(t, 503, b.do(httptest.NewRequest(http.MethodGet, "/readyz", nil)).Code)
	sick := setup(t, func(o *server.Options) { o.Store = failing{o.Store} })
	require.Equal(t, 503, sick.do(httptest.NewRequest(http.MethodGet, "/readyz", nil)).Code)
	require.Equal(t, 200, sick.do(httptest.NewRequest(http.MethodGet, "/healthz", nil)).Code, "alive, and not ready")
}
