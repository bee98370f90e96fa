package labelboxsandbox

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/graph-gophers/graphql-go"
)

const (
	// largestSyncBatch: the client uses createBatchV2 below this many rows; what the vendor does from there is not known.
	largestSyncBatch = 1000
	// largestBatch is the most that a batch takes (labelbox/schema/project.py, create_batch).
	largestBatch = 100_000
)

type consensusInput struct {
	NumberOfLabels     int32   `json:"numberOfLabels"`
	CoveragePercentage float64 `json:"coveragePercentage"`
}

type batchNode struct {
	ID                    graphql.ID
	Name                  string
	CreatedAt, UpdatedAt  stamp
	Size                  int32
	ConsensusSettingsJson *document
}

func newBatchNode(b *batch) *batchNode {
	node := &batchNode{ID: graphql.ID(b.id), Name: b.name, CreatedAt: b.made, UpdatedAt: b.made, Size: int32(b.size)} //nolint:gosec // 100,000 at most
	if b.consensus != nil {
		node.ConsensusSettingsJson = &b.consensus
	}
	return node
}

type batchPage struct {
	Nodes    []*batchNode
	PageInfo pageInfo
}

// Batches lists the project's batches, or looks for one. Each path knows some of the arguments.
func (p *projectNode) Batches(args struct {
	Where *idInput
	After *string
	First *pageSize
},
) (batchPage, error) {
	nodes := []*batchNode{}
	for _, b := range p.a.store.project.batches {
		if args.Where == nil || string(args.Where.ID) == b.id {
			nodes = append(nodes, newBatchNode(b))
		}
	}
	first := int32(100)
	if args.First != nil {
		first = int32(*args.First) //nolint:gosec // 100 at most
	}
	some, next, err := cursorPage(nodes, args.After, &first)
	return batchPage{Nodes: some, PageInfo: pageInfo{EndCursor: next, HasNextPage: next != nil}}, err
}

type createBatchResult struct {
	Batch            *batchNode
	FailedDataRowIDs *[]graphql.ID
}

// CreateBatchV2 makes a batch of less than 1,000 rows at once. Its refusals are seen in the client's tests (test_batch.py).
func (m *projectMutation) CreateBatchV2(args struct {
	Input struct {
		Name                   string
		DataRowIDs, GlobalKeys *[]graphql.ID
		Priority               int32
		ConsensusSettings      *consensusInput
	}
},
) (createBatchResult, error) {
	in := args.Input
	list, kind, err := m.s.rowNames(in.DataRowIDs, in.GlobalKeys)
	if err != nil {
		return createBatchResult{}, err
	}
	if len(list) >= largestSyncBatch {
		return createBatchResult{}, malformed("%d data rows are too many for createBatchV2", len(list))
	}
	rows, failed, err := m.s.batchRows(list, kind)
	if err != nil {
		return createBatchResult{}, err
	}
	b, err := m.s.newBatch(in.Name, in.ConsensusSettings)
	if err != nil {
		return createBatchResult{}, err
	}
	m.s.fill(b, rows, in.Priority)
	m.s.did("batch %q created: %d data rows", b.name, b.size)
	result := createBatchResult{Batch: newBatchNode(b)}
	if len(failed) > 0 {
		result.FailedDataRowIDs = &failed
	}
	return result, nil
}

// batchRows are the rows that a batch can be made of, and the ids of those that it cannot.
func (s *store) batchRows(list []string, kind idKind) (rows []*dataRow, failed []graphql.ID, err error) {
	found, missing := s.find(list, kind)
	switch {
	case kind == byKey && len(missing) > 0:
		return nil, nil, malformed("Data rows with the following global keys do not exist: %s.", strings.Join(missing, ", "))
	case len(found) == 0:
		return nil, nil, malformed("No valid data rows to be added from the list provided!")
	}
	for _, id := range missing {
		failed = append(failed, graphql.ID(id))
	}
	taken := 0
	for _, row := range found {
		switch {
		case !row.processed():
			return nil, nil, malformed("Data row %s is still being processed", row.id) // the client waits: not known
		case s.project.members[row.id] != nil:
			taken++
			failed = append(failed, graphql.ID(row.id))
		case !row.readable():
			failed = append(failed, graphql.ID(row.id))
		default:
			rows = append(rows, row)
		}
	}
	if taken == len(found) {
		return nil, nil, malformed("No valid data rows to add to project")
	}
	return rows, failed, nil
}

