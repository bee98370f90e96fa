package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/labelgate/labelgate/pkg/store/internal/commit"
)

// entry is one write about a delivery that is worked on.
type entry struct {
	delivery int64
	attempt  int     // its number
	settled  settled // by the steps before
	planned  bool    // there are pages of an earlier plan
	again    bool    // the step may have been begun or recorded before
	late     *commit.Late
}

func (cl *claim) entry() entry {
	return entry{delivery: cl.id, attempt: cl.attempts, settled: cl.settled, planned: cl.planned, late: cl.late}
}

// Begin records an intent.
func (s *sqliteStore) Begin(ctx context.Context, d *Delivery, b Begin) error {
	var e entry
	var seq int
	_, err := s.claims.use(d, func(cl *claim) {
		e = cl.entry()
		seq, e.again = cl.begin(b.Step)
	})
	if err != nil {
		return err
	}
	items := pagesOf(b.Items)
	return s.follow(ctx, e.late, func() error { return s.write.begunStep(e, seq, &b, items) })
}

// follow runs a write after a late one of the same claim: it fails where that has failed.
func (s *sqliteStore) follow(ctx context.Context, late *commit.Late, run func() error) error {
	return s.do(ctx, func() error {
		if err := late.Failed(); err != nil {
			return err
		}
		return run()
	})
}

// begunStep writes an intent.
func (w *sqliteWriter) begunStep(e entry, seq int, b *Begin, items pages) error {
	changed, err := w.quick.beginStep.exec(e.delivery, b.Step, millis(b.At), int64(seq), b.Digest, int64(len(b.Items)))
	if err == nil && changed == 0 {
		err = fmt.Errorf("step %q of delivery %d: it is done already, it must not be begun again", b.Step, e.delivery)
	}
	if err == nil && e.again {
		_, err = w.dropItems.Exec(e.delivery, b.Step)
	}
	if err != nil {
		return err
	}
	return w.savePages(e.delivery, pageItems, b.Step, items)
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
		number, again := cl.record(r.Step)
		e = cl.entry()
		e.attempt, e.again = number, again
		cl.ending = finish != nil
	})
	if err != nil {
		return err
	}
	o, err := outcomeOf(&r, e.attempt)
	if err == nil && r.Soon && finish == nil && !e.again {
		return s.recordSoon(cl, e, o)
	}
	var now settled
	if err == nil {
		err = s.follow(ctx, e.late, func() (err error) {
			now, err = s.write.record(e, o, finish)
			return err
		})
	}
	if finish != nil {
		s.settle(cl, finish, err)
	} else if err == nil {
		s.claims.recorded(cl, now, nil)
	}
	return err
}

// recordSoon records the first outcome of a step, without waiting for the disk.
func (s *sqliteStore) recordSoon(cl *claim, e entry, o outcome) error {
	late, err := s.group.Start(func() error {
		if err := e.late.Failed(); err != nil {
			return err
		}
		_, err := s.write.record(e, o, nil)
		return err
	})
	if err == nil {
		s.claims.recorded(cl, e.settled.plus(o.settles()), late)
	}
	return s.wrap(err)
}

// Finish ends the claim.
func (s *sqliteStore) Finish(ctx context.Context, d *Delivery, f Finish) error {
	if !CanMove(Running, f.State) {
		return finishError(d, &f)
	}
	var e entry
	cl, err := s.claims.use(d, func(cl *claim) {
		e = cl.entry()
		cl.ending = true
	})
	if err != nil {
		return err
	}
	err = s.follow(ctx, e.late, func() error { return s.write.finishDelivery(e, &f) })
	s.settle(cl, &f, err)
	return err
}

func finishError(d *Delivery, f *Finish) error {
	return fmt.Errorf("delivery %d: running to %q: %w", d.ID, f.State, ErrState)
}

// settle brings memory up to date with the end of a claim. The count comes first: a claimed delivery is counted by its
// state on disk.
func (s *sqliteStore) settle(cl *claim, f *Finish, err error) {
	if err == nil {
		s.counts.move(cl.route, cl.state, f.State.code())
	}
	s.claims.end(cl, err)
}

// settled are the items that steps have settled. The row of a delivery has them only while nobody works on it; until then they
// are the sum over its steps.
type settled struct{ accepted, refused int }

