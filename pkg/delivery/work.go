package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/crash"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
	"github.com/labelgate/labelgate/pkg/telemetry"
)

// work is one claim of one delivery: it is planned, its calls are made, and it ends with the claim given back.
type work struct {
	*lane
	route     Route
	pass      *pass
	delivery  *store.Delivery
	body      []byte                // the payload, nil when it must be read from the store
	steps     map[string]store.Step // as recorded
	results   map[string]adapter.Result
	unplanned []adapter.Refusal // items that the plan refused
	notes     []adapter.Note    // what the plan changed about items
	ending    *stop             // why nothing is sent any more: the rest of the plan only says what is left
	left      []export.ItemID   // items that no step was begun for
	accepted  int               // items that vendors took, over all recorded steps
	declined  int               // items that vendors did not take
	progress  bool              // a step was recorded as done in this round of planning
	ended     bool              // the claim is given back
	probe     bool              // it goes on although the destination is paused
	unread    error             // why the payload could not be read
}

// stop ends a plan early. It travels through the adapter as an error and is told from its own errors by type.
type stop struct{ finish store.Finish }

func (s *stop) Error() string { return "delivery " + string(s.finish.State) }

// errRelease ends a plan because the lane takes no more work now, for a stop, a reload or a pause: the claim is given back as
// it was.
var errRelease = errors.New("no call is begun now")

// errStore marks an error of the store: nothing can be recorded now, so the claim is left to a later start.
var errStore = errors.New("store")

// payloadError is an error of reading the payload.
type payloadError struct{ err error }

func (e *payloadError) Error() string { return "payload: " + e.err.Error() }
func (e *payloadError) Unwrap() error { return e.err }

// deliver works on one claimed delivery until its claim is given back.
func (l *lane) deliver(next offered) {
	w := &work{lane: l, delivery: &next.delivery, body: next.body, route: l.routes[next.delivery.Route], probe: next.probe}
	crash.At(crash.Claimed)
	err := w.load()
	if err == nil && w.blocked() {
		err = errRelease
	}
	if err == nil {
		err = w.plan()
	}
	if err = w.settle(err); err != nil && !errors.Is(err, store.ErrLost) {
		l.engine.log.Error("delivery cannot be recorded, it will be taken up again", w.with(zap.Error(err))...)
		l.giveBack(w.delivery)
	}
}

// blocked reports whether no call may be begun now.
func (w *work) blocked() bool { return w.halted() || w.gate.paused() != nil && !w.probe }

// load reads what is recorded of the delivery's steps.
func (w *work) load() error {
	w.steps, w.results = map[string]store.Step{}, map[string]adapter.Result{}
	w.pass = newPass(w.delivery, w.delivery.Pass)
	if w.delivery.Fresh {
		return nil
	}
	recorded, err := w.engine.store.Steps(w.engine.calls, w.delivery.ID)
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	for _, s := range recorded {
		w.steps[s.ID] = s
		if s.State == store.StepDone {
			if id, own := w.pass.own(s.ID); own {
				w.results[id] = adapter.Result{Kept: s.Kept, Failed: s.Failed}
			}
			w.accepted += s.Items - s.Refused
			w.declined += s.Refused
		}
	}
	err = w.pass.load(w.engine.calls, w.engine.store, recorded, w.elements)
	w.unplanned, w.notes = slices.Clone(w.pass.refused), slices.Clone(w.pass.notes)
	return err
}

// plan plans, and makes the calls as they are planned, until there are no more.
func (w *work) plan() error {
	for {
		w.unplanned, w.notes, w.progress = append(w.unplanned[:0], w.pass.refused...), append(w.notes[:0], w.pass.notes...), false
		more, err := w.planOnce()
		switch {
		case w.ending != nil:
			return w.halt()
		case err != nil || !more || w.ended:
			return err
		case !w.progress:
			return errors.New("the plan asks for more without a new result")
		}
	}
}

// halt is why nothing is sent any more, with what the rest of the plan has shown.
func (w *work) halt() error {
	f := &w.ending.finish
	f.Refused, f.Notes, f.Pending = w.unplanned, w.notes, w.pending()
	return w.ending
}

// planOnce calls the adapter; a panic in it stops this delivery and nothing else.
func (w *work) planOnce() (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.engine.log.Error("adapter panicked", w.with(zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))...)
			err = w.dead(adapter.ReasonPanic, fmt.Sprintf("adapter %q panicked: %v", w.Adapter, p))
		}
	}()
	return w.route.Adapter.Plan(adapter.Input{
		Key:      w.pass.key,
		Event:    w.delivery.Event,
		Elements: w.pass.over(w.elements),
		Results:  maps.Clone(w.results), // what is recorded from now on is for the next round
	}, w)
}

// elements iterates the payload's elements.
func (w *work) elements(fields export.Fields) iter.Seq2[*export.Element, error] {
	return func(yield func(*export.Element, error) bool) {
		payload, err := w.open()
		if err != nil {
			yield(nil, unread(err))
			return
		}
		defer payload.Close()
		for element, err := range w.route.Source.Elements(w.delivery.Event, payload, fields) {
			if err != nil {
				err = unread(err)
			}
			if !yield(element, err) || err != nil {
				return
			}
		}
	}
}

