package store

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/labelgate/labelgate/pkg/export"
)

// Document is a part of what a delivery's payload is found by.
type Document struct {
	// Delivery is one of Unindexed.
	Delivery *Delivery
	// Part counts its documents from 0, Last is set on the last of them.
	Part int
	Last bool
	// Words are any texts, such as ids: each is found by how it begins. A few thousand at most.
	Words []string
}

// maxWord is how many bytes of a word count.
const maxWord = 200

// maxParts is how many documents a delivery can have; what is beyond is not found.
const maxParts = 1 << 20

// Words are what a text is found by, in lower case: its parts between white space, and the runs of letters and digits of
// each. They are written in ASCII, so that every database takes them for the same.
func Words(text string) []string {
	var words []string
	for _, whole := range fields(text) {
		words = append(words, plainWord(whole))
		for _, part := range strings.FieldsFunc(whole, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			if part != whole {
				words = append(words, plainWord(part))
			}
		}
	}
	return words
}

// query are the words of Filter.Search.
func query(search string) []string {
	list := fields(search)
	for i := range list {
		list[i] = plainWord(list[i])
	}
	return list
}

// text is what a document holds: its words, and in the first one those of the envelope.
func (d *Document) text() string {
	var words []string
	if d.Part == 0 {
		words = envelopeWords(d.Delivery.Event)
	}
	for _, word := range d.Words {
		for _, field := range fields(word) {
			words = append(words, plainWord(field))
		}
	}
	return strings.Join(words, " ")
}

func envelopeWords(e *export.Event) []string {
	return Words(e.Project + " " + e.Issue.ID + " " + e.Issue.Name + " " + e.Issue.Dataset)
}

func fields(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
}

// plainWord writes a word in ASCII, letter by letter, so that how it begins stays how it begins.
func plainWord(word string) string {
	plain := true
	for i := range len(word) {
		plain = plain && isPlain(rune(word[i]))
	}
	if !plain {
		var b strings.Builder
		for _, r := range word {
			if isPlain(r) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, "{%x}", r)
			}
		}
		word = b.String()
	}
	return word[:min(len(word), maxWord)]
}

func isPlain(r rune) bool {
	return r > ' ' && r < 0x7f && r != '"' && r != '\'' && r != '\\' && r != '{' && r != '}'
}
