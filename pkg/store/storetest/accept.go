package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list, as all the lists of cases
var acceptCases = []testCase{
	{"returns what Get returns", func(t *testing.T, b *bench) {
		a := b.event(t, `{"a":1}`)
		a.Event.Extra = map[string]any{"big": json.Number("9007199254740993"), "é": []any{nil, true, "<&>"}}
		d := b.accept(t, a)
		sum := sha256.Sum256([]byte(`{"a":1}`))
		require.Equal(t, hex.EncodeToString(sum[:]), d.Digest)
		require.Equal(t, int64(7), d.Size)
		require.Equal(t, store.DeliveryKey(b.store.ID(), d.ID), d.Key)
		require.Equal(t, store.Queued, d.State)
		require.True(t, d.Fresh)
		require.Equal(t, d, b.get(t, d.ID).Delivery)
		b.reopen(t)
		require.Equal(t, d, b.get(t, d.ID).Delivery)
	}},
	{"an identical body inside the window is the first delivery", func(t *testing.T, b *bench) {
		first := b.accept(t, windowed(b.event(t, "same"), noon))
		again := windowed(b.event(t, "same"), after(9*time.Minute))
		got, err := b.store.Accept(t.Context(), again)
		require.NoError(t, err)
		require.True(t, got.Duplicate)
		require.Equal(t, first, got.Delivery)
		require.NoError(t, again.Payload.Close())
		require.Equal(t, int64(1), b.total(t))
	}},
	{"the window is that of the first, and true across a restart", func(t *testing.T, b *bench) {
		first := b.accept(t, windowed(b.event(t, "same"), noon))
		b.reopen(t)
		got, err := b.store.Accept(t.Context(), windowed(b.event(t, "same"), after(9*time.Minute)))
		require.NoError(t, err)
		require.Equal(t, first.ID, got.Delivery.ID)
		second := b.accept(t, windowed(b.event(t, "same"), after(11*time.Minute)))
		require.NotEqual(t, first.ID, second.ID)
	}},
	{"other routes, other bodies and no window are no duplicates", func(t *testing.T, b *bench) {
		b.accept(t, windowed(b.event(t, "same"), noon))
		other := windowed(b.event(t, "same"), noon)
		other.Route = "other"
		b.accept(t, other)
		b.accept(t, windowed(b.event(t, "samE"), noon))
		b.accept(t, b.event(t, "same"))
		require.Equal(t, int64(4), b.total(t))
	}},
	{"of identical bodies at the same moment one is first", func(t *testing.T, b *bench) {
		const n = 40
		events := make([]store.Accept, n)
		for i := range events {
			events[i] = windowed(b.event(t, "same"), noon)
		}
		got := b.acceptAll(t, events)
		for _, g := range got {
			require.Equal(t, got[0].Delivery.ID, g.Delivery.ID)
		}
		require.Equal(t, int64(1), b.total(t))
	}},
	{"many at once all get an id and a row of their own", func(t *testing.T, b *bench) {
		events := make([]store.Accept, 300)
		for i := range events {
			events[i] = windowed(b.event(t, fmt.Sprint(i)), noon)
		}
		for i, g := range b.acceptAll(t, events) {
			require.False(t, g.Duplicate)
			require.Equal(t, fmt.Sprint(i), b.body(t, &g.Delivery))
		}
		require.Equal(t, int64(300), b.total(t))
	}},
	{"a purged id is never given again", func(t *testing.T, b *bench) {
		d := b.in(t, store.Delivered)
		n, err := b.store.Purge(t.Context(), after(time.Hour), 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		b.reopen(t)
		require.Greater(t, b.queued(t).ID, d.ID)
	}},
	{"stores differ in their ids and keep them", func(t *testing.T, b *bench) {
		other := &bench{backend: b.backend, dir: t.TempDir()}
		other.open(t)
		id := b.store.ID()
		require.NotEmpty(t, id)
		require.NotEqual(t, id, other.store.ID())
		b.reopen(t)
		require.Equal(t, id, b.store.ID())
	}},
}

//nolint:gochecknoglobals // a constant list
var payloadCases = []testCase{
	{"small ones stay in memory, large ones do not, all come back", func(t *testing.T, b *bench) {
		for _, size := range []int{0, 1, 4 << 10, 64 << 10, 64<<10 + 1, 3 << 20} {
			body := strings.Repeat("0123456789abcdef", size/16+1)[:size]
			a := b.event(t, body)
			require.Equal(t, size > 0 && size <= 64<<10, a.Payload.Bytes() != nil, size)
			d := b.accept(t, a)
			require.Equal(t, int64(size), d.Size)
			require.Equal(t, body, b.body(t, &d))
		}
		b.reopen(t)
		list, err := b.store.List(t.Context(), store.Filter{})
		require.NoError(t, err)
		for i := range list {
			require.Len(t, b.body(t, &list[i]), int(list[i].Size))
		}
	}},
	{"a large duplicate and a closed one leave nothing behind", func(t *testing.T, b *bench) {
		body := strings.Repeat("x", 200<<10)
		first := b.accept(t, windowed(b.event(t, body), noon))
		again := windowed(b.event(t, body), noon)
		got, err := b.store.Accept(t.Context(), again)
		require.NoError(t, err)
		require.True(t, got.Duplicate)
		require.NoError(t, again.Payload.Close())
		require.NoError(t, b.payload(t, body).Close())
		require.Equal(t, body, b.body(t, &first))
	}},
	{"a damaged one is an error, small and large", func(t *testing.T, b *bench) {
		for _, size := range []int{100, 200 << 10} {
			d := b.accept(t, b.event(t, strings.Repeat("y", size)))
			require.NoError(t, b.store.Close())
			b.backend.Damage(t, b.dir, d)
			b.open(t)
			require.Error(t, readAll(t, b.store, &d), size)
		}
	}},
	{"an unknown delivery has none", func(t *testing.T, b *bench) {
		_, err := b.store.OpenPayload(t.Context(), &store.Delivery{ID: 99})
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
}

func windowed(a store.Accept, now time.Time) store.Accept {
	a.Now, a.Window = now, 10*time.Minute
	return a
}

func (b *bench) acceptAll(t *testing.T, events []store.Accept) []store.Accepted {
	t.Helper()
	got, errs := make([]store.Accepted, len(events)), make([]error, len(events))
	var all sync.WaitGroup
	for i := range events {
		all.Go(func() { got[i], errs[i] = b.store.Accept(t.Context(), events[i]) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return got
}

// total is the number of deliveries by Counts, which must agree with List.
func (b *bench) total(t *testing.T) (n int64) {
	t.Helper()
	counts, err := b.store.Counts(t.Context())
	require.NoError(t, err)
	for _, c := range counts {
		n += c
	}
	list, err := b.store.List(t.Context(), store.Filter{Limit: 10_000})
	require.NoError(t, err)
	require.Len(t, list, int(n))
	return n
}
