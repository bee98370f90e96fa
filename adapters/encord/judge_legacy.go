package encord

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// envelope is an answer of the legacy API: HTTP 200, whatever happened, and the real status inside. An error's response is a
// list of one code.
type envelope struct {
	Status   int             `json:"status"`
	Response json.RawMessage `json:"response"`
	Payload  json.RawMessage `json:"payload"`
}

// judgeLegacy judges by the status inside. 429 and 413 can come as real ones, and so does what stands in front of Encord.
func (a *encord) judgeLegacy(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if v := adapter.JudgeStatus(resp); v.Kind != adapter.Done {
		return v
	}
	var e envelope
	if json.Unmarshal(resp.Body, &e) != nil || e.Status == 0 {
		return badAnswer(resp)
	}
	if e.Status != statusOK {
		return e.refusal(step, resp)
	}
	if len(e.Response) == 0 || string(e.Response) == "null" { // the client takes that for a failure, too
		return badAnswer(resp)
	}
	if resp.Check {
		return a.judgeCheck(step, e, resp)
	}
	switch kind(step.ID) {
	case stepReopen, stepSave:
		return done(step) // whatever else the response is
	case stepRows, stepTask, stepTaskOf:
		return a.judgeRows(step, e, resp)
	case stepLink:
		return judgeLink(step, e, resp)
	case stepStart:
		return judgeStart(e, resp)
	default:
		return badAnswer(resp)
	}
}

// codes are the error codes of the legacy API (http/error_utils.py of the client).
func codes(code string) (adapter.Kind, adapter.Reason) {
	switch code {
	case "AUTHENTICATION_ERROR", "SSH_KEY_NOT_FOUND_ERROR", "DUPLICATE_SSH_KEY_ERROR":
		return adapter.Reject, adapter.ReasonUnauthorized
	case "AUTHORISATION_ERROR", "OPERATION_NOT_ALLOWED":
		return adapter.Reject, adapter.ReasonForbidden
	case "RESOURCE_NOT_FOUND_ERROR":
		return adapter.Reject, adapter.ReasonNotFound
	case "RESOURCE_EXISTS_ERROR":
		return adapter.Reject, adapter.ReasonConflict
	case "RATE_LIMIT_ERROR":
		return adapter.Retry, adapter.ReasonRateLimited
	case "UNKNOWN_ERROR":
		return adapter.Retry, adapter.ReasonUnavailable
	default:
		return adapter.Reject, adapter.ReasonInvalid
	}
}

// refusal judges an error.
func (e envelope) refusal(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var list []string
	if json.Unmarshal(e.Response, &list) != nil || len(list) != 1 {
		inner := resp
		inner.Status = e.Status
		if e.Status < 400 || e.Status > 599 {
			return badAnswer(resp)
		}
		return adapter.JudgeStatus(inner)
	}
	v := adapter.Verdict{Detail: list[0]}
	v.Kind, v.Reason = codes(list[0])
	var said string
	if json.Unmarshal(e.Payload, &said) == nil && said != "" {
		v.Detail += ": " + adapter.Said([]byte(said))
	}
	if kind(step.ID) == stepStart && v.Reason == adapter.ReasonConflict && !resp.Check {
		v.Kind = adapter.Exists
	}
	return v
}

// foundRow is a label row, as it is listed and as it is answered whole.
type foundRow struct {
	LabelHash            *string `json:"label_hash"`
	BranchName           string  `json:"branch_name"`
	CreatedAt            *string `json:"created_at"`
	LastEditedAt         *string `json:"last_edited_at"`
	DataHash             string  `json:"data_hash"`
	DatasetHash          string  `json:"dataset_hash"`
	DatasetTitle         string  `json:"dataset_title"`
	DataTitle            string  `json:"data_title"`
	DataLink             *string `json:"data_link"`
	LabelStatus          string  `json:"label_status"`
	AnnotationTaskStatus *string `json:"annotation_task_status"`
	IsShadowData         bool    `json:"is_shadow_data"`
	FileType             *string `json:"file_type"`
	Width                *int    `json:"width"`
	Height               *int    `json:"height"`
	BackingItem          *string `json:"backing_item_uuid"`
	Node                 *struct {
		UUID string `json:"uuid"`
	} `json:"workflow_graph_node"`
	// DataUnits and ClassificationAnswers are there where the row is whole.
	DataUnits map[string]struct {
		DataLink *string `json:"data_link"`
		DataType string  `json:"data_type"`
		Width    int     `json:"width"`
		Height   int     `json:"height"`
		Labels   struct {
			Objects []json.RawMessage `json:"objects"`
		} `json:"labels"`
	} `json:"data_units"`
	ClassificationAnswers map[string]json.RawMessage `json:"classification_answers"`
}

// label is the row's hash; nothing for a row that was not started.
func (r foundRow) label() string {
	if r.LabelHash == nil || !adapter.IsUUID(*r.LabelHash) {
		return nothing
	}
	return *r.LabelHash
}

func (r foundRow) stage() string {
	if r.Node == nil || !adapter.IsUUID(r.Node.UUID) {
		return nothing
	}
	return r.Node.UUID
}

// kept is the row as look-ups keep it.
func (r foundRow) kept() string { return r.DataHash + "|" + r.label() + "|" + r.stage() }

func (e envelope) rows() (rows []foundRow, ok bool) {
	if json.Unmarshal(e.Response, &rows) != nil || rows == nil {
		return nil, false
	}
	for _, r := range rows {
		if !adapter.IsUUID(r.DataHash) {
			return nil, false
		}
	}
	return rows, true
}

// judgeRows keeps the rows that were looked up, in the order of Refs. Tasks that the project does not have yet are waited
// for: it takes a moment from a link to its task.
func (a *encord) judgeRows(step adapter.Step, e envelope, resp adapter.Response) adapter.Verdict {
	rows, ok := e.rows()
	if !ok {
		return badAnswer(resp)
	}
	byName := make(map[string]string, len(rows))
	for _, r := range rows {
		for _, name := range a.namesOf(step, r) {
			switch {
			case byName[name] == "":
				byName[name] = r.kept()
			case kind(step.ID) == stepRows && a.options.Match == matchTitle:
				byName[name] = several + "|" + several + "|" + several
			}
		}
	}
	names := step.Refs
	if kind(step.ID) == stepTaskOf {
		names = step.Refs[1:]
	}
	missing := 0
	for _, name := range names {
		if byName[name] == "" {
			missing++
		}
	}
	if missing > 0 && kind(step.ID) != stepRows {
		return adapter.Verdict{
			Kind: adapter.Wait, Reason: adapter.ReasonUnavailable, After: pollAfter,
			Detail: fmt.Sprintf("%d of %d tasks are not in the project yet; is the dataset attached to it?", missing, len(names)),
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptRows: list(names, byName)}}
}

// namesOf are the names that a step knows a row by: its data hash, its own, its title, or the item behind it.
func (a *encord) namesOf(step adapter.Step, r foundRow) []string {
	switch {
	case kind(step.ID) == stepTaskOf:
		if r.BackingItem == nil {
			return nil
		}
		return []string{*r.BackingItem}
	case kind(step.ID) == stepTask || a.options.Match == matchDataHash:
		return []string{r.DataHash}
	case a.options.Match == matchLabelHash:
		return []string{r.label()}
	default:
		return []string{r.DataTitle}
	}
}

// judgeLink keeps the data hashes of what was linked; what was there before is not in the answer.
func judgeLink(step adapter.Step, e envelope, resp adapter.Response) adapter.Verdict {
	var linked []struct {
		DataHash string  `json:"data_hash"`
		Item     *string `json:"backing_item_uuid"`
	}
	if json.Unmarshal(e.Response, &linked) != nil || linked == nil {
		return badAnswer(resp)
	}
	byItem := make(map[string]string, len(linked))
	for _, row := range linked {
		if row.Item != nil && adapter.IsUUID(row.DataHash) {
			byItem[*row.Item] = row.DataHash
		}
	}
	v := adapter.Verdict{
		Kind: adapter.Done, Kept: map[string]string{keptData: list(step.Refs, byItem)}, Taken: map[export.ItemID]adapter.Receipt{},
	}
	for i, item := range step.Items {
		if i < len(step.Refs) && byItem[step.Refs[i]] != "" {
			v.Taken[item] = adapter.Receipt{ID: byItem[step.Refs[i]]}
		}
	}
	return v
}

