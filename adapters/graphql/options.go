package graphql

import (
	"errors"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// Options are what a config can say. See docs/mappings.md for the expressions.
type Options struct {
	Each      string            `yaml:"each" required:"true" enum:"labels,frames,elements" doc:"What the mapping iterates."`
	Item      string            `yaml:"item" required:"true" doc:"jq expression for one item."`
	Document  string            `yaml:"document" required:"true" doc:"GraphQL document."`
	Operation string            `yaml:"operation" doc:"Name of the operation to run, where the document has several."`
	Variables string            `yaml:"variables" required:"true" doc:"jq expression for the variables; $items stands for the list of items."`
	Require   []string          `yaml:"require" doc:"Paths without which an item is refused; those that item reads plainly when left out, [] for none."`
	Batch     Batch             `yaml:"batch" doc:"Size of one call; with no bound the whole event is one call."`
	Repeat    string            `yaml:"repeat" enum:"keyed,safe,never" doc:"What to do when the outcome of a call is unknown: keyed sends again with the same Idempotency-Key, safe sends again, never waits for a person."`
	Keep      map[string]string `yaml:"keep" doc:"Values to record: name to jq expression on the answer, {data, errors}."`
}

// Batch bounds one call.
type Batch struct {
	Items int   `yaml:"items" doc:"Items in one call; 0 for no bound."`
	Bytes int64 `yaml:"bytes" doc:"Bytes of one call's variables; 0 for no bound."`
}

func defaults() *Options { return &Options{Repeat: "keyed"} }

// newAdapter checks and compiles the options. The error joins every mistake.
func newAdapter(o *Options) (adapter.Adapter, error) {
	m, mistakes := mapping.New(mapping.Config{
		Each: mapping.Each(o.Each), Item: o.Item, Require: o.Require, Envelope: o.Variables, EnvelopeName: "variables",
		MaxItems: o.Batch.Items, MaxBytes: o.Batch.Bytes,
	})
	errs := wrongs(mistakes)
	a := &graphql{mapping: m, document: o.Document}
	var err error
	if a.operation, err = checkDocument(o, m.Envelope); err != nil {
		errs = append(errs, err)
	}
	if a.repeat, err = adapter.ParseRepeat(o.Repeat); err != nil {
		errs = append(errs, wrong("repeat", err))
	}
	a.keep, mistakes = mapping.NewPickers(o.Keep)
	return a, errors.Join(append(errs, wrongs(mistakes)...)...)
}

func wrongs(mistakes []mapping.Mistake) (errs []error) {
	for _, mistake := range mistakes {
		errs = append(errs, wrong(mistake.Part, mistake.Err))
	}
	return errs
}

func wrong(option string, err error) error { return &adapter.OptionError{Option: option, Err: err} }
