package rest

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// Options are what a config can say. See docs/mappings.md for the expressions.
type Options struct {
	Each    string            `yaml:"each" required:"true" enum:"labels,frames,elements" doc:"What the mapping iterates."`
	Item    string            `yaml:"item" required:"true" doc:"jq expression for one item."`
	Body    string            `yaml:"body" doc:"jq expression for the body; $items stands for the list of items."`
	Require []string          `yaml:"require" doc:"Paths without which an item is refused; those that item reads plainly when left out, [] for none."`
	Method  string            `yaml:"method" enum:"POST,PUT,PATCH,DELETE" doc:"HTTP method."`
	Path    string            `yaml:"path" doc:"Path and query, appended to the destination's url; may hold \\(jq)."`
	Headers map[string]string `yaml:"headers" doc:"Headers by name; values may hold \\(jq)."`
	Batch   Batch             `yaml:"batch" doc:"Size of one call; with no bound the whole event is one call."`
	Repeat  string            `yaml:"repeat" enum:"keyed,safe,never" doc:"What to do when the outcome of a call is unknown: keyed sends again with the same Idempotency-Key, safe sends again, never waits for a person."`
	Keep    map[string]string `yaml:"keep" doc:"Values to record: name to jq expression on the answer's JSON."`
}

// Batch bounds one call.
type Batch struct {
	Items int   `yaml:"items" doc:"Items in one call; 0 for no bound."`
	Bytes int64 `yaml:"bytes" doc:"Bytes of one call's body; 0 for no bound."`
}

func defaults() *Options {
	return &Options{Body: "$items", Method: "POST", Repeat: "keyed"}
}

// newAdapter checks and compiles the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	m, mistakes := mapping.New(mapping.Config{
		Each: mapping.Each(o.Each), Item: o.Item, Require: o.Require, Envelope: o.Body, EnvelopeName: "body",
		MaxItems: o.Batch.Items, MaxBytes: o.Batch.Bytes,
	})
	var errs []error
	check := func(option string, err error) {
		if err != nil {
			errs = append(errs, &adapter.OptionError{Option: option, Err: err})
		}
	}
	for _, mistake := range mistakes {
		check(mistake.Part, mistake.Err)
	}
	a := &rest{mapping: m, method: o.Method, headers: map[string]*mapping.Text{}}
	var err error
	a.repeat, err = adapter.ParseRepeat(o.Repeat)
	check("repeat", err)
	a.path, err = newPath(o.Path)
	check("path", err)
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		a.headers[name], err = newHeader(name, o.Headers[name])
		check("headers."+name, err)
	}
	a.keep, mistakes = mapping.NewPickers(o.Keep)
	for _, mistake := range mistakes {
		check(mistake.Part, mistake.Err)
	}
	return a, errors.Join(errs...)
}

func newPath(src string) (*mapping.Text, error) {
	if strings.Contains(src, "://") || strings.HasPrefix(src, "//") {
		return nil, errors.New("must not hold a host; that is the destination's url")
	}
	return mapping.NewText(src)
}

func newHeader(name, value string) (*mapping.Text, error) {
	switch strings.ToLower(name) {
	case "authorization", "idempotency-key", "content-length", "host":
		return nil, errors.New("is set by the gateway; remove it")
	}
	if strings.ContainsAny(name, " \t\r\n:") || name == "" {
		return nil, errors.New("is not the name of a header")
	}
	return mapping.NewText(value)
}
