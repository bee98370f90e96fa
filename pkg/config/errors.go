package config

import (
	"fmt"
	"strings"
)

// Error is one mistake in a config file, with its place.
type Error struct {
	// File is the name of the file as it was given.
	File string `json:"file"`
	// Line and Column count from 1; Column counts characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path names the key: "routes[1].options.project"; empty for a mistake of the file as a whole.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and what to do. It never holds a value that came from the environment or a file.
	Message string `json:"message"`
}

// Error returns "labelgate.yaml:42:7: routes[1].options.project: what is wrong".
func (e Error) Error() string {
	place := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Path == "" {
		return place + e.Message
	}
	return place + e.Path + ": " + e.Message
}

// Errors are all mistakes of a config file, in the order of their places. It is never empty when returned.
type Errors []Error

// Error returns the mistakes, one a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, mistake := range e {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}
