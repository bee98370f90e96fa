package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/crash"
	"github.com/labelgate/labelgate/pkg/store"
)

// NewBody implements adapter.Output.
func (w *work) NewBody() *adapter.Body { return adapter.NewBody(newSpill(w.engine.store.SpillDir())) }

// Refuse implements adapter.Output.
func (w *work) Refuse(r adapter.Refusal) error {
	if !w.pass.carriesRefusal[r] {
		w.unplanned = append(w.unplanned, r)
	}
	return nil
}

// Note implements adapter.Output.
func (w *work) Note(n adapter.Note) error {
	if !w.pass.carriesNote[n] {
		w.notes = append(w.notes, n)
	}
	return nil
}

// Emit implements adapter.Output: it makes the step's call unless that is recorded as done, and returns a *stop when the
// delivery cannot go on now.
func (w *work) Emit(step adapter.Step) error {
	if step.Call.Body != nil {
		defer step.Call.Body.Close()
	}
	if w.ended {
		return fmt.Errorf("step %q follows the plan's last step", step.ID)
	}
	if w.ending != nil {
		w.leave(step)
		return nil
	}
	return w.take(step)
}

// leave notes the items of a step that is not sent now, unless its own record tells of them.
func (w *work) leave(step adapter.Step) {
	if _, begun := w.steps[w.pass.step(step.ID)]; !begun {
		w.left = append(w.left, step.Items...)
	}
}

// take makes a step's call unless that is recorded as done. A step that ends the plan does not end its making: the rest
// shows what is left.
func (w *work) take(step adapter.Step) error {
	err := w.tryStep(step)
	var early *stop
	if !errors.As(err, &early) || w.ended {
		return err
	}
	w.ending = early
	w.leave(step)
	return nil
}

func (w *work) tryStep(step adapter.Step) error {
	if err := w.pass.repeats(step); err != nil {
		return w.dead(adapter.ReasonPlanDrift, err.Error())
	}
	sum, err := digest(step.Call)
	if err != nil {
		return err
	}
	send, err := w.mayBegin(step, sum)
	if err != nil || !send {
		return err
	}
	if w.blocked() || !w.pace() {
		return errRelease
	}
	return w.send(step, sum)
}

// mayBegin reports whether a step is to be sent, by what is recorded of it.
func (w *work) mayBegin(step adapter.Step, sum string) (send bool, err error) {
	prior, ok := w.steps[w.pass.step(step.ID)]
	switch {
	case !ok:
		return true, nil
	case prior.State == store.StepFailed || prior.State == store.StepRejected:
		return true, nil // it had no effect, so it may even be another call now
	case prior.Digest != sum:
		return false, w.dead(adapter.ReasonPlanDrift,
			fmt.Sprintf("step %q is another call than the one recorded; the route's options or the adapter changed since", prior.ID))
	case prior.State == store.StepDone:
		return false, nil
	case prior.State == store.StepSettled:
		return false, w.record(step, w.settled(prior))
	}
	return w.mayRepeat(step, prior)
}

// mayRepeat decides about a step whose outcome is unknown: its call was begun and no answer is recorded.
func (w *work) mayRepeat(step adapter.Step, prior store.Step) (send bool, err error) {
	switch step.Repeat {
	case adapter.RepeatKeyed, adapter.RepeatSafe:
		return true, nil
	case adapter.RepeatCheckFirst:
		switch {
		case step.Check == nil:
		case prior.State == store.StepStarted:
			return false, w.record(step, w.cutOff())
		default:
			return w.check(step)
		}
	case adapter.RepeatNever:
	}
	return false, w.waitForPerson(step.ID)
}

// settled is the attempt that stands for a person's word that the vendor has a step.
func (w *work) settled(prior store.Step) attempt {
	now := w.engine.now()
	return attempt{started: now, ended: now, verdict: adapter.Verdict{
		Kind: adapter.Done, Detail: "a person said that the vendor has it", Kept: prior.Kept, Failed: prior.Failed,
	}}
}

// cutOff is the attempt that nobody saw the end of: the process that made the call is gone, or could not record its outcome. It
// puts the check off, see unfinished.
func (w *work) cutOff() attempt {
	now := w.engine.now()
	return attempt{started: now, ended: now, atWork: true, verdict: adapter.Verdict{
		Kind: adapter.Unknown, Reason: adapter.ReasonConnection, Detail: "the gateway ended during the call, or before its outcome was recorded",
	}}
}

// check makes the read that tells whether a step had its effect.
func (w *work) check(step adapter.Step) (send bool, err error) {
	if w.blocked() || !w.pace() || !w.takeTurn() {
		return false, errRelease
	}
	a := w.ask(step, *step.Check, checking)
	w.leaveTurn()
	if a.verdict.Kind == adapter.Absent {
		return true, nil
	}
	if a.verdict.Kind == adapter.Unknown && a.status != 0 { // the vendor answers, and cannot tell; no answer is asked for again
		return false, w.waitForPerson(step.ID)
	}
	return false, w.record(step, a)
}

