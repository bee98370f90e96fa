// Package segments makes samples with pre-labels at Segments.ai, or sends the labels of samples that are there back to its
// labelers. The vendor's facts come from its own Python client (segments-ai 1.33.0), the only public word about its API;
// docs/vendors/segments.md says how sure each is.
package segments

import (
	"net/url"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// bulkSize is how many samples go into a call. The vendor names no bound; its client sends any number at once.
const bulkSize = 100

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "segments",
		Summary: "Segments.ai: new samples with pre-labels, or labels sent back with an issue on their sample.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Scheme: "APIKey"},
		Limits:  adapter.Limits{Items: bulkSize},
	}
}

// The steps; those of frames and chunks are numbered.
const (
	stepDataset  = "dataset"       // reads the dataset: its type and its categories
	stepSamples  = "samples"       // makes samples that get labels
	stepImages   = "images"        // makes samples that get none, and settles them
	stepLabel    = "label"         // puts a sample's label, and settles it
	stepFind     = "find"          // finds a sample by its name
	stepSample   = "sample"        // changes a sample's priority and people
	stepStatus   = "status"        // changes the status of a sample's label
	stepIssue    = "issue"         // makes an issue of a sample
	stepThere    = "dataset-there" // of an inspection
	stepLabelset = "labelsets"     // of an inspection
)

// segments is the adapter.
type segments struct {
	options   *Options
	annotator adapter.Annotator
	dataset   string // the dataset's path, with a slash at its end
}

// Plan implements adapter.Adapter.
func (a *segments) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	if a.options.Mode == modeBatch {
		return a.planBatch(in, out)
	}
	return a.planRelabel(in, out)
}

// labelPath is where a sample's label is.
func (a *segments) labelPath(uuid string) string {
	return "/labels/" + quote(uuid) + "/" + quote(a.options.Labelset) + "/"
}

func samplePath(uuid string) string { return "/samples/" + quote(uuid) + "/" }

// quote writes a text as one segment of a path or one value of a query.
func quote(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// quiet is an output whose refusals and notes were made before in this round.
type quiet struct{ adapter.Output }

// Refuse implements adapter.Output.
func (quiet) Refuse(adapter.Refusal) error { return nil }

// Note implements adapter.Output.
func (quiet) Note(adapter.Note) error { return nil }
