//go:build !unix

package lockfile

import (
	"errors"
	"os"
)

func lockExclusive(*os.File) error { return errors.ErrUnsupported }

func unlock(*os.File) error { return errors.ErrUnsupported }