func (s settled) plus(more settled) settled {
	return settled{s.accepted + more.accepted, s.refused + more.refused}
}

// outcome is a record as it is written.
type outcome struct {
	*Record
	kept           any // JSON or nil
	attempt        string
	refused, taken pages
}

func outcomeOf(r *Record, number int) (o outcome, err error) {
	o = outcome{Record: r, refused: pagesOf(r.refusals()), taken: pagesOf(r.receipts())}
	if o.kept, err = jsonOrNil(r.Kept, len(r.Kept)); err != nil {
		return o, err
	}
	text, err := json.Marshal([]any{
		number, r.Verdict, r.Reason, r.Detail, r.Status, millis(r.Started), r.Ended.Sub(r.Started).Microseconds(),
	})
	o.attempt = string(text)
	return o, err
}

func (o outcome) settles() settled { return settledBy(o.State.code(), o.Items, len(o.Refused)) }

// record writes a step's outcome and returns what is settled now. It takes back what an earlier outcome of the step had settled.
func (w *sqliteWriter) record(e entry, o outcome, finish *Finish) (settled, error) {
	e.settled = e.settled.plus(o.settles())
	if e.again {
		old, err := w.oldOutcome(e.delivery, o.Step)
		if err != nil {
			return e.settled, err
		}
		e.settled = e.settled.plus(settled{-old.accepted, -old.refused})
	}
	err := w.recordOutcome(e.delivery, o)
	if err == nil && finish != nil {
		err = w.finishDelivery(e, finish)
	}
	return e.settled, err
}

// recordOutcome writes the outcome and the attempt that brought it.
func (w *sqliteWriter) recordOutcome(delivery int64, o outcome) error {
	var items any
	if o.State == StepDone || o.Items > 0 {
		items = int64(o.Items)
	}
	changed, err := w.quick.recordStep.exec(int64(o.State.code()), items, int64(len(o.Refused)), o.kept, o.attempt, delivery, o.Step)
	if err == nil && changed == 0 {
		err = fmt.Errorf("step %q of delivery %d: it was never begun", o.Step, delivery)
	}
	if err != nil {
		return err
	}
	if err := w.savePages(delivery, pageRefused, o.Step, o.refused); err != nil {
		return err
	}
	return w.savePages(delivery, pageTaken, o.Step, o.taken)
}

// settledBy is what one outcome settles.
func settledBy(state stepCode, items, refused int) settled {
	if state != codeDone {
		return settled{refused: refused}
	}
	return settled{accepted: items - refused, refused: refused}
}

// oldOutcome makes room for another outcome of a step, and returns what the old one had settled.
func (w *sqliteWriter) oldOutcome(delivery int64, step string) (settled, error) {
	var state stepCode
	var items, refused int
	err := w.oldStep.QueryRow(delivery, step).Scan(&state, &items, &refused)
	if errors.Is(err, sql.ErrNoRows) {
		return settled{}, nil
	}
	if err == nil && (refused > 0 || state == codeDone) {
		_, err = w.dropOutcome.Exec(delivery, step)
	}
	if err == nil {
		_, err = w.keepAttempt.Exec(delivery, step)
	}
	return settledBy(state, items, refused), err
}

func (w *sqliteWriter) finishDelivery(e entry, f *Finish) error {
	_, err := w.quick.finish.exec(int64(e.attempt), int64(e.settled.accepted), int64(e.settled.refused), millis(f.At),
		int64(f.State.code()), string(f.Reason), f.Detail, dueTime(f), int64(f.Failures), millis(f.RetryingSince),
		int64(len(f.Refused)), int64(len(f.Notes)), int64(len(f.Pending)), e.delivery)
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
func (w *sqliteWriter) savePages(delivery int64, kind pageKind, step string, list pages) error {
	for n, entries := range list {
		text, ready := entries.(json.RawMessage)
		if !ready {
			var err error
			if text, err = json.Marshal(entries); err != nil {
				return err
			}
		}
		if _, err := w.quick.savePage.exec(delivery, int64(kind), step, int64(n), string(text)); err != nil {
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

// took reads a duration as it is written.
func took(microseconds int64) time.Duration { return time.Duration(microseconds) * time.Microsecond }
