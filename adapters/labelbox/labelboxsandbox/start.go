package labelboxsandbox

import "fmt"

// What is there from the start.
const (
	// UserID is the user whom the API key belongs to.
	UserID = "cmuser0000000000000000001"
	// ProjectID is the only project; its ontology is in ontology.go.
	ProjectID = "cmproject0000000000000001"
	// DatasetID is a dataset that takes new data rows, and holds the first ones.
	DatasetID = "cmdataset0000000000000001"
	// LabelingQueueID, ReviewQueueID and ReworkQueueID are the project's task queues; they are UUIDs.
	LabelingQueueID = "6f1f1c53-0001-4a5c-8d5e-000000000001"
	ReviewQueueID   = "6f1f1c53-0001-4a5c-8d5e-000000000002"
	ReworkQueueID   = "6f1f1c53-0001-4a5c-8d5e-000000000003"
	// FirstBatchID is the batch that the first data rows are in.
	FirstBatchID = "cmbatch000000000000000001"
)

// firstKeys are the global keys of the data rows that are there from the start, each with a submitted label and at the end of
// the workflow: frames of the sample events.
func firstKeys() []string {
	return []string{"frame-070001", "frame-070002", "frame-070003", "frame-070011", "frame-070012", "frame-070021", "frame-070051"}
}

// RowID is the id of the n-th data row of the start, from 1.
func RowID(n int) string { return fmt.Sprintf("cmdatarow%016d", n) }

// RowKey is the global key of the n-th data row of the start.
func RowKey(n int) string { return firstKeys()[n-1] }

// LabelID is the id of the label of the n-th data row of the start.
func LabelID(n int) string { return fmt.Sprintf("cmlabel%018d", n) }

// begin makes the start state.
func (s *store) begin() {
	s.datasets = []*dataset{{id: DatasetID, name: "rarepets", description: "frames to rehearse with", made: s.stamp()}}
	first := &batch{id: FirstBatchID, name: "first batch", priority: 5, made: s.stamp()}
	s.project = &project{
		made: s.stamp(), members: map[string]*member{}, annotations: map[string]*annotation{},
		contents: map[[3]string]bool{}, batches: []*batch{first},
		queues: []*queue{
			{LabelingQueueID, "Initial labeling task", "", "INITIAL_LABELING_QUEUE"},
			{ReviewQueueID, "Initial review task", "", "MANUAL_REVIEW_QUEUE"},
			{ReworkQueueID, "Rework (all rejected)", "", "MANUAL_REWORK_QUEUE"},
		},
	}
	for i, key := range firstKeys() {
		n := i + 1
		row := s.addRow(dataRow{
			id: RowID(n), globalKey: key, externalID: key, dataset: DatasetID, asked: 2,
			url: "https://images.example.com/rarepets/first/" + key + ".jpg",
		})
		s.project.members[row.id] = &member{row: row, batch: first, priority: first.priority}
		first.size++
		s.project.labels = append(s.project.labels, &label{
			id: LabelID(n), row: row, made: s.stamp(),
			content: `{"objects":[{"value":"dog","bbox":{"top":10,"left":20,"height":30,"width":40}}],"classifications":[]}`,
		})
	}
}
