package kili_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestNothingIsMadeTwice has each call of both modes meet each fault in turn. What the vendor holds in the end is the same.
func TestNothingIsMadeTwice(t *testing.T) {
	t.Parallel()
	for mode, c := range map[string]struct {
		edit  func(*kili.Options)
		event adapter.Input
		calls int
	}{
		"batch":   {withJobs, sandboxtest.Event(t, "frames"), 4},
		"relabel": {func(o *kili.Options) { relabel(o); o.Priority = "high" }, known(), 3},
	} {
		a := newAdapter(t, c.edit)
		well := sandboxtest.Start(t, setup())
		out := well.Deliver(t, a, c.event)
		require.Len(t, out.Steps, c.calls, mode)
		want, err := well.State()
		require.NoError(t, err)
		for _, fault := range []string{"cut-after", "500-after", "reset", "bad-json", "cut", "429", "500", "502", "503", "504"} {
			for call := range c.calls {
				t.Run(fmt.Sprint(mode, "/", fault, "/", call), func(t *testing.T) {
					t.Parallel()
					stand := sandboxtest.Start(t, setup())
					stand.Fault(t, fmt.Sprintf("%s,after=%d", fault, call))
					stand.Deliver(t, a, c.event)
					got, err := stand.State()
					require.NoError(t, err)
					require.JSONEq(t, string(want), string(got))
				})
			}
		}
	}
}

func TestAnAssetThatIsThereAlreadyIsFound(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a, in := newAdapter(t, withJobs), sandboxtest.Event(t, "frames")
	first := stand.Deliver(t, a, in)
	before, _ := state(t, stand)
	again := stand.Deliver(t, a, in) // the records are lost: nothing is in Results
	after, _ := state(t, stand)
	require.Equal(t, first.Taken, again.Taken)
	require.Equal(t, before, after)
	var steps []string
	for _, s := range again.Steps {
		steps = append(steps, s.ID)
	}
	require.Equal(t, []string{"existing/0001", "found/0001", "predictions/0001", "priority/0001"}, steps)
}

func TestErrorsThatEndADelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit   func(*kili.Options)
		reason adapter.Reason
		says   string
	}{
		"project":  {func(o *kili.Options) { o.Project = "nowhere" }, adapter.ReasonForbidden, "nowhere"},
		"job":      {func(o *kili.Options) { o.Jobs.Box = "NOWHERE" }, adapter.ReasonInvalid, "the project has no such job"},
		"category": {func(o *kili.Options) { o.Classes = map[string]string{"dog": "unicorn"}; o.Unmapped = "keep" }, adapter.ReasonInvalid, "unicorn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup())
			_, err := adaptertest.Deliver(t.Context(), newAdapter(t, withJobs, c.edit), sandboxtest.Event(t, "frames"), stand)
			var stopped *adaptertest.Stopped
			require.ErrorAs(t, err, &stopped)
			require.Equal(t, adapter.Reject, stopped.Verdict.Kind)
			require.Equal(t, c.reason, stopped.Verdict.Reason, stopped)
			require.Contains(t, stopped.Verdict.Detail, c.says)
		})
	}
}

func TestAPartOfACallIsToldAfterALostReply(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, withJobs)
	step := adapter.Step{ID: "assets/0001", Items: []export.ItemID{"a", "b"}, Refs: []string{"k-a", "k-b"}, Repeat: adapter.RepeatCheckFirst}
	v := a.Judge(step, adapter.Response{Status: 200, Check: true, Data: []byte(`{"data":[{"id":"c1","externalId":"k-b","status":"TODO"}]}`)})
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, map[export.ItemID]adapter.Receipt{"b": {ID: "c1"}}, v.Taken)
	require.Contains(t, v.Failed["a"], "only a part")
	require.Equal(t, ",c1", v.Kept["ids"])
}
