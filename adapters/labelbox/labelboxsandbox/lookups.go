package labelboxsandbox

import (
	"github.com/graph-gophers/graphql-go"
)

// lookup is a job that finds data rows by their global keys.
type lookup struct {
	keys  []string
	polls int
}

type jobReference struct{ JobID graphql.ID }

// DataRowsForGlobalKeys starts a look-up.
func (q plainQuery) DataRowsForGlobalKeys(args struct{ Where struct{ IDs []graphql.ID } }) (jobReference, error) {
	if len(args.Where.IDs) == 0 {
		return jobReference{}, malformed("no global keys")
	}
	id := q.a.store.newID("job")
	q.a.store.lookups[id] = &lookup{keys: names(args.Where.IDs)}
	q.a.store.did("look-up of %d global keys started", len(args.Where.IDs))
	return jobReference{graphql.ID(id)}, nil
}

type rowReference struct{ ID graphql.ID }

type foundRows struct {
	FetchedDataRows                            []rowReference
	NotFoundGlobalKeys, AccessDeniedGlobalKeys []string
}

type lookupAnswer struct {
	Data      *foundRows
	JobStatus string
}

// DataRowsForGlobalKeysResult answers at the second question. Rows are in the order of the keys, with an empty id where
// there is none.
func (q plainQuery) DataRowsForGlobalKeysResult(args struct{ JobID idInput }) (lookupAnswer, error) {
	job := q.a.store.lookups[string(args.JobID.ID)]
	if job == nil {
		return lookupAnswer{}, notFound("Job %q was not found", args.JobID.ID)
	}
	job.polls++
	if job.polls < 2 {
		return lookupAnswer{JobStatus: inProgress}, nil
	}
	data := &foundRows{FetchedDataRows: []rowReference{}, NotFoundGlobalKeys: []string{}, AccessDeniedGlobalKeys: []string{}}
	for _, key := range job.keys {
		row := q.a.store.rowByKey[key]
		if row == nil {
			data.FetchedDataRows = append(data.FetchedDataRows, rowReference{""})
			data.NotFoundGlobalKeys = append(data.NotFoundGlobalKeys, key)
			continue
		}
		data.FetchedDataRows = append(data.FetchedDataRows, rowReference{graphql.ID(row.id)})
	}
	return lookupAnswer{Data: data, JobStatus: complete}, nil
}

type externalIDPair struct {
	DataRowID  graphql.ID
	ExternalID string
}

// ExternalIDsToDataRowIDs finds rows by external ids, which several rows can share.
func (q plainQuery) ExternalIDsToDataRowIDs(args struct{ ExternalID_in []string }) []externalIDPair {
	wanted := map[string]bool{}
	for _, id := range args.ExternalID_in {
		wanted[id] = true
	}
	pairs := []externalIDPair{}
	for _, row := range q.a.store.rows {
		if row.externalID != "" && wanted[row.externalID] {
			pairs = append(pairs, externalIDPair{graphql.ID(row.id), row.externalID})
		}
	}
	return pairs
}

type processedAnswer struct{ AllDataRowsHaveBeenProcessed bool }

// QueryAllDataRowsHaveBeenProcessed says whether batches can be made of the rows. Unknown names do not count.
func (q plainQuery) QueryAllDataRowsHaveBeenProcessed(args struct{ DataRowIDs, GlobalKeys *[]graphql.ID }) (processedAnswer, error) {
	list, kind := args.DataRowIDs, byID
	if list == nil {
		list, kind = args.GlobalKeys, byKey
	}
	if list == nil || (args.DataRowIDs != nil && args.GlobalKeys != nil) {
		return processedAnswer{}, malformed("either dataRowIds or globalKeys must be given")
	}
	rows, _ := q.a.store.find(names(*list), kind)
	all := true
	for _, row := range rows {
		row.asked++
		all = all && row.processed()
	}
	return processedAnswer{all}, nil
}

type importArgs struct {
	Data struct {
		TaskID graphql.ID
		First  *int32
		From   *string
	}
}

type importedRow struct {
	ID                    graphql.ID
	ExternalID, GlobalKey *string
	RowData               string
}

type successfulPage struct {
	Nodes []importedRow
	After *string
	Total int32
}

// SuccessesfulDataRowImports lists the rows that an upsert has made. The spelling is the vendor's.
func (q plainQuery) SuccessesfulDataRowImports(args importArgs) (successfulPage, error) {
	t, err := q.a.store.upsertTask(args)
	if err != nil {
		return successfulPage{}, err
	}
	some, after, err := cursorPage(t.created, args.Data.From, args.Data.First)
	page := successfulPage{Nodes: []importedRow{}, After: after, Total: int32(len(t.created))} //nolint:gosec // no such number of rows
	for _, row := range some {
		page.Nodes = append(page.Nodes, importedRow{graphql.ID(row.id), optional(row.externalID), optional(row.globalKey), row.url})
	}
	return page, err
}

type importSpec struct {
	ExternalID, GlobalKey, RowData *string
	Metadata                       *[]metadataField
	Attachments                    *[]attachment
}

type failedImport struct {
	Message string
	Spec    importSpec
}

type failedPage struct {
	Results []failedImport
	After   *string
	Total   int32
}

// FailedDataRowImports lists the rows that an upsert has refused.
func (q plainQuery) FailedDataRowImports(args importArgs) (failedPage, error) {
	t, err := q.a.store.upsertTask(args)
	if err != nil {
		return failedPage{}, err
	}
	some, after, err := cursorPage(t.refused, args.Data.From, args.Data.First)
	page := failedPage{Results: []failedImport{}, After: after, Total: int32(len(t.refused))} //nolint:gosec // no such number of rows
	for _, r := range some {
		page.Results = append(page.Results, failedImport{r.message, importSpec{
			ExternalID: r.payload.ExternalID, GlobalKey: r.payload.GlobalKey, RowData: r.payload.RowData,
		}})
	}
	return page, err
}

func (s *store) upsertTask(args importArgs) (*task, error) {
	t := firstOf(s.tasks, func(t *task) bool { return t.id == string(args.Data.TaskID) })
	if t == nil {
		return nil, notFound("Task %q was not found", args.Data.TaskID)
	}
	return t, nil
}

func names(ids []graphql.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}
