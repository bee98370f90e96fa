package labelbox

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The steps by which a batch is made, and what they keep.
const (
	stepProcess    = "processed"   // /0001..: waits until the vendor has read the images
	stepBatch      = "batch"       // /0001..: makes a batch at once; keeps keptID and, where rows are missing, keptMissing
	stepEmptyBatch = "empty-batch" // /0001..: makes a batch to be filled; keeps keptID
	stepFill       = "fill"        // /0001..: starts to fill it; keeps keptID of the task, nothing where it is full already
	stepFilled     = "filled"      // /0001..: waits for the task; keeps keptFailure where it failed
	stepHeld       = "held"        // /0001..: how many data rows the batch has; keeps keptMissing

	keptMissing = "missing" // how many data rows are not in the batch; absent for none
	keptFailure = "failure" // the vendor's words
)

// The sizes of batches.
const (
	syncBatch  = 1000    // from so many data rows on, the client has batches filled in the background
	batchLimit = 100_000 // data rows in a batch, and in a question whether they are processed (labelbox/schema/project.py)
)

// process waits until the vendor has read the images: batches cannot be made before.
func (p *plan) process() (ready bool, err error) {
	return chunks(p.rows, batchLimit, func(n int, rows []row) (bool, error) {
		step, err := p.read(adapter.StepID(stepProcess, n), processedDocument, struct {
			DataRowIDs []string `json:"dataRowIds"`
		}{ids(rows)})
		if err != nil {
			return false, err
		}
		return p.emit(step)
	})
}

// processed reports whether process has nothing left to ask.
func (p *plan) processed() bool {
	for n := 0; n*batchLimit < len(p.rows); n++ {
		if !p.in.Done(adapter.StepID(stepProcess, n+1)) {
			return false
		}
	}
	return true
}

// makeBatches makes the batches: one, where there are no more than 100,000 data rows. A small one is made with its rows.
func (p *plan) makeBatches() (ready bool, err error) {
	return chunks(p.rows, batchLimit, func(n int, rows []row) (bool, error) {
		if len(rows) < syncBatch {
			return p.smallBatch(n, rows)
		}
		return p.emptyBatch(n)
	})
}

// large calls do for each batch that is filled in the background.
func (p *plan) large(do func(n int, rows []row) (bool, error)) (ready bool, err error) {
	return chunks(p.rows, batchLimit, func(n int, rows []row) (bool, error) {
		if len(rows) < syncBatch {
			return true, nil
		}
		return do(n, rows)
	})
}

// batchName is new in the project: it holds the beginning of the delivery's key.
func (p *plan) batchName(n int) string {
	name := p.in.Event.Issue.Name
	if name == "" {
		name = p.in.Event.Project
	}
	name = fmt.Sprintf("%s (labelgate %s)", strings.TrimSpace(name), p.in.Key[:min(16, len(p.in.Key))])
	if n > 1 {
		name += " " + strconv.Itoa(n)
	}
	return name
}

// batchInput is the client's; it sends an empty list or null for what is not given.
type batchInput struct {
	Name              string    `json:"name"`
	DataRowIDs        []string  `json:"dataRowIds"`
	GlobalKeys        []string  `json:"globalKeys"`
	Priority          int       `json:"priority"`
	ConsensusSettings *struct{} `json:"consensusSettings"`
}

// smallBatch makes a batch in one call.
func (p *plan) smallBatch(n int, rows []row) (ready bool, err error) {
	call, err := p.experiment(createBatchDocument, struct {
		ProjectID  string     `json:"projectId"`
		BatchInput batchInput `json:"batchInput"`
	}{p.options.Project, batchInput{Name: p.batchName(n), DataRowIDs: ids(rows), Priority: p.options.priority()}})
	if err != nil {
		return false, err
	}
	return p.named(adapter.Step{ID: adapter.StepID(stepBatch, n), Call: call, Items: items(rows), Refs: ids(rows)}, p.batchName(n))
}

// named emits a step that makes a batch of a name which is new. Whether it is there is read from the project's batches.
func (p *plan) named(s adapter.Step, name string) (ready bool, err error) {
	check, err := p.experiment(batchesDocument, struct {
		From      *string `json:"from"`
		First     int     `json:"first"`
		ProjectID string  `json:"projectId"`
	}{nil, batchesPage, p.options.Project})
	if err != nil {
		return false, err
	}
	s.Repeat, s.Check = adapter.RepeatCheckFirst, &check
	done, err := p.emit(s)
	if err == nil && done {
		err = p.missing(s.ID, name)
	}
	return done, err
}

