package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// ErrCursor says that ItemFilter.After is none of this delivery's.
var ErrCursor = errors.New("not a place in the list of items")

// defaultItems is the length of a page that names none.
const defaultItems = 100

// itemCursor is a place in the list of a delivery's items: a step (len(steps) for the plan's refusals, one more for what is
// pending) and how many entries of its lists have been passed.
type itemCursor struct{ step, items, taken, refused int }

func (c itemCursor) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", c.step, c.items, c.taken, c.refused)
}

func parseItemCursor(text string) (c itemCursor, err error) {
	if text == "" {
		return c, nil
	}
	n, err := fmt.Sscanf(text, "%d.%d.%d.%d", &c.step, &c.items, &c.taken, &c.refused)
	if err != nil || n != 4 || min(c.step, c.items, c.taken, c.refused) < 0 || c.String() != text {
		return c, fmt.Errorf("items after %.40q: %w", text, ErrCursor)
	}
	return c, nil
}

// itemList lists the items of one delivery.
type itemList struct {
	pages   itemPages
	detail  *Detail
	wanted  []ItemState
	limit   int
	at      itemCursor
	reasons map[string]string   // of rejected steps
	notes   map[string][]string // by item
	out     ItemPage
}

// listItems is a page of a delivery's items.
func listItems(ctx context.Context, pages itemPages, d *Detail, f ItemFilter) (ItemPage, error) {
	at, err := parseItemCursor(f.After)
	if err != nil {
		return ItemPage{}, err
	}
	l := &itemList{
		pages: pages, detail: d, wanted: f.State, limit: cmp.Or(f.Limit, defaultItems), at: at, out: ItemPage{Items: []Item{}},
	}
	if err := l.prepare(ctx); err != nil {
		return ItemPage{}, err
	}
	for ; l.at.step < len(d.Steps) && !l.full(); l.next() {
		if err := l.listStep(ctx, &d.Steps[l.at.step]); err != nil {
			return ItemPage{}, err
		}
	}
	if l.at.step == len(d.Steps) && !l.full() {
		if err := l.listPlan(ctx); err != nil {
			return ItemPage{}, err
		}
		l.next()
	}
	if l.at.step == len(d.Steps)+1 && !l.full() {
		err = l.listPending(ctx)
	}
	return l.out, err
}

// prepare reads what is needed beside the lists themselves.
func (l *itemList) prepare(ctx context.Context) error {
	l.reasons, l.notes = map[string]string{}, map[string][]string{}
	for _, try := range l.detail.Tries {
		l.reasons[try.Step] = cmp.Or(try.Detail, string(try.Reason))
	}
	notes := newPager[adapter.Note](l.pages, l.detail.ID, pageNotes, planStep, 0)
	for n, ok, err := notes.next(ctx); ok || err != nil; n, ok, err = notes.next(ctx) {
		if err != nil {
			return err
		}
		key := cmp.Or(string(n.Item), n.ElementID)
		l.notes[key] = append(l.notes[key], n.Text)
	}
	return nil
}

func (l *itemList) full() bool { return l.out.Next != "" }

func (l *itemList) next() {
	if !l.full() {
		l.at = itemCursor{step: l.at.step + 1}
	}
}

// listStep goes through three lists of a step at once: they are in the same order.
func (l *itemList) listStep(ctx context.Context, step *Step) error {
	items := newPager[export.ItemID](l.pages, l.detail.ID, pageItems, step.ID, l.at.items)
	receipts := newPager[taken](l.pages, l.detail.ID, pageTaken, step.ID, l.at.taken)
	refused := newPager[adapter.Refusal](l.pages, l.detail.ID, pageRefused, step.ID, l.at.refused)
	for {
		id, ok, err := items.next(ctx)
		if err != nil {
			return err
		}
		switch {
		case !ok && step.State == StepSettled: // a person named them in any order, and no others
			return nil
		case !ok:
			return l.listForeign(ctx, step, refused)
		}
		item := Item{ID: id, State: l.stateOf(step), Step: step.ID, Index: -1}
		if item.State == ItemRefused {
			item.Reason = l.reasons[step.ID]
		}
		receipt, took, err := receipts.nextIf(ctx, func(t taken) bool { return t.Item == id })
		if err != nil {
			return err
		}
		no, declined, err := refused.nextIf(ctx, func(r adapter.Refusal) bool { return r.Item == id })
		if err != nil {
			return err
		}
		if took {
			item.Receipt = receipt.Receipt
		}
		if declined {
			item.refuse(no)
		} else if why, said := step.Failed[id]; said && step.State == StepSettled {
			item.refuse(adapter.Refusal{Index: -1, Reason: why})
		}
		if !l.add(item) {
			return nil
		}
		l.at.items++
		if took {
			l.at.taken++
		}
		if declined {
			l.at.refused++
		}
	}
}

// listForeign lists the items that a step has failed and that a later one would have settled.
func (l *itemList) listForeign(ctx context.Context, step *Step, refused *pager[adapter.Refusal]) error {
	for {
		r, ok, err := refused.next(ctx)
		if err != nil || !ok {
			return err
		}
		item := Item{ID: r.Item, Step: step.ID}
		item.refuse(r)
		if !l.add(item) {
			return nil
		}
		l.at.refused++
	}
}

// listPlan lists what the plan refused.
func (l *itemList) listPlan(ctx context.Context) error {
	return l.listForeign(ctx, &Step{ID: planStep}, newPager[adapter.Refusal](l.pages, l.detail.ID, pageRefused, planStep, l.at.refused))
}

