package labelbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The steps of an inspection, and what they keep.
const (
	stepOntology = "ontology" // keeps keptOntology; keptAbsent where there is no such project
	stepDataset  = "dataset"  // keeps keptAbsent where there is none

	keptOntology = "ontology" // the normalized ontology's JSON
	keptAbsent   = "absent"
)

// ontology is what is compared of a project's.
type ontology struct {
	Tools []struct {
		Name string `json:"name"`
		Tool string `json:"tool"`
	} `json:"tools"`
	Classifications []struct {
		Name    string `json:"name"`
		Type    string `json:"type"`
		Options []struct {
			Label string `json:"label"`
		} `json:"options"`
	} `json:"classifications"`
}

// idVariables are those of a look at one thing.
type idVariables struct {
	ID string `json:"param_0"`
}

// reads hands out bodies and takes steps, for an inspection, which has no events.
type reads struct {
	adapter.Output
	emit func(adapter.Step) error
}

// NewBody returns a body in memory: those of reads are small.
func (reads) NewBody() *adapter.Body { return adapter.NewBody(nil) }

// Emit hands a step over.
func (r reads) Emit(s adapter.Step) error { return r.emit(s) }

// Inspect compares the options with the project: its queues in relabel mode, its ontology and the dataset in batch mode.
func (a *labelbox) Inspect(results map[string]adapter.Result, emit func(adapter.Step) error) ([]error, bool, error) {
	p := &plan{labelbox: a, in: adapter.Input{Results: results}, out: reads{emit: emit}}
	if a.options.Mode == modeRelabel {
		return p.inspectQueues()
	}
	seen, err := p.look(stepOntology, ontologyDocument, idVariables{a.options.Project})
	if err != nil {
		return nil, false, err
	}
	there, err := p.look(stepDataset, datasetDocument, idVariables{a.options.Dataset})
	if err != nil || !seen || !there {
		return nil, true, err
	}
	var mistakes []error
	if p.in.Kept(stepDataset, keptAbsent) != "" {
		mistakes = append(mistakes, wrong("dataset", "the key sees no dataset %q", a.options.Dataset))
	}
	if p.in.Kept(stepOntology, keptAbsent) != "" {
		return append(mistakes, wrong("project", "the key sees no project %q", a.options.Project)), false, nil
	}
	return append(mistakes, p.inspectOntology()...), false, nil
}

func (p *plan) look(id, document string, variables any) (done bool, err error) {
	step, err := p.read(id, document, variables)
	if err != nil {
		return false, err
	}
	return p.emit(step)
}

func (p *plan) inspectQueues() ([]error, bool, error) {
	done, err := p.askFirst()
	if err != nil || !done {
		return nil, true, err
	}
	if _, err := p.queue(); err != nil {
		return []error{&adapter.OptionError{Option: "queue", Err: err}}, false, nil
	}
	return nil, false, nil
}

// inspectOntology compares classes with tools and answers.
func (p *plan) inspectOntology() []error {
	var o ontology
	if err := json.Unmarshal([]byte(p.in.Kept(stepOntology, keptOntology)), &o); err != nil || !p.options.PreLabels {
		return nil
	}
	var mistakes []error
	for _, class := range slices.Sorted(maps.Keys(p.options.Classes)) {
		name := p.options.Classes[class]
		if !o.takes(p.options, name) {
			mistakes = append(mistakes, wrong("classes."+class, "the ontology has no tool and no answer for %q; it has %s", name, o.names()))
		}
	}
	for _, color := range slices.Sorted(maps.Keys(p.options.MaskColors)) {
		if name := p.options.MaskColors[color]; !o.hasTool(name, maskTool) {
			mistakes = append(mistakes, wrong("mask_colors."+color, "the ontology has no mask tool %q; it has %s", name, o.names()))
		}
	}
	if q := p.options.Question; q != "" && !o.asks(q, answerRadio) {
		mistakes = append(mistakes, wrong("question", "the ontology has no radio classification %q", q))
	}
	for _, name := range slices.Sorted(maps.Keys(p.options.Answers)) {
		if !o.asks(name, p.options.Answers[name]) {
			mistakes = append(mistakes, wrong("answers."+name, "the ontology has no %s classification %q", p.options.Answers[name], name))
		}
	}
	return mistakes
}

// takes reports whether a class has a tool in any shape, or is an answer to the question.
func (o ontology) takes(options Options, class string) bool {
	for _, shape := range []string{shapeBox, shapePolygon, shapeLine, shapePoint} {
		for _, t := range o.Tools {
			if t.Name == options.toolName(shape, class, "") {
				return true
			}
		}
	}
	for _, c := range o.Classifications {
		for _, answer := range c.Options {
			if c.Name == options.Question && answer.Label == class {
				return true
			}
		}
	}
	return false
}

// maskTool is the ontology's word for masks (labelbox/schema/ontology.py, Tool.Type).
const maskTool = "raster-segmentation"

func (o ontology) hasTool(name, kind string) bool {
	for _, t := range o.Tools {
		if t.Name == name && t.Tool == kind {
			return true
		}
	}
	return false
}

func (o ontology) asks(name, kind string) bool {
	for _, c := range o.Classifications {
		if c.Name == name && c.Type == kind {
			return true
		}
	}
	return false
}

// names lists the tools, for people.
func (o ontology) names() string {
	names := make([]string, len(o.Tools))
	for i, t := range o.Tools {
		names[i] = fmt.Sprintf("%s (%s)", t.Name, t.Tool)
	}
	if len(names) == 0 {
		return "no tools"
	}
	return strings.Join(names, ", ")
}

// inspected judges the reads of an inspection.
func inspected(kind string, resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Project *struct {
			Ontology *struct {
				Normalized json.RawMessage `json:"normalized"`
			} `json:"ontology"`
		} `json:"project"`
		Dataset *struct {
			ID string `json:"id"`
		} `json:"dataset"`
	}](resp)
	switch {
	case !ok:
		return strange(kind)
	case kind == stepDataset && data.Dataset == nil:
		return nothingThere(kind)
	case kind == stepOntology && data.Project != nil && data.Project.Ontology != nil:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptOntology: string(data.Project.Ontology.Normalized)}}
	default:
		return adapter.Verdict{Kind: adapter.Done}
	}
}

func wrong(option, format string, args ...any) error {
	return &adapter.OptionError{Option: option, Err: fmt.Errorf(format, args...)}
}
