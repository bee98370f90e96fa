package encord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// Judge implements adapter.Adapter.
func (a *encord) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var v adapter.Verdict
	if step.Call.Path == legacyPath || resp.Check { // all checks are reads of the legacy API
		v = a.judgeLegacy(step, resp)
	} else {
		v = a.judgeV2(step, resp)
	}
	if v.Kind == adapter.Retry && v.Reason != adapter.ReasonRateLimited && step.Repeat == adapter.RepeatCheckFirst && !resp.Check {
		v.Kind = adapter.Unknown // a call that must not be made twice may have been made
	}
	return v
}

// Encord's successes: the client takes no others.
const (
	statusOK        = 200
	statusNoContent = 204
)

// judgeV2 judges by the status, and by what the body says besides. Encord's successes are 200 and 204.
func (a *encord) judgeV2(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	switch kind(step.ID) {
	case stepMove, stepPriority:
		return judgeSet(step, resp)
	case stepUpload:
		return judgeUpload(step, resp)
	case stepJob:
		return judgeJob(resp)
	case stepFind:
		return judgeFind(step, resp)
	case stepTasks:
		return a.judgeTasks(step, resp)
	case stepProject:
		return judgeProject(resp)
	case stepOntology:
		return judgeOntology(resp)
	case stepDatasets:
		return judgeDatasets(resp)
	case stepFolder:
		return judgeFolder(resp)
	default:
		return badAnswer(resp)
	}
}

// badAnswer is for answers that are not what Encord's API says, such as a proxy's page.
func badAnswer(resp adapter.Response) adapter.Verdict {
	return adapter.Verdict{
		Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer,
		Detail: fmt.Sprintf("%d with an answer that is not Encord's: %s", resp.Status, adapter.Said(resp.Body)),
	}
}

// judgeSet judges calls that answer nothing: 204, or 200 with JSON, mostly null.
func judgeSet(step adapter.Step, resp adapter.Response) adapter.Verdict {
	answered := resp.Status == statusOK && json.Valid(resp.Body) && !adapter.SaysError(resp.Body)
	if answered || resp.Status == statusNoContent && len(resp.Body) == 0 {
		return done(step)
	}
	return badAnswer(resp)
}

// done says of a step's items by what ids Encord knows them: those in Refs, in front of what else Judge needs to know.
func done(step adapter.Step) adapter.Verdict {
	v := adapter.Verdict{Kind: adapter.Done}
	for i, item := range step.Items {
		if i >= len(step.Refs) {
			break
		}
		if v.Taken == nil {
			v.Taken = make(map[export.ItemID]adapter.Receipt, len(step.Items))
		}
		id, _, _ := strings.Cut(step.Refs[i], "@")
		v.Taken[item] = adapter.Receipt{ID: id}
	}
	return v
}

// judgeUpload keeps the job, a bare JSON text, and whether it is the last one.
func judgeUpload(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var job string
	if json.Unmarshal(resp.Body, &job) != nil || !adapter.IsUUID(job) {
		return badAnswer(resp)
	}
	kept := map[string]string{keptJob: job}
	if slices.Contains(step.Refs, lastUpload) {
		kept[keptLast] = lastUpload
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

// unitError is a file that could not be taken.
type unitError struct {
	URL   string `json:"url"`
	Error string `json:"error"`
}

// jobState is the state of an upload job.
type jobState struct {
	Status string `json:"status"`
	Items  []struct {
		UUID string `json:"itemUuid"`
		Name string `json:"name"`
	} `json:"itemsWithNames"`
	Errors     []string `json:"errors"`
	UnitErrors []struct {
		URLs  []string `json:"objectUrls"`
		Error string   `json:"error"`
	} `json:"unitErrors"`
	Pending int `json:"unitsPendingCount"`
	Done    int `json:"unitsDoneCount"`
}

// pollAfter is how long to wait before a job, or a task, is asked for again.
const pollAfter = 3 * time.Second

// judgeJob waits for the job's end, and keeps what it has made and what it could not take.
func judgeJob(resp adapter.Response) adapter.Verdict {
	var s jobState
	if json.Unmarshal(resp.Body, &s) != nil {
		return badAnswer(resp)
	}
	switch s.Status {
	case "PENDING":
		return adapter.Verdict{
			Kind: adapter.Wait, Reason: adapter.ReasonUnavailable, After: pollAfter, Detail: fmt.Sprintf("the upload job has %d of %d files to go", s.Pending, s.Pending+s.Done),
		}
	case "DONE":
		return adapter.Verdict{Kind: adapter.Done, Kept: s.kept()}
	case "CANCELLED":
		return adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonConflict, Detail: "somebody cancelled the upload job at Encord"}
	case "ERROR":
		return adapter.Verdict{
			Kind: adapter.Reject, Reason: adapter.ReasonInvalid, Detail: "the upload job failed: " + strings.Join(s.Errors, "; "),
		}
	default:
		return badAnswer(resp)
	}
}

// kept are the job's items by their titles. A title that two items have names none.
func (s jobState) kept() map[string]string {
	byName := make(map[string]string, len(s.Items))
	for _, it := range s.Items {
		if _, twice := byName[it.Name]; twice || !adapter.IsUUID(it.UUID) {
			byName[it.Name] = nothing
			continue
		}
		byName[it.Name] = it.UUID
	}
	var failed []unitError
	for _, e := range s.UnitErrors {
		for _, url := range e.URLs {
			failed = append(failed, unitError{url, e.Error})
		}
	}
	items, _ := json.Marshal(byName) // texts alone, as below
	kept := map[string]string{keptItems: string(items)}
	if len(failed) > 0 {
		text, _ := json.Marshal(failed)
		kept[keptErrors] = string(text)
	}
	return kept
}

// list writes the values of names, in order, nothing for those that have none.
func list(names []string, values map[string]string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = nothing
		if value := values[name]; value != "" {
			all[i] = value
		}
	}
	return strings.Join(all, " ")
}

