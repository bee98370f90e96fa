package store_test

import (
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/internal/commit"
)

// The benchmarks write from 64 goroutines and report CPU time beside wall time: it is what an event costs others.
const writers = 64

// eventSize is that of an event of ten elements.
const eventSize = 17_700

// tenItems are what a step of ten elements settles.
var tenItems = []export.ItemID{
	"6b4cb242-4a23-4596-a217-beaddbc496c0", "6b4cb242-4a23-4596-a217-beaddbc496c1", "6b4cb242-4a23-4596-a217-beaddbc496c2",
	"6b4cb242-4a23-4596-a217-beaddbc496c3", "6b4cb242-4a23-4596-a217-beaddbc496c4", "6b4cb242-4a23-4596-a217-beaddbc496c5",
	"6b4cb242-4a23-4596-a217-beaddbc496c6", "6b4cb242-4a23-4596-a217-beaddbc496c7", "6b4cb242-4a23-4596-a217-beaddbc496c8",
	"6b4cb242-4a23-4596-a217-beaddbc496c9",
}

// BenchmarkBareInsert is the yardstick: a row with the body, in a group commit, and nothing else.
func BenchmarkBareInsert(b *testing.B) {
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
	run(b, func(_ *rand.Rand, body []byte) error {
		return g.Do(func() error {
			_, err := insert.Exec(body)
			return err
		})
	})
}

// BenchmarkAccept journals events.
func BenchmarkAccept(b *testing.B) {
	s := openBench(b)
	run(b, func(_ *rand.Rand, body []byte) error {
		_, err := accept(b, s, body)
		return err
	})
}

// BenchmarkCycle takes events through their whole life with one call each.
func BenchmarkCycle(b *testing.B) {
	s := openBench(b)
	run(b, func(_ *rand.Rand, body []byte) error {
		got, err := accept(b, s, body)
		if err != nil {
			return err
		}
		return deliver(b, s, &got.Delivery)
	})
}

// BenchmarkCycleAlone does so one event at a time: each of its three writes has a commit of its own.
func BenchmarkCycleAlone(b *testing.B) {
	s := openBench(b)
	random := rand.New(rand.NewPCG(3, 4))
	body := newBody(random, eventSize)
	begun := cpuTime(b)
	for b.Loop() {
		copy(body, fmt.Sprintf("%016x", random.Uint64()))
		got, err := accept(b, s, append([]byte(nil), body...))
		require.NoError(b, err)
		require.NoError(b, deliver(b, s, &got.Delivery))
	}
	b.ReportMetric(float64((cpuTime(b)-begun).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkLargePayload writes and reads a body of 170 MB in pieces of 64 KiB.
func BenchmarkLargePayload(b *testing.B) {
	s := openBench(b)
	piece := newBody(rand.New(rand.NewPCG(1, 2)), 64<<10)
	b.SetBytes(2600 * int64(len(piece)))
	for b.Loop() {
		p, err := s.NewPayload()
		require.NoError(b, err)
		for range 2600 {
			_, err = p.Write(piece)
			require.NoError(b, err)
		}
		got, err := s.Accept(b.Context(), store.Accept{
			Source: "s", Route: "r", Destination: "d", Event: &export.Event{},
			Payload: p, Now: time.Now(),
		})
		require.NoError(b, err)
		r, err := s.OpenPayload(b.Context(), &got.Delivery)
		require.NoError(b, err)
		_, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, make([]byte, 64<<10))
		require.NoError(b, err)
		require.NoError(b, r.Close())
		remove(b, s, &got.Delivery)
	}
}

// remove deletes a delivery with its payload, so that a long benchmark does not fill the disk.
func remove(b *testing.B, s store.Store, d *store.Delivery) {
	b.Helper()
	require.NoError(b, s.Discard(b.Context(), d.ID, time.Now()))
	n, err := s.Purge(b.Context(), time.Now().Add(time.Hour), 1)
	require.NoError(b, err)
	require.Equal(b, 1, n)
}

func openBench(b *testing.B) store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), "sqlite://"+filepath.Join(b.TempDir(), "bench.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}

func accept(b *testing.B, s store.Store, body []byte) (store.Accepted, error) {
	b.Helper()
	p, err := s.NewPayload()
	if err != nil {
		return store.Accepted{}, err
	}
	if _, err := p.Write(body); err != nil {
		return store.Accepted{}, err
	}
	return s.Accept(b.Context(), store.Accept{
		Source: "aquarium", Route: "relabel", Destination: "labels", Payload: p, Now: time.Now(), Window: 10 * time.Minute,
		Event: &export.Event{Type: "issue-exported", Project: "street", Issue: export.Issue{ID: "i-1", Name: "cars", Elements: 10}},
	})
}

func deliver(b *testing.B, s store.Store, d *store.Delivery) error {
	b.Helper()
	if err := s.Take(b.Context(), d); err != nil {
		return err
	}
	now := time.Now()
	if err := s.Begin(b.Context(), d, store.Begin{Step: "send/0001", Digest: d.Digest, Items: tenItems, At: now}); err != nil {
		return err
	}
	return s.Record(b.Context(), d, store.Record{
		Step: "send/0001", State: store.StepDone, Verdict: "done", Status: 200, Items: 10, Started: now, Ended: now,
	}, &store.Finish{State: store.Delivered, At: now})
}

func run(b *testing.B, op func(*rand.Rand, []byte) error) {
	b.Helper()
	var seed atomic.Uint64
	b.SetParallelism(writers / 2)
	b.SetBytes(eventSize)
	b.ReportAllocs()
	begun := cpuTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		random := rand.New(rand.NewPCG(seed.Add(1), 0))
		body := newBody(random, eventSize)
		for pb.Next() {
			fresh := append([]byte(nil), body...)
			copy(fresh, fmt.Sprintf("%016x", random.Uint64()))
			if err := op(random, fresh); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpuTime(b)-begun).Microseconds())/float64(b.N), "cpu-µs/op")
}

// newBody is JSON that shrinks about as well as a real event: ids and numbers differ, names repeat.
func newBody(random *rand.Rand, size int) []byte {
	body := make([]byte, 0, size+512)
	for len(body) < size {
		body = fmt.Appendf(body, `{"uuid":"%016x%016x","label":"pedestrian","label_type":"BBOX_2D",`+
			`"attributes":{"top":%.3f,"left":%.3f,"width":%.3f,"height":%.3f,"confidence":%.5f},"linked_labels":[]},`,
			random.Uint64(), random.Uint64(), random.Float64()*1000, random.Float64()*1000, random.Float64()*100,
			random.Float64()*100, random.Float64())
	}
	return body[:size]
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type bareEngine struct{ db *sql.DB }

func (e bareEngine) Begin() error     { return e.exec("BEGIN IMMEDIATE") }
func (e bareEngine) Commit() error    { return e.exec("COMMIT") }
func (e bareEngine) Rollback()        { _ = e.exec("ROLLBACK") }
func (e bareEngine) Fatal(error) bool { return false }
func (e bareEngine) Idle()            {}
func (e bareEngine) exec(text string) error {
	_, err := e.db.Exec(text)
	return err
}
