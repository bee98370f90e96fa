package mapping

import (
	"bytes"
	"errors"

	"github.com/itchyny/gojq"

	"github.com/labelgate/labelgate/pkg/export"
)

// Envelope is what is around the items of a call: an expression in which $items stands for their list.
type Envelope struct {
	program *program
	native  native
	// numbered: it reads $batch, so it differs between the calls of one delivery.
	numbered bool
}

// NewEnvelope compiles an envelope. It can use $event, $key, $batch and, exactly once and as a value, $items.
func NewEnvelope(src string) (*Envelope, error) {
	p, err := compile(src, "$event", "$key", "$batch", "$items")
	if err != nil {
		return nil, err
	}
	if n := count(p.query, "$items"); n != 1 || !asValue(p.query) {
		return nil, errors.New("$items must stand exactly once, as the value of a key or an entry of a list: " +
			"it is written as a stream and cannot be counted, cut or put into a text")
	}
	if err := checkEvent(p.query); err != nil {
		return nil, err
	}
	e := &Envelope{program: p, native: nativeOf(p.query, nil), numbered: p.uses("$batch")}
	if _, _, err = e.split(&scope{key: "trial", batch: 1, event: trialEvent}); err != nil {
		return nil, err
	}
	return e, nil
}

// trialEvent is what expressions are tried on when they are loaded.
var trialEvent = &export.Event{Type: "event", Project: "project", Issue: export.Issue{ID: "1", Name: "issue", Dataset: "dataset"}}

// Trial returns the envelope around an empty list for a made-up event, so that its shape can be checked when it is loaded.
func (e *Envelope) Trial() []byte {
	before, after, err := e.split(&scope{key: "trial", batch: 1, event: trialEvent})
	if err != nil {
		return nil
	}
	return append(before, after...)
}

// split returns what is before the first item and after the last.
func (e *Envelope) split(s *scope) (before, after []byte, err error) {
	body, err := e.render(s)
	if err != nil {
		return nil, nil, err
	}
	marker := s.marker()
	before, after, found := bytes.Cut(body, marker)
	if !found || bytes.Contains(after, marker) {
		return nil, nil, errors.New("changes $items or leaves it out; it must stand as it is, whatever the event")
	}
	return append(bytes.Clone(before), '['), append([]byte{']'}, after...), nil
}

func (e *Envelope) render(s *scope) ([]byte, error) {
	if e.native != nil {
		if body, ok := e.native(nil, s); ok {
			return body, nil
		}
	}
	items := []any{s.mark()}
	v, err := e.program.one(nil, []any{build(eventFields, s, wholeReads), s.key, s.batch, items})
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, v), nil
}

// mark is a text that stands for the items while the envelope is made. A sender cannot write it: it holds the
// delivery's key, which is made later.
func (s *scope) mark() string { return "\x00items of " + s.key }

// marker is the list that holds mark, encoded. As a list it cannot be mistaken for a text that holds it.
func (s *scope) marker() []byte { return appendJSON(nil, []any{s.mark()}) }

// asValue reports whether $items, which is in q, becomes a part of q's output as it is.
func asValue(q *gojq.Query) bool {
	if q == nil || count(q, "$items") == 0 {
		return true
	}
	if len(q.FuncDefs) > 0 {
		return false
	}
	if q.Term != nil {
		return termAsValue(q.Term)
	}
	switch q.Op {
	case gojq.OpPipe:
		return count(q.Left, "$items") == 0 && asValue(q.Right)
	case gojq.OpAdd, gojq.OpMul, gojq.OpComma: // joins objects or lists; the trial shows whether the items come out whole
		return asValue(q.Left) && asValue(q.Right)
	default:
		return false
	}
}

func termAsValue(t *gojq.Term) bool {
	if len(t.SuffixList) > 0 {
		return false
	}
	switch t.Type {
	case gojq.TermTypeFunc:
		return t.Func.Name == "$items"
	case gojq.TermTypeQuery:
		return asValue(t.Query)
	case gojq.TermTypeArray:
		return asValue(t.Array.Query)
	case gojq.TermTypeIf:
		return count(t.If.Cond, "$items") == 0 && asValue(t.If.Then) && asValue(t.If.Else)
	case gojq.TermTypeObject:
		for _, kv := range t.Object.KeyVals {
			if !asValue(kv.Val) || !asValue(kv.KeyQuery) || kv.KeyString != nil && kv.KeyString.Queries != nil {
				return false
			}
		}
		return true
	default:
		return false
	}
}
