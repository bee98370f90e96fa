package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// reference is ${NAME}, ${NAME:-default} or ${file:PATH}.
var reference = regexp.MustCompile(`^\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-[^{}]*)?|file:([^{}]+))\}`)

// filler replaces references in scalars. Only "${" counts: "$event.project", "$id: ID!" and "\(.name)" pass untouched.
// What is filled in stays text; it cannot change the structure of the file.
type filler struct {
	file    string
	lines   []string
	options LoadOptions
	// filled maps every value that was filled in to the reference that it stands for.
	filled map[string]string
}

func newFiller(file, text string, o LoadOptions) *filler {
	return &filler{file: file, lines: strings.Split(text, "\n"), options: o, filled: map[string]string{}}
}

// mistake is a reference that could not be filled in: which "${" of its scalar it is, from 0, and what is wrong with it.
type mistake struct {
	nth     int
	message string
}

// fill returns the text with its references filled in, and the mistakes in them.
func (f *filler) fill(text string) (string, []mistake) {
	var out strings.Builder
	var mistakes []mistake
	for nth := 0; ; nth++ {
		at := strings.Index(text, "${")
		if at < 0 {
			out.WriteString(text)
			return out.String(), mistakes
		}
		if at > 0 && text[at-1] == '$' {
			out.WriteString(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		out.WriteString(text[:at])
		text = text[at:]
		m := reference.FindStringSubmatch(text)
		if m == nil {
			mistakes = append(mistakes, mistake{nth, "\"${\" must begin ${NAME}, ${NAME:-default} or ${file:PATH}; for the text itself write $${"})
			text = text[len("${"):]
			continue
		}
		value, err := f.lookup(m)
		if err != nil {
			mistakes = append(mistakes, mistake{nth, err.Error()})
		}
		out.WriteString(value)
		text = text[len(m[0]):]
	}
}

// lookup returns the value of one reference.
func (f *filler) lookup(m []string) (string, error) {
	ref, name, fallback, path := m[0], m[1], m[2], m[3]
	if path != "" {
		return f.read(ref, path)
	}
	value, ok := f.options.LookupEnv(name)
	switch {
	case ok && (value != "" || fallback == ""):
		f.remember(value, "${"+name+"}")
		return value, nil
	case fallback != "":
		return strings.TrimPrefix(fallback, ":-"), nil
	}
	return "", fmt.Errorf("%s is not set in the environment; set it, or write ${%s:-default}", name, name)
}

// read returns the content of a file without the line break at its end.
func (f *filler) read(ref, path string) (string, error) {
	data, err := f.options.ReadFile(besideFile(f.file, path))
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return "", fmt.Errorf("%s: %w", ref, err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	f.remember(value, ref)
	return value, nil
}

// remember keeps a value so that it can be taken out of other people's errors. One or two characters are no secret, and
// taking them out would make the error unreadable.
func (f *filler) remember(value, ref string) {
	if len(value) > 2 {
		f.filled[value] = ref
	}
}

// scrub puts the references back in a text that is not ours, such as an adapter's error.
func (f *filler) scrub(text string) string {
	values := slices.Collect(maps.Keys(f.filled))
	// The longest first: one value can be a part of another.
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, value := range values {
		ref, quoted := f.filled[value], strconv.Quote(value)
		text = strings.ReplaceAll(text, quoted[1:len(quoted)-1], ref)
		text = strings.ReplaceAll(text, value, ref)
	}
	return text
}

// place returns the line and column of the nth "${" of a scalar.
func (f *filler) place(n *yaml.Node, nth int) (line, column int) {
	line, skip := n.Line, n.Column-1
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line, skip = line+1, 0
	}
	for ; line <= len(f.lines); line, skip = line+1, 0 {
		runes := []rune(f.lines[line-1])
		for i := skip; i+1 < len(runes); i++ {
			if runes[i] != '$' || runes[i+1] != '{' {
				continue
			}
			if nth == 0 {
				return line, i + 1
			}
			nth--
		}
	}
	return n.Line, n.Column
}
