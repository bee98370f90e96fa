package labelbox

import (
	"errors"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// LegacyFactory returns the factory of the second adapter: the mutation of the handler that Aquarium's documentation
// publishes, by label id. Labelbox's client has never had it, and whether accounts still have it is not known: see
// docs/vendors/labelbox.md.
func LegacyFactory() adapter.Factory {
	return adapter.Factory{
		Name:    "labelbox-legacy",
		Summary: "Labelbox, old projects: labels deleted by id, their data rows queued again with the labels as templates.",
		Options: func() any {
			return &LegacyOptions{IDs: "label", MakeTemplates: true, WaitForQueue: true, Labels: defaultLabels}
		},
		New:    func(o any) (adapter.Adapter, error) { return newLegacy(*o.(*LegacyOptions)) },
		Auth:   adapter.Auth{Header: "Authorization", Scheme: "Bearer"},
		Limits: adapter.Limits{Concurrency: 4, PerMinute: perMinute},
	}
}

// LegacyOptions are the options of labelbox-legacy.
type LegacyOptions struct {
	Project       string          `yaml:"project" doc:"Id of the project; empty: the export's own project name, as in the published handler."`
	IDs           export.IDSource `yaml:"ids" doc:"Where the id of a label is at Labelbox: label (its uuid), or a metadata field of labels such as user__labelbox_id."`
	MakeTemplates bool            `yaml:"make_templates" doc:"Keep deleted labels as templates for whoever labels the data row again."`
	WaitForQueue  bool            `yaml:"wait_for_queue" doc:"Have the vendor answer only when the data rows are queued again."`
	Labels        int             `yaml:"labels_per_call" doc:"Labels in one call; 0 puts all into one."`
}

// defaultLabels are the labels in one call. The mutation has no known limit; deletions of the client's go by 500 or all at
// once, and an answer waits for the queue.
const defaultLabels = 1000

// legacyDocument is that of the published handler, with its two constants as options.
const legacyDocument = `mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) {
  project(where: {id: $projectId}) {
    bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: %t, waitForQueue: %t) {
      count
    }
  }
}`

type legacy struct {
	options  LegacyOptions
	document string
}

func newLegacy(o LegacyOptions) (adapter.Adapter, error) {
	var errs []error
	if err := o.IDs.Check(); err != nil {
		errs = append(errs, &adapter.OptionError{Option: "ids", Err: err})
	} else if o.IDs != "label" && !strings.HasPrefix(string(o.IDs), "user__") {
		errs = append(errs, &adapter.OptionError{Option: "ids", Err: fmt.Errorf("is %q: labels are deleted; use label or a metadata field of labels", o.IDs)})
	}
	if o.Labels < 0 {
		errs = append(errs, &adapter.OptionError{Option: "labels_per_call", Err: errors.New("is negative; use 0 for no limit")})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &legacy{o, fmt.Sprintf(legacyDocument, o.MakeTemplates, o.WaitForQueue)}, nil
}

// deletion is a label to be deleted.
type deletion struct {
	item export.ItemID
	id   string
}

// Plan deletes the exported labels, each once, in chunks. There is no call without a label: an empty selection may match
// every label of the project. A label needs no frame, so elements are looked at one by one.
func (a *legacy) Plan(in adapter.Input, out adapter.Output) (bool, error) {
	calls := adapter.Chunks[deletion]{Size: a.options.Labels, Flush: func(n int, labels []deletion) error {
		return a.send(in, out, n, labels)
	}}
	d := deleting{legacy: a, out: out, seen: map[string]string{}, add: calls.Add}
	for el, err := range in.Elements(a.options.IDs.Fields() | export.FieldLabels) {
		if err != nil {
			return false, err
		}
		if err := d.element(el); err != nil {
			return false, err
		}
	}
	return false, calls.Close()
}

// deleting gathers labels to delete.
type deleting struct {
	*legacy
	out  adapter.Output
	seen map[string]string // the label of each id that is gathered
	add  func(deletion) error
}

// element takes the label of a crop, or all labels of a frame.
func (d *deleting) element(el *export.Element) error {
	isCrop := el.Type == export.ElementCrop || el.Type != export.ElementFrame && el.Crop != nil
	switch {
	case el.Broken != "":
		return d.refuse(el, "", el.Broken)
	case isCrop && el.Crop == nil:
		return d.refuse(el, "", "no crop_data")
	case isCrop:
		return d.label(el, el.Crop)
	case el.Type != export.ElementFrame && el.Type != "":
		return d.refuse(el, "", fmt.Sprintf("element_type %q is neither frame nor crop", el.Type))
	case el.Frame == nil:
		return d.refuse(el, "", "no frame_data")
	}
	for i := range el.Frame.Labels {
		if err := d.label(el, &el.Frame.Labels[i]); err != nil {
			return err
		}
	}
	return nil
}

// label takes one label, unless it has been taken.
func (d *deleting) label(el *export.Element, l *export.Label) error {
	id := d.options.IDs.Of(el, l)
	if id == "" {
		return d.refuse(el, export.ItemID(l.ID), d.options.IDs.Lack())
	}
	if label, seen := d.seen[id]; seen {
		if label == l.ID { // in a frame and as a crop
			return nil
		}
		return d.refuse(el, export.ItemID(l.ID), fmt.Sprintf("another label of the export has the id %q too", id))
	}
	d.seen[id] = l.ID
	item := export.ItemID(l.ID)
	if item == "" {
		item = export.ItemID(id)
	}
	return d.add(deletion{item, id})
}

func (d *deleting) refuse(el *export.Element, item export.ItemID, reason string) error {
	return d.out.Refuse(adapter.Refusal{Index: el.Index, ElementID: el.ID, Item: item, Reason: reason})
}

func (a *legacy) send(in adapter.Input, out adapter.Output, n int, labels []deletion) error {
	variables := struct {
		ProjectID string   `json:"projectId"`
		LabelIDs  []string `json:"labelIds"`
	}{ProjectID: a.options.Project}
	if variables.ProjectID == "" {
		variables.ProjectID = in.Event.Project
	}
	step := adapter.Step{ID: adapter.StepID("delete", n), Repeat: adapter.RepeatSafe}
	for _, l := range labels {
		variables.LabelIDs = append(variables.LabelIDs, l.id)
		step.Items = append(step.Items, l.item)
	}
	step.Refs = variables.LabelIDs
	var err error
	if step.Call, err = adapter.GraphQLCall(out, plainPath, a.document, variables); err != nil {
		return err
	}
	return out.Emit(step)
}

// Judge keeps how many labels were there to be deleted. The vendor does not say which; after a lost reply it is none.
func (a *legacy) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := judgeAnswer(resp)
	if v.Kind == adapter.Reject && len(resp.Errors) > 0 && resp.Errors[0].Code == "GRAPHQL_VALIDATION_FAILED" {
		v.Detail += "; this account may not have the mutation any more: use the adapter labelbox"
	}
	if v.Kind != adapter.Done {
		return v
	}
	data, ok := decode[struct {
		Project *struct {
			BulkDeleteLabels *struct {
				Count *int `json:"count"`
			} `json:"bulkDeleteLabels"`
		} `json:"project"`
	}](resp)
	switch {
	case !ok || data.Project == nil || data.Project.BulkDeleteLabels == nil || data.Project.BulkDeleteLabels.Count == nil:
		return strange("count of deleted labels")
	default:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{
			"deleted": fmt.Sprintf("%d of %d", *data.Project.BulkDeleteLabels.Count, len(step.Items)),
		}}
	}
}
