package delivery

import (
	"sync"

	"github.com/labelgate/labelgate/pkg/store"
)

// watchers are those who wait for a delivery to end.
type watchers struct {
	mu   sync.Mutex
	byID map[int64][]chan store.State
}

// add returns a channel that is told the final state of a delivery, and a function that ends the watch.
func (w *watchers) add(id int64) (told <-chan store.State, stop func()) {
	ch := make(chan store.State, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = make(map[int64][]chan store.State)
	}
	w.byID[id] = append(w.byID[id], ch)
	return ch, func() { w.remove(id, ch) }
}

// tell tells everyone who watches the delivery.
func (w *watchers) tell(id int64, state store.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.byID[id] {
		ch <- state
	}
	delete(w.byID, id)
}

func (w *watchers) remove(id int64, ch chan store.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.byID[id][:0]
	for _, c := range w.byID[id] {
		if c != ch {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		delete(w.byID, id)
		return
	}
	w.byID[id] = rest
}
