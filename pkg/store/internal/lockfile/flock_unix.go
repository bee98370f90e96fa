//go:build unix

package lockfile

import (
	"errors"
	"os"
	"syscall"
)

func lockExclusive(file *os.File) error { return flock(file, syscall.LOCK_EX) }

func lockShared(file *os.File) error { return flock(file, syscall.LOCK_SH) }

func flock(file *os.File, how int) error {
	err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