// send makes a step's call, with an intent on disk before it and a record after it.
func (w *work) send(step adapter.Step, sum string) error {
	inTurn, err := w.begin(step, sum)
	if err != nil {
		return err
	}
	crash.At(crash.Begun)
	if inTurn { // no other call takes its turn before this one's outcome is on disk
		defer w.leaveTurn()
		return w.record(step, w.askWhole(step))
	}
	a, err := w.askInTurn(step)
	if err != nil {
		return err
	}
	return w.record(step, a)
}

// askWhole makes a step's call, and where the vendor says that it has this already, the read that tells whether it is ours.
func (w *work) askWhole(step adapter.Step) attempt {
	a := w.ask(step, step.Call, sending)
	if a.verdict.Kind != adapter.Exists || step.Check == nil {
		return a
	}
	checked := w.ask(step, *step.Check, checking)
	checked.started = a.started
	if checked.verdict.Kind == adapter.Absent { // the vendor contradicts itself
		checked.verdict = adapter.Verdict{
			Kind: adapter.Reject, Reason: adapter.ReasonConflict,
			Detail: w.brief("the vendor refuses it as already there, and does not show it: " + a.verdict.Detail),
		}
	}
	return checked
}

// askInTurn makes a step's call when its turn has come.
func (w *work) askInTurn(step adapter.Step) (attempt, error) {
	if !w.takeTurn() {
		return attempt{}, errRelease
	}
	defer w.leaveTurn()
	return w.askWhole(step), nil
}

// takeTurn waits for a call's turn; ok is false when no call may be begun any more.
func (w *work) takeTurn() (ok bool) {
	if !w.enter(w.turns) {
		return false
	}
	if !w.enterShared() {
		<-w.turns
		return false
	}
	if w.blocked() {
		w.leaveTurn()
		return false
	}
	return true
}

func (w *work) leaveTurn() {
	if shared := w.engine.limiter; shared != nil {
		shared.Leave(w.Name)
	}
	<-w.turns
}

// begin writes a step's intent. Where a repeat does no harm that is done before the call's turn has come, so that many
// intents share a commit; where it does, an intent must mean that the call was made.
func (w *work) begin(step adapter.Step, sum string) (inTurn bool, err error) {
	if !repeatable(step) {
		if inTurn = w.takeTurn(); !inTurn {
			return false, errRelease
		}
	}
	begin := store.Begin{Step: w.pass.step(step.ID), Digest: sum, Items: step.Items, At: w.engine.now()}
	if err := w.engine.store.Begin(w.engine.calls, w.delivery, begin); err != nil {
		if inTurn {
			w.leaveTurn()
		}
		return false, fmt.Errorf("%w: %w", errStore, err)
	}
	w.steps[begin.Step] = store.Step{ID: begin.Step, Digest: sum, State: store.StepStarted, Begun: begin.At}
	if inTurn && w.engine.now().Sub(begin.At) > freshFor {
		w.leaveTurn()
		if !w.takeTurn() {
			return false, errRelease
		}
	}
	return inTurn, nil
}

// freshFor is how long a claim that an intent was written under is sure to be ours still: nobody takes it over sooner. A process that
// was stopped (SIGSTOP) between the intent and the call is taken over, and its step looked for and sent by another; when it
// wakes it must ask once more before it makes the call.
const freshFor = 200 * time.Millisecond

// attempt is one call that was made and what its answer meant.
type attempt struct {
	verdict        adapter.Verdict
	status         int
	hint           time.Duration // how long to wait, by the vendor's own word
	started, ended time.Time
	checked        bool // the answer is that to a check: unless it is Done, the step's outcome stays unknown
	atWork         bool // nobody waited for the answer for as long as a call may take: the vendor may still be at work on it
}

// purpose says why a call is made.
type purpose int

const (
	sending purpose = iota
	checking
)

// ask makes a call of a step and has the answer judged.
func (w *work) ask(step adapter.Step, call adapter.Call, why purpose) attempt {
	ctx, cancel := context.WithTimeout(w.engine.calls, w.Timeout)
	defer cancel()
	a := attempt{started: w.engine.now(), checked: why == checking}
	w.engine.metrics.CallBegun(w.Name)
	resp, err := w.Caller.Do(ctx, call)
	crash.At(crash.Called)
	a.ended = w.engine.now()
	if err != nil {
		a.verdict, a.atWork = judgeFailure(err), w.engine.calls.Err() != nil
	} else {
		resp.Check = why == checking
		a.status, a.atWork = resp.Status, resp.Status == http.StatusGatewayTimeout
		a.verdict = w.judge(step, resp)
		a.hint = max(a.verdict.After, retryAfter(resp.Header["Retry-After"], a.ended))
	}
	a.verdict.Detail = w.brief(a.verdict.Detail)
	w.engine.metrics.CallEnded(w.Name, a.verdict.Kind.String(), string(a.verdict.Reason), a.ended.Sub(a.started))
	w.watchVendor(a)
	return a
}

// judge asks the adapter; where it panics the outcome is unknown.
func (w *work) judge(step adapter.Step, resp adapter.Response) (v adapter.Verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = adapter.Verdict{Kind: adapter.Unknown, Reason: adapter.ReasonPanic, Detail: fmt.Sprintf("judging the answer: %v", p)}
		}
	}()
	return w.route.Adapter.Judge(step, resp)
}
