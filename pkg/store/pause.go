package store

import (
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// PausedBy says who paused a destination.
type PausedBy string

// Who can pause a destination.
const (
	ByPerson  PausedBy = "person"
	ByBreaker PausedBy = "breaker" // the engine, because the vendor refuses the key or keeps failing
)

// Pause is a time in which a destination gets nothing. It holds for all replicas.
type Pause struct {
	// Destination is its name in the config.
	Destination string `json:"destination"`
	// By says who paused it, Reason and Detail why.
	By     PausedBy       `json:"by"`
	Reason adapter.Reason `json:"reason,omitempty"`
	Detail string         `json:"detail,omitempty"`
	// Since is when it began, Until when it ended; zero while it lasts.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	// ProbeAt is when the next delivery is let through to see whether the vendor is well again, zero for never; Probes
	// counts those that were.
	ProbeAt time.Time `json:"probe_at,omitzero"`
	Probes  int       `json:"probes,omitempty"`
}

// Overlap is how much of the time between from and to the pause took.
func (p Pause) Overlap(from, to time.Time) time.Duration {
	if p.Since.After(from) {
		from = p.Since
	}
	if !p.Until.IsZero() && p.Until.Before(to) {
		to = p.Until
	}
	return max(0, to.Sub(from))
}

// keptPauses is how many ended pauses of a destination are kept.
const keptPauses = 100
