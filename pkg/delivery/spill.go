package delivery

import (
	"errors"
	"fmt"
	"os"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// newSpill returns an opener of files in dir that hold large request bodies while their calls are made. A file has no
// name, so it is gone with the process, whatever happens.
func newSpill(dir string) func() (adapter.Spill, error) {
	return func() (adapter.Spill, error) {
		file, err := os.CreateTemp(dir, "body-")
		if err != nil {
			return nil, fmt.Errorf("spill file: %w", err)
		}
		if err := os.Remove(file.Name()); err != nil {
			return nil, errors.Join(fmt.Errorf("spill file: %w", err), file.Close())
		}
		return file, nil
	}
}
