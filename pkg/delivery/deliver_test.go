package delivery_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/transport"
)

// step is a step that settles one item.
func step(id string, change ...func(*adapter.Step)) adapter.Step {
	s := adapter.Step{ID: id, Call: adapter.Call{Method: "POST", Path: "/" + id}, Items: []export.ItemID{export.ItemID(id)}}
	for _, c := range change {
		c(&s)
	}
	return s
}

// steps plans these steps.
func steps(all ...adapter.Step) planFunc {
	return func(_ adapter.Input, out adapter.Output) (bool, error) {
		for _, s := range all {
			if err := out.Emit(s); err != nil {
				return false, err
			}
		}
		return false, nil
	}
}

func lost() answer {
	return answer{err: &transport.Failure{Reason: adapter.ReasonConnection, Sent: true, Detail: "reset by " + secret}}
}

func refusedConnection() answer {
	return answer{err: &transport.Failure{Reason: adapter.ReasonUnavailable, Detail: "connection refused"}}
}

func TestDeliversStepsInOrderAndRecordsThem(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one"), step("two")))
	b.vendor.on("/one", answer{status: 200, body: "id-1"})
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/one", "/two"}, b.vendor.made())
	require.Equal(t, 2, d.Accepted)
	require.Len(t, d.Steps, 2)
	require.Equal(t, store.StepDone, d.Steps[0].State)
	require.Equal(t, map[string]string{"id": "id-1"}, d.Steps[0].Kept)
	require.Len(t, d.Tries, 2)
}

func TestALastStepEndsTheDeliveryInTheSameWrite(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Last = true })))
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, 1, d.Accepted)
}

func TestRetriesUntilItWorks(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one"), step("two")))
	b.vendor.on("/two", answer{status: 503}, answer{status: 429}, refusedConnection(), answer{status: 200})
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/one", "/two", "/two", "/two", "/two"}, b.vendor.made(), "a recorded step is never sent again")
	require.Equal(t, 5, d.Attempts)
	require.Zero(t, d.Failures, "a success ends the run of failures")
}

func TestRejectionIsDead(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one"), step("two")))
	b.vendor.on("/one", answer{status: 400, body: "no project " + secret})
	d := b.await(t, b.accept(t, "e"), store.Dead)
	require.Equal(t, adapter.ReasonInvalid, d.Reason)
	require.Equal(t, "no project ***", d.Detail)
	require.Equal(t, []string{"/one"}, b.vendor.made())
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")), func(d *delivery.Destination) { d.Schedule.GiveUpAfter = time.Nanosecond })
	b.vendor.on("/one", answer{status: 503, body: "down"})
	d := b.await(t, b.accept(t, "e"), store.Dead)
	require.Equal(t, adapter.ReasonGaveUp, d.Reason)
	require.Contains(t, d.Detail, "unavailable: down")
}

func TestUnknownOutcomes(t *testing.T) {
	t.Parallel()
	check := adapter.Call{Method: "GET", Path: "/check"}
	repeat := func(r adapter.Repeat) func(*adapter.Step) {
		return func(s *adapter.Step) {
			s.Repeat = r
			if r == adapter.RepeatCheckFirst {
				s.Check = &check
			}
		}
	}
	for _, c := range []struct {
		name   string
		repeat adapter.Repeat
		check  answer
		calls  []string
		state  store.State
	}{
		{"keyed is sent again", adapter.RepeatKeyed, answer{}, []string{"/one", "/one"}, store.Delivered},
		{"safe is sent again", adapter.RepeatSafe, answer{}, []string{"/one", "/one"}, store.Delivered},
		{"a check that finds it ends it", adapter.RepeatCheckFirst, answer{status: 200}, []string{"/one", "/check"}, store.Delivered},
		{"a check that finds nothing sends", adapter.RepeatCheckFirst, answer{status: 404}, []string{"/one", "/check", "/one"}, store.Delivered},
		{"never waits for a person", adapter.RepeatNever, answer{}, []string{"/one"}, store.Waiting},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, steps(step("one", repeat(c.repeat))))
			b.vendor.on("/one", lost(), answer{status: 200})
			b.vendor.on("/check", c.check)
			d := b.await(t, b.accept(t, "e"), c.state)
			require.Equal(t, c.calls, b.vendor.made())
			if c.state == store.Waiting {
				require.Equal(t, adapter.ReasonOutcomeUnknown, d.Reason)
				require.True(t, d.NextAt.IsZero(), "no time brings it back, only a person")
			}
		})
	}
}

func TestACallBegunBeforeACrashIsUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Repeat = adapter.RepeatNever })))
	hold := make(chan struct{})
	b.vendor.on("/one", answer{hold: hold})
	id := b.accept(t, "e")
	require.Eventually(t, func() bool { return len(b.vendor.made()) == 1 }, 5*time.Second, time.Millisecond)

	crashed, cancel := context.WithCancel(t.Context())
	cancel()
	b.engine.Drain(crashed) // cuts the call off, as a kill would
	require.NoError(t, b.store.Close())
	b.open(t)
	b.start(t)
	d := b.await(t, id, store.Waiting)
	require.Equal(t, adapter.ReasonOutcomeUnknown, d.Reason)
	require.Len(t, b.vendor.made(), 1)
}

func TestPollingIsNoFailure(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")))
	b.vendor.on("/one", answer{status: 202}, answer{status: 202}, answer{status: 200})
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	require.Len(t, d.Tries, 3)
	require.Equal(t, "wait", d.Tries[0].Verdict)
}

