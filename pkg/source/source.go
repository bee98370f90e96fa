// Package source is the contract of the tools that send exports. A source checks and reads a request body; it knows
// nothing of HTTP, stores or vendors.
package source

import (
	"io"
	"iter"

	"github.com/labelgate/labelgate/pkg/export"
)

// Source reads one tool's webhook bodies.
type Source interface {
	// SecretHeader is the request header that carries the shared secret.
	SecretHeader() string
	// Scan reads the whole body once, streaming, checks that it is well formed, and returns its envelope. Bodies of any
	// size take little memory. accepts says whether the route takes an event type. A mistake of the sender is an *Error;
	// any other error is the reader's own and is returned as it came.
	Scan(body io.Reader, accepts func(event string) bool) (*export.Event, error)
	// Elements iterates the elements of a body that Scan has taken, decoding the fields asked for. event is what Scan
	// returned for it: names are made plain by its project, which may stand behind the elements. The element is valid
	// until the next one. An error, the reader's own or that of a body that is not what Scan took, ends the iteration.
	Elements(event *export.Event, body io.Reader, fields export.Fields) iter.Seq2[*export.Element, error]
}

// Error is a mistake in a body, to be told to the sender as it is: what is wrong, where, and nothing secret.
type Error struct {
	// Message is the whole answer.
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }
