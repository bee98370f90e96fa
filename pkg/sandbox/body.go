package sandbox

import (
	"errors"
	"hash/maphash"
	"io"
)

// The bounds of a request body, in bytes.
const (
	maxBody    = 1 << 30
	sampleSize = 2 << 10
	drainSize  = 32 << 10
)

// seed makes digests equal within a process, which is as long as they are kept.
var seed = maphash.MakeSeed() //nolint:gochecknoglobals // set once, never changed

var errTooLarge = errors.New("the body is larger than 1 GiB")

// body reads a request's body once, and counts, samples and digests what goes by.
type body struct {
	from   io.Reader
	size   int64
	sample []byte
	hash   maphash.Hash
	begun  bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		b.hash.SetSeed(seed)
	}
	n, err := b.from.Read(p)
	b.size += int64(n)
	if b.size > maxBody {
		return 0, errTooLarge
	}
	b.hash.Write(p[:n])
	if room := sampleSize - len(b.sample); room > 0 {
		b.sample = append(b.sample, p[:min(n, room)]...)
	}
	return n, err
}

// drain reads the rest of the body.
func (b *body) drain() error {
	_, err := io.CopyBuffer(io.Discard, onlyReader{b}, make([]byte, drainSize))
	return err
}

// digest names the whole body, once it is read.
func (b *body) digest() uint64 { return b.hash.Sum64() }

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }
