package labelstudio

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// What steps keep.
const (
	keptImport  = "import"  // id of an import that is made in the background
	keptWrong   = "wrong"   // places of tasks that the vendor refused, with its reasons
	keptMade    = "made"    // places of tasks that an import of unknown outcome has made
	keptSurplus = "surplus" // ids of tasks that were made twice
	keptTasks   = "tasks"   // how many tasks an import has made; of stepFind: the tasks that were found
)

// judgeImport: Community makes the tasks at once and counts them, Enterprise gives the id of an import to ask about.
func judgeImport(resp adapter.Response) adapter.Verdict {
	var said struct {
		Import *int64 `json:"import"`
		Tasks  *int   `json:"task_count"`
	}
	switch err := json.Unmarshal(resp.Body, &said); {
	case err != nil || said.Import == nil && said.Tasks == nil:
		return badAnswer(resp, "neither a count of tasks nor an import")
	case said.Import != nil:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptImport: strconv.FormatInt(*said.Import, 10)}}
	default:
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTasks: strconv.Itoa(*said.Tasks)}}
	}
}

// judgePoll: an import in the background is done, is failed as a whole, or is at work.
func (a *labelStudio) judgePoll(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	var job struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Tasks  int    `json:"task_count"`
	}
	if json.Unmarshal(resp.Body, &job) != nil {
		return badAnswer(resp, "no import")
	}
	switch job.Status {
	case "completed":
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTasks: strconv.Itoa(job.Tasks)}}
	case "created", "in_progress":
		return adapter.Verdict{Kind: adapter.Wait, Reason: adapter.ReasonUnavailable, Detail: "the import is " + job.Status}
	case "failed":
		v := adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonInvalid, Detail: "the import has failed: " + job.Error}
		return wrongTasks(kind == stepPoll, step, readWrong(job.Error), v)
	default:
		return badAnswer(resp, "no import's status")
	}
}

// judgeInvalid: an import is refused whole for any task that is wrong. Where the answer says which, they are left out and the
// others are made.
func (a *labelStudio) judgeInvalid(kind string, step adapter.Step, body []byte, v adapter.Verdict) adapter.Verdict {
	var said struct {
		Detail string `json:"detail"`
		Errors struct {
			Tasks       []json.RawMessage `json:"non_field_errors"`
			Predictions []string          `json:"predictions"`
		} `json:"validation_errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		return v
	}
	var all []string
	for _, one := range said.Errors.Tasks {
		var text string
		if json.Unmarshal(one, &text) == nil { // {} stands for a good task
			all = append(all, text)
		}
	}
	all = append(all, said.Errors.Predictions...)
	if len(all) > 0 {
		v.Detail = "400 " + short(all[0], 300)
	}
	return wrongTasks(kind == stepImport, step, readWrong(all...), v)
}

// wrongTasks is the verdict on an import that was refused because of some tasks: those are left out and the others are tried
// again, once. Where all are wrong, or the second try is refused as well, it stays the verdict it was.
func wrongTasks(first bool, step adapter.Step, wrong map[int]string, v adapter.Verdict) adapter.Verdict { //nolint:revive // it is which try it was
	places := map[string]string{}
	for place, reason := range wrong {
		if place < len(step.Refs) {
			places[strconv.Itoa(place)] = reason
		}
	}
	if !first || len(places) == 0 || len(places) >= len(step.Refs) {
		return v
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptWrong: string(raw(places))}}
}

// The vendor's words about one task, of its import and of its predictions.
var (
	taskError       = regexp.MustCompile(`^Errors? ?\S* at item (\d+): (.*)`)
	predictionError = regexp.MustCompile(`(?m)^- Task (\d+), prediction \d+: (.*)`)
)

// readWrong reads which tasks are wrong, by their place, and why.
func readWrong(texts ...string) map[int]string {
	wrong := map[int]string{}
	for _, text := range texts {
		for _, expression := range []*regexp.Regexp{taskError, predictionError} {
			for _, found := range expression.FindAllStringSubmatch(text, -1) {
				place, err := strconv.Atoi(found[1])
				if _, known := wrong[place]; err == nil && !known {
					reason, _, _ := strings.Cut(found[2], " :: ") // the task itself follows
					wrong[place] = short(reason, 200)
				}
			}
		}
	}
	return wrong
}

// checkImport: the tasks of an import are there, or they are not, or some are.
func checkImport(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	page, ok := readList(resp)
	if !ok {
		return badAnswer(resp, "no list of tasks")
	}
	there := map[string]bool{}
	for _, t := range page.Tasks {
		there[t.column(columnKey)] = true
	}
	made := []int{}
	for place, key := range step.Refs {
		if there[key] {
			made = append(made, place)
		}
	}
	kept := map[string]string{keptTasks: strconv.Itoa(len(made))}
	switch {
	case len(made) == 0:
		return adapter.Verdict{Kind: adapter.Absent}
	case len(made) < len(step.Refs) && kind == stepImport:
		kept[keptMade] = string(raw(made))
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: kept}
}

// judgeRead tells of each task by which id it is known; tasks that are not there were not made.
func (a *labelStudio) judgeRead(step adapter.Step, resp adapter.Response) adapter.Verdict {
	page, ok := readList(resp)
	if !ok {
		return badAnswer(resp, "no list of tasks")
	}
	ids, surplus := map[string]int64{}, []int64{}
	for _, t := range page.Tasks { // oldest first
		key := t.column(columnKey)
		switch _, twice := ids[key]; {
		case !twice:
			ids[key] = t.ID
		case len(t.Annotations) == 0: // people's work is never deleted
			surplus = append(surplus, t.ID)
		}
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[export.ItemID]adapter.Receipt{}, Failed: map[export.ItemID]string{}}
	for i, item := range step.Items {
		switch id, there := ids[step.Refs[i]]; {
		case there:
			v.Taken[item] = a.receipt(id)
		case *page.Total > len(page.Tasks): // there are more than the page shows
		default:
			v.Failed[item] = "the task is not there after its import; it was not made, or somebody has deleted it"
		}
	}
	if len(surplus) > 0 {
		v.Kept = map[string]string{keptSurplus: string(raw(surplus))}
	}
	return v
}

// receipt says where people see a task.
func (a *labelStudio) receipt(id int64) adapter.Receipt {
	return adapter.Receipt{ID: strconv.FormatInt(id, 10), Link: fmt.Sprintf("/projects/%s/data?task=%d", a.project(), id)}
}

// checkGone: what was to be deleted, tasks or annotations, is not there any more.
func checkGone(kind string, step adapter.Step, resp adapter.Response) adapter.Verdict {
	page, ok := readList(resp)
	if !ok {
		return badAnswer(resp, "no list of tasks")
	}
	var there []int64
	for _, t := range page.Tasks {
		if kind == stepSurplus {
			there = append(there, t.ID)
		} else {
			there = append(there, t.annotations()...)
		}
	}
	for _, id := range texts(there) {
		if slices.Contains(step.Refs, id) {
			return adapter.Verdict{Kind: adapter.Absent}
		}
	}
	return adapter.Verdict{Kind: adapter.Done}
}

// judgeAction: an action says what it did.
func judgeAction(resp adapter.Response) adapter.Verdict {
	var said struct {
		Detail *string `json:"detail"`
	}
	if json.Unmarshal(resp.Body, &said) != nil || said.Detail == nil {
		return badAnswer(resp, "no word about what was done")
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"said": short(*said.Detail, 100)}}
}

// short cuts a text, at a whole letter.
func short(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
