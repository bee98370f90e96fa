package labelboxsandbox

import (
	"slices"
	"strconv"

	"github.com/graph-gophers/graphql-go"
)

type idInput struct{ ID graphql.ID }

type datasetNode struct {
	ID                   graphql.ID
	Name                 string
	Description          *string
	RowCount             int32
	CreatedAt, UpdatedAt stamp
}

func (s *store) datasetNode(d *dataset) *datasetNode {
	node := &datasetNode{ID: graphql.ID(d.id), Name: d.name, Description: &d.description, CreatedAt: d.made, UpdatedAt: d.made}
	for _, row := range s.rows {
		if row.dataset == d.id {
			node.RowCount++
		}
	}
	return node
}

// Dataset answers one dataset.
func (q plainQuery) Dataset(args struct{ Where idInput }) (*datasetNode, error) {
	d := q.a.store.datasetByID(string(args.Where.ID))
	if d == nil {
		return nil, notFound("Dataset %q was not found", args.Where.ID)
	}
	return q.a.store.datasetNode(d), nil
}

// listArgs are the arguments of lists that the client pages by skip and first.
type listArgs struct {
	Where       *struct{ Deleted *bool }
	Skip, First *int32
}

// Datasets lists the datasets.
func (q plainQuery) Datasets(args listArgs) []*datasetNode {
	nodes := []*datasetNode{}
	for _, d := range q.a.store.datasets {
		nodes = append(nodes, q.a.store.datasetNode(d))
	}
	return window(nodes, args.Skip, args.First)
}

// CreateDataset makes a dataset.
func (m plainMutation) CreateDataset(args struct {
	Data struct {
		Name        string
		Description *string
	}
},
) (*datasetNode, error) {
	if args.Data.Name == "" {
		return nil, malformed("a dataset needs a name")
	}
	s := m.a.store
	d := &dataset{id: s.newID("dataset"), name: args.Data.Name, description: text(args.Data.Description), made: s.stamp()}
	s.datasets = append(s.datasets, d)
	s.did("dataset %s created", d.name)
	return s.datasetNode(d), nil
}

type metadataField struct {
	SchemaID   *graphql.ID
	Name, Kind *string
	Value      *document
}

type dataRowNode struct {
	ID                    graphql.ID
	ExternalID, GlobalKey *string
	RowData               string
	MediaAttributes       *document
	MetadataFields        []metadataField
	CustomMetadata        []metadataField
	CreatedAt, UpdatedAt  stamp
}

func newDataRowNode(r *dataRow) *dataRowNode {
	return &dataRowNode{
		ID: graphql.ID(r.id), ExternalID: optional(r.externalID), GlobalKey: optional(r.globalKey), RowData: r.url,
		MetadataFields: []metadataField{}, CustomMetadata: []metadataField{}, CreatedAt: r.made, UpdatedAt: r.made,
	}
}

// DataRow answers one data row.
func (q plainQuery) DataRow(args struct{ Where idInput }) (*dataRowNode, error) {
	row := q.a.store.rowByID[string(args.Where.ID)]
	if row == nil {
		return nil, notFound("DataRow %q was not found", args.Where.ID)
	}
	return newDataRowNode(row), nil
}

type pageInfo struct {
	EndCursor, StartCursor *string
	HasNextPage            bool
}

type dataRowPage struct {
	Nodes    []*dataRowNode
	PageInfo pageInfo
}

// DatasetDataRows lists a dataset's rows, the newest first; the cursor is a count of rows.
func (q plainQuery) DatasetDataRows(args struct {
	ID    graphql.ID
	From  *graphql.ID
	First *int32
	Where *struct{ ExternalID *string }
},
) (dataRowPage, error) {
	if q.a.store.datasetByID(string(args.ID)) == nil {
		return dataRowPage{}, notFound("Dataset %q was not found", args.ID)
	}
	nodes := []*dataRowNode{}
	for _, row := range slices.Backward(q.a.store.rows) {
		wanted := args.Where == nil || args.Where.ExternalID == nil || *args.Where.ExternalID == row.externalID
		if row.dataset == string(args.ID) && wanted {
			nodes = append(nodes, newDataRowNode(row))
		}
	}
	var from *string
	if args.From != nil {
		from = (*string)(args.From)
	}
	some, next, err := cursorPage(nodes, from, args.First)
	return dataRowPage{Nodes: some, PageInfo: pageInfo{StartCursor: next, HasNextPage: next != nil}}, err
}

// cursorPage is a page of a list by a cursor, which is a count of entries, and the cursor of the next; nil after the last.
func cursorPage[T any](list []T, after *string, first *int32) ([]T, *string, error) {
	from := 0
	if after != nil {
		n, err := strconv.Atoi(*after)
		if err != nil || n < 0 || n > len(list) {
			return nil, nil, malformed("%q is no cursor of this list", *after)
		}
		from = n
	}
	to := len(list)
	if first != nil {
		to = min(to, from+int(max(*first, 1)))
	}
	if to == len(list) {
		return list[from:], nil, nil
	}
	next := strconv.Itoa(to)
	return list[from:to], &next, nil
}

type metadataOption struct {
	ID         graphql.ID
	Name, Kind string
	Reserved   bool
}

type metadataSchema struct {
	ID         graphql.ID
	Name, Kind string
	Reserved   bool
	Options    *[]metadataOption
}

// CustomMetadataOntology: the account has no metadata fields.
func (plainQuery) CustomMetadataOntology() []metadataSchema { return []metadataSchema{} }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