func TestEndsByWhatWasTaken(t *testing.T) {
	t.Parallel()
	refuse := func(then planFunc) planFunc {
		return func(in adapter.Input, out adapter.Output) (bool, error) {
			if err := out.Refuse(adapter.Refusal{Index: 3, ElementID: "e3", Reason: "no image_url"}); err != nil {
				return false, err
			}
			return then(in, out)
		}
	}
	twoItems := step("one", func(s *adapter.Step) { s.Items = []export.ItemID{"good", "bad"} })
	for _, c := range []struct {
		name              string
		plan              planFunc
		status            int
		state             store.State
		accepted, refused int
	}{
		{"nothing to send", steps(), 200, store.Delivered, 0, 0},
		{"everything refused", refuse(steps()), 200, store.Dead, 0, 1},
		{"some refused by the plan", refuse(steps(step("one"))), 200, store.Partial, 1, 1},
		{"some refused by the vendor", steps(twoItems), 207, store.Partial, 1, 1},
		{"some refused by both", refuse(steps(twoItems)), 207, store.Partial, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c.plan)
			b.vendor.on("/one", answer{status: c.status})
			d := b.await(t, b.accept(t, "e"), c.state)
			require.Equal(t, c.accepted, d.Accepted)
			require.Equal(t, c.refused, d.Refused)
			require.Len(t, d.Refusals, c.refused)
		})
	}
}

func TestPlanDriftStops(t *testing.T) {
	t.Parallel()
	path := "/one"
	b := setup(t, func(_ adapter.Input, out adapter.Output) (bool, error) {
		s := step("one")
		s.Call.Path = path
		if err := out.Emit(s); err != nil {
			return false, err
		}
		path = "/other"
		return false, out.Emit(step("two"))
	})
	b.vendor.on("/two", answer{status: 503})
	d := b.await(t, b.accept(t, "e"), store.Dead)
	require.Equal(t, adapter.ReasonPlanDrift, d.Reason)
	require.Contains(t, d.Detail, `step "one"`)
}

func TestAPanicStopsOneDeliveryOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		for e, err := range in.Elements(export.AllFields) {
			if err != nil {
				return false, err
			}
			if e.ID == "bad" {
				panic("bad element " + secret)
			}
		}
		return false, out.Emit(step("one"))
	})
	bad, good := b.accept(t, "bad"), b.accept(t, "good")
	d := b.await(t, bad, store.Dead)
	require.Equal(t, adapter.ReasonPanic, d.Reason)
	require.NotContains(t, d.Detail, secret)
	b.await(t, good, store.Delivered)
}

func TestAPanicInJudgeLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one", func(s *adapter.Step) { s.Repeat = adapter.RepeatNever })))
	b.vendor.on("/one", answer{status: 599})
	d := b.await(t, b.accept(t, "e"), store.Waiting)
	require.Equal(t, adapter.ReasonOutcomeUnknown, d.Reason)
}

func TestLaterRoundsSeeEarlierResults(t *testing.T) {
	t.Parallel()
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		if err := out.Emit(step("create")); err != nil {
			return false, err
		}
		created, ok := in.Results["create"]
		if !ok {
			return true, nil
		}
		return false, out.Emit(step("add/" + created.Kept["id"]))
	})
	b.vendor.on("/create", answer{status: 200, body: "b7"})
	b.await(t, b.accept(t, "e"), store.Delivered)
	require.Equal(t, []string{"/create", "/add/b7"}, b.vendor.made())
}

func TestAPlanThatNeverEndsIsDead(t *testing.T) {
	t.Parallel()
	b := setup(t, func(adapter.Input, adapter.Output) (bool, error) { return true, nil })
	d := b.await(t, b.accept(t, "e"), store.Dead)
	require.Equal(t, adapter.ReasonPlan, d.Reason)
}

func TestLargeBodiesAndPayloadsGoThroughDisk(t *testing.T) {
	t.Parallel()
	got := make(chan int64, 1)
	b := setup(t, func(in adapter.Input, out adapter.Output) (bool, error) {
		s := step("one")
		s.Call.Body = out.NewBody()
		for e, err := range in.Elements(export.AllFields) {
			if err != nil {
				return false, err
			}
			if _, err := s.Call.Body.WriteString(e.ID); err != nil {
				return false, err
			}
		}
		r, err := s.Call.Body.Reader()
		if err != nil {
			return false, err
		}
		n, err := io.Copy(io.Discard, r)
		got <- n
		return false, err
	})
	b.await(t, b.accept(t, strings.Repeat(strings.Repeat("x", 99)+"\n", 20_000)), store.Delivered)
	require.EqualValues(t, 99*20_000, <-got)
}

func TestOneWideLineAnAttemptAndNoSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, steps(step("one")))
	b.vendor.on("/one", lost(), answer{status: 200, body: secret})
	d := b.await(t, b.accept(t, "e"), store.Delivered)
	attempts := b.logs.FilterMessage("attempt").All()
	require.Len(t, attempts, 2)
	for _, key := range []string{"source", "route", "destination", "adapter", "delivery_id", "step", "attempt", "verdict", "status", "items", "duration_ms"} {
		require.Contains(t, attempts[0].ContextMap(), key)
	}
	require.Contains(t, attempts[0].ContextMap(), "retry_at")
	require.NotContains(t, fmt.Sprint(b.logs.All()), secret)
	require.NotContains(t, fmt.Sprintf("%+v", d.Tries), secret)
}
