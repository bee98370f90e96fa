package labelbox

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

type userAnswer struct {
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

type upsertAnswer struct {
	UpsertDataRows struct {
		ID string `json:"id"`
	} `json:"upsertDataRows"`
}

type lookUpAnswer struct {
	DataRowsForGlobalKeys struct {
		JobID string `json:"jobId"`
	} `json:"dataRowsForGlobalKeys"`
}

type moveAnswer struct {
	Project struct {
		CreateBulkAddRowsToQueueTask taskReference `json:"createBulkAddRowsToQueueTask"`
	} `json:"project"`
}

type priorityAnswer struct {
	Project struct {
		CreateQueuePriorityUpdateTask taskReference `json:"createQueuePriorityUpdateTask"`
	} `json:"project"`
}

type taskReference struct {
	TaskID string `json:"taskId"`
}

func judgeUpload(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		UploadFile struct {
			URL string `json:"url"`
		} `json:"uploadFile"`
	}](resp)
	if !ok || data.UploadFile.URL == "" {
		return strange("url of the uploaded file")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptURL: data.UploadFile.URL}}
}

// The statuses of a task (labelbox/schema/taskstatus.py).
const (
	taskInProgress = "IN_PROGRESS"
	taskCancelling = "CANCELLING"
	taskComplete   = "COMPLETE"
)

type taskAnswer struct {
	User struct {
		CreatedTasks []struct {
			Status               string  `json:"status"`
			CompletionPercentage float64 `json:"completionPercentage"`
			Result               string  `json:"result"`
			Errors               string  `json:"errors"`
		} `json:"createdTasks"`
	} `json:"user"`
}

// judgeTask judges a look at a task. Exactly one is answered (labelbox/schema/task.py, refresh).
func judgeTask(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	data, ok := decode[taskAnswer](resp)
	if !ok || len(data.User.CreatedTasks) != 1 {
		return strange("task")
	}
	task := data.User.CreatedTasks[0]
	switch task.Status {
	case taskInProgress, taskCancelling:
		v := working(fmt.Sprintf("the vendor's task is in progress: %g%%", task.CompletionPercentage))
		if kind == stepUpserted {
			v.After = soon
		}
		return v
	case taskComplete:
		return adapter.Verdict{Kind: adapter.Done, Taken: taken(step)}
	case "":
		return strange("task status")
	}
	detail := strings.TrimSpace(fmt.Sprintf("the vendor's task has ended as %s: %s", task.Status, said(task.Result+task.Errors)))
	if kind == stepFilled { // how many rows the batch has tells more
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptFailure: detail}}
	}
	return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonInvalid, Detail: detail}
}

// said is what a task's result says: JSON, mostly.
func said(result string) string {
	if result == "" {
		return "no reason given"
	}
	return adapter.Said([]byte(result))
}

// taken are receipts by a step's refs, the data row ids of its items.
func taken(step adapter.Step) map[export.ItemID]adapter.Receipt {
	if len(step.Items) == 0 || len(step.Refs) != len(step.Items) {
		return nil
	}
	all := make(map[export.ItemID]adapter.Receipt, len(step.Items))
	for i, item := range step.Items {
		all[item] = adapter.Receipt{ID: step.Refs[i]}
	}
	return all
}

// duplicateKey begins the message of a row whose global key is taken (labelbox-python, tests/integration/test_data_rows.py).
const duplicateKey = "Duplicate global key"

// judgeRefused keeps the reasons of data rows that were refused. One whose key is taken is there: keys are made of the
// delivery's, so an earlier try has made it.
func judgeRefused(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		FailedDataRowImports *struct {
			After   *string `json:"after"`
			Results []struct {
				Message string `json:"message"`
				Spec    struct {
					GlobalKey string `json:"globalKey"`
				} `json:"spec"`
			} `json:"results"`
		} `json:"failedDataRowImports"`
	}](resp)
	if !ok || data.FailedDataRowImports == nil {
		return strange("failedDataRowImports")
	}
	reasons := map[string]string{}
	for _, r := range data.FailedDataRowImports.Results {
		if !strings.HasPrefix(r.Message, duplicateKey) {
			reasons[r.Spec.GlobalKey] = "the vendor refused the data row: " + adapter.Said([]byte(r.Message))
		}
	}
	text, _ := json.Marshal(reasons) // texts always encode
	kept := map[string]string{keptRefused: string(text)}
	if data.FailedDataRowImports.After != nil {
		kept[keptAfter] = *data.FailedDataRowImports.After
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

// judgeFound keeps the ids that a look-up found, in the order asked for; the id of a row that is not there is empty.
func judgeFound(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Answer struct {
			JobStatus string `json:"jobStatus"`
			Data      *struct {
				FetchedDataRows []struct {
					ID string `json:"id"`
				} `json:"fetchedDataRows"`
			} `json:"data"`
		} `json:"dataRowsForGlobalKeysResult"`
	}](resp)
	switch {
	case !ok || data.Answer.JobStatus == "":
		return strange("job status")
	case data.Answer.JobStatus == "FAILED":
		return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonInvalid, Detail: "the vendor's look-up of global keys has failed"}
	case data.Answer.JobStatus != taskComplete:
		v := working("the vendor is looking up the global keys: " + data.Answer.JobStatus)
		v.After = soon
		return v
	case data.Answer.Data == nil:
		return strange("data rows")
	}
	found := make([]string, len(data.Answer.Data.FetchedDataRows))
	for i, r := range data.Answer.Data.FetchedDataRows {
		found[i] = r.ID
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: strings.Join(found, ",")}}
}

func judgeProcessed(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Answer *struct {
			All bool `json:"allDataRowsHaveBeenProcessed"`
		} `json:"queryAllDataRowsHaveBeenProcessed"`
	}](resp)
	switch {
	case !ok || data.Answer == nil:
		return strange("allDataRowsHaveBeenProcessed")
	case !data.Answer.All:
		return working("the vendor is reading the images")
	default:
		return adapter.Verdict{Kind: adapter.Done}
	}
}

func judgeQueues(resp adapter.Response) adapter.Verdict {
	data, ok := decode[struct {
		Project *struct {
			TaskQueues []taskQueue `json:"taskQueues"`
		} `json:"project"`
	}](resp)
	if !ok || data.Project == nil {
		return strange("project")
	}
	text, _ := json.Marshal(data.Project.TaskQueues) // texts always encode
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptQueues: string(text)}}
}