func (s *store) newBatch(name string, consensus *consensusInput) (*batch, error) {
	if strings.TrimSpace(name) == "" {
		return nil, malformed("a batch needs a name")
	}
	if s.project.batchByName(name) != nil {
		return nil, conflict("Batch with name %q already exists", name) // the code is seen in the client's tests, not the words
	}
	b := &batch{id: s.newID("batch"), name: name, made: s.stamp()}
	if consensus != nil {
		b.consensus, _ = json.Marshal(consensus)
	}
	s.project.batches = append(s.project.batches, b)
	return b, nil
}

// fill puts rows into a batch and into the first queue.
func (s *store) fill(b *batch, rows []*dataRow, priority int32) {
	b.priority = priority
	for _, row := range rows {
		if s.project.members[row.id] == nil {
			s.project.members[row.id] = &member{row: row, batch: b, queue: LabelingQueueID, priority: priority}
			b.size++
		}
	}
}

// CreateEmptyBatch makes a batch that rows are added to.
func (m *projectMutation) CreateEmptyBatch(args struct {
	Input struct {
		Name              string
		ConsensusSettings *consensusInput
	}
},
) (*batchNode, error) {
	b, err := m.s.newBatch(args.Input.Name, args.Input.ConsensusSettings)
	if err != nil {
		return nil, err
	}
	m.s.did("batch %q created, empty", b.name)
	return newBatchNode(b), nil
}

// AddDataRowsToBatchAsync starts to fill a batch.
func (m *projectMutation) AddDataRowsToBatchAsync(args struct {
	Input struct {
		BatchID                graphql.ID
		DataRowIDs, GlobalKeys *[]graphql.ID
		Priority               int32
	}
},
) (taskReference, error) {
	b := m.s.project.batchByID(string(args.Input.BatchID))
	if b == nil {
		return taskReference{}, notFound("Batch %q was not found", args.Input.BatchID)
	}
	list, kind, err := m.s.rowNames(args.Input.DataRowIDs, args.Input.GlobalKeys)
	if err != nil {
		return taskReference{}, err
	}
	if b.size+len(list) > largestBatch {
		return taskReference{}, malformed("a batch takes %d data rows at most", largestBatch)
	}
	t := m.s.start("add-data-rows-to-batch", "Add data rows to batch", func() error {
		rows, _, err := m.s.batchRows(list, kind)
		m.s.fill(b, rows, args.Input.Priority)
		return err
	})
	m.s.did("batch %q: %d data rows are being added", b.name, len(list))
	return taskReference{graphql.ID(t.id)}, nil
}

type batchTask struct{ BatchUUID, TaskID graphql.ID }

type createBatchesResult struct{ Tasks []batchTask }

// CreateBatches makes batches of any number of rows, 100,000 in each.
func (m *projectMutation) CreateBatches(args struct {
	Input struct {
		BatchNamePrefix        string
		DataRowIDs, GlobalKeys *[]graphql.ID
		Priority               int32
		ConsensusSettings      *consensusInput
	}
},
) (createBatchesResult, error) {
	list, kind, err := m.s.rowNames(args.Input.DataRowIDs, args.Input.GlobalKeys)
	if err != nil {
		return createBatchesResult{}, err
	}
	result := createBatchesResult{}
	for n := 0; n*largestBatch < len(list); n++ {
		some := list[n*largestBatch : min(len(list), (n+1)*largestBatch)]
		b, err := m.s.newBatch(fmt.Sprintf("%s%04d", args.Input.BatchNamePrefix, n), args.Input.ConsensusSettings)
		if err != nil {
			return result, err
		}
		t := m.s.start("create-batches", "Create batches", func() error {
			rows, _, err := m.s.batchRows(some, kind)
			m.s.fill(b, rows, args.Input.Priority)
			return err
		})
		result.Tasks = append(result.Tasks, batchTask{graphql.ID(b.id), graphql.ID(t.id)})
	}
	m.s.did("%d batches are being created", len(result.Tasks))
	return result, nil
}
