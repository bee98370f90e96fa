package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// State is where a delivery stands. docs/states.md draws the states; CanMove is the same as a table.
type State string

// The states.
const (
	Queued    State = "queued"    // accepted, its turn has not come
	Running   State = "running"   // a worker is on it
	Waiting   State = "waiting"   // a later time, or a person, goes on with it
	Delivered State = "delivered" // the vendor took everything
	Partial   State = "partial"   // the vendor took some items, others were refused
	Dead      State = "dead"      // nothing more will be tried without a person
	Discarded State = "discarded" // a person closed it for good
)

// States are all states, in the order of a delivery's life.
var States = []State{Queued, Running, Waiting, Delivered, Partial, Dead, Discarded} //nolint:gochecknoglobals // a constant list

// moves holds every allowed change of state.
var moves = map[State][]State{ //nolint:gochecknoglobals // the state table
	Queued:    {Running, Discarded},
	Running:   {Queued, Waiting, Delivered, Partial, Dead},
	Waiting:   {Running, Queued, Discarded},
	Partial:   {Queued, Discarded},
	Dead:      {Queued, Discarded},
	Delivered: {},
	Discarded: {},
}

// CanMove reports whether a delivery may go from one state to another.
func CanMove(from, to State) bool {
	for _, s := range moves[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Final reports whether nothing more happens to a delivery by itself.
func (s State) Final() bool {
	return s == Delivered || s == Partial || s == Dead || s == Discarded
}

// StepState is what is known of a step.
type StepState string

// The step states.
const (
	StepStarted  StepState = "started"  // its call was begun; with no later record the outcome is unknown
	StepDone     StepState = "done"     // the vendor took it; it is never sent again
	StepFailed   StepState = "failed"   // it had no effect
	StepUnknown  StepState = "unknown"  // it may have had its effect
	StepRejected StepState = "rejected" // the vendor will never take it
	StepSettled  StepState = "settled"  // a person said that the vendor has it; done when the delivery goes on
)

// DeliveryKey is the key of a delivery for vendors: 32 hexadecimal digits made from the store's id and the delivery's.
func DeliveryKey(storeID string, delivery int64) string {
	sum := sha256.Sum256([]byte(storeID + "/" + strconv.FormatInt(delivery, 10)))
	return hex.EncodeToString(sum[:16])
}