// batchesPage is how many batches the client asks for at once.
const batchesPage = 100

// missing reports data rows that a batch does not hold, where the vendor does not say which.
func (p *plan) missing(step, name string) error {
	if n := p.in.Kept(step, keptMissing); n != "" {
		return p.complain(fmt.Sprintf("batch %q lacks %s of its data rows; the vendor does not say which", name, n))
	}
	return nil
}

// emptyBatch makes a batch to be filled.
func (p *plan) emptyBatch(n int) (ready bool, err error) {
	call, err := p.experiment(createEmptyBatchDocument, struct {
		ProjectID string     `json:"projectId"`
		Input     emptyInput `json:"input"`
	}{p.options.Project, emptyInput{Name: p.batchName(n)}})
	if err != nil {
		return false, err
	}
	return p.named(adapter.Step{ID: adapter.StepID(stepEmptyBatch, n), Call: call}, p.batchName(n))
}

type emptyInput struct {
	Name              string    `json:"name"`
	ConsensusSettings *struct{} `json:"consensusSettings"`
}

type fillInput struct {
	BatchID    string   `json:"batchId"`
	DataRowIDs []string `json:"dataRowIds"`
	GlobalKeys []string `json:"globalKeys"`
	Priority   int      `json:"priority"`
}

// fill has the large batches filled. Whether that has begun is read from a batch's size.
func (p *plan) fill() (ready bool, err error) {
	return p.large(func(n int, rows []row) (bool, error) {
		batch := p.in.Kept(adapter.StepID(stepEmptyBatch, n), keptID)
		call, err := p.experiment(fillBatchDocument, struct {
			ProjectID string    `json:"projectId"`
			Input     fillInput `json:"input"`
		}{p.options.Project, fillInput{batch, ids(rows), nil, p.options.priority()}})
		if err != nil {
			return false, err
		}
		check, err := p.readBatch(batch)
		if err != nil {
			return false, err
		}
		return p.emit(adapter.Step{
			ID: adapter.StepID(stepFill, n), Call: call, Refs: ids(rows), Repeat: adapter.RepeatCheckFirst, Check: &check,
		})
	})
}

// filled waits until the large batches are filled. One that was found full has no task to wait for.
func (p *plan) filled() (ready bool, err error) {
	return p.large(func(n int, _ []row) (bool, error) {
		task := p.in.Kept(adapter.StepID(stepFill, n), keptID)
		if task == "" {
			return true, nil
		}
		step, err := p.poll(adapter.StepID(stepFilled, n), task)
		if err != nil {
			return false, err
		}
		return p.emit(step)
	})
}

func (p *plan) readBatch(batch string) (adapter.Call, error) {
	return adapter.GraphQLCall(p.out, plainPath, batchDocument, struct {
		ProjectID string `json:"projectId"`
		BatchID   string `json:"batchId"`
	}{p.options.Project, batch})
}

// filling reports whether the filling of all large batches has been started, and some are to be waited for.
func (p *plan) filling() bool {
	waits := false
	started, _ := p.large(func(n int, _ []row) (bool, error) {
		fill := adapter.StepID(stepFill, n)
		waits = waits || p.in.Kept(fill, keptID) != "" && !p.in.Done(adapter.StepID(stepFilled, n))
		return p.in.Done(fill), nil
	})
	return started && waits
}

// held settles the data rows of the large batches, by their sizes.
func (p *plan) held() (ready bool, err error) {
	return p.large(func(n int, rows []row) (bool, error) {
		call, err := p.readBatch(p.in.Kept(adapter.StepID(stepEmptyBatch, n), keptID))
		if err != nil {
			return false, err
		}
		step := adapter.Step{
			ID: adapter.StepID(stepHeld, n), Call: call, Items: items(rows), Refs: ids(rows), Repeat: adapter.RepeatSafe,
		}
		done, err := p.emit(step)
		if err != nil || !done {
			return false, err
		}
		if failure := p.in.Kept(adapter.StepID(stepFilled, n), keptFailure); failure != "" && p.in.Kept(step.ID, keptMissing) != "" {
			if err := p.complain(fmt.Sprintf("batch %q was not filled: %s", p.batchName(n), failure)); err != nil {
				return false, err
			}
		}
		return true, p.missing(step.ID, p.batchName(n))
	})
}

func ids(rows []row) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.id
	}
	return list
}

func items(rows []row) []export.ItemID {
	list := make([]export.ItemID, len(rows))
	for i, r := range rows {
		list[i] = r.item
	}
	return list
}
