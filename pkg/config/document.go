package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parseDocument returns the root of the one YAML document in data. Errors are of type Errors.
func parseDocument(name string, data []byte) (*yaml.Node, error) {
	var doc, second yaml.Node
	in := yaml.NewDecoder(bytes.NewReader(data))
	switch err := in.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && (len(doc.Content) == 0 || isNull(doc.Content[0])):
		return nil, Errors{{File: name, Line: 1, Column: 1, Message: "the file is empty; labelgate init writes one to start from"}}
	case err != nil:
		return nil, Errors{syntaxError(name, data, err)}
	}
	switch err := in.Decode(&second); {
	case err == nil:
		message := "a second document begins here; a config file holds one"
		return nil, Errors{{File: name, Line: max(second.Line, 1), Column: max(second.Column, 1), Message: message}}
	case !errors.Is(err, io.EOF):
		return nil, Errors{syntaxError(name, data, err)}
	}
	return doc.Content[0], nil
}

// How yaml.v3 says where: with a line but no column. Its parser counts lines from 0 and its scanner from 1 (fail in
// decode.go); an unknown anchor has no line at all.
var (
	yamlLine      = regexp.MustCompile(`^line (\d+): `)
	byParser      = regexp.MustCompile(`^did not find expected (key|'-' indicator|node content|',' or|<)`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.+)' referenced$`)
)

func syntaxError(name string, data []byte, err error) Error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	e := Error{File: name, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		message = message[len(m[0]):]
	}
	if byParser.MatchString(message) {
		e.Line++
	}
	if m := unknownAnchor.FindStringSubmatch(message); m != nil {
		before, _, _ := bytes.Cut(data, []byte("*"+m[1]))
		e.Line = 1 + bytes.Count(before, []byte("\n"))
	}
	e.Message = "not YAML: " + message
	if hasFlowReference(data, e.Line) {
		e.Message += "; inside [ ] and { } write ${NAME} in quotes"
	}
	return e
}

// hasFlowReference reports whether a line near the error holds a reference inside brackets. yaml.v3's line can be one off.
func hasFlowReference(data []byte, line int) bool {
	lines := bytes.Split(data, []byte("\n"))
	for i := max(line-2, 0); i < min(line+1, len(lines)); i++ {
		if before, _, found := bytes.Cut(lines[i], []byte("${")); found && bytes.ContainsAny(before, "[{") {
			return true
		}
	}
	return false
}
