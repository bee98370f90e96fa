package adaptertest

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

var stepID = regexp.MustCompile(`^[a-z0-9][a-z0-9._/-]*$`)

// Rules holds the adapter's plan for the input to the contract: equal input gives equal plans, one after another and at
// once; step ids are well formed and stand once; every item is in one step or refused; bodies are JSON; no call holds a
// host; nothing follows the last step. It returns the plan.
func Rules(t *testing.T, a adapter.Adapter, in adapter.Input) Plan {
	t.Helper()
	plan, err := Collect(a, in)
	require.NoError(t, err)
	requireEqualPlans(t, a, in, plan)
	items := map[export.ItemID]bool{}
	steps := map[string]bool{}
	for i, s := range plan.Steps {
		require.Regexp(t, stepID, s.ID)
		require.False(t, steps[s.ID], "step id %s stands twice", s.ID)
		steps[s.ID] = true
		require.False(t, s.Last && i < len(plan.Steps)-1, "a step follows the last one")
		require.NotEmpty(t, s.Items, "step %s settles nothing", s.ID)
		require.True(t, s.Body == "" || json.Valid([]byte(s.Body)), "step %s: the body is not JSON", s.ID)
		require.NotContains(t, s.Call.Path, "://")
		require.False(t, strings.HasPrefix(s.Call.Path, "//"), "the path holds a host")
		claim(t, items, s.Items...)
	}
	for _, r := range plan.Refused {
		require.NotEmpty(t, r.Reason)
		if r.Item != "" {
			claim(t, items, r.Item)
		}
	}
	return plan
}

func claim(t *testing.T, taken map[export.ItemID]bool, ids ...export.ItemID) {
	t.Helper()
	for _, id := range ids {
		require.False(t, taken[id], "item %s is settled twice", id)
		taken[id] = true
	}
}

func requireEqualPlans(t *testing.T, a adapter.Adapter, in adapter.Input, want Plan) {
	t.Helper()
	const workers, rounds = 4, 25
	plans := make(chan Plan, workers*rounds)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range rounds {
				if p, err := Collect(a, in); err == nil {
					plans <- p
				}
			}
		})
	}
	all.Wait()
	close(plans)
	require.Len(t, plans, workers*rounds, "a plan that worked once gave an error")
	for p := range plans {
		require.Equal(t, want, p)
	}
}
