package store

import (
	"context"
	"time"
)

// Limiter is a store whose limits hold over several processes. One that a single process owns needs none.
type Limiter interface {
	// Enter waits until fewer than limit calls are in flight at a destination, over all replicas, and takes a place. ErrLost
	// when the claim on the delivery is not ours any more: so no call is begun by a replica that was taken for dead.
	Enter(ctx context.Context, d *Delivery, destination string, limit int) error
	// Leave gives the place back.
	Leave(destination string)
	// Reserve takes the next of a destination's calls a minute, over all replicas, and returns how long it is until then. As
	// many as burst may follow each other at once.
	Reserve(ctx context.Context, destination string, perMinute, burst int) (time.Duration, error)
}

// Waker is a store that can come to hold work without this process having brought it.
type Waker interface {
	// Wake is told when there may be such work.
	Wake() <-chan struct{}
}
