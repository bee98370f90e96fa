package e2e_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// TestCrashReplicasAtAVendorWithoutKeys does to two gateways on one PostgreSQL, under load, what happens to machines: a gateway is
// killed, the database is killed, a gateway is stopped for longer than any time-out and woken. The proof is that of
// TestCrashAtAVendorWithoutKeys; TestCrashReplicas has the one for a vendor with keys.
func TestCrashReplicasAtAVendorWithoutKeys(t *testing.T) {
	t.Parallel()
	rounds, seed := 3+number(t, "LABELGATE_CRASH_ROUNDS", 0)/20, number(t, "LABELGATE_CRASH_SEED", 1)
	r := newReplicated(t)
	random := rand.New(rand.NewPCG(uint64(seed), 7))
	for n := range rounds {
		r.round(t, n%3, random)
	}
	for _, g := range r.gateways {
		g.Kill()
	}
	r.prove(t)
}

// replicated are two gateways on one database.
type replicated struct {
	*crashed
	database *pgtest.Server
	sites    [2]*harness.Site
	gateways [2]*harness.Gateway
}

func newReplicated(t *testing.T) *replicated {
	t.Helper()
	r := &replicated{crashed: newCrash(t, "never"), database: pgtest.Start(t)}
	r.sites = [2]*harness.Site{r.site, harness.NewSite(t, labelgate, r.site.Config, r.vendor.URL)}
	for i, site := range r.sites {
		for name, value := range map[string]string{
			"BATCH_ITEMS": "1", "REPEAT": "never", "TIMEOUT": "1s", "LABELGATE_STORE": r.database.URL(),
		} {
			site.Env[name] = value
		}
		r.gateways[i] = site.Serve(t)
	}
	return r
}

// The kinds of a round.
const (
	killGateway = iota
	killDatabase
	freezeGateway
)

// round lets something happen while events come in at both gateways.
func (r *replicated) round(t *testing.T, what int, random *rand.Rand) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for s := range r.load.pending {
		senders.Go(func() { r.load.sendUntil(ctx, s, r.gateways[s%2]) })
	}
	calls := len(r.vendor.Calls())
	r.vendor.AwaitCalls(t, calls+10+random.IntN(60))
	victim := random.IntN(2)
	switch what {
	case killGateway:
		r.gateways[victim].Kill()
	case killDatabase:
		r.database.Kill()
		require.NoError(t, r.database.Start())
	case freezeGateway:
		r.gateways[victim].Freeze(t)
		select {
		case <-time.After(2500 * time.Millisecond): // every time-out of the calls, of the database and of retries has passed
		case <-t.Context().Done():
		}
		r.gateways[victim].Thaw(t)
	}
	r.vendor.AwaitCalls(t, len(r.vendor.Calls())+20)
	stop()
	senders.Wait()
	if !r.gateways[victim].Running() {
		r.gateways[victim] = r.sites[victim].Serve(t)
	}
}

// sendUntil sends one event after the other until ctx ends; one that is not taken is sent again.
func (l *load) sendUntil(ctx context.Context, sender int, g *harness.Gateway) {
	for ctx.Err() == nil {
		if l.send(ctx, g, sender) == nil {
			l.advance(sender)
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}
