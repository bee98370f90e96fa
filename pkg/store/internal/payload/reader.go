package payload

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Inline reads a body that was kept in a row. It returns ErrDamaged when the body is not the one of the digest.
func Inline(body []byte, digest [sha256.Size]byte) (io.ReadCloser, error) {
	if sha256.Sum256(body) != digest {
		return nil, ErrDamaged
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

// Open reads a body from its file. A body that is not the one of the digest is ErrDamaged, at its end at the latest.
func (d *Dir) Open(name string, digest [sha256.Size]byte) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	return &reader{file: file, sum: sha256.New(), want: digest}, nil
}

type reader struct {
	file *os.File
	sum  hash.Hash
	want [sha256.Size]byte
}

// Read checks the digest before it reports the end of the body.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.sum.Write(p[:n])
	if err == io.EOF && [sha256.Size]byte(r.sum.Sum(nil)) != r.want {
		return n, fmt.Errorf("%s: %w: its SHA-256 is not the one recorded", r.file.Name(), ErrDamaged)
	}
	return n, err
}

// Close closes the file.
func (r *reader) Close() error { return r.file.Close() }
