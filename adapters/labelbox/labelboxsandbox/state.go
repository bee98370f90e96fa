package labelboxsandbox

import (
	"encoding/json"
)

// State is what the account holds, for people and tests. It is equal for equal effects: background tasks, uploaded files and
// questions are not in it.
type State struct {
	// DataRows are all data rows, in the order made.
	DataRows []RowState `json:"data_rows"`
	// Batches are the project's batches, in the order made.
	Batches []BatchState `json:"batches"`
	// Imports are the pre-label imports, in the order made.
	Imports []ImportState `json:"imports"`
	// PreLabels are the annotations that imports have made, in the order of their first import.
	PreLabels []PreLabelState `json:"pre_labels"`
	// DeletedLabels are the ids of labels that are gone.
	DeletedLabels []string `json:"deleted_labels"`
	// Twice counts the effects that were made a second time.
	Twice Twice `json:"twice"`
}

// Twice counts repeated effects. All zero is what a client that repeats nothing leaves behind. What a key or a name has made
// harmless (a row or a batch that is refused because it is there), and what sets a state (a move to a queue), is no second
// effect.
type Twice struct {
	// DataRows have the URL, external id and dataset of one that was there.
	DataRows int `json:"data_rows"`
	// PreLabels have the row, class and geometry of one that was there under another uuid.
	PreLabels int `json:"pre_labels"`
}

// RowState is a data row, with its place in the project where it has one.
type RowState struct {
	ID         string `json:"id"`
	GlobalKey  string `json:"global_key"`
	ExternalID string `json:"external_id,omitempty"`
	URL        string `json:"row_data"`
	Dataset    string `json:"dataset"`
	// Attachments counts them.
	Attachments int `json:"attachments,omitempty"`
	// Batch is the batch's name, empty for a row that is not in the project.
	Batch string `json:"batch,omitempty"`
	// Queue is the name of the task queue that it is in, "Done" at the end of the workflow.
	Queue    string `json:"queue,omitempty"`
	Priority int32  `json:"priority,omitempty"`
	// Templates counts deleted labels that were kept as templates.
	Templates int `json:"templates,omitempty"`
}

// BatchState is a batch of the project.
type BatchState struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Priority int32  `json:"priority"`
	Size     int    `json:"size"`
}

// ImportState is an import of pre-labels.
type ImportState struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Lines  int    `json:"lines"`
	Failed int    `json:"failed"`
}

// PreLabelState is one pre-label.
type PreLabelState struct {
	UUID      string          `json:"uuid"`
	GlobalKey string          `json:"global_key"`
	Name      string          `json:"name"`
	Value     json.RawMessage `json:"value"`
}

func (s *store) state() State {
	out := State{
		DataRows: make([]RowState, 0, len(s.rows)), Batches: []BatchState{}, Imports: []ImportState{},
		PreLabels: []PreLabelState{}, DeletedLabels: []string{}, Twice: s.twice,
	}
	for _, row := range s.rows {
		out.DataRows = append(out.DataRows, s.rowState(row))
	}
	for _, b := range s.project.batches {
		out.Batches = append(out.Batches, BatchState{b.id, b.name, b.priority, b.size})
	}
	for _, i := range s.project.imports {
		out.Imports = append(out.Imports, ImportState{i.name, i.state(), i.lines, i.failed})
	}
	for _, id := range s.project.uuids {
		a := s.project.annotations[id]
		out.PreLabels = append(out.PreLabels, PreLabelState{id, a.row.globalKey, a.name, a.value})
	}
	for _, l := range s.project.labels {
		if l.deleted {
			out.DeletedLabels = append(out.DeletedLabels, l.id)
		}
	}
	return out
}

func (s *store) rowState(row *dataRow) RowState {
	out := RowState{
		ID: row.id, GlobalKey: row.globalKey, ExternalID: row.externalID, URL: row.url, Dataset: row.dataset,
		Attachments: row.attachments,
	}
	m := s.project.members[row.id]
	if m == nil {
		return out
	}
	out.Batch, out.Priority, out.Queue, out.Templates = m.batch.name, m.priority, "Done", m.templates
	if q := s.project.queueByID(m.queue); q != nil {
		out.Queue = q.name
	}
	return out
}
