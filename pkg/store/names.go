package store

import "sync"

// names are the routes, sources and destinations that were ever used, by the numbers that rows have for them.
type names struct {
	mu   sync.RWMutex
	ids  map[string]int64
	text map[int64]string
}

func newNames() *names { return &names{ids: map[string]int64{}, text: map[int64]string{}} }

func (n *names) put(id int64, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids[text], n.text[id] = id, text
}

func (n *names) id(text string) (int64, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	id, ok := n.ids[text]
	return id, ok
}

func (n *names) of(id int64) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.text[id]
}
