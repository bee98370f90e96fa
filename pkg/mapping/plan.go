package mapping

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/labelgate/labelgate/pkg/export"
)

// Input is the export to plan.
type Input struct {
	// Key names the delivery.
	Key string
	// Event is the envelope, Elements iterates its elements.
	Event    *export.Event
	Elements func(export.Fields) iter.Seq2[*export.Element, error]
}

// Output receives a plan as it is made. B is the host's body.
type Output[B io.Writer] struct {
	// NewBody returns an empty body.
	NewBody func() B
	// Emit takes a call whose body is written.
	Emit func(Call[B]) error
	// Refuse takes an item that is not sent.
	Refuse func(Refusal) error
}

// Call is one call's part of a plan.
type Call[B io.Writer] struct {
	// Number counts from 1. Only says that no other can follow: there are no bounds.
	Number int
	Only   bool
	// Body is the envelope with the items in it, Items are their ids. There is always one at least.
	Body  B
	Items []export.ItemID
	// Last: neither call nor refusal follows.
	Last bool
}

// Plan walks the elements and writes the calls. With nothing to send there is no call: a vendor may take an empty set
// for everything. Errors of the elements and of the output are returned as they are.
func Plan[B io.Writer](m *Mapping, in Input, out Output[B]) error {
	p := &plan[B]{Mapping: m, out: out, scope: scope{key: in.Key, event: in.Event}, seen: newSeen(in.Event)}
	for el, err := range in.Elements(m.Item.needs) {
		if err != nil {
			return err
		}
		p.el = el
		if err := p.element(); err != nil {
			return err
		}
	}
	return p.finish(true)
}

// StepID is the call's name within the delivery: "call", or "call/0001" where there can be several.
func (c Call[B]) StepID() string {
	if c.Only {
		return "call"
	}
	return fmt.Sprintf("call/%04d", c.Number)
}

var comma = []byte{','}

// plan is a plan being made: at most one call is open.
type plan[B io.Writer] struct {
	*Mapping
	scope
	out   Output[B]
	seen  *seen
	event eventDoc
	buf   []byte

	open          bool
	call          Call[B]
	size          int64
	before, after []byte
}

// element adds what the mapping iterates of one element.
func (p *plan[B]) element() error {
	switch {
	case p.el.Broken != "":
		return p.refuse("", p.el.Broken)
	case p.Item.each == EachFrames && p.el.FrameID == "":
		return p.refuse("", "no frame_id")
	case p.Item.each == EachFrames:
		return p.item(p.el.FrameID)
	case p.Item.each == EachLabels:
		return p.labels()
	case p.el.ID == "":
		return p.refuse("", "no element_id")
	default:
		return p.item(p.el.ID)
	}
}

func (p *plan[B]) labels() error {
	switch p.el.Type {
	case export.ElementCrop:
		return p.crop()
	case export.ElementFrame:
		return p.frame()
	case "":
		return p.refuse("", "no element_type")
	default:
		return p.refuse("", fmt.Sprintf("unknown element type %q", shorten(string(p.el.Type))))
	}
}

func (p *plan[B]) crop() error {
	switch {
	case p.el.Crop == nil:
		return p.refuse("", "no crop_data")
	case p.el.Crop.ID == "":
		return p.refuse("", "no label uuid")
	}
	p.label = p.el.Crop
	return p.item(p.label.ID)
}

func (p *plan[B]) frame() error {
	if p.el.Frame == nil {
		return p.refuse("", "no frame_data")
	}
	for i := range p.el.Frame.Labels {
		p.label = &p.el.Frame.Labels[i]
		if p.label.ID == "" {
			if err := p.refuse("", fmt.Sprintf("label %d: no uuid", i)); err != nil {
				return err
			}
			continue
		}
		if err := p.item(p.label.ID); err != nil {
			return err
		}
	}
	return nil
}

// item adds one item, unless it is sent already.
func (p *plan[B]) item(id string) error {
	if p.seen.has(id) {
		return nil
	}
	data, err := p.Item.appendTo(p.buf[:0], &p.scope, &p.event)
	p.buf = data
	if errors.Is(err, errBudget) {
		return fmt.Errorf("item: %w", err)
	}
	if err == nil && len(data) == 0 { // the expression chose to leave it out
		return nil
	}
	if lack := p.Item.missing(&p.scope); lack != "" {
		return p.refuse("", lack)
	}
	if err != nil {
		return p.refuse(p.seen.add(id), "item: "+shorten(err.Error()))
	}
	return p.place(id, data)
}

// place writes the item into the open call, or into the next when that is full.
func (p *plan[B]) place(id string, data []byte) error {
	if p.open && p.full(len(data)) {
		if err := p.finish(false); err != nil {
			return err
		}
	}
	if !p.open {
		if err := p.begin(); err != nil {
			return err
		}
	}
	if p.MaxBytes > 0 && len(p.call.Items) == 0 && p.size+int64(len(data)) > p.MaxBytes {
		return p.refuse(p.seen.add(id), fmt.Sprintf("a call with it alone has %d bytes, over the limit of %d",
			p.size+int64(len(data)), p.MaxBytes))
	}
	return p.write(p.seen.add(id), data)
}

// full reports whether the open call has no room for n more bytes of items.
func (p *plan[B]) full(n int) bool {
	count := len(p.call.Items)
	return count > 0 && (p.MaxItems > 0 && count >= p.MaxItems || p.MaxBytes > 0 && p.size+1+int64(n) > p.MaxBytes)
}

// begin opens the next call. Nothing is written before there is an item.
func (p *plan[B]) begin() error {
	p.batch++
	if p.before == nil || p.Envelope.numbered {
		before, after, err := p.Envelope.split(&p.scope)
		if err != nil {
			return fmt.Errorf("envelope: %w", err)
		}
		p.before, p.after = before, after
	}
	p.open = true
	p.call = Call[B]{Number: p.batch, Only: p.MaxItems == 0 && p.MaxBytes == 0}
	p.size = int64(len(p.before) + len(p.after))
	return nil
}

func (p *plan[B]) write(id export.ItemID, data []byte) error {
	separator := comma
	if len(p.call.Items) == 0 {
		p.call.Body = p.out.NewBody()
		separator = p.before
	} else {
		p.size++
	}
	if _, err := p.call.Body.Write(separator); err != nil {
		return err
	}
	p.size += int64(len(data))
	p.call.Items = append(p.call.Items, id)
	_, err := p.call.Body.Write(data)
	return err
}

// finish closes the open call and hands it over; nothing happens when it has no item.
func (p *plan[B]) finish(last bool) error {
	if !p.open || len(p.call.Items) == 0 {
		return nil
	}
	p.open = false
	if _, err := p.call.Body.Write(p.after); err != nil {
		return err
	}
	call := p.call
	call.Last = last
	p.call = Call[B]{}
	return p.out.Emit(call)
}

func (p *plan[B]) refuse(id export.ItemID, reason string) error {
	return p.out.Refuse(Refusal{Index: p.el.Index, ElementID: p.el.ID, Item: id, Reason: reason})
}

// shorten keeps texts that quote the event to a line's length.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
