// Package kili sends exports to Kili by its GraphQL API: assets back to the labeling queue, or new assets with predictions.
//
// What is said here of Kili is from its Python client 26.2.4, read and recorded, unless a comment says otherwise. Its schema is
// not public.
package kili

import (
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// chunk is how many assets go into one call: the client's own number for every mutation and page.
const chunk = 100

// existingChunk is how many external ids the client looks up at once before it adds assets.
const existingChunk = 1000

// keyLimit bounds an external id. Kili's own bound is not known.
const keyLimit = 200

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "kili",
		Summary: "Kili: assets back to the queue, or new assets with predictions and a priority, by GraphQL.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Scheme: "X-API-Key:"}, // the colon is Kili's
		Limits:  adapter.Limits{Items: chunk, PerMinute: 500},
	}
}

// kili is the adapter. It implements adapter.Inspector too.
type kili struct {
	options   *Options
	ids       export.IDSource
	annotator adapter.Annotator
}

var _ adapter.Inspector = (*kili)(nil)

// Plan plans in the way that the option mode says.
func (k *kili) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	if k.options.Mode == modeRelabel {
		stages := adapter.Stages{{stepFind}, {stepSendBack}, {stepPriority}}
		return stages.Plan(in, out, func(out adapter.Output) error { return k.planRelabel(in, out) })
	}
	stages := adapter.Stages{{stepExisting}, {stepFound, stepAssets}, {stepPredictions}, {stepPriority}}
	return stages.Plan(in, out, func(out adapter.Output) error { return k.planBatch(in, out) })
}

// The steps' names, before their numbers. Judge tells them apart by these.
const (
	stepFind        = "find"        // assets of the export, by external id or asset id
	stepSendBack    = "send-back"   // they are labelled again
	stepExisting    = "existing"    // which of the new external ids are there already
	stepFound       = "found"       // the ids of those
	stepAssets      = "assets"      // new assets
	stepPredictions = "predictions" // their labels
	stepPriority    = "priority"    // how soon they are labelled
	stepProject     = "project"     // what the project asks, for check --online
)

// Judge says what an answer means.
func (k *kili) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if v := judgeCall(step, resp); v.Kind != adapter.Done {
		return v
	}
	name, _, _ := strings.Cut(step.ID, "/")
	var v adapter.Verdict
	switch {
	case resp.Check && name == stepSendBack:
		v = judgeSentBack(step, resp)
	case resp.Check:
		v = judgeThere(step, resp)
	case name == stepFind || name == stepFound:
		v = judgeFound(step, resp)
	case name == stepExisting:
		v = judgeExisting(step, resp)
	case name == stepSendBack:
		v = judgeOutcome(step, resp)
	case name == stepPriority:
		v = judgePriority(resp)
	case name == stepProject:
		v = judgeProject(resp)
	default:
		v = judgeMade(step, resp)
	}
	return doubt(step, resp, v)
}
