package store_test

import (
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/internal/commit"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// The shape of the spike that the engine was chosen by: events of 2 KB, 64 writers (50 workers there), each delivery with
// two recorded steps.
const (
	spikeEvent   = 2 << 10
	spikeWriters = 64
)

// BenchmarkSpike measures whole deliveries with two recorded steps, and in the same run the yardstick: a bare row of the same
// size in a group commit.
//
// The garbage collector is set as in the gateway (pkg/gateway/memory.go). The first step is recorded as one that may be repeated.
func BenchmarkSpike(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	b.Run("bare insert, sqlite", func(b *testing.B) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+
			"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)")
		require.NoError(b, err)
		db.SetMaxOpenConns(1)
		_, err = db.Exec(`CREATE TABLE bare (id INTEGER PRIMARY KEY, body BLOB)`)
		require.NoError(b, err)
		insert, err := db.Prepare(`INSERT INTO bare (body) VALUES (?)`)
		require.NoError(b, err)
		g := commit.New(bareEngine{db}, time.Hour)
		b.Cleanup(func() { g.Close(); require.NoError(b, db.Close()) })
		spike(b, nil, func(_ store.Store, body []byte) error {
			return g.Do(func() error { _, err := insert.Exec(body); return err })
		})
	})
	b.Run("two steps, sqlite", func(b *testing.B) { spike(b, []store.Store{openBench(b)}, twoSteps(b)) })
	server := pgtest.Start(b)
	pgtest.Exec(b, server.URL(), `ALTER SYSTEM SET fsync = on`)
	pgtest.Exec(b, server.URL(), `SELECT pg_reload_conf()`)
	for i, far := range []time.Duration{0, 10 * time.Millisecond} {
		for _, n := range []int{1, 2, 4} {
			b.Run(fmt.Sprintf("two steps, postgres %s away, replicas=%d", far, n), func(b *testing.B) {
				address := server.Schema(b, fmt.Sprintf("bench_%d_%d_%d", i, n, rand.Int()))
				if far > 0 {
					address = away(b, address, far)
				}
				stores := make([]store.Store, n)
				for i := range stores {
					s, err := store.Open(b.Context(), address)
					require.NoError(b, err)
					b.Cleanup(func() { require.NoError(b, s.Close()) })
					stores[i] = s
				}
				spike(b, stores, twoSteps(b))
			})
		}
	}
}

// spike runs op from spikeWriters goroutines for each store and reports how often a second.
func spike(b *testing.B, stores []store.Store, op func(store.Store, []byte) error) {
	b.Helper()
	if stores == nil {
		stores = []store.Store{nil}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	begun, cpu := time.Now(), cpuTime(b)
	var all sync.WaitGroup
	for w := range spikeWriters * len(stores) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			base := newBody(random, spikeEvent)
			for left.Add(-1) >= 0 {
				body := append([]byte(nil), base...)
				copy(body, fmt.Sprintf("%016x", random.Uint64()))
				if err := op(stores[w%len(stores)], body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "per-second")
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
}

func twoSteps(b *testing.B) func(store.Store, []byte) error {
	return func(s store.Store, body []byte) error {
		p, err := s.NewPayload()
		if err != nil {
			return err
		}
		if _, err := p.Write(body); err != nil {
			return err
		}
		got, err := s.Accept(b.Context(), store.Accept{
			Source: "s", Route: "r", Destination: "d", Payload: p, Now: time.Now(), Window: 10 * time.Minute,
			Event: &export.Event{Type: "e", Project: "p", Issue: export.Issue{ID: "i", Elements: 1}},
		})
		if err != nil {
			return err
		}
		d := &got.Delivery
		if err := s.Take(b.Context(), d); err != nil {
			return err
		}
		for _, step := range []string{"create", "attach"} {
			now := time.Now()
			if err := s.Begin(b.Context(), d, store.Begin{Step: step, Digest: d.Digest, At: now}); err != nil {
				return err
			}
			var finish *store.Finish
			if step == "attach" {
				finish = &store.Finish{State: store.Delivered, At: now}
			}
			err := s.Record(b.Context(), d, store.Record{
				Step: step, State: store.StepDone, Verdict: "done", Started: now, Ended: now, Soon: true,
			}, finish)
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// away is a database behind a network that takes so long for a round trip.
func away(b *testing.B, address string, roundTrip time.Duration) string {
	b.Helper()
	u, err := url.Parse(address)
	require.NoError(b, err)
	to := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = from.Close()
				continue
			}
			go delay(from, server, roundTrip/2)
			go delay(server, from, roundTrip/2)
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

// delay passes on what comes, so much later.
func delay(from, to net.Conn, by time.Duration) {
	type piece struct {
		at   time.Time
		data []byte
	}
	queue := make(chan piece, 1024)
	go func() {
		defer to.Close()
		for p := range queue {
			<-time.After(time.Until(p.at))
			if _, err := to.Write(p.data); err != nil {
				_, _ = io.Copy(io.Discard, from)
				return
			}
		}
	}()
	defer close(queue)
	for {
		buffer := make([]byte, 64<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			queue <- piece{time.Now().Add(by), buffer[:n]}
		}
		if err != nil {
			return
		}
	}
}
