package labelbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// batchNode is a batch as it is answered.
type batchNode struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int    `json:"size"`
}

type batchPage struct {
	Project *struct {
		Batches *struct {
			Nodes []batchNode `json:"nodes"`
		} `json:"batches"`
	} `json:"project"`
}

// judgeBatch judges the making of a batch, or the list of batches that shows whether it is made.
func judgeBatch(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	switch {
	case resp.Check:
		return judgeBatches(kind, step, resp)
	case kind == stepEmptyBatch:
		return keepID(resp, func(d *struct {
			Project struct {
				CreateEmptyBatch batchNode `json:"createEmptyBatch"`
			} `json:"project"`
		},
		) string {
			return d.Project.CreateEmptyBatch.ID
		})
	}
	data, ok := decode[struct {
		Project struct {
			CreateBatchV2 struct {
				Batch            batchNode `json:"batch"`
				FailedDataRowIDs []string  `json:"failedDataRowIds"`
			} `json:"createBatchV2"`
		} `json:"project"`
	}](resp)
	made := data.Project.CreateBatchV2
	if !ok || made.Batch.ID == "" {
		return strange("batch")
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: taken(step), Kept: map[string]string{keptID: made.Batch.ID}}
	for _, id := range made.FailedDataRowIDs {
		if i := slices.Index(step.Refs, id); i >= 0 && i < len(step.Items) {
			v.Failed = setFailed(v.Failed, step.Items[i])
			delete(v.Taken, step.Items[i])
		}
	}
	return v
}

func setFailed(failed map[export.ItemID]string, item export.ItemID) map[export.ItemID]string {
	if failed == nil {
		failed = map[export.ItemID]string{}
	}
	failed[item] = "the vendor did not take the data row into the batch: its image cannot be read, or it is in the project already"
	return failed
}

// judgeBatches looks for the batch by the name that the step gave it.
func judgeBatches(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	data, ok := decode[batchPage](resp)
	if !ok || data.Project == nil || data.Project.Batches == nil {
		return strange("batches")
	}
	name := nameOf(step.Call)
	i := slices.IndexFunc(data.Project.Batches.Nodes, func(b batchNode) bool { return b.Name == name && name != "" })
	if i < 0 {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	b := data.Project.Batches.Nodes[i]
	if kind == stepEmptyBatch {
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptID: b.ID}}
	}
	return heldBy(b, step)
}

// heldBy judges by a batch's size what it holds of a step's rows. Which are missing is not told.
func heldBy(b batchNode, step adapter.Step) adapter.Verdict {
	v := adapter.Verdict{Kind: adapter.Done, Taken: taken(step), Kept: map[string]string{keptID: b.ID}}
	if missing := len(step.Refs) - b.Size; missing > 0 {
		v.Taken = nil
		v.Kept[keptMissing] = fmt.Sprintf("%d of %d", missing, len(step.Refs))
	}
	return v
}

// nameOf is the name in the variables of a call that makes a batch.
func nameOf(call adapter.Call) string {
	var variables struct {
		BatchInput, Input struct {
			Name string `json:"name"`
		}
	}
	if call.Body == nil {
		return ""
	}
	from, err := call.Body.Reader()
	if err != nil || json.NewDecoder(from).Decode(&variables) != nil {
		return ""
	}
	return variables.BatchInput.Name + variables.Input.Name
}

// judgeFill judges the start of filling a batch, or a look at the batch that shows whether that has begun.
func judgeFill(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if !resp.Check {
		return keepID(resp, func(d *struct {
			Project struct {
				AddDataRowsToBatchAsync taskReference `json:"addDataRowsToBatchAsync"`
			} `json:"project"`
		},
		) string {
			return d.Project.AddDataRowsToBatchAsync.TaskID
		})
	}
	b, ok := oneBatch(resp)
	switch {
	case !ok:
		return strange("batch")
	case b.Size >= len(step.Refs):
		return adapter.Verdict{Kind: adapter.Done}
	case b.Size > 0:
		return working("the vendor is filling the batch: " + strconv.Itoa(b.Size) + " data rows")
	default:
		return adapter.Verdict{Kind: adapter.Absent} // rows that are added twice are in the batch once
	}
}

