package payload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"
)

// Writer takes a body of unknown size. It is not safe for concurrent use.
type Writer struct {
	dir    *Dir
	mem    []byte
	size   int64
	file   *os.File
	sum    hash.Hash
	err    error
	sealed *Sealed
	kept   bool
}

// Sealed is a complete body.
type Sealed struct {
	// Digest is its SHA-256.
	Digest [sha256.Size]byte
	// Inline is the body itself when it is small, File the name of its file otherwise.
	Inline []byte
	File   string
}

// New starts a body.
func (d *Dir) New() *Writer { return &Writer{dir: d} }

// Size is the number of bytes written.
func (w *Writer) Size() int64 { return w.size }

// Bytes returns the body when it is in memory, nil otherwise.
func (w *Writer) Bytes() []byte { return w.mem }

// Write appends p.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err == nil && w.sealed != nil {
		w.err = errors.New("payload is complete, nothing can be added")
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.file == nil && len(w.mem)+len(p) <= InlineMax {
		w.mem = append(w.mem, p...)
		w.size += int64(len(p))
		return len(p), nil
	}
	if w.err = w.toFile(); w.err == nil {
		w.err = w.append(p)
	}
	if w.err != nil {
		return 0, w.err
	}
	w.size += int64(len(p))
	return len(p), nil
}

// Seal ends the body. A file is on disk under its final name when it returns.
func (w *Writer) Seal() (Sealed, error) {
	if w.sealed != nil || w.err != nil {
		return w.result()
	}
	if w.file == nil {
		w.sealed = &Sealed{Digest: sha256.Sum256(w.mem), Inline: w.mem}
		return *w.sealed, nil
	}
	name, err := w.publish()
	if err != nil {
		w.err = fmt.Errorf("payload file: %w", err)
		return Sealed{}, w.err
	}
	w.sealed = &Sealed{Digest: [sha256.Size]byte(w.sum.Sum(nil)), File: name}
	return *w.sealed, nil
}

// Keep says that a row names the file now: Close leaves it.
func (w *Writer) Keep() { w.kept = true }

// Close deletes the body, unless it is kept.
func (w *Writer) Close() error {
	if w.kept || w.file == nil {
		return nil
	}
	path := w.file.Name()
	if w.sealed != nil {
		path = filepath.Join(w.dir.path, w.sealed.File)
	} else {
		_ = w.file.Close() // it is deleted, so nothing it held matters
	}
	w.kept = true
	return os.Remove(path)
}

func (w *Writer) result() (Sealed, error) {
	if w.err != nil {
		return Sealed{}, w.err
	}
	return *w.sealed, nil
}

func (w *Writer) toFile() error {
	if w.file != nil {
		return nil
	}
	file, err := w.dir.create()
	if err != nil {
		return err
	}
	w.file, w.sum = file, sha256.New()
	mem := w.mem
	w.mem = nil
	return w.append(mem)
}

func (w *Writer) append(p []byte) error {
	w.sum.Write(p)
	if _, err := w.file.Write(p); err != nil {
		return fmt.Errorf("payload file: %w", err)
	}
	return nil
}

func (w *Writer) publish() (name string, err error) {
	if err := errors.Join(w.file.Sync(), w.file.Close()); err != nil {
		return "", err
	}
	path := strings.TrimSuffix(w.file.Name(), incomplete) + complete
	if err := os.Rename(w.file.Name(), path); err != nil {
		return "", err
	}
	return filepath.Base(path), w.dir.sync()
}
