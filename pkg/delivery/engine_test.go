package delivery_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

const secret = "canary-secret"

// bundle is an engine with a real store, a scripted adapter and a scripted vendor.
type bundle struct {
	store  store.Store
	engine *delivery.Engine
	vendor *vendor
	logs   *observer.ObservedLogs
	path   string
	dest   delivery.Destination
}

// setup starts an engine whose route "r" is planned by plan.
func setup(t *testing.T, plan planFunc, change ...func(*delivery.Destination)) *bundle {
	t.Helper()
	b := &bundle{path: filepath.Join(t.TempDir(), "test.db"), vendor: &vendor{}}
	b.dest = delivery.Destination{
		Name: "d", Adapter: "scripted", Caller: b.vendor, Concurrency: 2, Timeout: time.Minute,
		Routes:   []delivery.Route{{Name: "r", Adapter: scripted{plan}, Source: lines{}}},
		Schedule: delivery.Schedule{Initial: time.Nanosecond, Max: time.Nanosecond, MaxRetryAfter: time.Nanosecond},
	}
	for _, c := range change {
		c(&b.dest)
	}
	b.open(t)
	b.start(t)
	return b
}

func (b *bundle) open(t *testing.T) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite://"+b.path)
	require.NoError(t, err)
	b.store = s
}

func (b *bundle) start(t *testing.T) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	b.logs = logs
	b.engine = delivery.New(delivery.Options{
		Store: b.store, Destinations: []delivery.Destination{b.dest}, Log: zap.New(core),
		Metrics: telemetry.NewMetrics("test", func() []telemetry.DeliveryCount { return nil }),
	})
	b.engine.Start(t.Context())
	t.Cleanup(func() { b.stop(t) })
}

// stop drains and closes; it can be called twice.
func (b *bundle) stop(t *testing.T) {
	t.Helper()
	if b.store == nil {
		return
	}
	b.engine.Drain(context.Background())
	require.NoError(t, b.store.Close())
	b.store = nil
}

// accept journals an event of these lines and offers it.
func (b *bundle) accept(t *testing.T, body string) int64 {
	t.Helper()
	payload, err := b.store.NewPayload()
	require.NoError(t, err)
	_, err = io.WriteString(payload, body)
	require.NoError(t, err)
	accepted, err := b.store.Accept(t.Context(), store.Accept{
		Source: "s", Route: "r", Destination: "d", Payload: payload, Now: time.Now(),
		Event: event(),
	})
	require.NoError(t, err)
	b.engine.Offer(accepted.Delivery, payload.Bytes())
	return accepted.Delivery.ID
}

func event() *export.Event { return &export.Event{Type: "issue-exported", Project: "p"} }

// await waits for a delivery to get to a state.
func (b *bundle) await(t *testing.T, id int64, want store.State) *store.Detail {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-tick.C {
		d, err := b.store.Get(context.Background(), id)
		require.NoError(t, err)
		if d.State == want {
			return d
		}
		require.True(t, time.Now().Before(deadline), "delivery %d never got %s: %+v", id, want, d)
	}
}

// planFunc plans one delivery.
type planFunc func(in adapter.Input, out adapter.Output) (bool, error)

// scripted is an adapter whose plan is given and whose answers mean what their status says.
type scripted struct{ plan planFunc }

func (s scripted) Plan(in adapter.Input, out adapter.Output) (bool, error) { return s.plan(in, out) }

func (scripted) Judge(_ adapter.Step, r adapter.Response) adapter.Verdict {
	v := adapter.Verdict{Detail: string(r.Body), Kept: map[string]string{"id": string(r.Body)}}
	switch {
	case r.Check && r.Status == 404:
		v.Kind = adapter.Absent
	case r.Status == 202:
		v.Kind, v.After = adapter.Wait, time.Nanosecond
	case r.Status == 409:
		v.Kind, v.Reason = adapter.Exists, adapter.ReasonConflict
	case r.Status == 207:
		v.Failed = map[export.ItemID]string{"bad": "not known"}
	case r.Status == 599:
		panic("judge")
	case r.Status == 429:
		v.Kind, v.Reason = adapter.Retry, adapter.ReasonRateLimited
	case r.Status == 504:
		v.Kind, v.Reason = adapter.Unknown, adapter.ReasonTimeout
	case r.Status >= 500:
		v.Kind, v.Reason = adapter.Retry, adapter.ReasonUnavailable
	case r.Status == 401:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonUnauthorized
	case r.Status == 403:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonForbidden
	case r.Status >= 400:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonInvalid
	}
	return v
}

// lines is a source whose payload has an element id a line.
type lines struct{}

func (lines) SecretHeader() string { return "X-Secret" }

func (lines) Scan(io.Reader, func(string) bool) (*export.Event, error) {
	return nil, errors.New("not used")
}

func (lines) Elements(_ *export.Event, body io.Reader, _ export.Fields) iter.Seq2[*export.Element, error] {
	return func(yield func(*export.Element, error) bool) {
		text, err := io.ReadAll(body)
		if err != nil {
			yield(nil, err)
			return
		}
		for i, id := range strings.Fields(string(text)) {
			if !yield(&export.Element{Index: i, ID: id}, nil) {
				return
			}
		}
	}
}

// vendor answers calls by a script, by path: each call takes the next answer, the last one stays. Without a script it
// answers 200.
type vendor struct {
	mu      sync.Mutex
	script  map[string][]answer
	calls   []string
	flying  int
	highest int
}

type answer struct {
	status int
	body   string
	header map[string]string
	err    error
	hold   chan struct{} // closed to let the call end
}

func (v *vendor) on(path string, answers ...answer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.script == nil {
		v.script = map[string][]answer{}
	}
	v.script[path] = answers
}

func (v *vendor) Redact(s string) string { return strings.ReplaceAll(s, secret, "***") }

func (v *vendor) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	a := v.begin(call.Path)
	defer v.end()
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			return adapter.Response{}, ctx.Err()
		}
	}
	if a.err != nil {
		return adapter.Response{}, a.err
	}
	return adapter.Response{Status: a.status, Body: []byte(a.body), Header: a.header}, nil
}

func (v *vendor) begin(path string) answer {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, path)
	v.flying++
	v.highest = max(v.highest, v.flying)
	answers := v.script[path]
	if len(answers) == 0 {
		return answer{status: 200}
	}
	if len(answers) > 1 {
		v.script[path] = answers[1:]
	}
	return answers[0]
}

func (v *vendor) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.flying--
}

// made returns the paths of the calls so far.
func (v *vendor) made() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.calls...)
}
