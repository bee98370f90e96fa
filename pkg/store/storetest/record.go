package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var recordCases = []testCase{
	{"a delivery's whole life is there to read", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.begin(t, d, "b-first")
		b.record(t, d, store.Record{
			Step: "b-first", State: store.StepDone, Verdict: "done", Status: 201, Items: 3,
			Kept: map[string]string{"id": "x-1"}, Refused: []adapter.Refusal{{Index: 1, ElementID: "e", Item: "i", Reason: "gone"}},
		})
		b.begin(t, d, "a-second")
		plan := []adapter.Refusal{{Index: 7, Reason: "no image_url"}}
		require.NoError(t, b.store.Record(t.Context(), d, at(store.Record{
			Step: "a-second", State: store.StepRejected,
			Verdict: "reject", Reason: adapter.ReasonInvalid, Detail: "no", Status: 422, Items: 2,
		}),
			&store.Finish{State: store.Dead, Reason: adapter.ReasonInvalid, Detail: "no", Refused: plan, At: after(time.Second)}))
		b.reopen(t)
		got := b.get(t, d.ID)
		require.Equal(t, []store.Step{
			{
				ID: "b-first", Digest: "d-b-first", State: store.StepDone, Kept: map[string]string{"id": "x-1"}, Items: 3, Refused: 1,
				Failed: map[export.ItemID]string{"i": "gone"}, Begun: noon,
			},
			{ID: "a-second", Digest: "d-a-second", State: store.StepRejected, Items: 2, Begun: noon},
		}, got.Steps)
		require.Equal(t, []store.Attempt{
			{Number: 1, Step: "b-first", Verdict: "done", Status: 201, Started: noon, Duration: 250 * time.Millisecond},
			{
				Number: 2, Step: "a-second", Verdict: "reject", Reason: adapter.ReasonInvalid, Detail: "no", Status: 422,
				Started: noon, Duration: 250 * time.Millisecond,
			},
		}, got.Tries)
		require.ElementsMatch(t, []adapter.Refusal{plan[0], {Index: 1, ElementID: "e", Item: "i", Reason: "gone"}}, got.Refusals)
		require.Equal(t, []int{2, 2, 2}, []int{got.Attempts, got.Accepted, got.Refused})
		require.Equal(t, store.Dead, got.State)
		require.Equal(t, after(time.Second), got.UpdatedAt)
	}},
	{"an unfinished call is known as begun", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.begin(t, d, "send")
		b.crash(t)
		steps, err := b.store.Steps(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, []store.Step{{ID: "send", Digest: "d-send", State: store.StepStarted, Begun: noon}}, steps)
	}},
	{"what was done before a crash is counted, whatever comes after", func(t *testing.T, b *bench) {
		for name, next := range map[string]func(id int64){
			"read":      func(int64) {},
			"discarded": func(id int64) { require.NoError(t, b.store.Discard(t.Context(), id, after(time.Minute))) },
			"ended": func(int64) {
				claimed := b.claim(t, after(time.Minute), 1)
				require.Len(t, claimed, 1)
				require.Equal(t, 2, claimed[0].Attempts)
				b.finish(t, &claimed[0], store.Finish{State: store.Partial, At: after(time.Minute)})
			},
		} {
			d := b.running(t)
			for i, step := range []string{"one", "two"} {
				b.begin(t, d, step)
				b.record(t, d, store.Record{
					Step: step, State: store.StepDone, Verdict: "done", Items: 2 + i, Soon: true,
					Refused: []adapter.Refusal{{Index: -1, Item: "i", Reason: "gone"}},
				})
			}
			b.begin(t, d, "three")
			b.crash(t)
			next(d.ID)
			got := b.get(t, d.ID)
			require.Equal(t, []int{2, 3, 2}, []int{got.Attempts, got.Accepted, got.Refused}, name)
			require.Len(t, got.Tries, 2)
			list, err := b.store.List(t.Context(), store.Filter{})
			require.NoError(t, err)
			require.Equal(t, []int{2, 3, 2}, []int{list[0].Attempts, list[0].Accepted, list[0].Refused}, name)
			audited, err := store.Audit(t.Context(), b.store)
			require.NoError(t, err)
			require.Empty(t, audited.Findings, name)
			if name == "read" { // so that the others are claimed alone
				require.NoError(t, b.store.Discard(t.Context(), d.ID, after(time.Minute)))
			}
		}
	}},
	{"a step is tried again and counts once", func(t *testing.T, b *bench) {
		d := b.running(t)
		failed := store.Record{Step: "send", State: store.StepFailed, Verdict: "retry", Items: 5}
		b.begin(t, d, "send")
		b.record(t, d, failed)
		b.begin(t, d, "send")
		b.record(t, d, failed)
		require.Zero(t, b.get(t, d.ID).Accepted)
		require.NoError(t, b.store.Release(t.Context(), d))
		now := b.claim(t, noon, 1)[0]
		require.Equal(t, 2, now.Attempts)
		done := store.Record{Step: "send", State: store.StepDone, Verdict: "done", Items: 5, Refused: make([]adapter.Refusal, 2)}
		b.begin(t, &now, "send")
		b.record(t, &now, done)
		b.record(t, &now, done)
		got := b.get(t, d.ID)
		require.Equal(t, []int{4, 3, 2}, []int{got.Attempts, got.Accepted, got.Refused})
		require.Len(t, got.Steps, 1)
		require.Len(t, got.Refusals, 2)
	}},
	{"the plan's refusals replace those of an earlier plan", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.finish(t, d, store.Finish{State: store.Queued, Refused: make([]adapter.Refusal, 3), At: noon})
		now := b.claim(t, noon, 1)[0]
		require.Equal(t, 3, now.Refused)
		b.finish(t, &now, store.Finish{State: store.Queued, Refused: make([]adapter.Refusal, 1), At: noon})
		require.Equal(t, 1, b.get(t, d.ID).Refused)
		now = b.claim(t, noon, 1)[0]
		b.finish(t, &now, store.Finish{State: store.Delivered, At: noon})
		got := b.get(t, d.ID)
		require.Zero(t, got.Refused)
		require.Empty(t, got.Refusals)
	}},
	{"all refusals are counted, a thousand kept", func(t *testing.T, b *bench) {
		d := b.running(t)
		refused := make([]adapter.Refusal, 2500)
		for i := range refused {
			refused[i] = adapter.Refusal{Index: i, Reason: "no " + strconv.Itoa(i)}
		}
		b.finish(t, d, store.Finish{State: store.Dead, Refused: refused, At: noon})
		got := b.get(t, d.ID)
		require.Equal(t, 2500, got.Refused)
		require.Equal(t, refused[:1000], got.Refusals)
	}},
	{"a done step is not begun again, one never begun not recorded", func(t *testing.T, b *bench) {
		d := b.running(t)
		b.begin(t, d, "send")
		b.record(t, d, store.Record{Step: "send", State: store.StepDone})
		require.ErrorContains(t, b.store.Begin(t.Context(), d, store.Begin{Step: "send", Digest: "d", At: noon}), "done already")
		err := b.store.Record(t.Context(), d, at(store.Record{Step: "other", State: store.StepDone}), nil)
		require.ErrorContains(t, err, "never begun")
		require.Len(t, b.get(t, d.ID).Steps, 1)
	}},
	{"a claim ends only where a running delivery may go", func(t *testing.T, b *bench) {
		for _, to := range store.States {
			d := b.running(t)
			err := b.store.Finish(t.Context(), d, store.Finish{State: to, At: noon})
			if store.CanMove(store.Running, to) {
				require.NoError(t, err, to)
				require.Equal(t, to, b.get(t, d.ID).State)
				continue
			}
			require.ErrorIs(t, err, store.ErrState, to)
			require.NoError(t, b.store.Release(t.Context(), d), to)
		}
	}},
}
