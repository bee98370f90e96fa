package adapter

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

const (
	// readAtMost of a body are looked at for what it says.
	readAtMost = 16 << 10
	// sayAtMost of it are told.
	sayAtMost = 200
)

// Said is what an answer's body says to people: the message of a JSON error, the title of a page, or the first 200 bytes
// of a text. It is "" for an empty body.
func Said(body []byte) string {
	body = bytes.TrimSpace(body[:min(len(body), readAtMost)])
	switch {
	case len(body) == 0:
		return ""
	case body[0] == '{' || body[0] == '[':
		var v any
		if json.Unmarshal(body, &v) == nil {
			if said := message(v, 0); said != "" {
				return cut(said)
			}
		}
	case body[0] == '<':
		if title := title(body); title != "" {
			return cut(title)
		}
	}
	return cut(string(body))
}

// SaysError reports whether an answer's body is a JSON object that tells of an error, as {"errors": [...]} or {"error": ...}.
// Judge needs it where a success is known by its status alone: a front end may answer 200 for another's failure.
func SaysError(body []byte) bool {
	var said struct {
		Errors json.RawMessage `json:"errors"`
		Error  json.RawMessage `json:"error"`
	}
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &said) != nil {
		return false
	}
	return !emptyJSON(said.Errors) || !emptyJSON(said.Error)
}

func emptyJSON(value json.RawMessage) bool {
	switch string(bytes.TrimSpace(value)) {
	case "", "null", "false", "0", `""`, "[]", "{}":
		return true
	}
	return false
}

// message finds the first text under one of the names that vendors use.
func message(v any, depth int) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 && depth < 4 {
			return message(v[0], depth+1)
		}
	case map[string]any:
		for _, name := range []string{"message", "error", "detail", "title", "errors", "error_description"} {
			if inner, ok := v[name]; ok && depth < 4 {
				if said := message(inner, depth+1); said != "" {
					return said
				}
			}
		}
	}
	return ""
}

func title(page []byte) string {
	lower := bytes.ToLower(page)
	if len(lower) != len(page) { // case folding moved the letters
		return ""
	}
	from := bytes.Index(lower, []byte("<title>"))
	if from < 0 {
		return ""
	}
	from += len("<title>")
	to := bytes.Index(lower[from:], []byte("</title>"))
	if to < 0 {
		return ""
	}
	return string(page[from : from+to])
}

// cut makes one short line of a text: no control characters, at most 200 bytes.
func cut(s string) string {
	long := len(s) > sayAtMost
	if long {
		s = s[:sayAtMost]
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if long {
		s += "..."
	}
	return s
}
