package aquarium

import "io"

// readSize bounds one read, so that a decoder whose buffer has grown for one large value does not read far ahead.
const readSize = 64 << 10

// guard stands between a body and its decoder and ends the reading when a part of the body is larger than it may be. A
// decoder asks for more only when all it has got belongs to what it is reading, so the sizes are exact.
type guard struct {
	body   io.Reader
	read   int64 // bytes handed on
	mark   int64 // bytes that do not count
	limit  int64 // bytes that may come after mark
	excess error // what to say when more come
	failed error // the body's own error
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

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	if err := g.check(g.read); err != nil {
		return 0, err
	}
	n, err := g.body.Read(p[:min(len(p), readSize)])
	g.read += int64(n)
	if err != nil && err != io.EOF {
		g.failed = err
	}
	return n, err
}