// judgeFind keeps the item that is the frame's: Refs are its URL and its key. A title alone could be another image's.
func judgeFind(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		Results []struct {
			UUID     string  `json:"uuid"`
			URL      *string `json:"url"`
			Metadata string  `json:"clientMetadata"`
		} `json:"results"`
		Next *string `json:"nextPageToken"`
	}
	if json.Unmarshal(resp.Body, &page) != nil || page.Results == nil || len(step.Refs) != 2 {
		return badAnswer(resp)
	}
	for _, it := range page.Results {
		var metadata map[string]any
		_ = json.Unmarshal([]byte(it.Metadata), &metadata) // none: no key
		if adapter.IsUUID(it.UUID) && (it.URL != nil && *it.URL == step.Refs[0] || metadata[metadataKey] == step.Refs[1]) {
			return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptItem: it.UUID}}
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: next(page.Next)}
}

// next keeps the token of the page that follows.
func next(token *string) map[string]string {
	if token == nil || *token == "" {
		return nil
	}
	return map[string]string{keptNext: *token}
}

// judgeTasks keeps the tasks of the frames that were asked for: Refs are data hashes, or one title.
func (a *encord) judgeTasks(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		Results []struct {
			UUID  string `json:"uuid"`
			Data  string `json:"dataHash"`
			Title string `json:"dataTitle"`
		} `json:"results"`
		Next *string `json:"nextPageToken"`
	}
	if json.Unmarshal(resp.Body, &page) != nil || page.Results == nil {
		return badAnswer(resp)
	}
	places := make(map[string]int, len(step.Refs))
	for i, ref := range step.Refs {
		places[ref] = i
	}
	var found []string
	for _, task := range page.Results {
		name := strings.ToLower(task.Data)
		if a.options.Match == matchTitle {
			name = task.Title // dataTitleContains finds longer titles too
		}
		if at, ok := places[name]; ok && adapter.IsUUID(task.UUID) && adapter.IsUUID(task.Data) {
			found = append(found, fmt.Sprintf("%d|%s|%s", at, task.Data, task.UUID))
		}
	}
	kept := next(page.Next)
	if len(found) > 0 {
		if kept == nil {
			kept = map[string]string{}
		}
		kept[keptTasks] = strings.Join(found, " ")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

// judgeProject keeps the project's ontology and the stages of its workflow.
func judgeProject(resp adapter.Response) adapter.Verdict {
	var project struct {
		Ontology string `json:"ontologyHash"`
		Workflow *struct {
			Stages []struct {
				UUID string `json:"uuid"`
				Type string `json:"stageType"`
			} `json:"stages"`
		} `json:"workflow"`
	}
	if json.Unmarshal(resp.Body, &project) != nil || !adapter.IsUUID(project.Ontology) {
		return badAnswer(resp)
	}
	var stages, annotation []string
	if project.Workflow != nil {
		for _, s := range project.Workflow.Stages {
			stages = append(stages, s.UUID)
			if strings.HasSuffix(s.Type, "ANNOTATION") { // CONSENSUS_ANNOTATION is one, too
				annotation = append(annotation, s.UUID)
			}
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{
		keptOntology: project.Ontology, keptStages: strings.Join(stages, " "), keptAnnotation: strings.Join(annotation, " "),
	}}
}

func judgeOntology(resp adapter.Response) adapter.Verdict {
	var ontology struct {
		Editor *editor `json:"editor"`
	}
	if json.Unmarshal(resp.Body, &ontology) != nil || ontology.Editor == nil {
		return badAnswer(resp)
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptFeatures: marshalFeatures(ontology.Editor.features())}}
}

func judgeDatasets(resp adapter.Response) adapter.Verdict {
	var page struct {
		Results []struct {
			Hash string `json:"datasetHash"`
		} `json:"results"`
	}
	if json.Unmarshal(resp.Body, &page) != nil || page.Results == nil {
		return badAnswer(resp)
	}
	hashes := make([]string, len(page.Results))
	for i, d := range page.Results {
		hashes[i] = d.Hash
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptDatasets: strings.Join(hashes, " ")}}
}

func judgeFolder(resp adapter.Response) adapter.Verdict {
	var folder struct {
		UUID string `json:"uuid"`
	}
	if json.Unmarshal(resp.Body, &folder) != nil || !adapter.IsUUID(folder.UUID) {
		return badAnswer(resp)
	}
	return adapter.Verdict{Kind: adapter.Done}
}
