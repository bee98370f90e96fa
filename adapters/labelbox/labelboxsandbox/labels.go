package labelboxsandbox

import (
	"github.com/graph-gophers/graphql-go"
)

type labelNode struct {
	ID                            graphql.ID
	Label                         *string
	Agreement, BenchmarkAgreement *float64
	IsBenchmarkReference          *bool
	SecondsToLabel                *float64
	CreatedAt, UpdatedAt          stamp
}

func newLabelNode(l *label) labelNode {
	no, seconds := false, 12.5
	return labelNode{
		ID: graphql.ID(l.id), Label: &l.content, IsBenchmarkReference: &no, SecondsToLabel: &seconds, CreatedAt: l.made, UpdatedAt: l.made,
	}
}

// LabelCount counts the project's labels.
func (p *projectNode) LabelCount() int32 {
	return int32(len(p.a.store.project.present())) //nolint:gosec // a handful
}

// Labels lists the project's labels.
func (p *projectNode) Labels(args struct{ Skip, First *int32 }) []labelNode {
	nodes := []labelNode{}
	for _, l := range p.a.store.project.present() {
		nodes = append(nodes, newLabelNode(l))
	}
	return window(nodes, args.Skip, args.First)
}

func (p *project) present() []*label {
	var all []*label
	for _, l := range p.labels {
		if !l.deleted {
			all = append(all, l)
		}
	}
	return all
}

// remains are what a deleted label leaves to whoever labels its row again.
type remains int

const (
	nothing remains = iota
	aTemplate
)

// remove deletes a label and puts its row back into the first queue, with the label as a template when it is kept.
func (p *project) remove(l *label, leaves remains) {
	l.deleted = true
	m := p.members[l.row.id]
	m.queue = LabelingQueueID
	if leaves == aTemplate {
		m.templates++
	}
}

// DeleteLabels deletes labels of any project. Ids that no label has are passed over; what the vendor does is not known.
func (m plainMutation) DeleteLabels(args struct{ LabelIDs []graphql.ID }) []labelNode {
	nodes := []labelNode{}
	for _, l := range m.a.store.project.among(args.LabelIDs) {
		m.a.store.project.remove(l, nothing)
		nodes = append(nodes, newLabelNode(l))
	}
	m.a.store.did("%d labels deleted", len(nodes))
	return nodes
}

func (p *project) among(ids []graphql.ID) []*label {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[string(id)] = true
	}
	var all []*label
	for _, l := range p.present() {
		if wanted[l.id] {
			all = append(all, l)
		}
	}
	return all
}

type bulkDeleteResult struct {
	Count   int32
	Success bool
}

// BulkDeleteLabels is the mutation of the published handler: it deletes the labels of the project that the selection
// matches, and puts their rows back into the queue. An absent or empty id_in selects every label, which is why nothing may
// ever be sent with one.
func (m *projectMutation) BulkDeleteLabels(args struct {
	Where                       struct{ ID_in *[]graphql.ID }
	MakeTemplates, WaitForQueue *bool
},
) bulkDeleteResult {
	all := m.s.project.present()
	if args.Where.ID_in != nil && len(*args.Where.ID_in) > 0 {
		all = m.s.project.among(*args.Where.ID_in)
	}
	leaves := nothing
	if args.MakeTemplates != nil && *args.MakeTemplates {
		leaves = aTemplate
	}
	for _, l := range all {
		m.s.project.remove(l, leaves)
	}
	m.s.did("%d labels deleted, their data rows are in the queue again", len(all))
	return bulkDeleteResult{int32(len(all)), true} //nolint:gosec // a handful
}

type deletedLabels struct{ DeletedLabelIDs []graphql.ID }

// DeleteBatchLabels deletes the labels of a whole batch and puts its rows back into the queue.
func (m *projectMutation) DeleteBatchLabels(args struct {
	BatchID graphql.ID
	Data    struct{ Type string }
},
) (deletedLabels, error) {
	b := m.s.project.batchByID(string(args.BatchID))
	if b == nil {
		return deletedLabels{}, notFound("Batch %q was not found", args.BatchID)
	}
	result, leaves := deletedLabels{[]graphql.ID{}}, nothing
	if args.Data.Type == "RequeueDataWithLabelAsTemplate" {
		leaves = aTemplate
	}
	for _, l := range m.s.project.present() {
		if m.s.project.members[l.row.id].batch == b {
			m.s.project.remove(l, leaves)
			result.DeletedLabelIDs = append(result.DeletedLabelIDs, graphql.ID(l.id))
		}
	}
	m.s.did("%d labels of batch %q deleted", len(result.DeletedLabelIDs), b.name)
	return result, nil
}
