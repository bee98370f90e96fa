package rest

import (
	"errors"
	"fmt"
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

// newAdapter checks and compiles the options.
func newAdapter(o *Options) (adapter.Adapter, error) {
	m, err := newMapping(o)
	if err != nil {
		return nil, err
	}
	a := &rest{mapping: m, method: o.Method, headers: map[string]*mapping.Text{}, keep: map[string]*mapping.Picker{}}
	if a.repeat, err = adapter.ParseRepeat(o.Repeat); err != nil {
		return nil, wrong("repeat", err)
	}
	if a.path, err = newPath(o.Path); err != nil {
		return nil, wrong("path", err)
	}
	for name, value := range o.Headers {
		if a.headers[name], err = newHeader(name, value); err != nil {
			return nil, wrong("headers."+name, err)
		}
	}
	for name, src := range o.Keep {
		if a.keep[name], err = mapping.NewPicker(src); err != nil {
			return nil, wrong("keep."+name, err)
		}
	}
	return a, nil
}

func newMapping(o *Options) (*mapping.Mapping, error) {
	each := mapping.Each(o.Each)
	if err := each.Check(); err != nil {
		return nil, wrong("each", err)
	}
	item, err := mapping.NewItem(each, o.Item, o.Require)
	if require := (*mapping.RequireError)(nil); errors.As(err, &require) {
		return nil, wrong("require", err)
	} else if err != nil {
		return nil, wrong("item", err)
	}
	body, err := mapping.NewEnvelope(o.Body)
	switch {
	case err != nil:
		return nil, wrong("body", err)
	case o.Batch.Items < 0:
		return nil, wrong("batch.items", errors.New("must not be negative"))
	case o.Batch.Bytes < 0:
		return nil, wrong("batch.bytes", errors.New("must not be negative"))
	}
	return &mapping.Mapping{Item: item, Envelope: body, MaxItems: o.Batch.Items, MaxBytes: o.Batch.Bytes}, nil
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
		return nil, fmt.Errorf("is set by the gateway; remove it")
	}
	if strings.ContainsAny(name, " \t\r\n:") || name == "" {
		return nil, errors.New("is not the name of a header")
	}
	return mapping.NewText(value)
}

func wrong(option string, err error) error { return &adapter.OptionError{Option: option, Err: err} }
