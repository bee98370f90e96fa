package encord

import (
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// reopen returns label rows to the first annotation stage: rows are looked up, then reopened, then given a priority.
func (p *plan) reopen() (more bool, err error) {
	if err := p.named(); err != nil || len(p.frames) == 0 {
		return false, err
	}
	if err := p.readProject(); err != nil {
		return false, err
	}
	if err := p.readRows(); err != nil || p.pending {
		return p.pending, err
	}
	if err := p.keep(p.lacksRow); err != nil {
		return false, err
	}
	if err := eachChunk(p.frames, bundle, p.reopenRows); err != nil {
		return false, err
	}
	return false, p.priorities()
}

// named gathers the frames that the export has Encord's name of.
func (p *plan) named() error {
	first := map[string]export.ItemID{}
	return adapter.EachSubject(p.in, p.out, p.options.IDs.Fields(), func(s *export.Subject) error {
		id := p.nameOf(s)
		if p.options.Match != matchTitle {
			id = strings.ToLower(id)
		}
		other, twice := first[id]
		switch {
		case id == "":
			return adapter.RefuseSubject(p.out, s, p.options.IDs.Lack())
		case p.options.Match != matchTitle && !adapter.IsUUID(id):
			return adapter.RefuseSubject(p.out, s, fmt.Sprintf("%q is not a UUID, so it is no %s", id, p.options.Match))
		case twice:
			return adapter.RefuseSubject(p.out, s, fmt.Sprintf("has the same name at Encord as frame %q: %s", other, id))
		}
		first[id] = s.Item()
		p.frames = append(p.frames, &frame{item: s.Item(), at: s.Elements[0], id: id})
		return nil
	})
}

// nameOf is Encord's name of a frame: the frame's own, else the first that a label of it carries.
func (p *plan) nameOf(s *export.Subject) string {
	if id := p.options.IDs.Of(s.Element, nil); id != "" {
		return id
	}
	for i := range s.Labels {
		if id := p.options.IDs.Of(s.Element, &s.Labels[i]); id != "" {
			return id
		}
	}
	return ""
}

// readRows looks the label rows up: a thousand at once by their hashes, one by one by their titles.
func (p *plan) readRows() error {
	size := bundle
	if p.options.Match == matchTitle {
		size = 1
	}
	return eachChunk(p.frames, size, func(n int, chunk []*frame) error {
		id, names := adapter.StepID(stepRows, n), texts(chunk, idOf)
		call, err := p.rowsCall(p.options.Match, names)
		if err != nil {
			return err
		}
		for i, found := range fields(p.in.Kept(id, keptRows), len(chunk)) {
			chunk[i].found(found)
		}
		return p.emit(adapter.Step{ID: id, Call: call, Refs: names, Repeat: adapter.RepeatSafe})
	})
}

// found takes over what a look-up has kept of a row: its data hash, its own and its stage, each "-" when there is none.
func (f *frame) found(kept string) {
	if parts := strings.Split(kept, "|"); len(parts) == 3 {
		f.data, f.row, f.stage = parts[0], parts[1], parts[2]
	}
}

// lacksRow says why a frame's row cannot be reopened.
func (p *plan) lacksRow(f *frame) string {
	switch {
	case f.data == several:
		return fmt.Sprintf("the project has several data units with the title %q; use data_hash or label_hash", f.id)
	case f.data == "" || f.data == nothing:
		return fmt.Sprintf("the project has no label row with the %s %q", strings.ReplaceAll(p.options.Match, "_", " "), f.id)
	case f.row == nothing:
		return "nobody has labelled it yet: it waits in the first stage, there is nothing to reopen"
	default:
		return ""
	}
}

// reopenRows reopens rows. A repeat would take a row away from whoever has begun with it, so that it is looked first
// whether the rows have left the stages they were in. Refs say which that is, of the rows that a reopen moves for certain:
// those that are in no annotation stage.
func (p *plan) reopenRows(n int, chunk []*frame) error {
	hashes := texts(chunk, rowOf)
	call, err := legacyCall(p.out, p.project(), "labelworkflowgraphnode POST", hashes, map[string]string{"action": "reopen"})
	if err != nil {
		return err
	}
	check, err := p.rowsCall(matchLabelHash, hashes)
	if err != nil {
		return err
	}
	annotation := strings.Fields(p.in.Kept(stepProject, keptAnnotation))
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepReopen, n), Call: call, Items: items(chunk), Repeat: adapter.RepeatCheckFirst, Check: &check,
		Refs: texts(chunk, func(f *frame) string {
			if f.stage == nothing || slices.Contains(annotation, f.stage) {
				return f.row
			}
			return f.row + "@" + f.stage
		}),
	})
}

