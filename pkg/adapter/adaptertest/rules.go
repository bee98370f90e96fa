package adaptertest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Rules holds the plan of an adapter whose every call settles items to the contract, without a vendor: equal input gives equal plans, one after another and at
// once; step ids are well formed and stand once; every item is in one step or refused; bodies are JSON; no call holds a
// host; nothing follows the last step. It returns the plan.
func Rules(t *testing.T, a adapter.Adapter, in adapter.Input) Plan {
	t.Helper()
	plan, err := Collect(a, in)
	require.NoError(t, err)
	require.NoError(t, equalPlans(a, in, plan))
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
