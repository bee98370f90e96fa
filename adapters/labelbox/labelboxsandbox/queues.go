package labelboxsandbox

import (
	"errors"

	"github.com/graph-gophers/graphql-go"
)

type queueNode struct {
	ID           graphql.ID
	Name         string
	Description  *string
	QueueType    string
	DataRowCount *int32
}

// TaskQueues lists the project's queues. "Done" is none of them: it is the null queue.
func (p *projectNode) TaskQueues() []queueNode {
	nodes := []queueNode{}
	for _, q := range p.a.store.project.queues {
		count := int32(0)
		for _, m := range p.a.store.project.members {
			if m.queue == q.id {
				count++
			}
		}
		nodes = append(nodes, queueNode{graphql.ID(q.id), q.name, optional(q.description), q.kind, &count})
	}
	return nodes
}

// rowSelection is how queue operations name data rows.
type rowSelection struct {
	IDs    []graphql.ID
	IDType string
}

// members of the project among the selected rows. A row elsewhere is passed over; what the vendor does then is not known.
func (s *store) selected(sel rowSelection) ([]*member, error) {
	rows, _ := s.find(names(sel.IDs), idKind(sel.IDType))
	var all []*member
	for _, row := range rows {
		if m := s.project.members[row.id]; m != nil {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("none of the data rows is in the project")
	}
	return all, nil
}

// CreateBulkAddRowsToQueueTask starts to move data rows of the project into a queue, or to the end of the workflow.
func (m *projectMutation) CreateBulkAddRowsToQueueTask(args struct {
	Data struct {
		QueueID            *graphql.ID
		DataRowIdentifiers rowSelection
	}
},
) (taskReference, error) {
	target := ""
	if args.Data.QueueID != nil {
		q := m.s.project.queueByID(string(*args.Data.QueueID))
		if q == nil {
			return taskReference{}, notFound("Task queue %q was not found", *args.Data.QueueID)
		}
		target = q.id
	}
	if len(args.Data.DataRowIdentifiers.IDs) == 0 {
		return taskReference{}, malformed("no data rows given")
	}
	t := m.s.start("send-to-task-queue", "Send to task queue", func() error {
		rows, err := m.s.selected(args.Data.DataRowIdentifiers)
		for _, row := range rows {
			row.queue = target
		}
		return err
	})
	m.s.did("%d data rows are being moved to a queue", len(args.Data.DataRowIdentifiers.IDs))
	return taskReference{graphql.ID(t.id)}, nil
}

// CreateQueuePriorityUpdateTask starts to set the priority of data rows in their queue.
func (m *projectMutation) CreateQueuePriorityUpdateTask(args struct {
	Data struct {
		Priority           int32
		DataRowIdentifiers *rowSelection
	}
},
) (taskReference, error) {
	if args.Data.DataRowIdentifiers == nil || len(args.Data.DataRowIdentifiers.IDs) == 0 {
		return taskReference{}, malformed("no data rows given")
	}
	t := m.s.start("queue-priority-update", "Update priority", func() error {
		rows, err := m.s.selected(*args.Data.DataRowIdentifiers)
		for _, row := range rows {
			row.priority = args.Data.Priority
		}
		return err
	})
	m.s.did("the priority of %d data rows is being set", len(args.Data.DataRowIdentifiers.IDs))
	return taskReference{graphql.ID(t.id)}, nil
}
