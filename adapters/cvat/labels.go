package cvat

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// labelPage is how many labels are asked for at once, as CVAT's own pages do.
const labelPage = 500

// label is a CVAT label, as far as annotations need it. It is kept as JSON between rounds.
type label struct {
	ID         int         `json:"id"`
	Name       string      `json:"name"`
	Type       string      `json:"type,omitempty"`
	Attributes []attribute `json:"attributes,omitempty"`
	Sublabels  []label     `json:"sublabels,omitempty"`
}

// attribute is one of a label's attributes.
type attribute struct {
	ID     int      `json:"id"`
	Name   string   `json:"name"`
	Input  string   `json:"input_type"`
	Values []string `json:"values,omitempty"`
}

// takes reports whether annotations of a type can have the label. Labels of the type any take all but skeletons.
func (l *label) takes(shape string) bool {
	return l.Type == shape || (l.Type == "any" || l.Type == "") && shape != shapeSkeleton
}

func (l *label) attribute(name string) (attribute, bool) {
	i := slices.IndexFunc(l.Attributes, func(a attribute) bool { return a.Name == name })
	if i < 0 {
		return attribute{}, false
	}
	return l.Attributes[i], true
}

// trim drops the values of attributes that take any text: they are only examples.
func (l *label) trim() {
	for i := range l.Attributes {
		if a := &l.Attributes[i]; a.Input != "select" && a.Input != "radio" {
			a.Values = nil
		}
	}
}

// labelStep reads a page of the project's labels.
func (v *vendor) labelStep(page int) adapter.Step {
	return adapter.Step{
		ID:     adapter.StepID("labels", page),
		Call:   v.get(fmt.Sprintf("/api/labels?project_id=%d&page=%d&page_size=%d", v.options.Project, page, labelPage)),
		Repeat: adapter.RepeatSafe,
	}
}

// judgeLabels keeps the labels of a page, and whether there are more.
func judgeLabels(resp adapter.Response) adapter.Verdict {
	var page struct {
		list
		Results []label `json:"results"`
	}
	if v := judgeRead(resp, &page); v.Kind != adapter.Done {
		return v
	}
	if page.Results == nil {
		return strange(resp, "a list of labels")
	}
	for i := range page.Results {
		page.Results[i].trim()
	}
	kept, err := json.Marshal(page.Results)
	if err != nil {
		return strange(resp, "a list of labels")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptLabels: string(kept), keptNext: page.more()}}
}

// labelTable are the project's labels by name.
type labelTable map[string]*label

// add takes a page of labels as they were kept.
func (t labelTable) add(kept string) {
	var page []label
	if json.Unmarshal([]byte(kept), &page) != nil {
		return // it was written by judgeLabels
	}
	for i := range page {
		t[page[i].Name] = &page[i]
	}
}
