package aquarium

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/labelgate/labelgate/pkg/source"
)

// The longest name and place of the body that an answer repeats, in bytes.
const (
	shownName  = 40
	shownPlace = 160
)

var (
	errEmpty        = &source.Error{Message: "Bad Request: no payload body received"}
	errElementSize  = errors.New("element too large") // becomes elementSize, which names it
	errEnvelopeSize = formatError(fmt.Sprintf("all but issue.elements is larger than %d MiB", MaxEnvelope>>20))
)

func formatError(what string) *source.Error {
	return &source.Error{Message: "invalid webhook payload format: " + what}
}

func missingKey(key string) *source.Error {
	return &source.Error{Message: "webhook payload did not contain expected key: " + key}
}

func unexpectedEvent(event string) *source.Error {
	return &source.Error{Message: "Bad Request: endpoint not setup to handle " + shorten(event, shownName) + " events yet"}
}

func secondValue(offset int64) *source.Error {
	return formatError(fmt.Sprintf("a second value after the body's object, before byte %d", offset))
}

func tooManyNames(place jsontext.Pointer) *source.Error {
	return formatError(fmt.Sprintf("%s: more than %d names", dotted(place), MaxNames))
}

func elementSize(index int) *source.Error {
	return formatError(fmt.Sprintf("issue.elements[%d] is larger than %d MiB", index, MaxElement>>20))
}

// syntaxError says where the body is no JSON, and why: "issue.elements[3].frame_data: unexpected end of the body at byte 91".
func syntaxError(err *jsontext.SyntacticError) *source.Error {
	why := err.Err.Error()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		why = "unexpected end of the body"
	case errors.Is(err, jsontext.ErrDuplicateName):
		why = "the same key twice"
	}
	what := fmt.Sprintf("%s at byte %d", why, err.ByteOffset)
	if place := dotted(err.JSONPointer); place != "" {
		what = place + ": " + what
	}
	return formatError(what)
}

// dotted writes a place as people do: issue.elements[3].frame_data.
func dotted(place jsontext.Pointer) string {
	var b strings.Builder
	for name := range place.Tokens() {
		if _, err := strconv.ParseUint(name, 10, 64); err == nil {
			b.WriteString("[" + shorten(name, shownName) + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(shorten(name, shownName))
		if b.Len() > shownPlace {
			break
		}
	}
	return shorten(b.String(), shownPlace)
}

// shorten cuts text at limit bytes, between two characters.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "..."
}

// kindName names a kind of JSON value.
func kindName(kind jsontext.Kind) string {
	switch kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case '0':
		return "a number"
	case 'n':
		return "null"
	default:
		return "a boolean"
	}
}

// typeName names the kind of a decoded JSON value.
func typeName(value any) string {
	switch value.(type) {
	case map[string]any:
		return kindName('{')
	case []any:
		return kindName('[')
	case string:
		return kindName('"')
	case json.Number:
		return kindName('0')
	case nil:
		return kindName('n')
	default:
		return kindName('t')
	}
}
