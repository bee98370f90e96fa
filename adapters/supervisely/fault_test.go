package supervisely_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestNothingIsMadeTwice has each call of both modes meet each fault in turn. What the vendor holds in the end is the same.
func TestNothingIsMadeTwice(t *testing.T) {
	t.Parallel()
	for mode, c := range map[string]struct {
		edit  func(*supervisely.Options)
		event adapter.Input
		calls int
	}{
		"batch":   {withJob, many(4), 5},
		"relabel": {relabel, known(), 5},
	} {
		a := newAdapter(t, c.edit)
		well := sandboxtest.Start(t, setup())
		require.Len(t, well.Deliver(t, a, c.event).Steps, c.calls, mode)
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

// TestClashesHoldTheOthersBack: where a part of a call's images is there already, Supervisely refuses all of them; the others are
// sent once more, alone.
func TestClashesHoldTheOthersBack(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	a := newAdapter(t)
	first := stand.Deliver(t, a, many(4))
	again := stand.Deliver(t, a, many(7)) // the same key: four of them are there
	var steps []string
	for _, s := range again.Steps {
		steps = append(steps, s.ID)
	}
	require.Equal(t, []string{"dataset", "images/0001", "rest/0001", "annotations/0001", "there/0001"}, steps)
	require.Len(t, again.Taken, 7)
	for item, receipt := range first.Taken {
		require.Equal(t, receipt, again.Taken[item])
	}
	var rest struct {
		Images []struct {
			Title string `json:"title"`
		} `json:"images"`
	}
	require.NoError(t, json.Unmarshal([]byte(again.Steps[2].Body), &rest))
	require.Len(t, rest.Images, 3)
	s, images := state(t, stand)
	require.Zero(t, s.Twice)
	require.Len(t, images, 6+7)
}

func TestErrorsThatEndADelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit   func(*supervisely.Options)
		reason adapter.Reason
		says   string
	}{
		"dataset": {func(o *supervisely.Options) { o.Dataset = 99 }, adapter.ReasonNotFound, "Dataset with id 99"},
		"class":   {func(o *supervisely.Options) { o.Classes = map[string]string{"dog": "unicorn"}; o.Unmapped = "keep" }, adapter.ReasonInvalid, "unicorn"},
		"user":    {func(o *supervisely.Options) { o.Labelers = []int{77} }, adapter.ReasonNotFound, "User with id 77"},
		"job":     {func(o *supervisely.Options) { o.Mode, o.Job = "relabel", 99 }, adapter.ReasonNotFound, "Labeling job with id 99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := adaptertest.Deliver(t.Context(), newAdapter(t, c.edit), many(3), sandboxtest.Start(t, setup()))
			var stopped *adaptertest.Stopped
			require.ErrorAs(t, err, &stopped)
			require.Equal(t, adapter.Reject, stopped.Verdict.Kind)
			require.Equal(t, c.reason, stopped.Verdict.Reason, stopped)
			require.Contains(t, stopped.Verdict.Detail, c.says)
		})
	}
}

// changing answers one method itself.
type changing struct {
	*sandboxtest.Stand
	method string
	answer adapter.Response
}

// Do makes a call, or answers it.
func (c changing) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if strings.HasSuffix(call.Path, c.method) {
		return c.answer, nil
	}
	return c.Stand.Do(ctx, call)
}

// TestNothingRejectedIsToldAsSuch: a job of which nobody may restart anything ends the delivery, and is not restarted for ever.
func TestNothingRejectedIsToldAsSuch(t *testing.T) {
	t.Parallel()
	vendor := changing{sandboxtest.Start(t, setup()), "jobs.restart", adapter.Response{Status: 400, Body: []byte(`{"error":"No images found"}`)}}
	_, err := adaptertest.Deliver(t.Context(), newAdapter(t, relabel), known(), vendor)
	require.ErrorContains(t, err, "reject: invalid: 400 Bad Request: No images found")
}
