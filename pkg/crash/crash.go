// Package crash names the points of the program at which the crash tests kill it. In a normal build a point is nothing at all.
// With the build tag crashpoints, LABELGATE_CRASH_AT=POINT:N in the environment kills the process, as kill -9 does, when it
// passes that point for the N-th time.
package crash

// The points, in the order of an event's life.
const (
	// Sealed: a large payload is in its file, no row names it.
	Sealed = "sealed"
	// Committing: writes are made and not on disk. Committed: they are on disk, and who made them has not been told.
	Committing = "committing"
	Committed  = "committed"
	// Claimed: a delivery is claimed, nothing is planned.
	Claimed = "claimed"
	// Begun: a step's intent is on disk, its call is not made.
	Begun = "begun"
	// Called: the vendor has answered, nothing of that is on disk.
	Called = "called"
	// Recorded: the outcome is on disk, the next step is not begun.
	Recorded = "recorded"
	// Ended: the delivery's last state is on disk, nobody has been told.
	Ended = "ended"
)

// Points are all points.
func Points() []string {
	return []string{Sealed, Committing, Committed, Claimed, Begun, Called, Recorded, Ended}
}
