package encordsandbox

import (
	"maps"
	"slices"
)

// State is what Encord holds, for people and tests.
type State struct {
	// Items are the folder's files, Units the dataset's data units with their label rows and tasks, in the order made.
	Items []StateItem `json:"items"`
	Units []StateUnit `json:"units"`
	// Twice counts effects that were made twice: a URL that is in the folder again, an item that is in the dataset again, a
	// row reopened while it waits to be labelled after it was reopened, labels that replaced equal labels.
	Twice int `json:"twice"`
}

// StateItem is a file of the folder.
type StateItem struct {
	UUID     string         `json:"uuid"`
	Name     string         `json:"name"`
	URL      string         `json:"url"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// StateUnit is a data unit.
type StateUnit struct {
	DataHash  string  `json:"data_hash"`
	Title     string  `json:"title"`
	Item      string  `json:"item"`
	LabelHash string  `json:"label_hash,omitempty"`
	Task      string  `json:"task"`
	Stage     string  `json:"stage"`
	Status    string  `json:"status"`
	Priority  float64 `json:"priority"`
	Reopened  int     `json:"reopened,omitempty"`
	// Objects and Classifications are the label row's, as they were saved, but without their times.
	Objects         []Object                  `json:"objects,omitempty"`
	Classifications map[string]Classification `json:"classifications,omitempty"`
}

func (w *world) state() State {
	s := State{Items: []StateItem{}, Units: []StateUnit{}, Twice: w.twice}
	for _, it := range w.items {
		s.Items = append(s.Items, StateItem{UUID: it.UUID, Name: it.Name, URL: it.URL, Metadata: it.Metadata})
	}
	for _, u := range w.units {
		s.Units = append(s.Units, StateUnit{
			DataHash: u.DataHash, Title: u.Title, Item: u.item.UUID, LabelHash: u.LabelHash, Task: u.TaskUUID, Stage: title(u.Stage),
			Status: u.Status, Priority: u.Priority, Reopened: u.reopened,
			Objects: timeless(u.labels.Objects), Classifications: timelessAnswers(u.labels.ClassificationAnswers),
		})
	}
	return s
}

func title(uuid string) string {
	for _, s := range stages() {
		if s.UUID == uuid {
			return s.Title
		}
	}
	return ""
}

func timeless(objects []Object) []Object {
	all := slices.Clone(objects)
	for i := range all {
		all[i].CreatedAt, all[i].LastEditedAt = "", ""
	}
	return all
}

func timelessAnswers(answers map[string]Classification) map[string]Classification {
	all := maps.Clone(answers)
	for hash, answer := range all {
		answer.CreatedAt, answer.LastEditedAt = nil, nil
		all[hash] = answer
	}
	return all
}
