// Package lockfile keeps a file locked for as long as a process lives, and says in the file who that is.
package lockfile

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrHeld says that another open file holds the lock.
var ErrHeld = errors.New("lock is held")

// Lock is a held lock. The kernel gives it back when the process ends, however it ends.
type Lock struct {
	file *os.File
}

// Acquire locks the file, which it makes when there is none. When another holds it the error is ErrHeld and the text
// is what the holder wrote.
func Acquire(path string) (lock *Lock, holder string, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, "", err
	}
	if err = lockExclusive(file); err == nil {
		return &Lock{file: file}, "", nil
	}
	defer func() { _ = file.Close() }()
	if !errors.Is(err, ErrHeld) {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	text, readErr := read(file)
	return nil, text, errors.Join(err, readErr)
}

// Write replaces what others read about the holder.
func (l *Lock) Write(text string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(text), 0)
	return err
}

// Release gives the lock back. The file stays: deleting it could delete the lock of the next holder. Closing the file
// alone would not do: a process that is being forked has it open for a moment.
func (l *Lock) Release() error {
	return errors.Join(l.file.Truncate(0), unlock(l.file), l.file.Close())
}

func read(file *os.File) (string, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 1024))
	return string(text), err
}
