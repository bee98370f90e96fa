package aquarium

import "encoding/json"

// maxDepth is the nesting that Scan takes, jsontext's default limit.
const maxDepth = 10_000

// value decodes the next value as encoding/json does with UseNumber.
func (c *cursor) value() any { return c.valueAt(0) }

func (c *cursor) valueAt(depth int) any {
	if depth > maxDepth {
		c.skip()
		return nil
	}
	switch c.kind() {
	case '"':
		return string(c.text())
	case '{':
		return c.object(depth)
	case '[':
		return c.list(depth)
	case 't', 'f':
		return len(c.literal()) == len("true")
	case 'n':
		c.skip()
		return nil
	default:
		return json.Number(c.literal())
	}
}

func (c *cursor) object(depth int) map[string]any {
	object := map[string]any{}
	c.enter()
	for c.more('}') {
		name := c.names.of(c.key())
		object[name] = c.valueAt(depth + 1)
	}
	return object
}

func (c *cursor) list(depth int) []any {
	list := []any{}
	c.enter()
	for c.more(']') {
		list = append(list, c.valueAt(depth+1))
	}
	return list
}

// whole decodes a text that is nothing but one JSON value. A number may end with the text.
func whole(text []byte, names *names) any {
	c := cursor{b: append(text[:len(text):len(text)], '\n'), names: names}
	return c.value()
}

// names keeps the strings that come again and again, such as the names of fields, so that they are made once. It keeps a
// few short ones only and starts anew when it has them, so that it stays small whatever comes. The nil names keep none.
type names struct {
	kept map[string]string
}

// The number and size of the strings that are kept.
const (
	maxKept    = 512
	maxNameLen = 48
)

func newNames() *names { return &names{kept: make(map[string]string)} }

// of returns b as a string.
func (n *names) of(b []byte) string {
	if n == nil || len(b) > maxNameLen {
		return string(b)
	}
	if s, ok := n.kept[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(n.kept) >= maxKept {
		clear(n.kept)
	}
	n.kept[s] = s
	return s
}
