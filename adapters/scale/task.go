package scale

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// batch is the body of a new batch. The vendor's client sends all six fields always.
type batch struct {
	Project     string        `json:"project"`
	Name        string        `json:"name"`
	Calibration bool          `json:"calibration_batch"`
	SelfLabel   bool          `json:"self_label_batch"`
	Callback    string        `json:"callback"`
	Metadata    batchMetadata `json:"metadata"`
}

// deliveryField is the name of batchMetadata.Delivery.
const deliveryField = "labelgate_delivery"

// batchMetadata says what a batch was made of. Delivery is how a batch of ours is known again.
type batchMetadata struct {
	Delivery string `json:"labelgate_delivery"`
	Project  string `json:"source_project,omitempty"`
	IssueID  string `json:"issue_id,omitempty"`
	Issue    string `json:"issue,omitempty"`
	Dataset  string `json:"dataset,omitempty"`
}

// task is the body of a new task.
type task struct {
	Project        string              `json:"project"`
	Batch          string              `json:"batch,omitempty"`
	Instruction    string              `json:"instruction,omitempty"`
	CallbackURL    string              `json:"callback_url,omitempty"`
	Attachment     string              `json:"attachment"`
	AttachmentType string              `json:"attachment_type"`
	Geometries     map[string]Geometry `json:"geometries,omitempty"`
	Hypothesis     *answer             `json:"hypothesis,omitempty"`
	Base           *answer             `json:"base_annotations,omitempty"`
	Priority       int                 `json:"priority"`
	UniqueID       string              `json:"unique_id"`
	ClearOnFail    bool                `json:"clear_unique_id_on_error,omitempty"`
	Metadata       taskMetadata        `json:"metadata"`
}

// taskMetadata says what a task was made of.
type taskMetadata struct {
	Delivery     string   `json:"labelgate_delivery"`
	IssueID      string   `json:"issue_id,omitempty"`
	Issue        string   `json:"issue,omitempty"`
	Dataset      string   `json:"dataset,omitempty"`
	FrameID      string   `json:"frame_id"`
	ElementIDs   []string `json:"element_ids,omitempty"`
	PreviousTask string   `json:"previous_task_id,omitempty"`
}

// maxUniqueID bounds a unique_id. The vendor names no bound; this one fits every index.
const maxUniqueID = 128

// keyPart is how much of a delivery's key stands in a batch's name.
const keyPart = 12

// maxBatchName bounds what stands before the key in a batch's name, in runes. The vendor names no bound.
const maxBatchName = 100

// batchName is unlike that of any other batch of the account.
func (a *scale) batchName(in adapter.Input) string {
	name := ""
	for _, one := range []string{a.options.BatchName, in.Event.Issue.Name, in.Event.Issue.ID, in.Event.Project} {
		if name == "" {
			name = plain(one)
		}
	}
	return name + " " + in.Key[:min(keyPart, len(in.Key))]
}

// plain makes a text fit to stand in a path: people call issues what they like, and no path may hold another host or lead out
// of the destination's url.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '\\' || unicode.IsControl(r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	if strings.Contains(name, "//") || strings.Contains("/"+name+"/", "/../") || strings.Contains("/"+name+"/", "/./") {
		name = strings.ReplaceAll(name, "/", "-")
	}
	if runes := []rune(name); len(runes) > maxBatchName {
		name = string(runes[:maxBatchName])
	}
	return strings.TrimSpace(name)
}

func (p *planning) newBatch() batch {
	event := p.in.Event
	return batch{
		Project: p.options.Project, Name: p.batch, Callback: p.options.Callback,
		Metadata: batchMetadata{
			Delivery: p.in.Key, Project: event.Project, IssueID: event.Issue.ID, Issue: event.Issue.Name, Dataset: event.Issue.Dataset,
		},
	}
}

func (p *planning) newTask(s *export.Subject, ready adapter.Prepared, first *answer) task {
	o, event := p.options, p.in.Event
	t := task{
		Project: o.Project, Batch: p.batch, Instruction: o.Instruction, CallbackURL: o.CallbackURL,
		Attachment: ready.Image.URL, AttachmentType: "image", Geometries: o.Geometries,
		Priority: adapter.Priority(o.Priority, 10, 20, 30), UniqueID: adapter.ItemKey(p.in.Key, s.Item(), maxUniqueID), ClearOnFail: o.ClearOnFail,
		Metadata: taskMetadata{
			Delivery: p.in.Key, IssueID: event.Issue.ID, Issue: event.Issue.Name, Dataset: s.Element.Dataset,
			FrameID: s.Element.FrameID, PreviousTask: s.Element.Frame.TaskID,
		},
	}
	for _, element := range s.Elements {
		if element.ID != "" {
			t.Metadata.ElementIDs = append(t.Metadata.ElementIDs, element.ID)
		}
	}
	if o.Prelabels == fieldBase {
		t.Base = first
	} else {
		t.Hypothesis = first
	}
	return t
}

// quote writes a text as one segment of a path or one value of a query, as the vendor's client does: all but letters,
// digits and "_.-~" is escaped.
func quote(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
