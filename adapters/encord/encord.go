// Package encord delivers exports to Encord, in two ways. Relabel sends what a project has back to its annotators: label rows
// are reopened, or their tasks moved to another stage. Batch registers the frames' images in a storage folder, links them
// to a dataset, and can start their label rows with the exported labels.
//
// Encord's API is not published as such. Calls are those of its own Python client (encord 0.1.211), read in its source and
// seen on the wire; docs/vendors/encord.md says how sure each fact is.
package encord

import (
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "encord",
		Summary: "Encord: label rows reopened or tasks moved, or images uploaded and linked as new tasks; signed requests.",
		Options: func() any { return defaults() },
		New:     func(o any) (adapter.Adapter, error) { return newAdapter(o.(*Options)) },
		Auth:    adapter.Auth{Sign: sign},
		Limits:  adapter.Limits{Items: bundle},
	}
}

// The sizes of calls: those of the client's own bundles, which are not stated limits of the server.
const (
	// bundle is how many rows, items or priorities a call has.
	bundle = 1000
	// moves is how many tasks a call moves.
	moves = 500
	// hashesAQuery is how many data hashes a URL asks for, so that it stays below 8 KiB.
	hashesAQuery = 100
	// rowsASave is how many label rows are started and saved at once: they come with all their labels. pointsASave is how many
	// points these may have, a box counting as two; a point takes some 100 bytes in both of a polygon's forms.
	rowsASave   = 100
	pointsASave = 20_000
)

// encord is the adapter.
type encord struct {
	options   Options
	annotator adapter.Annotator
}

// Plan implements adapter.Adapter.
func (a *encord) Plan(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := &plan{encord: a, in: in, out: out}
	switch {
	case a.options.Mode == modeBatch:
		return p.batch()
	case a.options.Via == viaMove:
		return p.move()
	default:
		return p.reopen()
	}
}

// plan is a plan in the making.
type plan struct {
	*encord
	in     adapter.Input
	out    adapter.Output
	frames []*frame
	// pending says that a step of this round or of one before it has no result yet, so that nothing can depend on it.
	pending bool
}

// frame is what is remembered of a frame while its plan is made.
type frame struct {
	item export.ItemID
	at   export.ElementRef
	// id is Encord's name of it: what the option match says in relabel mode, the item's title in batch mode.
	id string
	// url is its picture, labels how many labels of it the ontology has a feature for, points what these have together.
	url            string
	labels, points int
	// upload and place are the upload job's number and the place in it, both from 1 and 0.
	upload, place int
	// uuid, data and row are what Encord made of it: the storage item, the data unit, the label row.
	uuid, data, row string
	// task and stage are its task and where that is.
	task, stage string
	// start is the number of the call that starts its label row; 0 for none.
	start int
}

// emit plans a step.
func (p *plan) emit(s adapter.Step) error {
	p.pending = p.pending || !p.in.Done(s.ID)
	return p.out.Emit(s)
}

// refuse says that a frame is not sent.
func (p *plan) refuse(f *frame, reason string) error {
	return p.out.Refuse(adapter.Refusal{Index: f.at.Index, ElementID: f.at.ID, Item: f.item, Reason: reason})
}

// keep drops the frames that lack says something of, and refuses them for it.
func (p *plan) keep(lack func(*frame) string) error {
	var kept []*frame
	for _, f := range p.frames {
		reason := lack(f)
		if reason == "" {
			kept = append(kept, f)
			continue
		}
		if err := p.refuse(f, reason); err != nil {
			return err
		}
	}
	p.frames = kept
	return nil
}

// eachChunk hands the frames over in chunks, counted from 1.
func eachChunk(frames []*frame, size int, take func(number int, chunk []*frame) error) error {
	return chunked(frames, adapter.Chunks[*frame]{Size: size, Flush: take})
}

func chunked(frames []*frame, chunks adapter.Chunks[*frame]) error {
	for _, f := range frames {
		if err := chunks.Add(f); err != nil {
			return err
		}
	}
	return chunks.Close()
}

// texts picks one text of each frame.
func texts(frames []*frame, of func(*frame) string) []string {
	all := make([]string, len(frames))
	for i, f := range frames {
		all[i] = of(f)
	}
	return all
}

func items(frames []*frame) []export.ItemID {
	all := make([]export.ItemID, len(frames))
	for i, f := range frames {
		all[i] = f.item
	}
	return all
}

func idOf(f *frame) string   { return f.id }
func dataOf(f *frame) string { return f.data }
func rowOf(f *frame) string  { return f.row }

// priorities sets the tasks' priority, in calls that settle nothing. The priority is set to a value: it can be sent again.
func (p *plan) priorities() error {
	value, wanted := p.options.priority()
	if !wanted {
		return nil
	}
	return eachChunk(p.frames, bundle, func(n int, chunk []*frame) error {
		pairs := make([][2]any, len(chunk))
		for i, f := range chunk {
			pairs[i] = [2]any{f.data, value}
		}
		call, err := adapter.RESTCall(p.out, "POST", p.projectPath("/priorities"), map[string]any{"priorities": pairs})
		if err != nil {
			return err
		}
		return p.emit(adapter.Step{ID: adapter.StepID(stepPriority, n), Call: call, Refs: texts(chunk, dataOf), Repeat: adapter.RepeatSafe})
	})
}
