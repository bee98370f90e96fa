package storetest

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// noon is the time at which the tests begin. It has no part below a millisecond, so that it comes back as it was.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

func after(d time.Duration) time.Time { return noon.Add(d) }

// event is an accept at noon, to be changed by the test.
func (b *bench) event(t *testing.T, body string) store.Accept {
	t.Helper()
	return store.Accept{
		Source: "aquarium", Route: "relabel", Destination: "labels", Now: noon, Payload: b.payload(t, body),
		Event: &export.Event{Type: "issue-exported", Project: "street", Issue: export.Issue{ID: "i-1", Name: "cars", Elements: 3}},
	}
}

func (b *bench) payload(t *testing.T, body string) store.Payload {
	t.Helper()
	p, err := b.store.NewPayload()
	require.NoError(t, err)
	n, err := io.WriteString(p, body)
	require.NoError(t, err)
	require.Equal(t, len(body), n)
	require.Equal(t, int64(len(body)), p.Size())
	return p
}

func (b *bench) accept(t *testing.T, a store.Accept) store.Delivery {
	t.Helper()
	got, err := b.store.Accept(t.Context(), a)
	require.NoError(t, err)
	require.False(t, got.Duplicate)
	require.NoError(t, a.Payload.Close())
	return got.Delivery
}

// queued accepts an event that is like no other.
func (b *bench) queued(t *testing.T) store.Delivery {
	t.Helper()
	return b.accept(t, b.event(t, t.Name()))
}

// running accepts an event and takes it.
func (b *bench) running(t *testing.T) *store.Delivery {
	t.Helper()
	d := b.queued(t)
	require.NoError(t, b.store.Take(t.Context(), &d))
	return &d
}

// in brings a delivery to a state.
func (b *bench) in(t *testing.T, state store.State) *store.Delivery {
	t.Helper()
	switch state {
	case store.Queued:
		d := b.queued(t)
		return &d
	case store.Running:
		return b.running(t)
	case store.Discarded:
		d := b.queued(t)
		require.NoError(t, b.store.Discard(t.Context(), d.ID, noon))
		return &d
	default:
		d := b.running(t)
		b.finish(t, d, store.Finish{State: state, At: noon})
		return d
	}
}

func (b *bench) begin(t *testing.T, d *store.Delivery, step string) {
	t.Helper()
	require.NoError(t, b.store.Begin(t.Context(), d, store.Begin{Step: step, Digest: "d-" + step, At: noon}))
}

func (b *bench) record(t *testing.T, d *store.Delivery, r store.Record) {
	t.Helper()
	require.NoError(t, b.store.Record(t.Context(), d, at(r), nil))
}

func (b *bench) finish(t *testing.T, d *store.Delivery, f store.Finish) {
	t.Helper()
	require.NoError(t, b.store.Finish(t.Context(), d, f))
}

// at gives a record its times.
func at(r store.Record) store.Record {
	r.Started, r.Ended = noon, after(250*time.Millisecond)
	return r
}

func (b *bench) get(t *testing.T, id int64) *store.Detail {
	t.Helper()
	d, err := b.store.Get(t.Context(), id)
	require.NoError(t, err)
	return d
}

func (b *bench) claim(t *testing.T, now time.Time, limit int) []store.Delivery {
	t.Helper()
	list, err := b.store.Claim(t.Context(), []string{"relabel"}, now, limit)
	require.NoError(t, err)
	return list
}

func (b *bench) body(t *testing.T, d *store.Delivery) string {
	t.Helper()
	r, err := b.store.OpenPayload(t.Context(), d)
	require.NoError(t, err)
	body, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	return string(body)
}

func ids(list []store.Delivery) []int64 {
	out := make([]int64, len(list))
	for i := range list {
		out[i] = list[i].ID
	}
	return out
}
