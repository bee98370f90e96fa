package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Settle writes down a person's word about a step.
func (s *sqliteStore) Settle(ctx context.Context, id int64, said Settlement) error {
	if err := said.check(id); err != nil {
		return err
	}
	held, ok := s.claims.hold(id)
	if !ok {
		return fmt.Errorf("delivery %d: running: %w", id, ErrState)
	}
	err := s.do(ctx, func() error { return s.write.settle(id, said) })
	s.claims.end(held, err)
	return err
}

func (w *sqliteWriter) settle(id int64, said Settlement) error {
	if err := w.mayBeSettled(id, said.Step); err != nil {
		return err
	}
	kept, err := jsonOrNil(said.Kept, len(said.Kept))
	if err != nil {
		return err
	}
	if _, err := w.dropOutcome.Exec(id, said.Step); err != nil {
		return err
	}
	if err := w.savePages(id, pageRefused, said.Step, pagesOf(said.Refused)); err != nil {
		return err
	}
	if _, err := w.settleStep.Exec(int64(said.Outcome.code()), kept, id, said.Step); err != nil {
		return err
	}
	_, err = w.settleDelivery.Exec(said.String(), millis(said.Now), id)
	return err
}

func (w *sqliteWriter) mayBeSettled(id int64, step string) error {
	was, err := w.standing(id)
	if err != nil {
		return err
	}
	if !slices.Contains([]stateCode{codeQueued, codeWaiting, codeDead}, was.state) {
		return fmt.Errorf("delivery %d: %s: %w", id, stateNames[was.state], ErrState)
	}
	var state stepCode
	err = w.stepState.QueryRow(id, step).Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("step %q of delivery %d: %w", step, id, ErrNotFound)
	case err != nil:
		return err
	}
	return settleable(id, step, state)
}

// check is nil for what a person can say.
func (s *Settlement) check(delivery int64) error {
	if s.Outcome == StepSettled || s.Outcome == StepFailed {
		return nil
	}
	return fmt.Errorf("step %q of delivery %d: %q is nothing that a person can say", s.Step, delivery, s.Outcome)
}

// settleable is nil for a step whose outcome is not known.
func settleable(delivery int64, step string, state stepCode) error {
	if slices.Contains([]stepCode{codeStarted, codeUnknown, codeSettled}, state) {
		return nil
	}
	return fmt.Errorf("step %q of delivery %d: %s, its outcome is known: %w", step, delivery, stepNames[state], ErrState)
}

// settled is nil when the outcome of every step of a delivery is known.
func (w *sqliteWriter) settled(id int64) error {
	var step string
	err := w.unsettled.QueryRow(id).Scan(&step)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return unsettledError(id, step)
}

func unsettledError(id int64, step string) error {
	return fmt.Errorf("delivery %d: step %q: %w; look at the vendor, then say labelgate deliveries settle %d --step %s --done or --not-done",
		id, step, ErrUnsettled, id, step)
}
