package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// TestModel carries out random operations on a model of the state machine, on SQLite and on PostgreSQL side by side, and
// looks for a difference after each. LABELGATE_MODEL_ROUNDS makes more of it; a failure names its seed.
func TestModel(t *testing.T) {
	t.Parallel()
	rounds := 4
	if text := os.Getenv("LABELGATE_MODEL_ROUNDS"); text != "" {
		var err error
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dir, url := t.TempDir(), pgtest.URL(t)
			r := &history{
				random: rand.New(rand.NewPCG(uint64(seed), 1)), model: &model{}, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
				open: [2]func() store.Store{
					func() store.Store { return openIn(t, dir) },
					func() store.Store {
						s, err := store.Open(t.Context(), url)
						require.NoError(t, err)
						return s
					},
				},
			}
			for i := range r.open {
				r.stores[i] = r.open[i]()
			}
			for range 300 {
				r.step(t)
			}
			for _, s := range r.stores {
				require.NoError(t, s.Close())
			}
		})
	}
}

// history is one random history. handles are the claims, as each store gave them.
type history struct {
	random  *rand.Rand
	model   *model
	open    [2]func() store.Store
	stores  [2]store.Store
	handles [][2]store.Delivery
	now     time.Time
	log     []string
}

// What histories are made of.
var (
	routeNames = []string{"a", "b"}
	stepIDs    = []string{"one", "two", "three"}
	allItems   = []export.ItemID{"i1", "i2", "i3", "i4"}
)

func (r *history) step(t *testing.T) {
	t.Helper()
	r.now = r.now.Add(time.Duration(r.random.IntN(90)) * time.Second)
	operations := []func(*testing.T){
		r.accept, r.accept, r.claim, r.claim, r.begin, r.begin, r.begin, r.record, r.record, r.record, r.finish, r.finish,
		r.release, r.redrive, r.redrive, r.discard, r.settle, r.settle, r.purge, r.list, r.reopen,
	}
	operations[r.random.IntN(len(operations))](t)
	r.compare(t)
}

