package mapping

import "github.com/itchyny/gojq"

// appendText appends a JSON string, as gojq encodes it.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendJSON(dst, s)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendTextOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendText(dst, s)
}

// appendJSON appends the JSON of a value, keys in order, numbers as they came.
func appendJSON(dst []byte, v any) []byte {
	encoded, err := gojq.Marshal(v)
	if err != nil { // never: it has no error to give
		return append(dst, "null"...)
	}
	return append(dst, encoded...)
}
