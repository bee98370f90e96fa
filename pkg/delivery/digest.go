package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// digest is the SHA-256 of a whole call in hexadecimal. Equal calls have equal digests, over all versions of a plan.
func digest(call adapter.Call) (string, error) {
	h := sha256.New()
	for _, part := range []string{call.Method, call.Path, call.Document, call.Operation, call.ContentType} {
		writePart(h, part)
	}
	names := make([]string, 0, len(call.Header))
	for name := range call.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		writePart(h, name)
		writePart(h, call.Header[name])
	}
	if call.Link != "" {
		writePart(h, call.Link)
	}
	if call.Body != nil {
		sum, err := call.Body.Digest()
		if err != nil {
			return "", err
		}
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writePart writes a text with its length in front, so that no two lists of parts are the same bytes.
func writePart(w io.Writer, s string) {
	fmt.Fprintf(w, "%d:%s", len(s), s)
}