// judgeStart keeps what saving the rows needs to know of them.
func judgeStart(e envelope, resp adapter.Response) adapter.Verdict {
	rows, ok := e.rows()
	if !ok {
		return badAnswer(resp)
	}
	var facts []rowFacts
	for _, r := range rows {
		if r.label() != nothing {
			facts = append(facts, r.facts())
		}
	}
	if len(facts) == 0 && resp.Check {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptFacts: writeFacts(facts)}}
}

func (r foundRow) facts() rowFacts {
	f := rowFacts{
		ownFacts{r.label(), r.DataHash, r.DataTitle, r.DataLink, value(r.Width), value(r.Height)},
		sharedFacts{
			Branch: r.BranchName, Created: longTime(value(r.CreatedAt)), Edited: longTime(value(r.LastEditedAt)), Dataset: r.DatasetHash,
			DatasetTitle: r.DatasetTitle, Type: value(r.FileType), Status: r.LabelStatus, Task: value(r.AnnotationTaskStatus), Shadow: r.IsShadowData,
		},
	}
	if unit, ok := r.DataUnits[r.DataHash]; ok {
		f.Link, f.Type, f.Width, f.Height = unit.DataLink, unit.DataType, unit.Width, unit.Height
	}
	return f
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// judgeCheck says whether a step has had its effect.
func (a *encord) judgeCheck(step adapter.Step, e envelope, resp adapter.Response) adapter.Verdict {
	rows, ok := e.rows()
	if !ok {
		return badAnswer(resp)
	}
	switch kind(step.ID) {
	case stepReopen:
		return checkReopen(step, rows)
	case stepMove:
		return a.checkMove(step, rows)
	case stepStart:
		return judgeStart(e, resp)
	case stepSave:
		return checkSave(rows)
	default:
		return badAnswer(resp)
	}
}

// checkReopen: rows that are all gone from where they were have been reopened. Where one is still there the call was not made,
// for it takes all its rows or none; that others are gone is somebody else's doing then, and to make the call is right. Of
// rows that were in an annotation stage nothing can be told; it is right for those, too.
func checkReopen(step adapter.Step, rows []foundRow) adapter.Verdict {
	now := make(map[string]string, len(rows))
	for _, r := range rows {
		now[r.label()] = r.stage()
	}
	gone := false
	for _, ref := range step.Refs {
		row, before, moves := strings.Cut(ref, "@")
		if !moves {
			continue
		}
		if stage, there := now[row]; !there || stage == before {
			return adapter.Verdict{Kind: adapter.Absent}
		}
		gone = true
	}
	if !gone {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	return done(step)
}

// checkMove: tasks that are in a stage of from have not been moved.
func (a *encord) checkMove(step adapter.Step, rows []foundRow) adapter.Verdict {
	left := map[string]bool{}
	for _, r := range rows {
		for _, stage := range a.options.From {
			if strings.EqualFold(stage, r.stage()) {
				left[r.DataHash] = true
			}
		}
	}
	if len(left) == len(step.Refs) {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	v := done(step)
	for i, item := range step.Items {
		if i < len(step.Refs) && left[step.Refs[i]] {
			if v.Failed == nil {
				v.Failed = map[export.ItemID]string{}
			}
			delete(v.Taken, item)
			v.Failed[item] = "the others of its call were moved, and its task is still where it was"
		}
	}
	return v
}

// checkSave: rows that have labels were saved. They were started empty just before.
func checkSave(rows []foundRow) adapter.Verdict {
	for _, r := range rows {
		if len(r.ClassificationAnswers) > 0 {
			return adapter.Verdict{Kind: adapter.Done}
		}
		for _, unit := range r.DataUnits {
			if len(unit.Labels.Objects) > 0 {
				return adapter.Verdict{Kind: adapter.Done}
			}
		}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}