// listPending lists what no step was begun for, by now.
func (l *itemList) listPending(ctx context.Context) error {
	pending := newPager[export.ItemID](l.pages, l.detail.ID, pagePending, planStep, l.at.items)
	var begun map[export.ItemID]bool
	for {
		id, ok, err := pending.next(ctx)
		if err != nil || !ok {
			return err
		}
		if begun == nil {
			if begun, err = l.begun(ctx); err != nil {
				return err
			}
		}
		if !begun[id] && !l.add(Item{ID: id, State: ItemPending, Index: -1}) {
			return nil
		}
		l.at.items++
	}
}

// begun are the items that steps were begun for.
func (l *itemList) begun(ctx context.Context) (map[export.ItemID]bool, error) {
	all := map[export.ItemID]bool{}
	for _, step := range l.detail.Steps {
		items := newPager[export.ItemID](l.pages, l.detail.ID, pageItems, step.ID, 0)
		for id, ok, err := items.next(ctx); ok || err != nil; id, ok, err = items.next(ctx) {
			if err != nil {
				return nil, err
			}
			all[id] = true
		}
	}
	return all, nil
}

// countPending counts the items that no step was begun for by now, of a list of that length.
func countPending(ctx context.Context, pages itemPages, d *Detail, listed int) (n int, err error) {
	if listed == 0 {
		return 0, nil
	}
	l := &itemList{pages: pages, detail: d, limit: listed}
	err = l.listPending(ctx)
	return len(l.out.Items), err
}

// add adds an item if it is wanted; ok is false when the page is full and the item begins the next one.
func (l *itemList) add(item Item) (ok bool) {
	if len(l.wanted) > 0 && !slices.Contains(l.wanted, item.State) {
		return true
	}
	if len(l.out.Items) >= l.limit {
		l.out.Next = l.at.String()
		return false
	}
	item.Notes = l.notes[cmp.Or(string(item.ID), item.ElementID)]
	l.out.Items = append(l.out.Items, item)
	return true
}

// stateOf is the state of the items of a step that are not refused one by one.
func (l *itemList) stateOf(step *Step) ItemState { return itemState(l.detail.State, step.State) }

func itemState(delivery State, step StepState) ItemState {
	switch {
	case step == StepStarted && delivery == Running, step == StepFailed:
		return ItemPending
	case step == StepStarted, step == StepUnknown:
		return ItemUnknown
	case step == StepRejected:
		return ItemRefused
	default:
		return ItemAccepted
	}
}

func (i *Item) refuse(r adapter.Refusal) {
	i.State, i.Reason, i.Index, i.ElementID = ItemRefused, r.Reason, r.Index, r.ElementID
}

// countItems counts a delivery's items by state. pending is the length of the list of items that no step was begun for.
func countItems(d *Detail, pending int) ItemCounts {
	c := ItemCounts{Accepted: d.Accepted, Refused: d.Refused, Pending: pending}
	for _, step := range d.Steps {
		switch itemState(d.State, step.State) {
		case ItemPending:
			c.Pending += max(0, step.Items-step.Refused)
		case ItemUnknown:
			c.Unknown += max(0, step.Items-step.Refused)
		case ItemRefused:
			c.Refused += max(0, step.Items-step.Refused)
		case ItemAccepted:
			if step.State == StepSettled { // it counts in the delivery once it goes on
				c.Accepted, c.Refused = c.Accepted+step.Items-len(step.Failed), c.Refused+len(step.Failed)
			}
		}
	}
	return c
}

// foreign are the receipts of a record that are not in the list, in order.
func foreign(r *Record, list []taken) (rest []taken) {
	known := make(map[export.ItemID]bool, len(list))
	for _, t := range list {
		known[t.Item] = true
	}
	for id, receipt := range r.Taken {
		if !known[id] {
			rest = append(rest, taken{id, receipt})
		}
	}
	slices.SortFunc(rest, func(a, b taken) int { return cmp.Compare(a.Item, b.Item) })
	return rest
}

// pager goes through a list of the item ledger, page by page.
type pager[T any] struct {
	pages    itemPages
	delivery int64
	kind     pageKind
	step     string
	page     []T
	at       int // in the whole list
	loaded   int // the page that is loaded, -1 for none
}

func newPager[T any](pages itemPages, delivery int64, kind pageKind, step string, at int) *pager[T] {
	return &pager[T]{pages: pages, delivery: delivery, kind: kind, step: step, at: at, loaded: -1}
}

// next is the next entry; ok is false after the last.
func (p *pager[T]) next(ctx context.Context) (entry T, ok bool, err error) {
	return p.nextIf(ctx, func(T) bool { return true })
}

// nextIf is the next entry where that is the one wanted.
func (p *pager[T]) nextIf(ctx context.Context, wanted func(T) bool) (entry T, ok bool, err error) {
	if n := p.at / pageSize; n != p.loaded {
		text, err := p.pages.itemPage(ctx, p.delivery, p.kind, p.step, n)
		if err != nil {
			return entry, false, err
		}
		p.page, p.loaded = nil, n
		if text != nil {
			err = json.Unmarshal(text, &p.page)
		}
		if err != nil {
			return entry, false, fmt.Errorf("items of step %q of delivery %d: %w", p.step, p.delivery, err)
		}
	}
	if i := p.at % pageSize; i < len(p.page) && wanted(p.page[i]) {
		p.at++
		return p.page[i], true, nil
	}
	return entry, false, nil
}