// move moves tasks from the stages of from to the stage to: tasks are looked up, then moved, then given a priority.
func (p *plan) move() (more bool, err error) {
	if err := p.named(); err != nil {
		return false, err
	}
	if err := p.readTasks(); err != nil || p.pending {
		return p.pending, err
	}
	if err := p.keep(lacksTask); err != nil {
		return false, err
	}
	if err := p.moveTasks(); err != nil {
		return false, err
	}
	return false, p.priorities()
}

// readTasks looks the tasks up, in every stage of from: a hundred at once by their data hashes, one by one by their titles.
func (p *plan) readTasks() error {
	size, param := hashesAQuery, "dataHashes"
	if p.options.Match == matchTitle {
		size, param = 1, "dataTitleContains"
	}
	var lookups []lookup
	chunks := map[string][]*frame{}
	for _, stage := range p.options.From {
		err := eachChunk(p.frames, size, func(_ int, chunk []*frame) error {
			l := lookup{id: adapter.StepID(stepTasks, len(lookups)+1), stage: stage, path: p.stagePath(stage, "/tasks"), refs: texts(chunk, idOf)}
			for _, name := range l.refs {
				l.params = append(l.params, param, name)
			}
			lookups, chunks[l.id] = append(lookups, l), chunk
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := p.readPages(lookups); err != nil || p.pending {
		return err
	}
	for _, l := range lookups {
		for _, kept := range p.keptOfPages(l, keptTasks) {
			assign(chunks[l.id], kept, l.stage, p.options.Match)
		}
	}
	return nil
}

// assign gives frames their tasks. kept are tasks as "place|data hash|task", the place being that of the frame.
func assign(chunk []*frame, kept, stage, match string) {
	for _, one := range strings.Fields(kept) {
		parts := strings.Split(one, "|")
		if len(parts) != 3 {
			continue
		}
		place, ok := parseInt(parts[0])
		if !ok || place >= len(chunk) {
			continue
		}
		f := chunk[place]
		if f.task != "" && f.task != parts[2] && match == matchTitle {
			f.task, f.data = several, several
			continue
		}
		f.data, f.task, f.stage = parts[1], parts[2], stage
	}
}

func lacksTask(f *frame) string {
	switch f.task {
	case several:
		return fmt.Sprintf("several tasks have the title %q; use data_hash", f.id)
	case "":
		return fmt.Sprintf("no task of %q is in a stage of from", f.id)
	default:
		return ""
	}
}

// moveTasks moves tasks, stage by stage. A task that has left its stage cannot be moved out of it again, and the call would be
// refused for it; so where an answer is lost it is looked first whether the tasks have left.
func (p *plan) moveTasks() error {
	number := 0
	for _, stage := range p.options.From {
		var there []*frame
		for _, f := range p.frames {
			if f.stage == stage {
				there = append(there, f)
			}
		}
		err := eachChunk(there, moves, func(_ int, chunk []*frame) error {
			number++
			return p.moveChunk(number, stage, chunk)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) moveChunk(n int, stage string, chunk []*frame) error {
	call, err := adapter.RESTCall(p.out, "POST", p.stagePath(stage, "/move-tasks"), struct {
		TaskUUIDs []string `json:"taskUuids"`
		To        string   `json:"destinationStageUuid"`
	}{texts(chunk, func(f *frame) string { return f.task }), p.options.To})
	if err != nil {
		return err
	}
	data := texts(chunk, dataOf)
	check, err := p.rowsCall(matchDataHash, data)
	if err != nil {
		return err
	}
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepMove, n), Call: call, Items: items(chunk), Refs: data, Repeat: adapter.RepeatCheckFirst, Check: &check,
	})
}
