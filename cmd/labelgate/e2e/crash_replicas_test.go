package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// How often something is done to two replicas and their database: once for every so many kills of a single gateway, and each
// of the four things at least once in the quick form.
const (
	killsPerReplicaRound = 16
	replicaLeg           = 8 // rounds
)

// TestCrashReplicas does to two gateways on one PostgreSQL, under load, what happens to machines: a gateway is killed, the
// database is killed, a gateway is stopped for longer than any time-out and woken, and both of these at once. What is proved at
// which vendor is what TestCrash, TestCrashAtAVendorWithoutKeys and TestCrashAtAVendorWithAReadOnly prove of one gateway.
func TestCrashReplicas(t *testing.T) {
	t.Parallel()
	rounds := max(4, number(t, "LABELGATE_CRASH_ROUNDS", 0)/killsPerReplicaRound)
	for stream, repeat := range []string{"keyed", "never"} {
		t.Run(repeat, func(t *testing.T) {
			t.Parallel()
			replicaCampaign(t, rounds, uint64(stream), func(t *testing.T, _ int) *replicated {
				s := newScripted(t, repeat)
				r := replicate(t, s.crashed)
				if s.audit != nil {
					s.look = func(t *testing.T) { s.looks += 2; s.audit.lookAtDatabase(t, r.database.URL()) }
				}
				return r
			})
		})
	}
	t.Run("read", func(t *testing.T) {
		t.Parallel()
		if rounds == 4 {
			rounds = 1 // the quick form
		}
		flows := quickFlows(t)
		replicaCampaign(t, rounds, 2, func(t *testing.T, leg int) *replicated {
			return replicate(t, newReading(t, flows[leg%len(flows)]).crashed)
		})
	})
}

// replicaCampaign is a campaign of rounds with two replicas, in legs.
func replicaCampaign(t *testing.T, rounds int, stream uint64, begin func(t *testing.T, leg int) *replicated) {
	t.Helper()
	seed := number(t, "LABELGATE_CRASH_SEED", 1)
	began, sum := time.Now(), tally{}
	for first := 0; first < rounds; first += replicaLeg {
		last := min(first+replicaLeg, rounds)
		t.Run(fmt.Sprintf("%d-%d", first+1, last), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 7<<40+stream<<32+uint64(first)))
			r := begin(t, first/replicaLeg)
			for n := range last - first {
				r.round(t, n%4, random)
			}
			sum.add(r.prove(t))
		})
		if t.Failed() {
			return
		}
		t.Logf("round %d of %d, seed %d, %s: %s", last, rounds, seed, time.Since(began).Round(time.Second), sum)
	}
}

// replicated are two gateways on one database.
type replicated struct {
	*crashed
	database *pgtest.Server
	sites    [2]*harness.Site
	gateways [2]*harness.Gateway
}

// replicate has two gateways where there was to be one.
func replicate(t *testing.T, c *crashed) *replicated {
	t.Helper()
	r := &replicated{crashed: c, database: pgtest.Start(t)}
	c.site.Env["LABELGATE_STORE"], c.site.Env["TIMEOUT"] = r.database.URL(), "1s"
	r.sites = [2]*harness.Site{c.site, c.site.Another(t)}
	for i, site := range r.sites {
		r.gateways[i] = site.Serve(t)
	}
	c.load.to(r.gateways[:]...)
	return r
}

// What happens in a round.
const (
	killGateway = iota
	killDatabase
	freezeGateway
	freezeAndKill
)

// round lets something happen while events come in at both gateways. The load finds a gateway that has come back.
func (r *replicated) round(t *testing.T, what int, random *rand.Rand) {
	t.Helper()
	pause(t, random, crashLife)
	victim := random.IntN(2)
	switch what {
	case killGateway:
		r.gateways[victim].Kill()
		pause(t, random, 300*time.Millisecond)
	case killDatabase:
		r.restartDatabase(t, random)
	case freezeGateway:
		r.gateways[victim].Freeze(t)
		pause(t, random, 5*time.Second) // longer than a call may take
		r.gateways[victim].Thaw(t)
	case freezeAndKill: // its work is taken over while it is stopped
		r.gateways[victim].Freeze(t)
		r.restartDatabase(t, random)
		pause(t, random, 5*time.Second) // longer than the grace of a takeover
		r.gateways[victim].Thaw(t)
	}
	pause(t, random, crashLife)
	for i, g := range r.gateways {
		if !g.Running() {
			r.gateways[i] = r.sites[i].Serve(t)
		}
	}
	r.load.to(r.gateways[:]...)
	if r.look != nil {
		r.look(t)
	}
}

func (r *replicated) restartDatabase(t *testing.T, random *rand.Rand) {
	t.Helper()
	r.database.Kill()
	pause(t, random, 300*time.Millisecond)
	require.NoError(t, r.database.Start())
}

// prove looks at everything when the two are well again.
func (r *replicated) prove(t *testing.T) tally {
	t.Helper()
	for _, g := range r.gateways {
		harness.Await(t, func() bool { code, _ := g.Get(t, "/readyz"); return code == http.StatusOK }, "a replica is well again")
	}
	r.gateways[1].Stop(t)
	r.load.to(r.gateways[0])
	return r.proveBy(t, r.gateways[0])
}

// lookAtDatabase notes what the database says is done.
func (a *audit) lookAtDatabase(t *testing.T, url string) {
	t.Helper()
	var done []string
	harness.Await(t, func() bool {
		var err error
		done, err = doneSteps(t.Context(), url)
		return err == nil
	}, "the database can be read")
	calls := a.vendor.Count() // counted after: what was done had been sent by then
	for _, key := range done {
		a.note(key, calls)
	}
}

// doneSteps are the keys of the steps that are recorded as done.
func doneSteps(ctx context.Context, url string) ([]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	var id string
	if err := conn.QueryRow(ctx, `SELECT value FROM meta WHERE key = 'id'`).Scan(&id); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, `SELECT delivery, name FROM step WHERE state = 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (key string, err error) {
		var delivery int64
		var step string
		err = row.Scan(&delivery, &step)
		return stepKey(store.DeliveryKey(id, delivery), step), err
	})
}
