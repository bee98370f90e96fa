package labelstudio

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// newTask is a task of an import.
type newTask struct {
	Data        map[string]json.RawMessage `json:"data"`
	Meta        meta                       `json:"meta"`
	Predictions []prediction               `json:"predictions,omitempty"`
}

// meta is what the task comes from. Label Studio shows it to nobody and keeps it.
type meta struct {
	Source       string   `json:"source"`
	Delivery     string   `json:"delivery"`
	Project      string   `json:"project,omitempty"`
	Issue        string   `json:"issue,omitempty"`
	IssueID      string   `json:"issue_id,omitempty"`
	Dataset      string   `json:"dataset,omitempty"`
	InferenceSet string   `json:"inference_set,omitempty"`
	Elements     []string `json:"elements,omitempty"`
}

// prediction is a pre-annotation.
type prediction struct {
	ModelVersion string   `json:"model_version"`
	Score        *float64 `json:"score,omitempty"`
	Result       []region `json:"result"`
}

// makeTask makes a frame's task. ok is false when it was refused.
func (p *batching) makeTask(s *export.Subject) (t newTask, ok bool, err error) {
	if !p.options.Predictions {
		bare := *s
		bare.Labels = nil
		s = &bare
	}
	ready, ok, err := p.annotator.Prepare(s, p.out)
	if err != nil || !ok {
		return newTask{}, false, err
	}
	t = newTask{Data: p.data(s, ready.Image.URL), Meta: p.meta(s)}
	d := drawing{batching: p, subject: s, size: ready.Image.Size}
	for _, one := range ready.Annotations {
		if err := d.add(one); err != nil {
			return newTask{}, false, err
		}
	}
	if len(d.regions) > 0 {
		t.Predictions = []prediction{{ModelVersion: p.modelVersion(s), Score: d.score, Result: d.regions}}
	}
	return t, true, nil
}

// data are the task's columns. The import's is added when it is known.
func (p *batching) data(s *export.Subject, image string) map[string]json.RawMessage {
	data := map[string]json.RawMessage{
		p.options.Image: text(image),
		columnKey:       text(adapter.ItemKey(p.in.Key, s.Item(), maxKey)),
	}
	if p.options.Column != "" {
		data[p.options.Column] = text(string(s.Item()))
	}
	for column, field := range p.options.Columns {
		if value, there := s.Element.Frame.Metadata[field]; there {
			data[column] = text(value)
		}
	}
	if p.options.Priority != "" {
		data[columnPriority] = text(adapter.Priority(p.options.Priority, 1, 2, 3))
	}
	return data
}

// maxKey bounds a key; Label Studio itself bounds the whole import only.
const maxKey = 128

func (p *batching) meta(s *export.Subject) meta {
	issue := p.in.Event.Issue
	m := meta{
		Source: "labelgate", Delivery: p.in.Key, Project: p.in.Event.Project, Issue: issue.Name, IssueID: issue.ID,
		Dataset: s.Element.Dataset, InferenceSet: s.Element.InferenceSet,
	}
	for _, el := range s.Elements {
		if el.ID != "" {
			m.Elements = append(m.Elements, el.ID)
		}
	}
	return m
}

func (p *batching) modelVersion(s *export.Subject) string {
	switch {
	case p.options.ModelVersion != "":
		return p.options.ModelVersion
	case s.Element.InferenceSet != "":
		return s.Element.InferenceSet
	default:
		return "ground_truth"
	}
}

// text is a value's JSON, without HTML escapes.
func text(value any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil { // decoded JSON always has a JSON form
		return json.RawMessage(fmt.Sprintf("%q", fmt.Sprint(value)))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
