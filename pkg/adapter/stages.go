package adapter

import (
	"slices"
	"strings"
)

// Stages are the names of a plan's steps (what stands before the '/' of their ids) in the order in which they are made: every
// step of a stage is recorded before the first of the next is made. Steps of one stage are made in the order they are emitted.
//
// It lets an adapter with several rounds be written as one walk over the event, which emits a chunk's next step as soon as
// the one before it is recorded: without stages a delivery that is stopped among its look-ups would go on with the chunks
// that are known, and gather them into other calls than those it has recorded.
type Stages [][]string

// Plan makes a plan of the walk, which emits all steps that can be known from the results, and none that cannot. The walk is
// made once, and once more for each stage that turns out to be done or empty. Refusals and notes are told once.
func (s Stages) Plan(in Input, out Output, walk func(Output) error) (more bool, err error) {
	for stage := s.begun(in); stage < len(s)-1; stage++ {
		w := &stageOutput{Output: out, stages: s, stage: stage, in: in}
		if err := walk(w); err != nil {
			return false, err
		}
		if w.pending {
			return true, w.tell()
		}
	}
	return false, walk(out)
}

// begun is the latest stage of which a step is recorded: all before it are done.
func (s Stages) begun(in Input) int {
	latest := 0
	for id := range in.Results {
		latest = max(latest, s.of(id))
	}
	return latest
}

// of is the stage of a step. Steps that are in no stage belong to the first.
func (s Stages) of(id string) int {
	name, _, _ := strings.Cut(id, "/")
	return max(slices.IndexFunc(s, func(names []string) bool { return slices.Contains(names, name) }), 0)
}

// stageOutput lets steps of one stage through that are not recorded.
type stageOutput struct {
	Output
	in      Input
	stages  Stages
	stage   int
	pending bool // a step of the stage was let through
	refused []Refusal
	notes   []Note
}

// Emit implements Output.
func (w *stageOutput) Emit(step Step) error {
	if w.stages.of(step.ID) == w.stage && !w.in.Done(step.ID) {
		w.pending = true
		return w.Output.Emit(step)
	}
	for _, call := range []*Call{&step.Call, step.Check} {
		if call != nil && call.Body != nil {
			if err := call.Body.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Refuse implements Output. Until it is known that the round is not walked again, it is kept.
func (w *stageOutput) Refuse(r Refusal) error {
	w.refused = append(w.refused, r)
	return nil
}

// Note implements Output, as Refuse does.
func (w *stageOutput) Note(n Note) error {
	w.notes = append(w.notes, n)
	return nil
}

// tell hands over what was refused and noted.
func (w *stageOutput) tell() error {
	for _, r := range w.refused {
		if err := w.Output.Refuse(r); err != nil {
			return err
		}
	}
	for _, n := range w.notes {
		if err := w.Output.Note(n); err != nil {
			return err
		}
	}
	return nil
}
