package labelbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The steps by which pre-labels are imported, and what they keep.
const (
	stepImport       = "pre-labels"       // /0001..: starts an import
	stepImported     = "pre-labeled"      // /0001..: waits for it; keeps keptURL of the errors, or keptFailure
	stepImportErrors = "pre-label-errors" // /0001..: the pre-labels that were refused; keep keptRefused, keptMore, keptFailure

	keptMore = "more" // how many more were refused than are kept by name
)

// The sizes of imports.
const (
	importLines = 10_000
	importBytes = 4 << 20
	// mostErrors are refused pre-labels that are told by name.
	mostErrors = 1000
)

// preLabel imports the labels of the frames that are in the batches, and reports what was refused.
func (p *plan) preLabel() (ready bool, err error) {
	if !p.options.PreLabels {
		return true, nil
	}
	for n := 1; p.in.Done(adapter.StepID(stepBatch, n)); n++ {
		maps.Copy(p.gone, p.in.Results[adapter.StepID(stepBatch, n)].Failed)
	}
	l := labeling{plan: p, ready: true, refused: map[string]string{}}
	if err := l.readErrors(); err != nil {
		return false, err
	}
	err = adapter.EachSubject(p.in, mute{p.out}, adapter.AnnotationFields, l.label)
	if err == nil {
		err = l.flush()
	}
	if err != nil || !l.ready {
		return false, err
	}
	for _, stage := range []func(int) (bool, error){p.imported, p.importErrors} {
		if ready, err := p.each(l.imports, stage); err != nil || !ready {
			return false, err
		}
	}
	return true, nil
}

// mute is an output for elements that are read again: what is refused and noted about them has been said.
type mute struct{ adapter.Output }

// Refuse says nothing.
func (mute) Refuse(adapter.Refusal) error { return nil }

// Note says nothing.
func (mute) Note(adapter.Note) error { return nil }

// labeling gathers pre-labels into files and imports them.
type labeling struct {
	*plan
	refused map[string]string // what the vendor has refused already: the reason by uuid
	chunk   strings.Builder
	lines   int
	imports int
	ready   bool
}

// readErrors reads what earlier rounds have found to be refused.
func (l *labeling) readErrors() error {
	for n := 1; ; n++ {
		id := adapter.StepID(stepImportErrors, n)
		if !l.in.Done(id) {
			return nil
		}
		if text := l.in.Kept(id, keptRefused); text != "" {
			if err := json.Unmarshal([]byte(text), &l.refused); err != nil {
				return err
			}
		}
		if more := l.in.Kept(id, keptMore); more != "" {
			if err := l.complain(fmt.Sprintf("%s more pre-labels of import %q were refused", more, l.importName(n))); err != nil {
				return err
			}
		}
	}
}

// label adds the pre-labels of a frame.
func (l *labeling) label(s *export.Subject) error {
	if _, gone := l.gone[s.Item()]; gone {
		return nil
	}
	ready, ok, err := l.annotator.Prepare(s, mute{l.out})
	if err != nil || !ok {
		return err
	}
	d := drawing{plan: l.plan, item: s.Item(), key: adapter.ItemKey(l.in.Key, s.Item(), keyLimit)}
	for _, a := range ready.Annotations {
		d.draw(a)
	}
	for _, line := range d.lines {
		if err := l.add(line); err != nil {
			return err
		}
		if reason := l.refused[line.UUID]; reason != "" {
			if err := l.refuseLabel(s, line.label, "the vendor refused it as a pre-label: "+reason); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *labeling) add(line annotationLine) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if l.lines == importLines || l.lines > 0 && l.chunk.Len()+len(text) > importBytes {
		if err := l.flush(); err != nil {
			return err
		}
	}
	if l.lines > 0 {
		l.chunk.WriteByte('\n')
	}
	l.chunk.Write(text)
	l.lines++
	return nil
}

// importName is new in the project: it holds the delivery's key.
func (p *plan) importName(n int) string { return fmt.Sprintf("labelgate-%s-%04d", p.in.Key, n) }

type importVariables struct {
	File          *struct{} `json:"file"`
	ContentLength int       `json:"contentLength"`
	ProjectID     string    `json:"projectId"`
	Name          string    `json:"name"`
}

type importName struct {
	ProjectID string `json:"projectId"`
	Name      string `json:"name"`
}

// flush starts the import of a file. Whether it is there is asked by its name.
func (l *labeling) flush() error {
	if l.lines == 0 {
		return nil
	}
	l.imports++
	name, content := l.importName(l.imports), l.chunk.String()
	l.chunk.Reset()
	l.lines = 0
	filename := fmt.Sprintf("%s__%s.ndjson", l.options.Project, name)
	call, err := l.multipart(importDocument, importVariables{nil, len(content), l.options.Project, name},
		file{filename, filename, "application/x-ndjson", content})
	if err != nil {
		return err
	}
	check, err := l.read("", importedDocument, importName{l.options.Project, name})
	if err != nil {
		return err
	}
	done, err := l.emit(adapter.Step{
		ID: adapter.StepID(stepImport, l.imports), Call: call, Repeat: adapter.RepeatCheckFirst, Check: &check.Call,
	})
	l.ready = l.ready && done
	return err
}

// each calls do for the numbers from 1 to n and reports whether all were ready.
func (*plan) each(n int, do func(n int) (bool, error)) (ready bool, err error) {
	ready = true
	for i := 1; i <= n; i++ {
		done, err := do(i)
		if err != nil {
			return false, err
		}
		ready = ready && done
	}
	return ready, nil
}

// imported waits for an import.
func (p *plan) imported(n int) (ready bool, err error) {
	step, err := p.read(adapter.StepID(stepImported, n), importedDocument, importName{p.options.Project, p.importName(n)})
	if err != nil {
		return false, err
	}
	done, err := p.emit(step)
	if failure := p.in.Kept(step.ID, keptFailure); err == nil && failure != "" {
		err = p.complain(fmt.Sprintf("import %q of pre-labels failed: %s", p.importName(n), failure))
	}
	return done, err
}

// importErrors reads which pre-labels of an import were refused.
func (p *plan) importErrors(n int) (ready bool, err error) {
	link := p.in.Kept(adapter.StepID(stepImported, n), keptURL)
	if link == "" {
		return true, nil
	}
	step := adapter.Step{
		ID: adapter.StepID(stepImportErrors, n), Call: adapter.Call{Link: link}, Repeat: adapter.RepeatSafe,
	}
	done, err := p.emit(step)
	if failure := p.in.Kept(step.ID, keptFailure); err == nil && failure != "" {
		err = p.complain(fmt.Sprintf("which pre-labels of import %q were refused cannot be read: %s", p.importName(n), failure))
	}
	return done, err
}
