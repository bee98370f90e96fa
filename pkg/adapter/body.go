package adapter

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// spillAt is the size from which a body moves from memory to disk.
const spillAt = 256 << 10

// Spill is where a large body goes: written once from its start, then read from any place.
type Spill interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Body is a request body that is written once and can be read many times. Up to 256 KiB it is in memory, above that in
// the Spill that the host provides. It is not safe for concurrent writes.
type Body struct {
	mem   []byte
	size  int64
	sum   hash.Hash
	open  func() (Spill, error)
	spill Spill
	err   error
}

// NewBody returns an empty body that spills to what open returns; with a nil open it stays in memory.
func NewBody(open func() (Spill, error)) *Body {
	return &Body{open: open}
}

// BytesBody returns a body that holds b.
func BytesBody(b []byte) *Body {
	return &Body{mem: b, size: int64(len(b))}
}

// Write appends p.
func (b *Body) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.spill == nil && (b.open == nil || len(b.mem)+len(p) <= spillAt) {
		b.mem = append(b.mem, p...)
		b.size += int64(len(p))
		return len(p), nil
	}
	if err := b.toDisk(); err != nil {
		return 0, err
	}
	b.mem = append(b.mem, p...)
	b.size += int64(len(p))
	if len(b.mem) >= spillAt {
		if err := b.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// WriteString appends s.
func (b *Body) WriteString(s string) (int, error) { return b.Write([]byte(s)) }

// Len is the body's size in bytes.
func (b *Body) Len() int64 { return b.size }

// Bytes returns the body and true when it is all in memory. The bytes must not be changed.
func (b *Body) Bytes() ([]byte, bool) {
	return b.mem, b.spill == nil
}

// Reader returns a reader of the whole body. No write may follow.
func (b *Body) Reader() (io.ReadSeeker, error) {
	if b.spill == nil {
		return bytes.NewReader(b.mem), nil
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	return io.NewSectionReader(b.spill, 0, b.size), nil
}

// Digest is the SHA-256 of the body. No write may follow.
func (b *Body) Digest() ([sha256.Size]byte, error) {
	if b.spill == nil {
		return sha256.Sum256(b.mem), nil
	}
	if err := b.flush(); err != nil {
		return [sha256.Size]byte{}, err
	}
	return [sha256.Size]byte(b.sum.Sum(nil)), nil
}

// Close gives back what the body holds on disk.
func (b *Body) Close() error {
	b.mem = nil
	if b.spill == nil {
		return nil
	}
	return b.spill.Close()
}

func (b *Body) toDisk() error {
	if b.spill != nil {
		return nil
	}
	spill, err := b.open()
	if err != nil {
		b.err = fmt.Errorf("request body: %w", err)
		return b.err
	}
	b.spill, b.sum = spill, sha256.New()
	return b.flush()
}

func (b *Body) flush() error {
	if b.err != nil || len(b.mem) == 0 {
		return b.err
	}
	b.sum.Write(b.mem)
	if _, err := b.spill.Write(b.mem); err != nil {
		b.err = fmt.Errorf("request body: %w", err)
	}
	b.mem = b.mem[:0]
	return b.err
}
