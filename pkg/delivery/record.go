package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/crash"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
	"github.com/labelgate/labelgate/pkg/transport"
)

// judgeFailure says what it means that no answer came.
func judgeFailure(err error) adapter.Verdict {
	var failure *transport.Failure
	if !errors.As(err, &failure) {
		return adapter.Verdict{Kind: adapter.Unknown, Reason: adapter.ReasonInternal, Detail: err.Error()}
	}
	kind := adapter.Retry
	if failure.Sent {
		kind = adapter.Unknown
	}
	return adapter.Verdict{Kind: kind, Reason: failure.Reason, Detail: failure.Detail}
}

// record writes an attempt's outcome, and in the same write the delivery's next state where the attempt decides it. It
// returns a *stop when the delivery cannot go on now.
func (w *work) record(step adapter.Step, a attempt) error {
	r := store.Record{
		Step: w.pass.step(step.ID), State: stepState(a), Verdict: a.verdict.Kind.String(), Reason: a.verdict.Reason,
		Detail: a.verdict.Detail, Status: a.status, Started: a.started, Ended: a.ended,
	}
	var finish *store.Finish
	if r.State == store.StepDone {
		r.Kept, r.Items, r.Refused = a.verdict.Kept, settledBy(step, a.verdict), refusals(a.verdict.Failed)
		r.IDs, r.Taken = step.Items, a.verdict.Taken
		w.done(step, a.verdict, r)
		if step.Last {
			f := w.complete()
			finish = &f
		}
	} else {
		finish = w.unfinished(step, a)
		if r.State == store.StepRejected && !finish.State.Final() {
			r.State = store.StepFailed // it will be sent again
		}
	}
	w.log(step, a, finish)
	now := finish
	if !step.Last {
		now = nil // what else the plan has is still to be seen
	} else if r.State != store.StepDone {
		now.Refused, now.Notes, now.Pending = w.unplanned, w.notes, w.pending()
	}
	// The next step's intent is not on disk before this outcome is, so nobody need wait for both.
	r.Soon = now == nil && r.State == store.StepDone && repeatable(step)
	if err := w.engine.store.Record(context.WithoutCancel(w.engine.calls), w.delivery, r, now); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	if !r.Soon {
		crash.At(crash.Recorded)
	}
	switch {
	case finish == nil:
		return nil
	case now == nil:
		return &stop{*finish}
	}
	w.told(*finish)
	if r.State == store.StepDone {
		return nil
	}
	return &stop{*finish}
}

// repeatable reports whether a step's call can be made again without another effect, so that it may take its turn once its
// intent is on disk.
func repeatable(step adapter.Step) bool {
	return step.Repeat == adapter.RepeatKeyed || step.Repeat == adapter.RepeatSafe
}

// done takes a step that the vendor took into account.
func (w *work) done(step adapter.Step, v adapter.Verdict, r store.Record) {
	w.progress = true
	w.results[step.ID] = adapter.Result{Kept: r.Kept, Failed: v.Failed}
	prior := w.steps[r.Step]
	prior.State = store.StepDone
	w.steps[r.Step] = prior
	w.accepted += r.Items - len(r.Refused)
	w.declined += len(r.Refused)
	w.delivery.Failures, w.delivery.RetryingSince = 0, time.Time{}
}

