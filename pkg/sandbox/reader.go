package sandbox

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// reader reads strict JSON as it streams by, and says of what it does not take where it is.
type reader struct{ *jsontext.Decoder }

// errEmpty says of a text that it has nothing in it.
var errEmpty = errors.New("is empty")

// object reads an object. member is called with each member's name, which is valid until it reads the member's value.
func (r reader) object(place string, member func(name []byte) error) error {
	if err := r.open('{', "an object"); err != nil {
		return problem(place, err)
	}
	for r.PeekKind() != '}' {
		name, err := r.bytes()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

// list reads a list. item is called with each item's index, and reads its value.
func (r reader) list(place string, item func(i int) error) error {
	if err := r.open('[', "a list"); err != nil {
		return problem(place, err)
	}
	for i := 0; r.PeekKind() != ']'; i++ {
		if err := item(i); err != nil {
			return err
		}
	}
	_, err := r.ReadToken()
	return err
}

func (r reader) open(kind jsontext.Kind, want string) error {
	if r.PeekKind() != kind {
		return r.unlike(want)
	}
	_, err := r.ReadToken()
	return err
}

// bytes reads a text. It is valid until the next read.
func (r reader) bytes() ([]byte, error) {
	if r.PeekKind() != '"' {
		return nil, r.unlike("a text")
	}
	value, err := r.ReadValue()
	if err != nil {
		return nil, syntax(err)
	}
	for _, c := range value {
		if c == '\\' {
			return jsontext.AppendUnquote(nil, value)
		}
	}
	return value[1 : len(value)-1], nil
}

// someText reads a text that may not be empty.
func (r reader) someText(place string) (string, error) {
	text, err := r.bytes()
	if err != nil || len(text) == 0 {
		return "", problem(place, err)
	}
	return string(text), nil
}

func (r reader) skip() error { return syntax(r.SkipValue()) }

// end checks that nothing follows.
func (r reader) end() error {
	switch _, err := r.ReadToken(); {
	case err == nil:
		return errors.New("the body: goes on after its JSON value")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return syntax(err)
	}
}

// unlike says what stands in the place of what is wanted. It reads that value, for it may be no value at all.
func (r reader) unlike(want string) error {
	kind := r.PeekKind()
	if err := r.SkipValue(); err != nil {
		return syntax(err)
	}
	return &typeError{want: want, got: kindNames[kind]}
}

// kindNames are what people call the kinds of JSON value.
var kindNames = map[jsontext.Kind]string{ //nolint:gochecknoglobals // a constant table
	'n': "null", 't': "a boolean", 'f': "a boolean", '0': "a number", '"': "a text", '[': "a list", '{': "an object",
}

// typeError is a value of another type than the wanted one.
type typeError struct{ want, got string }

// Error says both types.
func (e *typeError) Error() string { return fmt.Sprintf("must be %s, not %s", e.want, e.got) }

// problem names the place of a value that is not good: of the wrong type or, when err is nil, empty.
func problem(place string, err error) error {
	var wrong *typeError
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", place, errEmpty)
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: %w", place, err)
	default:
		return err
	}
}

// syntax makes the decoder's error one that speaks of the body.
func syntax(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the body: is empty")
	}
	return fmt.Errorf("the body: is not valid JSON: %w", err)
}

// digest names a text among those of this process.
func digest(text []byte) uint64 { return maphash.Bytes(seed, text) }
