package labelboxsandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// store is what the account holds. Everything is in the order in which it was made.
type store struct {
	now    func() time.Time
	counts map[string]int // ids made, by kind
	effect string         // of the request under way

	datasets []*dataset
	rows     []*dataRow
	rowByID  map[string]*dataRow
	rowByKey map[string]*dataRow
	contents map[[3]string]bool // dataset, external id and URL of every row
	files    map[string][]byte  // by path
	tasks    []*task
	lookups  map[string]*lookup
	project  *project
	twice    Twice
}

type dataset struct {
	id, name, description string
	made                  stamp
}

// dataRow is an asset. asked counts the questions whether it has been processed.
type dataRow struct {
	id, externalID, globalKey, url, dataset string
	attachments                             int
	made                                    stamp
	asked                                   int
}

// processed: the vendor fetches an asset in the background; here it takes two questions.
func (r *dataRow) processed() bool { return r.asked > 1 }

// readable: assets whose URL has this in it cannot be fetched, which the vendor finds out after it has made the row.
func (r *dataRow) readable() bool {
	web := strings.HasPrefix(r.url, "https://") || strings.HasPrefix(r.url, "http://") || strings.HasPrefix(r.url, "gs://")
	return web && !strings.Contains(r.url, "/unreadable/")
}

// project is the one project of the account.
type project struct {
	made    stamp
	batches []*batch
	queues  []*queue
	members map[string]*member // by data row id
	labels  []*label
	imports []*predictionImport
	// annotations are the pre-labels, by uuid.
	annotations map[string]*annotation
	uuids       []string
	contents    map[[3]string]bool // row, name and value of every annotation
}

// member is a data row in a project. An empty queue is the end of the workflow, "Done".
type member struct {
	row       *dataRow
	batch     *batch
	queue     string
	priority  int32
	templates int // labels that were deleted and kept as a template for the labeler
}

type batch struct {
	id, name  string
	priority  int32
	consensus document
	made      stamp
	size      int
}

type queue struct{ id, name, description, kind string }

// label is a submitted label of a data row.
type label struct {
	id      string
	row     *dataRow
	content string
	made    stamp
	deleted bool
}

// startIDs is above the numbers in the ids of the start state.
const startIDs = 1000

func newStore(now func() time.Time) *store {
	s := &store{
		now: now, counts: map[string]int{}, files: map[string][]byte{}, lookups: map[string]*lookup{},
		rowByID: map[string]*dataRow{}, rowByKey: map[string]*dataRow{}, contents: map[[3]string]bool{},
	}
	s.begin()
	return s
}

// newID makes an id of the vendor's form: 25 letters and digits, beginning with a c.
func (s *store) newID(kind string) string {
	s.counts[kind]++
	return fmt.Sprintf("cm%s%0*d", kind, 23-len(kind), startIDs+s.counts[kind])
}

func (s *store) stamp() stamp { return stamp(s.now().UTC().Format("2006-01-02T15:04:05.000000Z")) }

func (s *store) did(format string, args ...any) { s.effect = fmt.Sprintf(format, args...) }

// addRow makes a data row. Its global key must be free.
func (s *store) addRow(r dataRow) *dataRow {
	row := &r
	if row.id == "" {
		row.id = s.newID("row")
	}
	row.made = s.stamp()
	content := [3]string{row.dataset, row.externalID, row.url}
	if s.contents[content] {
		s.twice.DataRows++
	}
	s.contents[content] = true
	s.rows = append(s.rows, row)
	s.rowByID[row.id] = row
	if row.globalKey != "" {
		s.rowByKey[row.globalKey] = row
	}
	return row
}

func (s *store) datasetByID(id string) *dataset {
	i := slices.IndexFunc(s.datasets, func(d *dataset) bool { return d.id == id })
	if i < 0 {
		return nil
	}
	return s.datasets[i]
}

// idKind is what data rows are named by.
type idKind string

// The kinds, in the vendor's words (labelbox/schema/id_type.py).
const (
	byID  idKind = "ID"
	byKey idKind = "GKEY"
)

// find returns the rows of ids or of global keys, and the names that no row has.
func (s *store) find(names []string, kind idKind) (rows []*dataRow, missing []string) {
	index := s.rowByID
	if kind == byKey {
		index = s.rowByKey
	}
	for _, name := range names {
		if row := index[name]; row != nil {
			rows = append(rows, row)
			continue
		}
		missing = append(missing, name)
	}
	return rows, missing
}

func (p *project) batchByID(id string) *batch {
	return firstOf(p.batches, func(b *batch) bool { return b.id == id })
}

func (p *project) batchByName(name string) *batch {
	return firstOf(p.batches, func(b *batch) bool { return b.name == name })
}

func (p *project) queueByID(id string) *queue {
	return firstOf(p.queues, func(q *queue) bool { return q.id == id })
}

func firstOf[T any](list []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i]
	}
	return nil
}
