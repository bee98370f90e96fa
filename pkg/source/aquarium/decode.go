package aquarium

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// object decodes the members of an object into found, except the one named special: if it is of that kind, read is called
// in its place.
func (s *scanner) object(found fields, special string, kind jsontext.Kind, read func() error) error {
	return s.members(func(name string) (err error) {
		if name == special && s.decoder.PeekKind() == kind {
			return read()
		}
		if found[name], err = s.value(); err != nil {
			return err
		}
		return s.guard.check(s.decoder.InputOffset() - s.inside)
	})
}

// members steps through the object that is next; member reads the value of that name.
func (s *scanner) members(member func(name string) error) error {
	if _, err := s.token(); err != nil { // the opening brace
		return err
	}
	for s.decoder.PeekKind() != '}' {
		name, err := s.token()
		if err != nil {
			return err
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	_, err := s.token()
	return err
}

// value decodes a value as encoding/json does with UseNumber. It goes by tokens: jsontext's ReadValue names the place of an
// error wrongly when the value is longer than its buffer.
func (s *scanner) value() (any, error) {
	switch s.decoder.PeekKind() {
	case '{':
		object := map[string]any{}
		return object, s.members(func(name string) (err error) {
			object[name], err = s.value()
			return err
		})
	case '[':
		return s.list()
	}
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case 'n':
		return nil, nil
	default:
		return token.Bool(), nil
	}
}

func (s *scanner) list() ([]any, error) {
	list := []any{}
	if _, err := s.token(); err != nil { // the opening bracket
		return nil, err
	}
	for s.decoder.PeekKind() != ']' {
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := s.token()
	return list, err
}
