package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// pass is one way of a delivery through its plan. The first is made of the whole event. A later one is made, under a key and
// step names of its own, of what earlier ones have not brought to a vendor; their steps are history. All that it leaves out
// was settled before it began, so that it is the same plan after any restart.
type pass struct {
	delivery *store.Delivery
	number   int
	key      string

	settled map[export.ItemID]bool // items that vendors have, or may have, from earlier passes
	absent  map[int]bool           // elements that are left out, by index
	pending []export.ItemID        // items that waited when the claim began

	// What earlier plans said of elements that are left out still holds.
	refused        []adapter.Refusal
	notes          []adapter.Note
	carriesRefusal map[adapter.Refusal]bool
	carriesNote    map[adapter.Note]bool
}

func newPass(d *store.Delivery, number int) *pass {
	p := &pass{delivery: d, number: number, key: d.Key}
	if p.later() {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", d.Key, number))
		p.key = hex.EncodeToString(sum[:16])
	}
	return p
}

// comingPass is the pass in which a redrive of the delivery goes on.
func comingPass(d *store.Delivery) *pass {
	if d.Over() {
		return newPass(d, d.Pass+1)
	}
	return newPass(d, d.Pass)
}

// later reports whether it is not the first.
func (p *pass) later() bool { return p.number > 1 }

// step is the name under which a step is recorded.
func (p *pass) step(id string) string { return p.prefix() + id }

// own is the adapter's id of a recorded step; ok is false for those of other passes.
func (p *pass) own(recorded string) (id string, ok bool) {
	return strings.CutPrefix(recorded, p.prefix())
}

func (p *pass) prefix() string {
	if !p.later() {
		return ""
	}
	return fmt.Sprintf("pass-%d/", p.number)
}

// elementsFunc iterates the elements of an event, as adapter.Input.Elements does.
type elementsFunc = func(export.Fields) iter.Seq2[*export.Element, error]

// load finds what is left out of a later pass, and what is carried over from earlier ones.
func (p *pass) load(ctx context.Context, s store.Store, recorded []store.Step, elements elementsFunc) error {
	if !p.later() {
		return nil
	}
	err := p.loadItems(ctx, s, recorded)
	if err == nil {
		p.refused, p.notes, err = s.Told(ctx, p.delivery.ID)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	p.absent = map[int]bool{}
	if len(p.settled) > 0 {
		for el, err := range elements(export.FieldLabels) {
			if err != nil {
				return err
			}
			if p.isSettled(el) {
				p.absent[el.Index] = true
			}
		}
	}
	p.carry()
	return nil
}

// itemsAtOnce is how many items are read from the ledger at once.
const itemsAtOnce = 10_000

func (p *pass) loadItems(ctx context.Context, s store.Store, recorded []store.Step) error {
	doubtful := map[string]bool{}
	for _, step := range recorded {
		doubtful[step.ID] = unsettled(step)
	}
	p.settled = map[export.ItemID]bool{}
	filter := store.ItemFilter{
		State: []store.ItemState{store.ItemAccepted, store.ItemUnknown, store.ItemPending}, Limit: itemsAtOnce,
	}
	for {
		page, err := s.Items(ctx, p.delivery.ID, filter)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			_, own := p.own(item.Step)
			switch {
			case item.Step == "":
				p.pending = append(p.pending, item.ID)
			case !own && item.ID != "" && (item.State == store.ItemAccepted || doubtful[item.Step]):
				p.settled[item.ID] = true
			}
		}
		if filter.After = page.Next; filter.After == "" {
			return nil
		}
	}
}

// carry keeps, of all that earlier plans said, what is about elements that are left out.
func (p *pass) carry() {
	p.refused = slices.DeleteFunc(p.refused, func(r adapter.Refusal) bool { return !p.absent[r.Index] })
	p.notes = slices.DeleteFunc(p.notes, func(n adapter.Note) bool { return !p.absent[n.Index] && !p.settled[n.Item] })
	p.carriesRefusal, p.carriesNote = setOf(p.refused), setOf(p.notes)
}

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, entry := range list {
		set[entry] = true
	}
	return set
}

// isSettled reports whether nothing of an element is left to send.
func (p *pass) isSettled(el *export.Element) bool {
	if p.settled[export.ItemID(el.FrameID)] || p.settled[export.ItemID(el.ID)] {
		return true
	}
	if el.Type == export.ElementCrop || el.Type != export.ElementFrame && el.Crop != nil {
		return el.Crop != nil && p.hasLabel(*el.Crop)
	}
	if el.Broken != "" || el.Frame == nil || len(el.Frame.Labels) == 0 {
		return false
	}
	return !slices.ContainsFunc(el.Frame.Labels, func(l export.Label) bool { return !p.hasLabel(l) })
}

func (p *pass) hasLabel(l export.Label) bool { return p.settled[export.ItemID(l.ID)] }

// over is the elements that a plan of this pass is made from.
func (p *pass) over(elements elementsFunc) elementsFunc {
	if len(p.settled) == 0 {
		return elements
	}
	return func(fields export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			for el, err := range elements(fields) {
				if err == nil && p.absent[el.Index] {
					continue
				}
				if err == nil && el.Frame != nil {
					el.Frame.Labels = slices.DeleteFunc(el.Frame.Labels, p.hasLabel)
				}
				if !yield(el, err) {
					return
				}
			}
		}
	}
}

// repeats is an error for a step that settles what was settled in an earlier pass. Nothing of it is left among the elements, so
// that it can come from an item only whose id is none of theirs.
func (p *pass) repeats(step adapter.Step) error {
	for _, item := range step.Items {
		if p.settled[item] {
			return fmt.Errorf("step %q is for item %q too, which was sent in an earlier pass and is none that a label, frame or element is known by",
				p.step(step.ID), item)
		}
	}
	return nil
}

// pending are the items that no step was begun for: those that the plan has come to, and in a later pass those that have
// waited since it began and that the plan has not come to yet.
func (w *work) pending() []export.ItemID {
	if len(w.pass.pending) == 0 {
		return w.left
	}
	told := setOf(w.left)
	for _, r := range w.unplanned {
		told[r.Item] = true
	}
	for _, result := range w.results {
		for item := range result.Failed {
			told[item] = true
		}
	}
	list := slices.Clone(w.left)
	for _, item := range w.pass.pending {
		if !told[item] {
			list = append(list, item)
		}
	}
	return list
}
