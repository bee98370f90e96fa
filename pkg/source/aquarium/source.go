// Package aquarium reads the issue-exported webhook of Aquarium Learning, a tool that curates datasets.
//
// A body is read twice, by different means. Scan trusts nothing: it checks every byte by jsontext's strict rules (UTF-8, no
// name twice, one value) and keeps only the envelope. Elements reads what Scan has taken, so it needs to find the ends of
// values only, and builds nothing but the fields that were asked for. Both hold a piece of the body at a time.
package aquarium

import (
	"sync"

	"github.com/labelgate/labelgate/pkg/source"
)

// Limits that keep the memory of any body small. They are far above what the tool sends.
const (
	// MaxElement is the size of one element in bytes.
	MaxElement = 16 << 20
	// MaxEnvelope is the size in bytes of everything but the elements.
	MaxEnvelope = 1 << 20
	// MaxNames is the number of names that the objects open at one place may have together: all are remembered, to find
	// one that stands twice.
	MaxNames = 1 << 17
)

// Source implements source.Source. Use New.
type Source struct {
	scanners sync.Pool // *scanner
	windows  sync.Pool // *window
}

var _ source.Source = (*Source)(nil)

// New returns a source. It is safe for several goroutines at once.
func New() *Source {
	return &Source{
		scanners: sync.Pool{New: func() any { return newScanner() }},
		windows:  sync.Pool{New: func() any { return newWindow() }},
	}
}

// SecretHeader is the header that the tool sets in all its requests, see
// https://legacy-docs.aquariumlearning.com/aquarium/concepts/webhooks (Authentication).
func (*Source) SecretHeader() string { return "X-Aquarium-Secret" }
