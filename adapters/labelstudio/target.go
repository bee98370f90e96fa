package labelstudio

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// targets are what a frame's tasks are found by: mostly one id for the frame. Ids of elements and labels, and metadata that
// differs from label to label, make a target each.
func (p *relabeling) targets(s *export.Subject) ([]target, error) {
	var all []target
	switch p.options.IDs {
	case "element":
		for _, el := range s.Elements {
			all = append(all, target{export.ItemID(el.ID), el.ID, el.Index, el.ID})
		}
	case "label":
		for i := range s.Labels {
			all = append(all, p.target(s, i, s.Labels[i].ID))
		}
	default:
		all = p.byFrame(s)
	}
	if len(all) == 0 {
		return nil, adapter.RefuseSubject(p.out, s, p.options.IDs.Lack())
	}
	return p.usable(all)
}

// byFrame: the id of the frame, or those of its labels where they have some of their own.
func (p *relabeling) byFrame(s *export.Subject) []target {
	var all []target
	seen := map[string]bool{}
	for i := range s.Labels {
		if id := p.options.IDs.Of(s.Element, &s.Labels[i]); id != "" && !seen[id] {
			seen[id] = true
			all = append(all, p.target(s, i, id))
		}
	}
	if len(all) > 1 {
		return all
	}
	id := p.options.IDs.Of(s.Element, nil)
	if len(all) == 1 {
		id = all[0].id
	}
	if id == "" {
		return nil
	}
	return []target{{s.Item(), id, s.Elements[0].Index, s.Elements[0].ID}}
}

func (p *relabeling) target(s *export.Subject, label int, id string) target {
	at := s.ElementOf(label)
	return target{export.ItemID(s.Labels[label].ID), id, at.Index, at.ID}
}

// usable refuses targets without an id, or with one that no task can have.
func (p *relabeling) usable(all []target) ([]target, error) {
	var good []target
	for _, t := range all {
		lack := ""
		if t.id == "" {
			lack = p.options.IDs.Lack()
		} else if n, err := strconv.ParseInt(t.id, 10, 64); p.options.Column == "" && (err != nil || n <= 0) {
			lack = fmt.Sprintf("%q is not the id of a task, which is a number; the option column says where else to look", t.id)
		}
		if lack == "" {
			good = append(good, t)
			continue
		}
		if err := p.out.Refuse(adapter.Refusal{Index: t.index, ElementID: t.el, Item: t.item, Reason: lack}); err != nil {
			return nil, err
		}
	}
	return good, nil
}

// foundTask is a task that a look-up has found.
type foundTask struct {
	Place       int     `json:"p"` // of the id, in the look-up
	Task        int64   `json:"t"`
	Annotations []int64 `json:"a,omitempty"`
}

// readFound reads what a look-up has kept: the tasks of each id, by its place.
func readFound(kept string) map[int][]foundTask {
	var all []foundTask
	_ = json.Unmarshal([]byte(kept), &all) // nothing was found
	found := map[int][]foundTask{}
	for _, f := range all {
		found[f.Place] = append(found[f.Place], f)
	}
	return found
}
