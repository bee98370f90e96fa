package aquarium

import (
	"errors"
	"fmt"
	"io"
)

// windowSize is how much of a body is held, unless an element is larger.
const windowSize = 64 << 10

// maxWindow holds any element that Scan takes.
const maxWindow = 2 * MaxElement

var errEnds = errors.New("the body ends too early")

// window is the piece of a body that is being read.
type window struct {
	cursor
	body   io.Reader
	buffer []byte
	ended  error // why nothing more comes, io.EOF at the end
}

func newWindow() *window {
	return &window{buffer: make([]byte, windowSize), cursor: cursor{names: newNames()}}
}

func (w *window) reset(body io.Reader) {
	w.body, w.ended = body, nil
	w.b, w.i, w.short = w.buffer[:0], 0, false
}

// try calls read. If the window ends within what it reads, read is called again from the same place with more of the body,
// so it must start anew. The window is many times larger than an element, so that is seldom.
func (w *window) try(read func()) error {
	for {
		start := w.i
		read()
		if !w.short {
			return nil
		}
		w.i, w.short = start, false
		if err := w.fill(); err != nil {
			return err
		}
	}
}

// fill moves what is not read to the front, makes room if that is little, and reads until the window is full.
func (w *window) fill() error {
	if errors.Is(w.ended, io.EOF) {
		return errEnds
	}
	if w.ended != nil {
		return w.ended
	}
	rest := w.b[w.i:]
	if len(rest) > len(w.buffer)/2 {
		if len(w.buffer) >= maxWindow {
			return fmt.Errorf("an element is larger than %d MiB", MaxElement>>20)
		}
		w.buffer = make([]byte, 2*len(w.buffer))
	}
	n := copy(w.buffer, rest)
	for n < len(w.buffer) && w.ended == nil {
		var got int
		got, w.ended = w.body.Read(w.buffer[n:])
		n += got
	}
	w.b, w.i = w.buffer[:n], 0
	return nil
}
