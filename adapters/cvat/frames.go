package cvat

import (
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// frame is an image in a task.
type frame struct{ number, width, height int }

// metaRead is CVAT's DataMetaRead: a frame's number is its place in the list.
type metaRead struct {
	Frames []struct {
		Name   string `json:"name"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	} `json:"frames"`
	Deleted []int `json:"deleted_frames"`
}

// byName are the task's frames that annotators see.
func (m metaRead) byName() map[string]frame {
	gone := make(map[int]bool, len(m.Deleted))
	for _, number := range m.Deleted {
		gone[number] = true
	}
	frames := make(map[string]frame, len(m.Frames))
	for number, f := range m.Frames {
		if _, twice := frames[f.Name]; !twice && !gone[number] {
			frames[f.Name] = frame{number, f.Width, f.Height}
		}
	}
	return frames
}

// judgeFrames reads which frames a new task has. Refs are files of the task: those of Items or, where it settles none, in
// turn with items. An image that is not there was left out by CVAT. While the data is not there CVAT answers 400.
func judgeFrames(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if resp.Status == statusBadRequest && isJSON(resp) {
		return waiting("CVAT does not have the images yet: " + said(resp.Body))
	}
	var meta metaRead
	if v := judgeRead(resp, &meta); v.Kind != adapter.Done {
		return v
	}
	if meta.Frames == nil {
		return strange(resp, "a list of frames")
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[export.ItemID]adapter.Receipt{}, Failed: map[export.ItemID]string{}}
	frames := meta.byName()
	var found packing
	for place, file := range files(step) {
		task, name, _ := strings.Cut(file.ref, "/")
		f, ok := frames[name]
		if !ok {
			v.Failed[file.item] = fmt.Sprintf("CVAT has left the file %q out of task %s: it takes it for no image", name, task)
			continue
		}
		found.add(place, f)
		if len(step.Items) > 0 {
			v.Taken[file.item] = receipt(fmt.Sprintf("%s/%d", task, f.number))
		}
	}
	v.Kept = map[string]string{keptFrames: found.String()}
	return v
}

// file is an item with its ref.
type file struct {
	item export.ItemID
	ref  string
}

// files are a step's items with their refs; without items, items and refs take turns in Refs.
func files(step adapter.Step) []file {
	var list []file
	for i, item := range step.Items {
		list = append(list, file{item, ref(step, i)})
	}
	for n := 0; len(step.Items) == 0 && n+1 < len(step.Refs); n += 2 {
		list = append(list, file{export.ItemID(step.Refs[n]), step.Refs[n+1]})
	}
	return list
}

// receipt names a frame as task and number, and shows the task.
func receipt(ref string) adapter.Receipt {
	task, _, _ := strings.Cut(ref, "/")
	return adapter.Receipt{ID: ref, Link: "/tasks/" + task}
}

// ref is the n-th of a step's Refs, "" where there is none.
func ref(step adapter.Step, n int) string {
	if n < len(step.Refs) {
		return step.Refs[n]
	}
	return ""
}

// packing writes down which place of a list is which frame, in runs: "0+200>0@1280x720" are the first 200 places, which are
// frames 0 to 199 of that size. Tasks made here take a few letters by it.
type packing struct {
	runs []run
}

type run struct {
	place, count int
	frame
}

func (p *packing) add(place int, f frame) {
	if last := len(p.runs) - 1; last >= 0 {
		r := &p.runs[last]
		if place == r.place+r.count && f.number == r.number+r.count && f.width == r.width && f.height == r.height {
			r.count++
			return
		}
	}
	p.runs = append(p.runs, run{place, 1, f})
}

// String is the packing as it is kept.
func (p *packing) String() string {
	parts := make([]string, len(p.runs))
	for i, r := range p.runs {
		parts[i] = fmt.Sprintf("%d+%d>%d@%dx%d", r.place, r.count, r.number, r.width, r.height)
	}
	return strings.Join(parts, " ")
}

// unpackFrames reads a packing: the frame of each place.
func unpackFrames(kept string) map[int]frame {
	frames := map[int]frame{}
	for part := range strings.SplitSeq(kept, " ") {
		var r run
		if n, _ := fmt.Sscanf(part, "%d+%d>%d@%dx%d", &r.place, &r.count, &r.number, &r.width, &r.height); n != 5 {
			continue // nothing was found
		}
		for i := range r.count {
			frames[r.place+i] = frame{r.number + i, r.width, r.height}
		}
	}
	return frames
}