func (r *history) say(t *testing.T, format string, args ...any) {
	t.Helper()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// both runs an operation on both stores; the errors must be of the kind that the model says.
func (r *history) both(t *testing.T, want error, op func(i int, s store.Store) error) {
	t.Helper()
	for i, s := range r.stores {
		err := op(i, s)
		switch {
		case want == nil:
			require.NoError(t, err, "store %d, after %v", i, r.tail())
		case errors.Is(want, store.ErrLost) || errors.Is(want, store.ErrState) || errors.Is(want, store.ErrNotFound):
			require.ErrorIs(t, err, want, "store %d, after %v", i, r.tail())
		default:
			require.ErrorContains(t, err, want.Error(), "store %d, after %v", i, r.tail())
		}
	}
}

func (r *history) tail() []string { return r.log[max(0, len(r.log)-12):] }

func (r *history) accept(t *testing.T) {
	route, window := pick(r.random, routeNames), 5*time.Minute
	body := pick(r.random, []string{"w1", "w2", "w3", fmt.Sprint("n", r.random.IntN(1e9))})
	if body[0] == 'n' {
		window = 0
	}
	id, duplicate := r.model.accept(route, body, r.now, window)
	r.say(t, "accept %s %s: %d %v", route, body, id, duplicate)
	r.both(t, nil, func(_ int, s store.Store) error {
		p, err := s.NewPayload()
		require.NoError(t, err)
		defer p.Close()
		_, err = p.Write([]byte(body))
		require.NoError(t, err)
		got, err := s.Accept(t.Context(), store.Accept{
			Source: "s", Route: route, Destination: "d-" + route, Payload: p, Now: r.now, Window: window,
			Event: &export.Event{Type: "e", Project: "p " + body, Issue: export.Issue{ID: body}},
		})
		require.Equal(t, []any{id, duplicate}, []any{got.Delivery.ID, got.Duplicate}, r.tail())
		return err
	})
}

func (r *history) claim(t *testing.T) {
	limit := 1 + r.random.IntN(3)
	want := r.model.claim(routeNames, r.now, limit)
	first := len(r.handles)
	r.handles = append(r.handles, make([][2]store.Delivery, len(want))...)
	r.say(t, "claim %v", want)
	r.both(t, nil, func(i int, s store.Store) error {
		list, err := s.Claim(t.Context(), routeNames, r.now, limit)
		require.Len(t, list, len(want), r.tail())
		for n, d := range list {
			require.Equal(t, want[n], d.ID, r.tail())
			r.handles[first+n][i] = d
		}
		return err
	})
	for n, id := range want {
		r.model.get(id).held = first + n
	}
}

// handle picks a claim; d is nil when it is lost.
func (r *history) handle() (n int, d *modelDelivery) {
	if len(r.handles) == 0 {
		return -1, nil
	}
	n = len(r.handles) - 1 - r.random.IntN(min(4, len(r.handles)))
	d = r.model.get(r.handles[n][0].ID)
	if d == nil || d.held != n {
		return n, nil
	}
	return n, d
}

func (r *history) begin(t *testing.T) {
	n, d := r.handle()
	if n < 0 {
		return
	}
	b := store.Begin{Step: pick(r.random, stepIDs), Digest: "x", Items: some(r.random, allItems), At: r.now}
	want := store.ErrLost
	if d != nil {
		want = d.begin(b.Step, len(b.Items))
	}
	r.say(t, "begin %d %s %v: %v", r.handles[n][0].ID, b.Step, b.Items, want)
	r.both(t, want, func(i int, s store.Store) error { return s.Begin(t.Context(), &r.handles[n][i], b) })
}

func (r *history) record(t *testing.T) {
	n, d := r.handle()
	if n < 0 {
		return
	}
	rec := store.Record{
		Step: pick(r.random, stepIDs), Verdict: "v", Started: r.now, Ended: r.now.Add(time.Millisecond),
		State: pick(r.random, []store.StepState{store.StepDone, store.StepDone, store.StepFailed, store.StepUnknown, store.StepRejected}),
	}
	var finish *store.Finish
	if r.random.IntN(4) == 0 {
		f := r.newFinish()
		finish = &f
	}
	want := store.ErrLost
	if d != nil {
		s := d.step(rec.Step)
		if s == nil {
			return // storetest has that
		}
		if rec.State == store.StepDone {
			rec.Items = s.items
			if s.items > 0 && r.random.IntN(2) == 0 {
				rec.Refused = []adapter.Refusal{{Index: -1, Item: "i1", Reason: "no"}}
			}
			rec.Kept = map[string]string{"id": fmt.Sprint(r.random.IntN(9))}
		}
		want = nil
		if d.record(rec); finish != nil {
			d.finish(*finish)
		}
	}
	r.say(t, "record %d %s %s finish %v: %v", r.handles[n][0].ID, rec.Step, rec.State, finish != nil, want)
	r.both(t, want, func(i int, s store.Store) error { return s.Record(t.Context(), &r.handles[n][i], rec, finish) })
}

func (r *history) newFinish() store.Finish {
	f := store.Finish{
		State: pick(r.random, []store.State{store.Queued, store.Waiting, store.Waiting, store.Delivered, store.Partial, store.Dead}),
		At:    r.now, Detail: "why",
	}
	if f.State == store.Waiting {
		f.Reason, f.Failures, f.RetryingSince = adapter.ReasonOutcomeUnknown, r.random.IntN(5), r.now
		if r.random.IntN(2) == 0 {
			f.Reason, f.NextAt = adapter.ReasonRateLimited, r.now.Add(time.Duration(r.random.IntN(200))*time.Second)
		}
	}
	if f.State == store.Dead && r.random.IntN(2) == 0 {
		f.Reason = adapter.ReasonNothingToSend
	}
	f.Refused = make([]adapter.Refusal, r.random.IntN(3))
	f.Notes = make([]adapter.Note, r.random.IntN(2))
	if !f.State.Final() && r.random.IntN(2) == 0 {
		f.Pending = []export.ItemID{"p1", "p2"}
	}
	return f
}

func (r *history) finish(t *testing.T) {
	n, d := r.handle()
	if n < 0 {
		return
	}
	f, want := r.newFinish(), error(nil)
	if d == nil {
		want = store.ErrLost
	} else {
		d.finish(f)
	}
	r.say(t, "finish %d %s: %v", r.handles[n][0].ID, f.State, want)
	r.both(t, want, func(i int, s store.Store) error { return s.Finish(t.Context(), &r.handles[n][i], f) })
}

func (r *history) release(t *testing.T) {
	n, d := r.handle()
	if n < 0 {
		return
	}
	want := store.ErrLost
	if d != nil {
		d.held, want = -1, nil
	}
	r.say(t, "release %d: %v", r.handles[n][0].ID, want)
	r.both(t, want, func(i int, s store.Store) error { return s.Release(t.Context(), &r.handles[n][i]) })
}

// any picks a delivery, or one that is not there.
func (r *history) any() (int64, *modelDelivery) {
	id := int64(1 + r.random.IntN(len(r.model.deliveries)+1))
	return id, r.model.get(id)
}

func (r *history) redrive(t *testing.T) {
	id, d := r.any()
	want := store.ErrNotFound
	if d != nil {
		want = d.redrive(r.now)
	}
	r.say(t, "redrive %d: %v", id, want)
	r.both(t, want, func(_ int, s store.Store) error { return s.Redrive(t.Context(), id, r.now) })
}

func (r *history) discard(t *testing.T) {
	id, d := r.any()
	want := store.ErrNotFound
	if d != nil {
		want = d.discard(r.now)
	}
	r.say(t, "discard %d: %v", id, want)
	r.both(t, want, func(_ int, s store.Store) error { return s.Discard(t.Context(), id, r.now) })
}

func (r *history) settle(t *testing.T) {
	id, d := r.any()
	said := store.Settlement{Step: pick(r.random, stepIDs), Outcome: pick(r.random, []store.StepState{store.StepSettled, store.StepFailed}), Now: r.now}
	want := store.ErrNotFound
	if d != nil {
		want = d.settle(said)
	}
	r.say(t, "settle %d %s %s: %v", id, said.Step, said.Outcome, want)
	r.both(t, want, func(_ int, s store.Store) error { return s.Settle(t.Context(), id, said) })
}

func (r *history) purge(t *testing.T) {
	before := r.now.Add(-time.Duration(r.random.IntN(30)) * time.Minute)
	want := r.model.purge(before, 1000)
	r.say(t, "purge: %d", want)
	r.both(t, nil, func(_ int, s store.Store) error {
		n, err := s.Purge(t.Context(), before, 1000)
		require.Equal(t, want, n, r.tail())
		return err
	})
}

// reopen closes the stores: claims are given back.
func (r *history) reopen(t *testing.T) {
	if r.random.IntN(4) > 0 {
		return
	}
	r.say(t, "reopen")
	for i := range r.stores {
		require.NoError(t, r.stores[i].Close())
		r.stores[i] = r.open[i]()
	}
	for _, d := range r.model.deliveries {
		if d != nil {
			d.held = -1
		}
	}
}

func (r *history) list(t *testing.T) {
	f := store.Filter{Limit: 1 + r.random.IntN(20), OldestFirst: r.random.IntN(2) == 0}
	switch r.random.IntN(5) {
	case 0:
		f.State = []store.State{pick(r.random, store.States), pick(r.random, store.States)}
	case 1:
		f.Route = pick(r.random, routeNames)
	case 2:
		f.Search = pick(r.random, []string{"w1", "w", "p w2", "N", "nothing"})
	case 3:
		f.Since, f.Until = r.now.Add(-time.Hour), r.now.Add(-time.Minute)
	case 4:
		f.Before = int64(r.random.IntN(30))
	}
	var got [2][]store.Delivery
	r.both(t, nil, func(i int, s store.Store) (err error) {
		got[i], err = s.List(t.Context(), f)
		return err
	})
	require.Equal(t, plain(got[0]), plain(got[1]), "%+v after %v", f, r.tail())
}
