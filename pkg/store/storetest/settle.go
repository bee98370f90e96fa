package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

//nolint:gochecknoglobals // a constant list
var settleCases = []testCase{
	{"an unknown outcome is redriven only when a person has settled every step", func(t *testing.T, b *bench) {
		d := b.waitingForPerson(t)
		require.ErrorIs(t, b.store.Redrive(t.Context(), d.ID, noon), store.ErrUnsettled)
		require.ErrorIs(t, b.store.Redrive(t.Context(), d.ID, noon), store.ErrState)
		b.settle(t, d.ID, store.Settlement{Step: "unknown", Outcome: store.StepFailed})
		require.ErrorIs(t, b.store.Redrive(t.Context(), d.ID, noon), store.ErrUnsettled)
		b.settle(t, d.ID, store.Settlement{
			Step: "started", Outcome: store.StepSettled, Kept: map[string]string{"id": "7"}, Refused: blurred(),
		})
		got := b.get(t, d.ID)
		require.Equal(t, []any{store.Waiting, `step "started": a person said that the vendor has it; redrive goes on from there`, after(time.Hour)}, []any{got.State, got.Detail, got.UpdatedAt})
		require.NoError(t, b.store.Redrive(t.Context(), d.ID, after(time.Hour)))
		steps, err := b.store.Steps(t.Context(), d.ID)
		require.NoError(t, err)
		states := map[string]store.StepState{}
		for _, s := range steps {
			states[s.ID] = s.State
			if s.ID == "started" {
				require.Equal(t, map[string]string{"id": "7"}, s.Kept)
				require.Equal(t, map[export.ItemID]string{"i2": "blurred"}, s.Failed)
			}
		}
		require.Equal(t, map[string]store.StepState{
			"done": store.StepDone, "unknown": store.StepFailed, "started": store.StepSettled,
		}, states)
	}},
	{"a settled step becomes done with what is recorded of it", func(t *testing.T, b *bench) {
		d := b.waitingForPerson(t)
		b.settle(t, d.ID, store.Settlement{Step: "unknown", Outcome: store.StepSettled, Refused: blurred()})
		b.settle(t, d.ID, store.Settlement{Step: "started", Outcome: store.StepSettled})
		require.NoError(t, b.store.Redrive(t.Context(), d.ID, noon))
		again := b.claim(t, noon, 1)[0]
		b.record(t, &again, store.Record{Step: "unknown", State: store.StepDone, Items: 3, Refused: blurred()})
		b.finish(t, &again, store.Finish{State: store.Partial, At: noon})
		got := b.get(t, d.ID)
		require.Equal(t, []int{3, 1}, []int{got.Accepted, got.Refused}, "one of the step that was done before")
		require.Equal(t, blurred(), got.Refusals)
	}},
	{"a person may change the word until the delivery goes on", func(t *testing.T, b *bench) {
		d := b.waitingForPerson(t)
		said := store.Settlement{Step: "unknown", Outcome: store.StepSettled, Refused: blurred()}
		b.settle(t, d.ID, said)
		require.Len(t, b.get(t, d.ID).Refusals, 1)
		said.Outcome, said.Refused = store.StepFailed, nil
		b.settle(t, d.ID, said)
		require.Empty(t, b.get(t, d.ID).Refusals)
		require.ErrorIs(t, b.store.Settle(t.Context(), d.ID, said), store.ErrState, "what failed is known")
	}},
	{"only an unknown outcome of a delivery at rest is settled", func(t *testing.T, b *bench) {
		d := b.waitingForPerson(t)
		said := store.Settlement{Step: "done", Outcome: store.StepFailed, Now: noon}
		require.ErrorIs(t, b.store.Settle(t.Context(), d.ID, said), store.ErrState)
		said.Step = "never begun"
		require.ErrorIs(t, b.store.Settle(t.Context(), d.ID, said), store.ErrNotFound)
		require.ErrorIs(t, b.store.Settle(t.Context(), 99, said), store.ErrNotFound)
		said = store.Settlement{Step: "unknown", Outcome: store.StepDone, Now: noon}
		require.Error(t, b.store.Settle(t.Context(), d.ID, said), "a person says, and does not record")
		said.Outcome = store.StepSettled
		running := b.running(t)
		b.begin(t, running, "unknown")
		require.ErrorIs(t, b.store.Settle(t.Context(), running.ID, said), store.ErrState)
		require.NoError(t, b.store.Discard(t.Context(), d.ID, noon))
		require.ErrorIs(t, b.store.Settle(t.Context(), d.ID, said), store.ErrState)
	}},
}

// waitingForPerson is a delivery with a step that is done, one that is unknown and one that was begun.
func (b *bench) waitingForPerson(t *testing.T) *store.Delivery {
	t.Helper()
	d := b.running(t)
	b.begin(t, d, "done")
	b.record(t, d, store.Record{Step: "done", State: store.StepDone, Items: 1})
	b.begin(t, d, "unknown")
	b.record(t, d, store.Record{Step: "unknown", State: store.StepUnknown})
	b.begin(t, d, "started")
	b.finish(t, d, store.Finish{State: store.Waiting, Reason: adapter.ReasonOutcomeUnknown, Detail: "look", At: noon})
	return d
}

// settle settles a step an hour after noon.
func (b *bench) settle(t *testing.T, id int64, s store.Settlement) {
	t.Helper()
	s.Now = after(time.Hour)
	require.NoError(t, b.store.Settle(t.Context(), id, s))
}

func blurred() []adapter.Refusal {
	return []adapter.Refusal{{Index: -1, Item: "i2", Reason: "blurred"}}
}
