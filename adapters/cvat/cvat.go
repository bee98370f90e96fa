// Package cvat sends work to CVAT (app.cvat.ai, or a server of one's own). In the mode batch it makes new tasks of the
// exported frames' images, with their labels as annotations to correct; in the mode relabel it sends the jobs that hold the
// frames back to annotation and opens an issue on each frame.
//
// What CVAT does is known from its OpenAPI document (server 2.72), its server's source (2.26 to 2.72) and its own client
// cvat-sdk 2.80.0, which is what the requests here are like.
package cvat

import (
	"fmt"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// media is the one media type that CVAT answers in. It answers 406 to application/json alone.
const media = "application/vnd.cvat+json"

// maxBody is Django's limit for a body in memory at CVAT (settings, DATA_UPLOAD_MAX_MEMORY_SIZE).
const maxBody = 100 << 20

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "cvat",
		Summary: "CVAT: new tasks with annotations, or jobs sent back with an issue on each frame.",
		Options: func() any { return defaults() },
		New: func(options any) (adapter.Adapter, error) {
			o, ok := options.(*Options)
			if !ok {
				return nil, fmt.Errorf("options are a %T, want *cvat.Options", options)
			}
			if err := o.check(); err != nil {
				return nil, err
			}
			return newAdapter(*o), nil
		},
		Auth:   adapter.Auth{Scheme: "Bearer"}, // a personal access token
		Limits: adapter.Limits{Bytes: maxBody, Concurrency: 4},
	}
}

// vendor is the adapter.
type vendor struct {
	options   Options
	annotator adapter.Annotator
	header    map[string]string
}

func newAdapter(o Options) *vendor {
	v := &vendor{options: o, annotator: o.Annotator(drawable...), header: map[string]string{"Accept": media}}
	if o.Organization != "" {
		v.header["X-Organization"] = o.Organization
	}
	return v
}

// Plan implements adapter.Adapter.
func (v *vendor) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	if v.options.Mode == modeBatch {
		return v.planBatch(in, out)
	}
	return v.planRelabel(in, out)
}

// get is a read of CVAT.
func (v *vendor) get(path string) adapter.Call {
	return adapter.Call{Method: "GET", Path: path, Header: v.header}
}

// send is a call with a JSON body.
func (v *vendor) send(out adapter.Output, method, path string, body any) (adapter.Call, error) {
	call, err := adapter.RESTCall(out, method, path, body)
	call.Header = v.header
	return call, err
}
