package delivery

import (
	"context"
	"errors"

	"github.com/labelgate/labelgate/pkg/store"
)

// Selection chooses the deliveries of a redrive or discard of many.
type Selection struct {
	// IDs are deliveries by their ids. Where there are any, nothing else counts.
	IDs []int64
	// Filter chooses all others. Without a state it is dead and partial ones. Its Limit, After and OldestFirst are not used.
	Filter store.Filter
}

// selectionPage is how many deliveries are read at once.
const selectionPage = 200

// each calls do with every chosen delivery, oldest first. One that comes to be chosen while this goes on, because it ends dead
// again, is not met twice.
func (s Selection) each(ctx context.Context, from store.Store, do func(*store.Delivery) error) error {
	if len(s.IDs) > 0 {
		return s.eachID(ctx, from, do)
	}
	f := s.Filter
	f.OldestFirst, f.Limit, f.After = true, selectionPage, 0
	if len(f.State) == 0 {
		f.State = []store.State{store.Dead, store.Partial}
	}
	if f.Before == 0 {
		newest, err := from.List(ctx, store.Filter{Limit: 1})
		if err != nil || len(newest) == 0 {
			return err
		}
		f.Before = newest[0].ID + 1
	}
	for {
		page, err := from.List(ctx, f)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			if err := do(&page[i]); err != nil {
				return err
			}
		}
		f.After = page[len(page)-1].ID
	}
}

func (s Selection) eachID(ctx context.Context, from store.Store, do func(*store.Delivery) error) error {
	for _, id := range s.IDs {
		d, err := from.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = do(&d.Delivery)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
