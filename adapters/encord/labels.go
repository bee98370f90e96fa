package encord

import (
	"encoding/json"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// each calls take for every frame that has a picture, with its labels made ready where labels are sent. What cannot be sent
// is refused on out.
func (p *plan) each(out adapter.Output, take func(*frame, *export.Subject, adapter.Prepared) error) error {
	wanted := export.FieldSensors
	if p.options.Labels {
		wanted = adapter.AnnotationFields
	}
	annotator := p.annotator
	features, known := p.features()
	return adapter.EachSubject(p.in, out, wanted, func(s *export.Subject) error {
		if !p.options.Labels {
			s.Labels = nil
		}
		ready, ok, err := annotator.Prepare(s, out)
		if err != nil || !ok {
			return err
		}
		f := &frame{item: s.Item(), at: s.Elements[0], id: string(s.Item()), url: ready.Image.URL}
		if known {
			if ready.Annotations, err = features.matching(out, ready.Annotations); err != nil {
				return err
			}
			f.labels, f.points = len(ready.Annotations), points(ready.Annotations)
		}
		return take(f, s, ready)
	})
}

// readProject reads the project, as the client does first of all: it says which ontology and which stages it has.
func (p *plan) readProject() error {
	return p.emit(adapter.Step{ID: stepProject, Repeat: adapter.RepeatSafe, Call: adapter.Call{Method: "GET", Path: p.projectPath("")}})
}

// readOntology reads what labels may be.
func (p *plan) readOntology() error {
	if !p.options.Labels || len(p.frames) == 0 {
		return nil
	}
	return p.emit(adapter.Step{ID: stepOntology, Repeat: adapter.RepeatSafe, Call: ontologyCall(p.in.Kept(stepProject, keptOntology))})
}

func ontologyCall(hash string) adapter.Call {
	return adapter.Call{Method: "GET", Path: v2Path + "/ontologies/" + hash}
}

// features are the ontology's; known is false until it has been read.
func (p *plan) features() (f features, known bool) {
	err := json.Unmarshal([]byte(p.in.Kept(stepOntology, keptFeatures)), &f)
	return f, p.options.Labels && err == nil
}

// starts starts the label rows that get labels. Rows that somebody has started already are left alone: saving replaces all
// labels of a row. A row is started once, so that where an answer is lost it is looked first whether it is.
func (p *plan) starts() error {
	var fresh []*frame
	for _, f := range p.frames {
		switch {
		case f.labels == 0:
		case f.row != nothing:
			if err := p.note(f, "labels left out: its label row was started before, and labels of it would be replaced"); err != nil {
				return err
			}
		default:
			fresh = append(fresh, f)
		}
	}
	return chunked(fresh, adapter.Chunks[*frame]{
		Size: rowsASave, Weigh: func(f *frame) int { return f.points }, Most: pointsASave, Flush: p.startRows,
	})
}

func (p *plan) startRows(n int, chunk []*frame) error {
	for _, f := range chunk {
		f.start = n
	}
	hashes := texts(chunk, dataOf)
	call, err := legacyCall(p.out, p.project(), "labelrow PUT", hashes, startRows{MultiRequest: true, BranchName: branch})
	if err != nil {
		return err
	}
	check, err := p.rowsCall(matchDataHash, hashes)
	if err != nil {
		return err
	}
	return p.emit(adapter.Step{
		ID: adapter.StepID(stepStart, n), Call: call, Refs: hashes, Repeat: adapter.RepeatCheckFirst, Check: &check,
	})
}

// points counts what labels are drawn of.
func points(labels []adapter.Annotation) int {
	total := 0
	for _, a := range labels {
		switch g := a.Geometry.(type) {
		case export.Polygons:
			for _, ring := range g.Rings {
				total += len(ring)
			}
		case export.Keypoints:
			total += len(g.Points)
		default:
			total += 2
		}
	}
	return total
}

func (p *plan) note(f *frame, text string) error {
	return p.out.Note(adapter.Note{Index: f.at.Index, ElementID: f.at.ID, Item: f.item, Text: text})
}

// saves fills the rows that were started. It reads the labels once more: they are never all in memory.
func (p *plan) saves() error {
	save := saving{plan: p, started: map[export.ItemID]*frame{}}
	save.ontology, _ = p.features()
	for _, f := range p.frames {
		if f.start > 0 {
			save.started[f.item] = f
		}
	}
	if len(save.started) == 0 {
		return nil
	}
	if err := p.each(quiet{p.out}, save.add); err != nil {
		return err
	}
	return save.flush()
}

// quiet is an output that takes no refusals and notes: they were made before.
type quiet struct{ adapter.Output }

// Refuse takes nothing.
func (quiet) Refuse(adapter.Refusal) error { return nil }

// Note takes nothing.
func (quiet) Note(adapter.Note) error { return nil }

// saving gathers the label rows of one call.
type saving struct {
	*plan
	ontology features
	started  map[export.ItemID]*frame
	facts    map[string]rowFacts // of the rows of one start, by data hash
	number   int
	hashes   []string
	rows     []labelRow
}

// add draws the labels of a frame that was started.
func (s *saving) add(read *frame, _ *export.Subject, ready adapter.Prepared) error {
	f, ok := s.started[read.item]
	if !ok {
		return nil
	}
	if f.start != s.number {
		if err := s.flush(); err != nil {
			return err
		}
		s.number, s.facts = f.start, readFacts(s.in.Kept(adapter.StepID(stepStart, f.start), keptFacts))
	}
	facts, ok := s.facts[f.data]
	if !ok {
		return s.out.Refuse(adapter.Refusal{
			Index: f.at.Index, ElementID: f.at.ID, Reason: "labels left out: Encord has not started its label row",
		})
	}
	row := newRow(facts)
	if err := s.draw(&row, drawn{f, facts, s.ontology}, ready); err != nil {
		return err
	}
	s.hashes, s.rows = append(s.hashes, facts.Row), append(s.rows, row)
	return nil
}

// flush saves the rows gathered. What is there is replaced, so that where an answer is lost it is looked first whether rows
// have labels.
func (s *saving) flush() error {
	if len(s.rows) == 0 {
		return nil
	}
	hashes, rows := s.hashes, s.rows
	s.hashes, s.rows = nil, nil
	call, err := legacyCall(s.out, s.project(), "labelrow POST", hashes, struct {
		MultiRequest bool       `json:"multi_request"`
		Labels       []labelRow `json:"labels"`
		Validate     bool       `json:"validate_before_saving"`
	}{true, rows, false})
	if err != nil {
		return err
	}
	check, err := legacyCall(s.out, s.project(), "labelrow GET", hashes, getRows{MultiRequest: true})
	if err != nil {
		return err
	}
	return s.emit(adapter.Step{
		ID: adapter.StepID(stepSave, s.number), Call: call, Refs: hashes, Repeat: adapter.RepeatCheckFirst, Check: &check,
	})
}