// unread is why a payload could not be read: it is not good, or the store cannot be reached now.
func unread(err error) error {
	if errors.Is(err, store.ErrUnavailable) {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	return &payloadError{err}
}

func (w *work) open() (io.ReadCloser, error) {
	if w.body != nil {
		return io.NopCloser(bytes.NewReader(w.body)), nil
	}
	payload, err := w.engine.store.OpenPayload(w.engine.calls, w.delivery)
	if err != nil {
		w.unread = err
		return nil, err
	}
	return &watchedPayload{payload, w}, nil
}

// watchedPayload remembers why reading failed, whatever is made of the error on its way through source and adapter.
type watchedPayload struct {
	io.ReadCloser
	work *work
}

// Read reads on.
func (p *watchedPayload) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.work.unread = err
	}
	return n, err
}

// payloadAway reports whether the payload could not be read because the store was away or the engine stops: that says nothing of
// the delivery.
func (w *work) payloadAway() bool {
	return errors.Is(w.unread, store.ErrUnavailable) || errors.Is(w.unread, context.Canceled)
}

// settle ends the claim by how the plan ended. An error means that it could not be recorded.
func (w *work) settle(err error) error {
	var early *stop
	var payload *payloadError
	switch {
	case w.ended:
		return nil
	case err == nil:
		return w.finish(w.complete())
	case errors.As(err, &early):
		return w.finish(early.finish)
	case errors.Is(err, errRelease):
		w.release(w.delivery)
		return nil
	case errors.Is(err, errStore), errors.Is(err, store.ErrLost):
		return err
	case w.payloadAway():
		return fmt.Errorf("%w: %w", errStore, w.unread)
	case errors.As(err, &payload):
		return w.finish(w.dead(adapter.ReasonPayload, payload.Error()).finish)
	default:
		return w.finish(w.dead(adapter.ReasonPlan, err.Error()).finish)
	}
}

// finish writes the delivery's new state.
func (w *work) finish(f store.Finish) error {
	if err := w.engine.store.Finish(context.WithoutCancel(w.engine.calls), w.delivery, f); err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	w.told(f)
	return nil
}

// told passes on a state that is on disk: to those who wait, to the metrics, to the lane's clock.
func (w *work) told(f store.Finish) {
	crash.At(crash.Ended)
	w.ended = true
	if !f.State.Final() {
		if !f.NextAt.IsZero() {
			w.engine.due(w.delivery.Route, f.NextAt)
		}
		return
	}
	w.engine.metrics.Finished(w.route.Name, string(f.State), w.accepted, w.refused())
	w.engine.watch.tell(w.delivery.ID, f.State)
	w.logEnd(f)
}

// complete is how a delivery ends whose plan has nothing left to send.
func (w *work) complete() store.Finish {
	f := store.Finish{State: store.Delivered, Refused: w.unplanned, Notes: w.notes, At: w.engine.now()}
	refused := w.refused()
	switch {
	case refused > 0 && w.accepted > 0:
		f.State = store.Partial
		f.Reason, f.Detail = adapter.ReasonItemsRefused, fmt.Sprintf("%d items were refused", refused)
	case refused > 0:
		f.State = store.Dead
		f.Reason, f.Detail = adapter.ReasonNothingToSend, fmt.Sprintf("all %d items were refused", refused)
	}
	return f
}

// refused is the number of items that were not taken, by plan or vendor.
func (w *work) refused() int { return w.declined + len(w.unplanned) }

// dead ends a plan because nothing more can be done without a person.
func (w *work) dead(reason adapter.Reason, detail string) *stop {
	return &stop{store.Finish{
		State: store.Dead, Reason: reason, Detail: w.brief(detail), At: w.engine.now(),
		Refused: w.unplanned, Notes: w.notes, Pending: w.pending(),
		Failures: w.delivery.Failures, RetryingSince: w.delivery.RetryingSince,
	}}
}

// maxDetail bounds a text that is recorded and logged.
const maxDetail = 500

// brief makes a text fit to be recorded: without secrets and not too long.
func (w *work) brief(text string) string {
	text = w.Caller.Redact(text)
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "…" // a cut letter is no text
	}
	return text
}

// with adds the log fields that say which delivery it is.
func (w *work) with(more ...zap.Field) []zap.Field {
	return append([]zap.Field{
		zap.Int64(telemetry.KeyDelivery, w.delivery.ID),
		zap.String(telemetry.KeySource, w.delivery.Source),
		zap.String(telemetry.KeyRoute, w.delivery.Route),
		zap.String(telemetry.KeyDestination, w.Name),
		zap.String(telemetry.KeyAdapter, w.Adapter),
	}, more...)
}

func (w *work) logEnd(f store.Finish) {
	fields := w.with(
		zap.String(telemetry.KeyState, string(f.State)),
		zap.Int(telemetry.KeyItems, w.accepted),
		zap.Int(telemetry.KeyRefused, w.refused()),
	)
	if f.Reason == adapter.ReasonNone {
		w.engine.log.Debug("delivery ended", fields...)
		return
	}
	w.engine.log.Warn("delivery ended", append(fields,
		zap.String(telemetry.KeyReason, string(f.Reason)), zap.String(telemetry.KeyDetail, f.Detail))...)
}
