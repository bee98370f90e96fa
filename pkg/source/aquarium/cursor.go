package aquarium

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// cursor walks over JSON that is known to be well formed, so that all it has to find is where values end. When the text
// ends too early it is short: it stands at the end, every call returns nothing, and the caller reads again with more text.
// On text that is no JSON it finds something or other, but it always comes to an end.
type cursor struct {
	b       []byte
	i       int
	short   bool
	names   *names
	scratch []byte // the last text with escapes
}

// kind returns the first byte of the next value, or the closing bracket that comes before it; 0 when short.
func (c *cursor) kind() byte {
	for ; c.i < len(c.b); c.i++ {
		if b := c.b[c.i]; b > ' ' {
			return b
		}
	}
	c.short = true
	return 0
}

// enter steps into the object or list that is next.
func (c *cursor) enter() { c.i++ }

// more reports whether the object or list that ends with end has another member, and steps to it, else out of it.
func (c *cursor) more(end byte) bool {
	switch c.kind() {
	case ',':
		c.i++
		return true
	case end:
		c.i++
		return false
	}
	return !c.short
}

// key reads a member's name and stops at its value. It is valid until the next text with escapes.
func (c *cursor) key() []byte {
	key := c.text()
	if c.kind() == ':' {
		c.i++
	}
	c.kind()
	return key
}

// text reads a string, without its escapes. It is valid until the next text with escapes.
func (c *cursor) text() []byte {
	if c.kind() != '"' {
		c.skip()
		return nil
	}
	quoted := c.quoted()
	if len(quoted) < 2 {
		return nil
	}
	plain := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(plain, '\\') < 0 {
		return plain
	}
	c.scratch, _ = jsontext.AppendUnquote(c.scratch[:0], quoted) // well formed, see above
	return c.scratch
}

// skip passes over the next value.
func (c *cursor) skip() {
	switch c.kind() {
	case '"':
		c.quoted()
	case '{', '[':
		c.nested()
	default:
		c.literal()
	}
}

// nested passes over an object or a list. This is where most of a large event goes by.
func (c *cursor) nested() {
	depth := 0
	for c.i < len(c.b) {
		switch c.b[c.i] {
		case '"':
			c.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		c.i++
		if depth == 0 {
			return
		}
	}
	c.short = true
}

// quoted passes over a string and returns it with its quotes.
func (c *cursor) quoted() []byte {
	start := c.i
	for end := start + 1; ; {
		n := bytes.IndexByte(c.b[end:], '"')
		if n < 0 {
			c.i, c.short = len(c.b), true
			return nil
		}
		end += n + 1
		if !escaped(c.b[start+1 : end-1]) {
			c.i = end
			return c.b[start:end]
		}
	}
}

// escaped reports whether what follows b in a string is escaped: b ends with an odd number of backslashes.
func escaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// literal passes over a number, true, false or null and returns it.
func (c *cursor) literal() []byte {
	for start := c.i; c.i < len(c.b); {
		c.i++ // at least one byte, so that it comes to an end on any text
		if c.i == len(c.b) {
			break
		}
		switch c.b[c.i] {
		case ',', ']', '}', ' ', '\n', '\r', '\t':
			return c.b[start:c.i]
		}
	}
	c.short = true
	return nil
}
