package cvat

import (
	"fmt"
	"math"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// planBatch makes tasks. Each task is a row of steps, one after the other: it is created, its images are attached, the
// request that fetches them is polled, its frames are looked up, and its annotations are put there. All tasks go on in
// step: a round makes one step of each. So the order of calls does not depend on where a delivery was stopped before.
//
// While CVAT fetches, the event is not read: the polls are known from the results alone.
func (v *vendor) planBatch(in adapter.Input, out adapter.Output) (more bool, err error) {
	if polls := v.polls(in); len(polls) > 0 {
		for _, poll := range polls {
			if err := out.Emit(poll); err != nil {
				return false, err
			}
		}
		return true, nil
	}
	measured := round{vendor: v, in: in, out: silent{out}, measuring: true, at: everything}
	if err := measured.run(); err != nil {
		return false, err
	}
	r := round{vendor: v, in: in, out: out, at: measured.at, idle: measured.piles.empty()}
	err = r.run()
	return r.more, err
}

// everything is the place of a measured event whose steps are all recorded.
const everything = math.MaxInt

// round is one pass over the event: the first measures how far the recorded results go, the second emits.
type round struct {
	*vendor
	in  adapter.Input
	out adapter.Output
	// measuring finds at: the place, in the rows of steps, of the first step that is not recorded.
	measuring bool
	at        int
	more      bool
	// idle says that there is no image to send, so that no call is made.
	idle bool

	table labelTable // nil until all pages of labels are there
	piles piles
}

func (r *round) run() error {
	if !r.idle {
		if err := r.labels(); err != nil {
			return err
		}
	}
	r.piles = piles{size: r.options.Task.Size, full: r.task}
	if err := adapter.EachSubject(r.in, r.out, adapter.AnnotationFields, r.take); err != nil {
		return err
	}
	return r.piles.close()
}

// labels reads the project's labels, page by page, beside the tasks' steps. Without annotations none are needed.
func (r *round) labels() error {
	table := labelTable{}
	row := row{round: r}
	for page := 1; r.options.Annotations; page++ {
		step := r.labelStep(page)
		done, err := row.step(step.ID, func() (adapter.Step, error) { return step, nil })
		if err != nil || !done {
			return err
		}
		table.add(r.in.Kept(step.ID, keptLabels))
		if r.in.Kept(step.ID, keptNext) == "" {
			break
		}
	}
	r.table = table
	return nil
}

// take puts a frame onto the pile of the task that it will be in.
func (r *round) take(s *export.Subject) error {
	ready, ok, err := r.prepare(s)
	if err != nil || !ok {
		return err
	}
	image := image{
		item: s.Item(), index: s.Elements[0].Index, element: s.Elements[0].ID, url: ready.Image.URL, name: fileName(ready.Image.URL),
	}
	if err := checkImage(image.url, image.name); err != nil {
		return adapter.RefuseSubject(r.out, s, err.Error())
	}
	if r.table != nil {
		p := pen{vendor: r.vendor, table: r.table, out: r.out}
		if image.drawing, err = p.draw(ready.Annotations); err != nil {
			return err
		}
	}
	return r.piles.add(image)
}

// prepare makes a frame's labels ready; without annotations only its picture matters.
func (r *round) prepare(s *export.Subject) (adapter.Prepared, bool, error) {
	if r.options.Annotations {
		return r.annotator.Prepare(s, r.out)
	}
	picture, ok := s.Element.Frame.Image()
	if !ok {
		return adapter.Prepared{}, false, adapter.RefuseSubject(r.out, s, "no image_url")
	}
	return adapter.Prepared{Image: picture}, true, nil
}

// maxTries bounds how many tasks are made of the same images, when CVAT cannot fetch some of them. CVAT fetches all images
// of a task or none, and takes the same URL for a task only once: a further try needs a further task.
const maxTries = 5

// task goes along the steps of one task, and of those that follow it where images could not be fetched.
func (r *round) task(number int, images []image) error {
	row := row{round: r}
	for try := 1; ; try++ {
		t := task{round: r, row: &row, id: taskID(number, try), number: number, images: images}
		state, err := t.fetch()
		switch {
		case err != nil:
			return err
		case state == fetched:
			return t.annotate()
		case state == pending:
			return nil
		}
		if images, err = t.blame(); err != nil || len(images) == 0 {
			return err
		}
		if try == maxTries {
			return r.giveUp(images, t.kept("fetch", keptMessage))
		}
	}
}

// giveUp refuses images whose task failed too often.
func (r *round) giveUp(images []image, message string) error {
	reason := fmt.Sprintf("%d tasks with other images that cannot be fetched have failed; lately: %s", maxTries, brief(message))
	for _, i := range images {
		if err := r.refuse(i, reason); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) refuse(i image, reason string) error {
	return r.out.Refuse(adapter.Refusal{Index: i.index, ElementID: i.element, Item: i.item, Reason: reason})
}

// tryMark stands before the number of a further try.
const tryMark = "."

// taskID is the part of step ids that names a task: "0007", and "0007.2" for the second try of it.
func taskID(number, try int) string {
	id := fmt.Sprintf("%04d", number)
	if try > 1 {
		id += tryMark + strconv.Itoa(try)
	}
	return id
}

// row counts the steps of one row.
type row struct {
	*round
	place int
}

// step goes past a recorded step, or emits it where its turn has come. It reports whether its result is recorded.
func (w *row) step(id string, build func() (adapter.Step, error)) (done bool, err error) {
	if w.measuring {
		if w.in.Done(id) {
			w.place++
			return true, nil
		}
		w.at = min(w.at, w.place)
		return false, nil
	}
	if w.place > w.at {
		w.more = true
		return false, nil
	}
	w.place++
	if w.at != everything && w.in.Done(id) { // the last round emits it once more
		w.more = true
		return true, nil
	}
	step, err := build()
	if err != nil {
		return false, err
	}
	if err := w.out.Emit(step); err != nil {
		return false, err
	}
	if !w.in.Done(id) {
		w.more = true
		return false, nil
	}
	return true, nil
}

// last emits the last step of a row, which no other step waits for.
func (w *row) last(id string, build func() (adapter.Step, error)) error {
	more := w.more
	ready := w.place <= w.at
	if _, err := w.step(id, build); err != nil {
		return err
	}
	if ready {
		w.more = more
	}
	return nil
}

// silent is an output for measuring: nothing is said twice.
type silent struct{ adapter.Output }

// Refuse implements adapter.Output.
func (silent) Refuse(adapter.Refusal) error { return nil }

// Note implements adapter.Output.
func (silent) Note(adapter.Note) error { return nil }
