package mapping

import (
	"strings"

	"github.com/labelgate/labelgate/pkg/export"
)

// seen is the set of the ids of a delivery. It keeps its own copies, packed, because an element is only lent: 250,000
// label ids take some 20 MB.
type seen struct {
	ids  map[export.ItemID]struct{}
	pack *strings.Builder
	grow int
}

func newSeen(event *export.Event) *seen {
	return &seen{ids: make(map[export.ItemID]struct{}, min(max(event.Issue.Elements, 0), 1024)), grow: 256}
}

func (s *seen) has(id string) bool {
	_, ok := s.ids[export.ItemID(id)]
	return ok
}

// add adds an id and returns the kept copy.
func (s *seen) add(id string) export.ItemID {
	if s.pack == nil || s.pack.Cap()-s.pack.Len() < len(id) {
		s.grow = min(2*s.grow, 32<<10)
		s.pack = &strings.Builder{}
		s.pack.Grow(max(s.grow, len(id)))
	}
	start := s.pack.Len()
	s.pack.WriteString(id)
	kept := export.ItemID(s.pack.String()[start:])
	s.ids[kept] = struct{}{}
	return kept
}
