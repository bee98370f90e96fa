// Package supervisely sends exports to Supervisely by its public API v3: images of a labeling job back to their labeler, or
// new images by link with annotations.
//
// What is said here of Supervisely is from its Python client 6.74.51, read and recorded, unless a comment says otherwise. The
// server's own documentation is not public.
package supervisely

import (
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

const (
	// chunk is how many images or annotations go into one call: the client's own number.
	chunk = 50
	// pageSize is how many entities a list has on a page.
	pageSize = 500
	// nameLimit bounds the part of a name that is ours, so that it holds an extension too. The server's bound is not known.
	nameLimit = 200
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "supervisely",
		Summary: "Supervisely: images of a labeling job sent back, or new images by link with annotations.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Header: "x-api-key"},
	}
}

// supervisely is the adapter. It implements adapter.Inspector too.
type supervisely struct {
	options   *Options
	ids       export.IDSource
	annotator adapter.Annotator
}

var _ adapter.Inspector = (*supervisely)(nil)

// The steps' names, before their numbers. Judge tells them apart by these.
const (
	stepJob         = "job"         // the labeling job: its team, labeler and reviewer
	stepFind        = "find"        // images of the export, by name
	stepReject      = "reject"      // one image of the job is not good
	stepRestart     = "restart"     // a new job of the rejected images
	stepDataset     = "dataset"     // where the dataset is
	stepImages      = "images"      // new images
	stepRest        = "rest"        // those of them that were held back by others which are there already
	stepThere       = "there"       // images without labels are there
	stepAnnotations = "annotations" // labels
	stepNewJob      = "new-job"     // a labeling job of the new images
	stepMeta        = "meta"        // classes and tags, for check --online
)

// Plan plans in the way that the option mode says.
func (s *supervisely) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	if s.options.Mode == modeRelabel {
		stages := adapter.Stages{{stepJob}, {stepFind}, {stepReject}, {stepRestart}}
		return stages.Plan(in, out, func(out adapter.Output) error { return s.planRelabel(in, out) })
	}
	stages := adapter.Stages{{stepDataset}, {stepImages}, {stepRest}, {stepThere, stepAnnotations}, {stepNewJob}}
	return stages.Plan(in, out, func(out adapter.Output) error { return s.planBatch(in, out) })
}

// The API takes nothing but POST, and names methods in the path.
const (
	post   = "POST"
	prefix = "/public/api/v3/"
)

// call is a call of a method of the API.
func call(out adapter.Output, method string, args any) (adapter.Call, error) {
	return adapter.RESTCall(out, post, prefix+method, args)
}

// Judge says what an answer means.
func (*supervisely) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	name, _, _ := strings.Cut(step.ID, "/")
	if v, ok := judgeRefused(name, step, resp); ok {
		return v
	}
	v := judgeStatus(resp)
	if v.Kind == adapter.Done {
		v = judgeAnswer(name, step, resp)
	}
	return adapter.Doubt(step, resp, v)
}

// judgeAnswer reads the answer to a call that was taken.
func judgeAnswer(name string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	switch name {
	case stepJob:
		return judgeJob(resp)
	case stepDataset:
		return judgeDataset(resp)
	case stepInspect:
		return judgeInspect(step, resp)
	case stepFind, stepThere:
		return judgeList(step, resp)
	case stepImages, stepRest:
		return judgeImages(step, resp)
	case stepAnnotations:
		return judgeAnnotations(step, resp)
	case stepRestart, stepNewJob:
		return judgeJobs(step, resp)
	default:
		return judgeAny(resp)
	}
}
