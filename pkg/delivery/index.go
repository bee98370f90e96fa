package delivery

import (
	"iter"
	"time"

	"go.uber.org/zap"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/store"
)

// Deliveries are found by the ids in their payloads (elements, frames, labels). They are read for that after they were
// accepted, so that neither the sender nor the vendor waits for it, and in a small part of the time.
const (
	indexEvery = time.Second // how often the store is asked when it had nothing
	indexRest  = 4           // times as long as a write took is the rest after it
	indexMany  = 50          // deliveries
	indexWords = 1000        // of one write, which all others wait for
)

// index makes deliveries be found by the words of their payloads, until the engine stops.
func (e *Engine) index() {
	for e.rest(indexEvery) {
		for {
			n, err := e.indexBatch()
			if err != nil && !e.draining() {
				e.log.Error("deliveries cannot be indexed for search, trying again", zap.Error(err))
			}
			if n < indexMany || err != nil {
				break
			}
		}
	}
}

// indexBatch indexes a batch and returns how many deliveries there were.
func (e *Engine) indexBatch() (int, error) {
	list, err := e.store.Unindexed(e.calls, indexMany)
	if err != nil {
		return 0, err
	}
	docs, words, begun := []store.Document{}, 0, time.Now()
	flush := func() error {
		if err := e.store.Index(e.calls, docs); err != nil {
			return err
		}
		if !e.rest(indexRest * time.Since(begun)) {
			return errStopping
		}
		docs, words, begun = docs[:0], 0, time.Now()
		return nil
	}
	for i := range list {
		for doc := range e.documents(&list[i]) {
			docs, words = append(docs, doc), words+len(doc.Words)
			if words < indexWords {
				continue
			}
			if err := flush(); err != nil {
				return len(list), err
			}
		}
	}
	return len(list), flush()
}

// rest waits; ok is false when the engine stops.
func (e *Engine) rest(d time.Duration) (ok bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.stopping:
		return false
	}
}

// documents are what a delivery is found by. One whose payload cannot be read is found by its envelope only; that it
// cannot is told when it is delivered.
func (e *Engine) documents(d *store.Delivery) iter.Seq[store.Document] {
	return func(yield func(store.Document) bool) {
		doc := store.Document{Delivery: d}
		for word := range e.ids(d) {
			if len(doc.Words) >= indexWords {
				if !yield(doc) {
					return
				}
				doc = store.Document{Delivery: d, Part: doc.Part + 1}
			}
			doc.Words = append(doc.Words, word)
		}
		doc.Last = true
		yield(doc)
	}
}

// ids are the ids in a delivery's payload.
func (e *Engine) ids(d *store.Delivery) iter.Seq[string] {
	return func(yield func(string) bool) {
		l, ok := e.layout.Load().byRoute[d.Route]
		if !ok {
			return
		}
		payload, err := e.store.OpenPayload(e.calls, d)
		if err != nil {
			return
		}
		defer payload.Close()
		for element, err := range l.routes[d.Route].Source.Elements(d.Event, payload, export.FieldLabels) {
			if err != nil || !yieldIDs(element, yield) {
				return
			}
		}
	}
}

func yieldIDs(element *export.Element, yield func(string) bool) bool {
	ids := []string{element.ID, element.FrameID}
	if element.Crop != nil {
		ids = append(ids, element.Crop.ID)
	}
	if element.Frame != nil {
		for i := range element.Frame.Labels {
			ids = append(ids, element.Frame.Labels[i].ID)
		}
	}
	for _, id := range ids {
		if id != "" && !yield(id) {
			return false
		}
	}
	return true
}
