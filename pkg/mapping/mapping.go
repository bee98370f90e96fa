// Package mapping turns an export into the bodies of vendor calls, by jq expressions written in config.
//
// A mapping says what it iterates (Each), one expression for an item and one for the envelope around the items. The
// envelope is evaluated once a call and split around its items, so that a body of any size is written as a stream. What
// an item expression reads is known from its syntax tree: elements are decoded no further than that.
//
// Everything here is pure: equal input gives equal bytes. Expressions see no clock, environment, file or other input.
package mapping

import (
	"errors"
	"fmt"

	"github.com/labelgate/labelgate/pkg/export"
)

// Each says what a mapping iterates.
type Each string

// What a mapping can iterate. The id of what is iterated is the item's id: an id is sent once a delivery.
const (
	// EachLabels: every label of a frame element and the label of a crop element.
	EachLabels Each = "labels"
	// EachFrames: the frame of every element, in order of first appearance.
	EachFrames Each = "frames"
	// EachElements: every element.
	EachElements Each = "elements"
)

// Mapping is a compiled mapping. It is safe for concurrent use.
type Mapping struct {
	// Item makes the items, Envelope what is around them.
	Item     *Item
	Envelope *Envelope
	// MaxItems and MaxBytes bound one call; 0 is no bound. With both 0 there is one call, whatever its size.
	MaxItems int
	MaxBytes int64
}

// Config is a mapping as it is written.
type Config struct {
	Each Each
	// Item and Envelope are jq expressions, Require paths; see NewItem and NewEnvelope.
	Item     string
	Require  []string
	Envelope string
	// EnvelopeName is what the adapter calls its envelope, for mistakes: "body", "variables".
	EnvelopeName string
	// MaxItems and MaxBytes are those of Mapping.
	MaxItems int
	MaxBytes int64
}

// Mistake is what is wrong with one part of what was written.
type Mistake struct {
	// Part is "each", "item", "require", the EnvelopeName, "batch.items" or "batch.bytes"; of NewPickers, "keep.NAME".
	Part string
	Err  error
}

// New compiles a mapping. Where there are mistakes it returns all of them; parts that have none are set all the same.
func New(c Config) (*Mapping, []Mistake) {
	m := &Mapping{MaxItems: c.MaxItems, MaxBytes: c.MaxBytes}
	var mistakes []Mistake
	var err error
	if m.Item, err = NewItem(c.Each, c.Item, c.Require); err != nil {
		mistakes = append(mistakes, Mistake{itemPart(c.Each, err), err})
	}
	if m.Envelope, err = NewEnvelope(c.Envelope); err != nil {
		mistakes = append(mistakes, Mistake{c.EnvelopeName, err})
	}
	if c.MaxItems < 0 {
		mistakes = append(mistakes, Mistake{"batch.items", errNegative})
	}
	if c.MaxBytes < 0 {
		mistakes = append(mistakes, Mistake{"batch.bytes", errNegative})
	}
	return m, mistakes
}

var errNegative = errors.New("must not be negative; 0 is no bound")

func itemPart(each Each, err error) string {
	if _, unknown := each.fields(); unknown != nil {
		return "each"
	}
	if errors.As(err, new(*RequireError)) {
		return "require"
	}
	return "item"
}

// Refusal is an item that is not sent, with the reason.
type Refusal struct {
	// Index and ElementID name the element.
	Index     int
	ElementID string
	// Item is the id of the refused item, empty when it has none or when another element may still bring it.
	Item export.ItemID
	// Reason says what is missing or wrong: "no image_url".
	Reason string
}

// errBudget ends a plan: what one item costs, the next will cost too.
var errBudget = errors.New("takes more than 2,000,000 steps for one value; does it loop for ever?")

func (e Each) fields() ([]field, error) {
	switch e {
	case EachLabels:
		return labelFields, nil
	case EachFrames:
		return frameFields, nil
	case EachElements:
		return elementFields, nil
	default:
		return nil, fmt.Errorf("%q is not known; use labels, frames or elements", string(e))
	}
}

// one names a single item, for errors.
func (e Each) one() string {
	return map[Each]string{EachLabels: "label", EachFrames: "frame", EachElements: "element"}[e]
}
