package e2e_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// replicaRounds is how often something is done to two replicas and their database, unless LABELGATE_CRASH_ROUNDS says otherwise.
const replicaRounds = 6

// TestCrashReplicas: two loaded gateways on one PostgreSQL are killed with -9, stopped (SIGSTOP) for longer than a call may
// take and woken, and the database itself is killed, in random turns. Every event that was answered 204 must reach the
// vendor, each item under one key; no step that is recorded as done may be sent again; and the audit must find nothing.
func TestCrashReplicas(t *testing.T) {
	t.Parallel()
	rounds, seed := number(t, "LABELGATE_CRASH_ROUNDS", replicaRounds), number(t, "LABELGATE_CRASH_SEED", 1)
	t.Logf("%d rounds, seed %d", rounds, seed)
	server := pgtest.Start(t)
	sites, vendor := twoSites(t, server.URL())
	vendor.Always(harness.AcceptAfter(2 * time.Millisecond))
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	loads := [2]*load{newLoad(2), newLoad(2)}
	for s := range loads[1].count { // the events of the two differ
		loads[1].count[s] += 1_000_000
		loads[1].advance(s)
	}
	var gateways [2]*harness.Gateway
	done := &pgAudit{url: server.URL(), vendor: vendor}
	kills := 0
	for round := range rounds {
		for i := range gateways {
			if gateways[i] == nil || !gateways[i].Running() {
				gateways[i] = sites[i].Serve(t)
			}
		}
		stop := loadBoth(t, loads, gateways)
		pause(t, random, 400*time.Millisecond)
		victim := gateways[random.IntN(2)]
		switch round % 3 {
		case 0:
			victim.Kill()
			kills++
			pause(t, random, 300*time.Millisecond)
		case 1:
			victim.Freeze(t)
			pause(t, random, 200*time.Millisecond)
			server.Kill()
			require.NoError(t, server.Start())
			pause(t, random, 5*time.Second) // longer than a call may take, and than the grace of a takeover
			victim.Thaw(t)
			kills++
		case 2:
			server.Kill()
			pause(t, random, 300*time.Millisecond)
			require.NoError(t, server.Start())
			kills++
		}
		pause(t, random, 300*time.Millisecond)
		stop()
		done.look(t)
	}
	for i := range gateways {
		if !gateways[i].Running() {
			gateways[i] = sites[i].Serve(t)
		}
		harness.Await(t, func() bool { return gateways[i].Running() && status(t, gateways[i]) == 200 }, "a replica is well again")
		loads[i].resend(t, gateways[i])
	}
	harness.Await(t, func() bool { return unfinished(t, sites[0]) == 0 }, "all accepted events are delivered")
	require.Empty(t, list(t, sites[0], "--state", "dead,partial,discarded"))
	for _, g := range gateways {
		g.Stop(t)
	}
	requireAllTaken(t, append(loads[0].accepted, loads[1].accepted...), vendor.Taken())
	done.requireNoRepeats(t)
	requireFewRepeats(t, vendor.Calls(), kills*2*crashWork)
	require.Empty(t, verify(t, sites[0], 0).Findings)
}

// TestAStoppedReplicaRepeatsNothing: a replica that is stopped for longer than anybody waits keeps its work as long as its session
// lives: the other takes nothing from it, and after it woke everything is delivered once.
func TestAStoppedReplicaRepeatsNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	sites, vendor := twoSites(t, url)
	a, b := sites[0].Serve(t), sites[1].Serve(t)
	held := make(chan struct{})
	vendor.Next(harness.Hold(held))
	id := a.Accept(t, batch, harness.Unique("in flight"))
	vendor.AwaitCalls(t, 1)
	if holder(t, url, id) == strings.TrimPrefix(b.URL, "http://") {
		a, b = b, a
	}
	a.Freeze(t)
	timer := time.NewTimer(4 * time.Second) // longer than a sweep, a grace, and a call's 2 s
	defer timer.Stop()
	for waiting := true; waiting; {
		select {
		case <-timer.C:
			waiting = false
		default:
			other := b.Accept(t, batch, harness.Unique(time.Now().String()))
			b.Await(t, other, "delivered")
			require.Equal(t, "running", b.Delivery(t, id).State, "it is still the other's")
		}
	}
	taken := len(vendor.Calls())
	close(held)
	a.Thaw(t)
	a.Await(t, id, "delivered")
	calls := vendor.Calls()
	require.LessOrEqual(t, len(calls)-taken, 1, "at most its own call again, which timed out while it was stopped")
	for _, c := range calls[taken:] {
		require.Equal(t, calls[0].Key(), c.Key())
	}
	require.Empty(t, verify(t, sites[0], 0).Findings)
}

// twoSites are two sites of one database whose calls may take two seconds.
func twoSites(t *testing.T, url string) (sites [2]*harness.Site, vendor *harness.Vendor) {
	t.Helper()
	sites[0], sites[1], vendor = newReplicas(t, url)
	for _, s := range sites {
		s.Env["BATCH_ITEMS"], s.Env["TIMEOUT"], s.Env["PAUSE_AFTER"] = "1", "2s", "0"
	}
	return sites, vendor
}

// loadBoth sends to both gateways, whatever they answer, until the returned function is called.
func loadBoth(t *testing.T, loads [2]*load, gateways [2]*harness.Gateway) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for i, l := range loads {
		for s := range l.pending {
			senders.Go(func() {
				for ctx.Err() == nil {
					one, end := context.WithTimeout(ctx, 3*time.Second)
					if l.send(one, gateways[i], s) == nil {
						l.advance(s)
					} else {
						<-time.After(5 * time.Millisecond)
					}
					end()
				}
			})
		}
	}
	return func() { cancel(); senders.Wait() }
}

// pause waits for a random time, half of the given one on average.
func pause(t *testing.T, random *rand.Rand, most time.Duration) {
	t.Helper()
	select {
	case <-time.After(time.Duration(random.Int64N(int64(most)))):
	case <-t.Context().Done():
	}
}

func status(t *testing.T, g *harness.Gateway) int {
	t.Helper()
	code, _ := g.Get(t, "/readyz")
	return code
}

// pgAudit remembers what the database said was done, and how many calls the vendor had got by then.
type pgAudit struct {
	url    string
	vendor *harness.Vendor
	audit  audit
}

func (a *pgAudit) look(t *testing.T) {
	t.Helper()
	var done []doneStep
	harness.Await(t, func() bool {
		var err error
		done, err = doneSteps(t.Context(), a.url)
		return err == nil
	}, "the database can be read")
	calls := len(a.vendor.Calls()) // counted after: what was done had been sent by then
	for _, d := range done {
		d.calls = calls
		a.audit.done = append(a.audit.done, d)
	}
}

func (a *pgAudit) requireNoRepeats(t *testing.T) {
	t.Helper()
	a.audit.vendor = a.vendor
	a.audit.requireNoRepeats(t)
}

func doneSteps(ctx context.Context, url string) ([]doneStep, error) {
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
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d doneStep, err error) {
		var delivery int64
		err = row.Scan(&delivery, &d.step)
		d.delivery = store.DeliveryKey(id, delivery)
		return d, err
	})
}
