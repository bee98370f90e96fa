package cvat_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestEveryFaultAtEveryCall: whatever happens to whichever call, the vendor holds in the end what it holds without, and
// nothing was made twice.
func TestEveryFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	in := sandboxtest.Event(t, "mixed")
	stands := furnished(map[string]adapter.Input{"mixed": in})
	for mode, o := range map[string]func() adapter.Adapter{
		"batch":   func() adapter.Adapter { return made(t, options(batch, small)) },
		"relabel": func() adapter.Adapter { return made(t, options(relabel)) },
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			stand := stands(t).(*sandboxtest.Stand)
			setUp := len(stand.Server.Requests())
			stand.Deliver(t, o(), in)
			want, calls := state(t, stand), len(stand.Server.Requests())-setUp
			require.Greater(t, calls, 5)
			for _, fault := range []string{"500-after", "cut-after", "reset", "bad-json", "cut", "429", "500", "502", "503"} {
				for call := range calls {
					stand := stands(t).(*sandboxtest.Stand)
					stand.Fault(t, fmt.Sprintf("%s,after=%d", fault, call))
					stand.Deliver(t, o(), in)
					require.Equal(t, want, state(t, stand), "%s at call %d", fault, call)
				}
			}
			require.Zero(t, want.Twice)
		})
	}
}

// TestRefusedKeys stop a delivery, with CVAT's own words.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	for status, reason := range map[string]adapter.Reason{"401": adapter.ReasonUnauthorized, "403": adapter.ReasonForbidden} {
		stand := sandboxtest.Start(t, setup())
		stand.Fault(t, status)
		_, err := deliverTo(t, stand, made(t, options(batch)), sandboxtest.Event(t, "frames"))
		require.Equal(t, reason, stopped(t, err).Reason)
		require.Empty(t, state(t, stand).Tasks)
	}
}
