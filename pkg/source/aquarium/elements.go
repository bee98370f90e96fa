package aquarium

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/labelgate/labelgate/pkg/export"
)

// Elements iterates the elements of a body that Scan has taken; see source.Source. What is not asked for is passed over,
// nothing is built of it. The element, its frame and its lists are used again for the next one; strings and maps are not.
func (s *Source) Elements(event *export.Event, body io.Reader, wanted export.Fields) iter.Seq2[*export.Element, error] {
	return func(yield func(*export.Element, error) bool) {
		w := s.windows.Get().(*window)
		defer s.keep(w)
		w.reset(body)
		if err := w.findElements(); err != nil {
			yield(nil, fmt.Errorf("payload: issue.elements: %w", err))
			return
		}
		d := &decoder{cursor: &w.cursor, project: plainNames(event.Project), wanted: implied(wanted)}
		for index := 0; ; index++ {
			found := false
			if err := w.try(func() { found = d.next(index) }); err != nil {
				yield(nil, fmt.Errorf("payload: issue.elements[%d]: %w", index, err))
				return
			}
			if !found || !yield(&d.element, nil) {
				return
			}
		}
	}
}

// keep saves a window for the next body, unless a large element has made it large.
func (s *Source) keep(w *window) {
	w.reset(nil)
	if len(w.buffer) == windowSize {
		s.windows.Put(w)
	}
}

// findElements goes to the first of the elements.
func (w *window) findElements() error {
	if err := w.try(func() { w.kind(); w.enter() }); err != nil {
		return err
	}
	if err := w.find("issue", '{'); err != nil {
		return err
	}
	return w.find("elements", '[')
}

// find enters the member of that name and kind of the object that has been entered.
func (w *window) find(name string, kind byte) error {
	for member, found := true, false; !found; {
		err := w.try(func() {
			if member = w.more('}'); !member {
				return
			}
			if found = string(w.key()) == name && w.kind() == kind; found {
				w.enter()
			} else {
				w.skip()
			}
		})
		if err != nil {
			return err
		}
		if !member {
			return errors.New("not there")
		}
	}
	return nil
}
