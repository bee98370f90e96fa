package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// entry is one write about a delivery that is worked on.
type entry struct {
	delivery int64
	attempt  int  // highest number of an attempt
	planned  bool // there are pages of an earlier plan
	again    bool // the step may have been recorded before
}

// Begin records an intent.
func (s *sqliteStore) Begin(ctx context.Context, d *Delivery, b Begin) error {
	var seq int
	var again bool
	_, err := s.claims.use(d, func(cl *claim) {
		cl.begun++
		seq, again = cl.begun, cl.stepsBefore || cl.begun > 1
	})
	if err != nil {
		return err
	}
	return s.do(ctx, func() error { return s.write.begunStep(d.ID, seq, again, &b) })
}

// begunStep writes an intent. Again says that the step may have been begun before.
func (w *sqliteWriter) begunStep(delivery int64, seq int, again bool, b *Begin) error { //nolint:revive // again is what was seen, not a mode
	result, err := w.beginStep.Exec(delivery, b.Step, millis(b.At), seq, b.Digest, len(b.Items))
	if err == nil {
		err = expectRow(result, "step %q of delivery %d: it is done already, it must not be begun again", b.Step, delivery)
	}
	if err == nil && again {
		_, err = w.dropItems.Exec(delivery, b.Step)
	}
	if err != nil {
		return err
	}
	return w.savePages(delivery, pageItems, b.Step, pagesOf(b.Items))
}

// Record records an outcome, and the end of the claim with it.
func (s *sqliteStore) Record(ctx context.Context, d *Delivery, r Record, finish *Finish) error {
	if r.State.code() < 0 {
		return fmt.Errorf("step %q of delivery %d: %q is no state of a step", r.Step, d.ID, r.State)
	}
	if finish != nil && !CanMove(Running, finish.State) {
		return finishError(d, finish)
	}
	var e entry
	cl, err := s.claims.use(d, func(cl *claim) {
		cl.attempts++
		e = cl.entry()
		cl.recorded = true
		cl.ending = finish != nil
	})
	if err != nil {
		return err
	}
	err = s.do(ctx, func() error { return s.write.record(e, r, finish) })
	if finish != nil {
		s.settle(cl, finish, err)
	}
	return err
}

// Finish ends the claim.
func (s *sqliteStore) Finish(ctx context.Context, d *Delivery, f Finish) error {
	if !CanMove(Running, f.State) {
		return finishError(d, &f)
	}
	var e entry
	cl, err := s.claims.use(d, func(cl *claim) { e = cl.entry(); cl.ending = true })
	if err != nil {
		return err
	}
	err = s.do(ctx, func() error { return s.write.finishDelivery(e, delta{}, &f) })
	s.settle(cl, &f, err)
	return err
}

func finishError(d *Delivery, f *Finish) error {
	return fmt.Errorf("delivery %d: running to %q: %w", d.ID, f.State, ErrState)
}

func (cl *claim) entry() entry {
	return entry{
		delivery: cl.id, attempt: cl.attempts, planned: cl.planned, again: cl.stepsBefore || cl.recorded,
	}
}

// settle brings memory up to date with the end of a claim. The count comes first: a claimed delivery is counted by its
// state on disk.
func (s *sqliteStore) settle(cl *claim, f *Finish, err error) {
	if err == nil {
		s.counts.move(cl.route, cl.state, f.State.code())
	}
	s.claims.end(cl, err)
}

// delta is what a step's record changes in the counts of its delivery.
type delta struct{ accepted, refused int }

func (w *sqliteWriter) record(e entry, r Record, finish *Finish) error {
	change, err := w.replaceStep(e, r)
	if err != nil {
		return err
	}
	_, err = w.insertAttempt.Exec(e.delivery, e.attempt, r.Step, r.Verdict, string(r.Reason), r.Detail, r.Status,
		millis(r.Started), r.Ended.Sub(r.Started).Microseconds())
	if err != nil {
		return err
	}
	if finish != nil {
		return w.finishDelivery(e, change, finish)
	}
	_, err = w.progress.Exec(e.attempt, change.accepted, change.refused, millis(r.Ended), e.delivery)
	return err
}

