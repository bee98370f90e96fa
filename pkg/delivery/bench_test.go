package delivery_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// BenchmarkDeliver accepts an event and delivers it by two recorded calls, to a vendor that answers at once; 64 senders.
func BenchmarkDeliver(b *testing.B) {
	s, err := store.Open(b.Context(), "sqlite://"+filepath.Join(b.TempDir(), "bench.db"))
	require.NoError(b, err)
	engine := delivery.New(delivery.Options{
		Store: s, Log: zap.NewNop(),
		Metrics: telemetry.NewMetrics("bench", func() []telemetry.DeliveryCount { return nil }),
		Destinations: []delivery.Destination{{
			Name: "d", Adapter: "scripted", Caller: prompt{}, Concurrency: 16, Timeout: time.Minute,
			Routes: []delivery.Route{{Name: "r", Source: lines{}, Adapter: scripted{func(_ adapter.Input, out adapter.Output) (bool, error) {
				if err := out.Emit(step("one")); err != nil {
					return false, err
				}
				return false, out.Emit(step("two", func(s *adapter.Step) { s.Last = true }))
			}}}},
		}},
	})
	engine.Start(b.Context())
	work := make(chan int)
	var senders sync.WaitGroup
	for range 64 {
		senders.Go(func() {
			for n := range work {
				deliverOne(b, s, engine, n)
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		work <- n
	}
	close(work)
	senders.Wait()
	b.StopTimer()
	engine.Drain(context.Background())
	require.NoError(b, s.Close())
}

// prompt is a vendor that takes everything at once.
type prompt struct{}

func (prompt) Do(context.Context, adapter.Call) (adapter.Response, error) {
	return adapter.Response{Status: 200}, nil
}

func (prompt) Redact(text string) string { return text }

func deliverOne(b *testing.B, s store.Store, engine *delivery.Engine, n int) {
	payload, err := s.NewPayload()
	if err == nil {
		_, err = io.Copy(payload, strings.NewReader(fmt.Sprintf("event %d %02000d", n, n)))
	}
	if err != nil {
		b.Error(err)
		return
	}
	accepted, err := s.Accept(b.Context(), store.Accept{
		Source: "s", Route: "r", Destination: "d", Payload: payload, Now: time.Now(),
		Event: &export.Event{Type: "issue-exported", Project: "p"},
	})
	if err != nil {
		b.Error(err)
		return
	}
	engine.Offer(accepted.Delivery, payload.Bytes())
	if _, err := engine.Await(b.Context(), accepted.Delivery.ID); err != nil {
		b.Error(err)
	}
}
