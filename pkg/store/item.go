package store

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"math"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// ItemState is where one item of a delivery stands.
type ItemState string

// The states of an item.
const (
	ItemPending  ItemState = "pending"  // no call of it has had an effect yet; it will be sent
	ItemAccepted ItemState = "accepted" // the vendor took it
	ItemRefused  ItemState = "refused"  // plan or vendor did not take it
	ItemUnknown  ItemState = "unknown"  // a call of it was made and what became of that is not known
)

// ItemStates are all of them.
var ItemStates = []ItemState{ItemPending, ItemAccepted, ItemRefused, ItemUnknown} //nolint:gochecknoglobals // a constant list

// Item is what is known of one item of a delivery: a label, a frame or an element, whatever its adapter sends.
type Item struct {
	// ID is its id; empty for a refused element that has none.
	ID export.ItemID `json:"id,omitempty"`
	// State is where it stands, Reason why the plan or the vendor refused it.
	State  ItemState `json:"state"`
	Reason string    `json:"reason,omitempty"`
	// Step is the step that settles it; empty when the plan itself refused it or has not come to it.
	Step string `json:"step,omitempty"`
	// Index is the element's place in the issue, ElementID the source's id of it, where the plan said so; -1 and empty else.
	Index     int    `json:"index"`
	ElementID string `json:"element_id,omitempty"`
	// Receipt is what the vendor said of it when it took it. It has a name of its own in JSON: its id is not the item's.
	adapter.Receipt `json:"receipt,omitzero"`
	// Notes say what was changed about it.
	Notes []string `json:"notes,omitempty"`
}

// ItemFilter chooses items of a delivery. Zero fields choose all.
type ItemFilter struct {
	// State is exact.
	State []ItemState
	// After is the Next of the page before; Limit is 100 when zero.
	After string
	Limit int
}

// ItemPage is a part of a delivery's items: step by step as they were begun, then what the plan refused, then what no
// step was begun for.
type ItemPage struct {
	Items []Item `json:"items"`
	// Next is After for the next page; empty when this was the last.
	Next string `json:"next,omitempty"`
}

// ItemCounts are the numbers of a delivery's items by state. Before its first call a delivery knows its elements only.
type ItemCounts struct {
	Pending  int `json:"pending"`
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	Unknown  int `json:"unknown"`
}

// pageKind says what a page of the item ledger lists. The numbers are on disk: never change one.
type pageKind int

const (
	pageItems   pageKind = iota // ids that a step settles, in the step's order
	pageRefused                 // refusals: of a step in the step's order, then those it failed for later steps; of the plan
	pageTaken                   // receipts, in the step's order
	pageNotes                   // notes of the plan
	pagePending                 // ids that no step was begun for when the delivery last stopped
	pagePass                    // the number of the delivery's pass, once it is more than 1; one page that is no list
)

// pageSize is how many entries a page of the item ledger has; only the last one of a list has fewer.
const pageSize = 1000

// planStep is the name under which the plan's own pages are kept; no step has it.
const planStep = ""

// taken is an entry of pageTaken.
type taken struct {
	Item export.ItemID `json:"item"`
	adapter.Receipt
}

// receipts puts the receipts of a record in order; those of unknown items come last, so that none is lost.
func (r *Record) receipts() []taken {
	if len(r.Taken) == 0 {
		return nil
	}
	list := make([]taken, 0, len(r.Taken))
	for _, id := range r.IDs {
		if receipt, ok := r.Taken[id]; ok {
			list = append(list, taken{id, receipt})
		}
	}
	if len(list) == len(r.Taken) {
		return list
	}
	return append(list, foreign(r, list)...)
}

// itemPages reads the item ledger of a store.
type itemPages interface {
	// itemPage is the n-th page of a list as JSON, nil when there is none.
	itemPage(ctx context.Context, delivery int64, kind pageKind, step string, n int) ([]byte, error)
}

// pages are numbered pages of a list.
type pages = iter.Seq2[int, any]

// pagesOf cuts a list into pages. A short list, as most are, is made JSON at once: by its caller, not by the one who writes.
func pagesOf[T any](list []T) pages {
	if len(list) > 0 && len(list) <= pageSize {
		if text, err := json.Marshal(list); err == nil {
			return func(yield func(int, any) bool) { yield(0, json.RawMessage(text)) }
		}
	}
	return func(yield func(int, any) bool) {
		for n := 0; n*pageSize < len(list); n++ {
			if !yield(n, list[n*pageSize:min(len(list), (n+1)*pageSize)]) {
				return
			}
		}
	}
}

// refusals are the refusals of a record in the order of its items; those of other items come last.
func (r *Record) refusals() []adapter.Refusal {
	if len(r.Refused) < 2 || len(r.IDs) == 0 {
		return r.Refused
	}
	place := make(map[export.ItemID]int, len(r.IDs))
	for i, id := range r.IDs {
		place[id] = i
	}
	at := func(item export.ItemID) int {
		if i, ok := place[item]; ok {
			return i
		}
		return len(r.IDs)
	}
	list := slices.Clone(r.Refused)
	slices.SortStableFunc(list, func(a, b adapter.Refusal) int { return cmp.Compare(at(a.Item), at(b.Item)) })
	return list
}

// firstOf reads the first entries of a list.
func firstOf[T any](ctx context.Context, p *pager[T], limit int) (list []T, err error) {
	for len(list) < limit {
		entry, ok, err := p.next(ctx)
		if err != nil || !ok {
			return list, err
		}
		list = append(list, entry)
	}
	return list, nil
}

// readFailed reads what a later plan must know of the items that a vendor did not take.
func readFailed(ctx context.Context, pages itemPages, delivery int64, steps []Step) error {
	for i := range steps {
		if steps[i].Refused == 0 && steps[i].State != StepSettled {
			continue
		}
		list, err := firstOf(ctx, newPager[adapter.Refusal](pages, delivery, pageRefused, steps[i].ID, 0), math.MaxInt)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			steps[i].Failed = make(map[export.ItemID]string, len(list))
		}
		for _, r := range list {
			steps[i].Failed[r.Item] = r.Reason
		}
	}
	return nil
}
