package store

import (
	"context"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// history is what a store reads of one delivery.
type history interface {
	itemPages
	Steps(ctx context.Context, delivery int64) ([]Step, error)
	// planned is the delivery as it stands for others, and what its plan left; ErrNotFound when there is none.
	planned(ctx context.Context, id int64) (Delivery, planned, error)
	// tries are its attempts in the order they were made.
	tries(ctx context.Context, delivery int64) ([]Attempt, error)
}

// detailOf reads a delivery with its history.
func detailOf(ctx context.Context, s history, id int64) (*Detail, error) {
	d, plan, err := s.planned(ctx, id)
	if err != nil {
		return nil, err
	}
	detail := &Detail{Delivery: d}
	if detail.Steps, err = s.Steps(ctx, id); err != nil {
		return nil, err
	}
	if detail.Tries, err = s.tries(ctx, id); err != nil {
		return nil, err
	}
	return detail, detail.read(ctx, s, plan)
}

// shown is how many refusals and notes Get returns; Items lists all.
const shown = 1000

// read completes a detail from the item ledger.
func (d *Detail) read(ctx context.Context, pages itemPages, plan planned) error {
	pending, err := countPending(ctx, pages, d, plan.pending)
	if err != nil {
		return err
	}
	d.Items = countItems(d, pending)
	d.Refusals = []adapter.Refusal{}
	steps := []string{planStep}
	for _, s := range d.Steps {
		if s.Refused > 0 || s.State == StepSettled {
			steps = append(steps, s.ID)
		}
	}
	for _, step := range steps {
		some, err := firstOf(ctx, newPager[adapter.Refusal](pages, d.ID, pageRefused, step, 0), shown-len(d.Refusals))
		if err != nil {
			return err
		}
		d.Refusals = append(d.Refusals, some...)
	}
	d.Notes, err = firstOf(ctx, newPager[adapter.Note](pages, d.ID, pageNotes, planStep, 0), shown)
	return err
}
