package mapping

import (
	"context"
	"time"
)

// fuel is a context that is over after a number of looks at it. gojq looks once an instruction, which makes it a count
// of instructions: a bound on the run time that needs no clock.
type fuel struct {
	left int
}

var spent = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done takes one unit.
func (f *fuel) Done() <-chan struct{} {
	if f.left--; f.left < 0 {
		return spent
	}
	return nil
}

// Err is context.Canceled once the fuel is gone.
func (f *fuel) Err() error {
	if f.left < 0 {
		return context.Canceled
	}
	return nil
}

// Deadline and Value are those of an empty context.
func (f *fuel) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value has none.
func (f *fuel) Value(any) any { return nil }