func judgeHeld(step adapter.Step, resp adapter.Response) adapter.Verdict {
	b, ok := oneBatch(resp)
	if !ok {
		return strange("batch")
	}
	return heldBy(b, step)
}

func oneBatch(resp adapter.Response) (batchNode, bool) {
	data, ok := decode[batchPage](resp)
	if !ok || data.Project == nil || data.Project.Batches == nil || len(data.Project.Batches.Nodes) != 1 {
		return batchNode{}, false
	}
	return data.Project.Batches.Nodes[0], true
}

// The states of an import (labelbox/schema/enums.py).
const (
	importRunning  = "RUNNING"
	importFinished = "FINISHED"
)

type importNode struct {
	ID           string  `json:"id"`
	State        string  `json:"state"`
	Progress     string  `json:"progress"`
	ErrorFileURL *string `json:"errorFileUrl"`
}

// judgeImport judges the start of an import, or the question whether there is one of its name.
func judgeImport(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Started *importNode `json:"createModelAssistedLabelingPredictionImport"`
		There   *importNode `json:"modelAssistedLabelingPredictionImport"`
	}](resp)
	switch {
	case !ok:
		return strange("import")
	case resp.Check && data.There == nil:
		return adapter.Verdict{Kind: adapter.Absent}
	case resp.Check:
		data.Started = data.There
	}
	if data.Started == nil || data.Started.ID == "" {
		return strange("import")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptID: data.Started.ID}}
}

// judgeImported judges a look at an import. The URL of the errors comes when it is done.
func judgeImported(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Import importNode `json:"modelAssistedLabelingPredictionImport"`
	}](resp)
	if !ok || data.Import.State == "" {
		return strange("state of the import")
	}
	if data.Import.State == importRunning {
		return working("the vendor is importing the pre-labels: " + data.Import.Progress)
	}
	v := adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{}}
	if data.Import.State != importFinished {
		v.Kept[keptFailure] = "its state is " + data.Import.State
	}
	if data.Import.ErrorFileURL != nil {
		v.Kept[keptURL] = *data.Import.ErrorFileURL
	}
	return v
}

// judgeErrorsFile reads the file of refused pre-labels: a line for each, none where all were taken. Its URL is good for 24
// hours (annotation_import.py); after that nobody can tell.
func judgeErrorsFile(resp adapter.Response) adapter.Verdict {
	switch page := bytes.Contains(resp.Body[:min(len(resp.Body), 100)], []byte("<html")); resp.Status {
	case statusBadRequest, statusForbidden, statusNotFound, statusGone:
		if page { // a proxy's, not the storage's
			break
		}
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptFailure: fmt.Sprintf("HTTP status %d", resp.Status)}}
	}
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	reasons, more, err := refusedLines(resp.Body)
	if err != nil {
		return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: "the file of errors: " + err.Error()}
	}
	text, _ := json.Marshal(reasons) // texts always encode
	v := adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptRefused: string(text)}}
	if more > 0 {
		v.Kept[keptMore] = strconv.Itoa(more)
	}
	return v
}

// refusedLines reads the reasons by uuid, up to mostErrors of them.
func refusedLines(file []byte) (reasons map[string]string, more int, err error) {
	reasons = map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(file))
	lines.Buffer(nil, len(file)+1)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var line struct {
			UUID   string `json:"uuid"`
			Errors []struct {
				Name    string `json:"name"`
				Message string `json:"message"`
			} `json:"errors"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, 0, err
		}
		reason := "no reason given"
		if len(line.Errors) > 0 {
			reason = adapter.Said([]byte(line.Errors[0].Message))
		}
		if len(reasons) == mostErrors {
			more++
			continue
		}
		reasons[line.UUID] = reason
	}
	return reasons, more, lines.Err()
}
