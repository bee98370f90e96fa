package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// numberColumn reads a delivery's pass, in a query of both kinds of store in which d is the delivery.
const numberColumn = `coalesce((SELECT CAST(entries AS integer) FROM item_page
	WHERE delivery = d.id AND kind = 5 AND step = '' AND n = 0), 1)`

// Over reports whether everything that could be sent of a delivery is done, and some or all of it was refused: only another
// pass can change that, and Redrive begins it.
func (d *Delivery) Over() bool { return isOver(d.State, d.Reason) }

func isOver(state State, reason adapter.Reason) bool {
	return state == Partial || state == Dead && reason == adapter.ReasonNothingToSend
}

// passTx is what the beginning of a pass needs of a transaction. Statements are the same for both kinds of store.
type passTx interface {
	itemPages
	// refusing are the names of the steps of a delivery that have refused items, in the order they were begun.
	refusing(ctx context.Context, delivery int64) ([]string, error)
	exec(ctx context.Context, text string, args ...any) error
}

// beginPass begins the next pass of a delivery: what was refused in steps is taken out of them and waits, so that what is
// left of the steps is what vendors have.
func beginPass(ctx context.Context, tx passTx, id int64) error {
	pending, err := firstOf(ctx, newPager[export.ItemID](tx, id, pagePending, planStep, 0), math.MaxInt)
	if err != nil {
		return err
	}
	steps, err := tx.refusing(ctx, id)
	if err != nil {
		return err
	}
	for _, step := range steps {
		freed, err := freeRefused(ctx, tx, id, step)
		if err != nil {
			return err
		}
		pending = append(pending, freed...)
	}
	pending = once(pending)
	if err := (list{id, pagePending, planStep}).replace(ctx, tx, pagesOf(pending)); err != nil {
		return err
	}
	err = tx.exec(ctx, `UPDATE step SET items = items - refused, refused = 0 WHERE delivery = $1 AND refused > 0`, id)
	if err != nil {
		return err
	}
	err = tx.exec(ctx, `UPDATE delivery SET refused_vendor = 0, pending = $1 WHERE id = $2`, len(pending), id)
	if err != nil {
		return err
	}
	return countPass(ctx, tx, id)
}

// freeRefused takes the refused items out of a step's lists and returns them.
func freeRefused(ctx context.Context, tx passTx, id int64, step string) ([]export.ItemID, error) {
	items, err := firstOf(ctx, newPager[export.ItemID](tx, id, pageItems, step, 0), math.MaxInt)
	if err != nil {
		return nil, err
	}
	refused, err := firstOf(ctx, newPager[adapter.Refusal](tx, id, pageRefused, step, 0), math.MaxInt)
	if err != nil {
		return nil, err
	}
	own, freed := partItems(items, refused)
	if err := (list{id, pageItems, step}).replace(ctx, tx, pagesOf(own)); err != nil {
		return nil, err
	}
	return freed, list{id, pageRefused, step}.replace(ctx, tx, pagesOf[adapter.Refusal](nil))
}

// partItems parts a step's items from those that were refused in it, which may be items of later steps.
func partItems(items []export.ItemID, refused []adapter.Refusal) (own, freed []export.ItemID) {
	gone := make(map[export.ItemID]bool, len(refused))
	for _, r := range refused {
		if r.Item != "" && !gone[r.Item] {
			gone[r.Item] = true
			freed = append(freed, r.Item)
		}
	}
	return slices.DeleteFunc(items, func(id export.ItemID) bool { return gone[id] }), freed
}

// once leaves out what was there before.
func once(ids []export.ItemID) []export.ItemID {
	seen := make(map[export.ItemID]bool, len(ids))
	return slices.DeleteFunc(ids, func(id export.ItemID) bool {
		had := seen[id]
		seen[id] = true
		return had
	})
}

// list names a list of the item ledger.
type list struct {
	delivery int64
	kind     pageKind
	step     string
}

func (l list) replace(ctx context.Context, tx passTx, pages pages) error {
	err := tx.exec(ctx, `DELETE FROM item_page WHERE delivery = $1 AND kind = $2 AND step = $3`, l.delivery, int(l.kind), l.step)
	if err != nil {
		return err
	}
	for n, entries := range pages {
		text, err := json.Marshal(entries)
		if err != nil {
			return err
		}
		if err := l.save(ctx, tx, n, string(text)); err != nil {
			return err
		}
	}
	return nil
}

func (l list) save(ctx context.Context, tx passTx, n int, entries string) error {
	return tx.exec(ctx, `INSERT INTO item_page (delivery, kind, step, n, entries) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (delivery, kind, step, n) DO UPDATE SET entries = excluded.entries`, l.delivery, int(l.kind), l.step, n, entries)
}

func countPass(ctx context.Context, tx passTx, id int64) error {
	text, err := tx.itemPage(ctx, id, pagePass, planStep, 0)
	if err != nil {
		return err
	}
	pass := 1
	if text != nil {
		if pass, err = strconv.Atoi(string(text)); err != nil {
			return fmt.Errorf("pass of delivery %d: %w", id, err)
		}
	}
	return list{id, pagePass, planStep}.save(ctx, tx, 0, strconv.Itoa(pass+1))
}

// readTold reads what a plan left.
func readTold(ctx context.Context, pages itemPages, id int64) (refused []adapter.Refusal, notes []adapter.Note, err error) {
	refused, err = firstOf(ctx, newPager[adapter.Refusal](pages, id, pageRefused, planStep, 0), math.MaxInt)
	if err == nil {
		notes, err = firstOf(ctx, newPager[adapter.Note](pages, id, pageNotes, planStep, 0), math.MaxInt)
	}
	return refused, notes, err
}
