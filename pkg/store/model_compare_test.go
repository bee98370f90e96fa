package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

// compare looks at one delivery as the model and both stores tell of it, and at what is due and counted.
func (r *history) compare(t *testing.T) {
	t.Helper()
	id, d := r.any()
	var details [2]*store.Detail
	var items [2]store.ItemPage
	want, limit := error(nil), 1+r.random.IntN(9)
	if d == nil {
		want = store.ErrNotFound
	}
	r.both(t, want, func(i int, s store.Store) (err error) {
		details[i], err = s.Get(t.Context(), id)
		if err == nil {
			items[i], err = s.Items(t.Context(), id, store.ItemFilter{Limit: limit})
		}
		return err
	})
	if d != nil {
		for i := range details {
			details[i].Delivery = plain([]store.Delivery{details[i].Delivery})[0]
		}
		require.Equal(t, details[0], details[1], r.tail())
		require.Equal(t, items[0], items[1], r.tail())
		r.same(t, d, details[0])
	}
	due := r.model.nextDue(routeNames)
	counts := map[store.RouteState]int64{}
	for _, d := range r.model.deliveries {
		if d != nil {
			counts[store.RouteState{Route: d.route, State: d.visible()}]++
		}
	}
	r.both(t, nil, func(i int, s store.Store) error {
		at, ok, err := s.NextDue(t.Context(), routeNames)
		require.Equal(t, due, at, "store %d after %v", i, r.tail())
		require.Equal(t, !due.IsZero(), ok)
		require.NoError(t, err)
		got, err := s.Counts(t.Context())
		require.Equal(t, counts, got, "store %d after %v", i, r.tail())
		return err
	})
}

func (r *history) same(t *testing.T, d *modelDelivery, got *store.Detail) {
	t.Helper()
	accepted, refused := d.counts()
	require.Equal(t,
		[]any{d.visible(), d.reason, d.detail, d.attempts, d.failures, accepted, refused, d.acceptedAt, d.updatedAt, d.retryingSince, d.pass},
		[]any{
			got.State, got.Reason, got.Detail, got.Attempts, got.Failures, got.Accepted, got.Refused, got.AcceptedAt, got.UpdatedAt,
			got.RetryingSince, got.Pass,
		}, "delivery %d after %v", d.id, r.tail())
	require.Len(t, got.Steps, len(d.steps))
	for _, s := range d.steps {
		at := slices.IndexFunc(got.Steps, func(g store.Step) bool { return g.ID == s.name })
		require.GreaterOrEqual(t, at, 0)
		require.Equal(t, []any{s.state, s.items}, []any{got.Steps[at].State, got.Steps[at].Items}, "step %s of %d after %v", s.name, d.id, r.tail())
	}
	require.Len(t, got.Notes, d.notes)
}

// plain are deliveries without what differs between stores.
func plain(list []store.Delivery) []store.Delivery {
	out := slices.Clone(list)
	for i := range out {
		out[i].Key, out[i].Token = "", 0
	}
	return out
}

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

func some[T any](random *rand.Rand, list []T) []T { return list[:random.IntN(len(list)+1)] }