// unfinished is what becomes of a delivery whose step is not done. A check must not come before the effect that it looks for: while
// the vendor may be at work on the call, it is put off until the call's whole time has passed.
func (w *work) unfinished(step adapter.Step, a attempt) *store.Finish {
	switch a.verdict.Kind {
	case adapter.Wait:
		f := w.poll(a)
		return &f
	case adapter.Retry:
		f := w.retry(a)
		return &f
	case adapter.Unknown, adapter.Exists:
		if step.Repeat == adapter.RepeatNever {
			return &w.waitForPerson(step.ID).finish
		}
		f := w.retry(a)
		if step.Repeat == adapter.RepeatCheckFirst && a.atWork && f.State == store.Waiting {
			f.NextAt = latest(f.NextAt, a.started.Add(w.Timeout))
		}
		return &f
	default:
		if f := w.keyRefused(a); f != nil {
			return f
		}
		return &w.dead(a.verdict.Reason, a.verdict.Detail).finish
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// later is a wait that is no failure.
func (w *work) later(a attempt) store.Finish {
	return store.Finish{
		State: store.Waiting, Reason: a.verdict.Reason, Detail: a.verdict.Detail, At: a.ended,
		Failures: w.delivery.Failures, RetryingSince: w.delivery.RetryingSince,
	}
}

// retry is a wait after a failure, or the end of waiting.
func (w *work) retry(a attempt) store.Finish {
	f := w.later(a)
	f.Failures++
	if f.RetryingSince.IsZero() {
		f.RetryingSince = a.started
	}
	if lasted := w.lasted(f.RetryingSince, a.ended); w.Schedule.exhausted(lasted) {
		return w.giveUp(f, fmt.Sprintf("gave up after %s and %d failures in a row; the last one: %s: %s",
			lasted.Round(time.Second), f.Failures, a.verdict.Reason, a.verdict.Detail))
	}
	f.NextAt = a.ended.Add(w.Schedule.wait(f.Failures, a.hint))
	if p := w.gate.paused(); p != nil && p.By == store.ByBreaker && a.hint == 0 {
		f.NextAt = p.ProbeAt // one of those that wait for it will be the probe
	}
	return f
}

// poll is a wait for a vendor that is still at work, or the end of waiting.
func (w *work) poll(a attempt) store.Finish {
	f := w.later(a)
	f.Failures = 0
	if f.RetryingSince.IsZero() {
		f.RetryingSince = a.started
	}
	lasted := w.lasted(f.RetryingSince, a.ended)
	if w.Schedule.exhausted(lasted) {
		return w.giveUp(f, fmt.Sprintf("the vendor was still at work after %s: %s", lasted.Round(time.Second), a.verdict.Detail))
	}
	f.NextAt = a.ended.Add(w.Schedule.poll(lasted, a.hint))
	return f
}

// lasted is how long it has been tried, without the time in which the destination was paused.
func (w *work) lasted(since, now time.Time) time.Duration {
	if w.Schedule.GiveUpAfter <= 0 {
		return now.Sub(since)
	}
	return now.Sub(since) - w.gate.lost(since, now)
}

// giveUp ends waiting.
func (w *work) giveUp(f store.Finish, detail string) store.Finish {
	f.State, f.Reason, f.Detail, f.Refused = store.Dead, adapter.ReasonGaveUp, w.brief(detail), w.unplanned
	return f
}

// waitForPerson is the end of a plan at a step that must not be repeated without a person's word.
func (w *work) waitForPerson(step string) *stop {
	return &stop{store.Finish{
		State: store.Waiting, Reason: adapter.ReasonOutcomeUnknown, At: w.engine.now(),
		Detail: fmt.Sprintf("the call of step %q may have been made; look at the vendor, then settle the step and redrive, or discard", w.pass.step(step)),
	}}
}

func stepState(a attempt) store.StepState {
	switch {
	case a.verdict.Kind == adapter.Done:
		return store.StepDone
	case a.checked: // it was a read: what it did not find out is as unknown as before
		return store.StepUnknown
	}
	switch a.verdict.Kind {
	case adapter.Reject:
		return store.StepRejected
	case adapter.Unknown, adapter.Exists:
		return store.StepUnknown
	default:
		return store.StepFailed
	}
}

// settledBy counts the items that a done step settles: its own, and those of later steps that it has failed.
func settledBy(step adapter.Step, v adapter.Verdict) int {
	if len(v.Failed) == 0 {
		return len(step.Items)
	}
	own := 0
	for _, item := range step.Items {
		if _, failed := v.Failed[item]; !failed {
			own++
		}
	}
	return own + len(v.Failed)
}

func refusals(failed map[export.ItemID]string) []adapter.Refusal {
	out := make([]adapter.Refusal, 0, len(failed))
	for item, reason := range failed {
		out = append(out, adapter.Refusal{Index: -1, Item: item, Reason: reason})
	}
	slices.SortFunc(out, func(a, b adapter.Refusal) int { return cmp.Compare(a.Item, b.Item) })
	return out
}

// log writes the one wide line of an attempt.
func (w *work) log(step adapter.Step, a attempt, finish *store.Finish) {
	w.delivery.Attempts++
	fields := w.with(
		zap.String(telemetry.KeyStep, w.pass.step(step.ID)),
		zap.Int(telemetry.KeyAttempt, w.delivery.Attempts),
		zap.String(telemetry.KeyVerdict, a.verdict.Kind.String()),
		zap.Int(telemetry.KeyStatus, a.status),
		zap.Int(telemetry.KeyItems, len(step.Items)),
		telemetry.Milliseconds(a.ended.Sub(a.started)),
	)
	if finish != nil {
		fields = append(fields, zap.String(telemetry.KeyState, string(finish.State)))
		if !finish.NextAt.IsZero() {
			fields = append(fields, zap.Time(telemetry.KeyRetryAt, finish.NextAt))
		}
	}
	if a.verdict.Kind == adapter.Done {
		w.engine.log.Info("attempt", fields...)
		return
	}
	w.engine.log.Warn("attempt", append(fields,
		zap.String(telemetry.KeyReason, string(a.verdict.Reason)), zap.String(telemetry.KeyDetail, a.verdict.Detail))...)
}