// replaceStep writes the step's outcome and takes back what an earlier one of the same step had counted.
func (w *sqliteWriter) replaceStep(e entry, r Record) (change delta, err error) {
	change = settled(r.State.code(), r.Items, len(r.Refused))
	if e.again {
		old, err := w.oldOutcome(e.delivery, r.Step)
		if err != nil {
			return change, err
		}
		change.accepted -= old.accepted
		change.refused -= old.refused
	}
	kept, err := jsonOrNil(r.Kept, len(r.Kept))
	if err != nil {
		return change, err
	}
	result, err := w.recordStep.Exec(int64(r.State.code()), r.Items, len(r.Refused), kept, e.delivery, r.Step)
	if err != nil {
		return change, err
	}
	if err := expectRow(result, "step %q of delivery %d: it was never begun", r.Step, e.delivery); err != nil {
		return change, err
	}
	if err := w.savePages(e.delivery, pageRefused, r.Step, pagesOf(r.refusals())); err != nil {
		return change, err
	}
	return change, w.savePages(e.delivery, pageTaken, r.Step, pagesOf(r.receipts()))
}

// settled is what one outcome counts.
func settled(state stepCode, items, refused int) delta {
	if state != codeDone {
		return delta{refused: refused}
	}
	return delta{accepted: items - refused, refused: refused}
}

func (w *sqliteWriter) oldOutcome(delivery int64, step string) (delta, error) {
	var state stepCode
	var items, refused int
	err := w.oldStep.QueryRow(delivery, step).Scan(&state, &items, &refused)
	if errors.Is(err, sql.ErrNoRows) {
		return delta{}, nil
	}
	if err == nil && (refused > 0 || state == codeDone) {
		_, err = w.dropOutcome.Exec(delivery, step)
	}
	return settled(state, items, refused), err
}

func (w *sqliteWriter) finishDelivery(e entry, change delta, f *Finish) error {
	_, err := w.finish.Exec(e.attempt, change.accepted, change.refused, millis(f.At), int64(f.State.code()),
		string(f.Reason), f.Detail, dueTime(f), f.Failures, millis(f.RetryingSince), len(f.Refused), len(f.Notes), len(f.Pending),
		e.delivery)
	if err == nil && e.planned {
		_, err = w.dropPlan.Exec(e.delivery)
	}
	if err != nil {
		return err
	}
	return errors.Join(
		w.savePages(e.delivery, pageRefused, planStep, pagesOf(f.Refused)),
		w.savePages(e.delivery, pageNotes, planStep, pagesOf(f.Notes)),
		w.savePages(e.delivery, pagePending, planStep, pagesOf(f.Pending)),
	)
}

// dueTime is when a delivery comes up again by itself, nil for never.
func dueTime(f *Finish) any {
	switch {
	case f.State != Queued && f.State != Waiting:
		return nil
	case !f.NextAt.IsZero():
		return millis(f.NextAt)
	case f.State == Queued:
		return millis(f.At)
	default:
		return nil
	}
}

// savePages writes a list of the item ledger.
func (w *sqliteWriter) savePages(delivery int64, kind pageKind, step string, pages iter.Seq2[int, any]) error {
	for n, entries := range pages {
		text, err := json.Marshal(entries)
		if err != nil {
			return err
		}
		if _, err := w.savePage.Exec(delivery, int(kind), step, n, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// jsonOrNil is v as JSON text, nil when it is empty.
func jsonOrNil(v any, length int) (any, error) {
	if length == 0 {
		return nil, nil
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func expectRow(result sql.Result, format string, args ...any) error {
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = fmt.Errorf(format, args...)
	}
	return err
}

// took reads a duration as it is written.
func took(microseconds int64) time.Duration { return time.Duration(microseconds) * time.Microsecond }
