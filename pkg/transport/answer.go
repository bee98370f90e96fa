package transport

import (
	"errors"
	"io"
)

// errTooLarge: the answer is over the limit.
var errTooLarge = errors.New("the answer is over the limit")

// readAnswer reads a whole answer of at most limit bytes.
func readAnswer(body io.Reader, limit int64) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(answer)) > limit {
		return nil, errTooLarge
	}
	return answer, nil
}
