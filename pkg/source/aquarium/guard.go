package aquarium

import (
	"errors"
	"io"
)

// readSize is what is read of a body at once. maxRead bounds what a decoder gets at once, so that one whose buffer has grown
// for a large value does not read far ahead.
const (
	readSize = 64 << 10
	maxRead  = 1 << 20
)

// guard stands between a body and its decoder and ends the reading when a part of the body is larger than it may be. A
// decoder asks for more only when all it has got belongs to what it is reading, so the sizes are exact.
type guard struct {
	body   io.Reader
	read   int64 // bytes handed on
	mark   int64 // bytes that do not count
	limit  int64 // bytes that may come after mark
	excess error // what to say when more come
	ended  error // why nothing more comes, io.EOF at the end
}

// bound lets at most limit bytes follow after mark.
func (g *guard) bound(mark, limit int64, excess error) {
	g.mark, g.limit, g.excess = mark, limit, excess
}

// check says whether the part that ends at offset is too large. It finds what was read ahead before the bound was set.
func (g *guard) check(offset int64) error {
	if offset-g.mark > g.limit {
		return g.excess
	}
	return nil
}

// Read implements io.Reader. It fills p, however slowly the body comes: a decoder goes over all it holds of a value after
// each read, so a large value in small pieces would take the square of its size.
func (g *guard) Read(p []byte) (n int, err error) {
	if err := g.check(g.read); err != nil {
		return 0, err
	}
	p = p[:min(len(p), maxRead)]
	for n < len(p) && g.ended == nil {
		var got int
		got, g.ended = g.body.Read(p[n:])
		n += got
	}
	g.read += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, g.ended
}

// failed is the body's own error, if that is why it ended.
func (g *guard) failed() error {
	if errors.Is(g.ended, io.EOF) {
		return nil
	}
	return g.ended
}
