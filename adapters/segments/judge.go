package segments

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// What steps keep besides a dataset's.
const (
	keptUUID = "uuid" // of a sample that was found
	keptMore = "more" // "1": a look-up has a further page
)

// The statuses that say more than JudgeStatus knows.
const (
	statusBadRequest = 400
	statusNotFound   = 404
	statusTooLarge   = 413
)

// lastPage is the third ref of the last look-up that is made.
const lastPage = "last"

// Judge says what an answer means. The vendor answers errors as {"detail": text}, {field: [texts]} or [texts]; its client goes
// by words in the text, not by the status (client.py, handle_exceptions). A 2xx can say that the call was throttled.
func (a *segments) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	if v.Kind == adapter.Done && strings.Contains(detailOf(resp.Body), "throttled") {
		return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonRateLimited, Detail: adapter.Said(resp.Body)}
	}
	kind, _, _ := strings.Cut(step.ID, "/")
	switch kind {
	case stepDataset:
		return judgeDataset(resp, v)
	case stepThere:
		return judgeThere(resp, v)
	case stepLabelset:
		return judgeLabelsets(resp, v)
	case stepSamples, stepImages:
		return judgeSamples(step, resp, v)
	case stepFind:
		return judgeFound(step, resp, v)
	case stepLabel:
		return judgeLabel(step, resp, v)
	case stepSample, stepStatus:
		return judgeSet(step, resp, v)
	case stepIssue:
		return judgeIssue(step, resp, v)
	default:
		return v
	}
}

// named is what is read of a sample.
type named struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// judgeSamples: every sample that was asked for comes back, made or found. An answer without one of them is none, and the call
// is keyed. A refusal of the list may say which samples it is about.
func judgeSamples(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if resp.Status == statusBadRequest {
		return judgeRefusedSamples(step, resp, v)
	}
	if v.Kind != adapter.Done {
		return v
	}
	var samples []named
	if json.Unmarshal(resp.Body, &samples) != nil {
		return badAnswer(resp, "no list of samples")
	}
	uuids := make(map[string]string, len(samples))
	for _, s := range samples {
		uuids[s.Name] = s.UUID
	}
	v.Taken, v.Kept = map[export.ItemID]adapter.Receipt{}, map[string]string{}
	for _, asked := range askedFor(step) {
		uuid := uuids[asked.name]
		switch {
		case uuid == "":
			return badAnswer(resp, fmt.Sprintf("no sample %q", asked.name))
		case len(step.Items) > 0:
			v.Taken[asked.item] = adapter.Receipt{ID: uuid}
		default:
			v.Kept[asked.name] = uuid
		}
	}
	return v
}

// asked is a sample of a bulk call.
type asked struct {
	name string
	item export.ItemID
}

// askedFor reads a step's refs: names in the order of its items, or names and items in turn where it settles none.
func askedFor(step adapter.Step) []asked {
	var all []asked
	if len(step.Items) > 0 {
		for i := range min(len(step.Items), len(step.Refs)) {
			all = append(all, asked{step.Refs[i], step.Items[i]})
		}
		return all
	}
	for i := 0; i+1 < len(step.Refs); i += 2 {
		all = append(all, asked{step.Refs[i], export.ItemID(step.Refs[i+1])})
	}
	return all
}

// judgeRefusedSamples: where the refusal is a list with an entry for each sample, empty for those that are well, it costs the
// samples of the call, each with its reason; none of them was made. Any other is about what they have in common.
func judgeRefusedSamples(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	var entries []map[string]any
	all := askedFor(step)
	if json.Unmarshal(resp.Body, &entries) != nil || len(entries) != len(all) {
		return v
	}
	v = adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{}}
	for i, entry := range entries {
		reason := "refused together with others of the same call"
		if len(entry) > 0 {
			text, _ := json.Marshal(entry) // it came from JSON
			reason = adapter.Said(text)
		}
		v.Failed[all[i].item] = reason
	}
	return v
}

// judgeFound: the name of a sample must be the one that was looked for, not hold it.
func judgeFound(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if len(step.Refs) < 2 {
		return v
	}
	name, item := step.Refs[0], export.ItemID(step.Refs[1])
	absent := adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{item: fmt.Sprintf("the dataset has no sample named %q", name)}}
	if resp.Status == statusNotFound && strings.Contains(detailOf(resp.Body), "page") { // one page full to the last place
		return absent
	}
	if v.Kind != adapter.Done {
		return v
	}
	var samples []named
	if json.Unmarshal(resp.Body, &samples) != nil || samples == nil {
		return badAnswer(resp, "no list of samples")
	}
	for _, s := range samples {
		if s.Name == name && s.UUID != "" {
			v.Kept = map[string]string{keptUUID: s.UUID}
			return v
		}
	}
	if len(samples) < perPage {
		return absent
	}
	if len(step.Refs) > 2 {
		absent.Failed[item] = fmt.Sprintf("the sample %q is not among the first %d whose names hold that; set ids", name, perPage*maxPages)
		return absent
	}
	v.Kept = map[string]string{keptMore: "1"}
	return v
}

// judgeLabel: a label that is there by the time of a repeat is not put again, for it may be people's work by now.
func judgeLabel(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if resp.Check && resp.Status == statusNotFound && detailOf(resp.Body) != "" {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	return creating(resp, judgeSet(step, resp, v))
}

// judgeSet: what is refused, or not there, is that sample's fault.
func judgeSet(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	uuid, item := whose(step)
	refused := resp.Status == statusBadRequest || resp.Status == statusNotFound || resp.Status == statusTooLarge
	if said := refusalOf(resp); refused && said != "" && !resp.Check {
		return adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{item: lackOf(step, resp.Status, said)}}
	}
	if v.Kind != adapter.Done {
		return v
	}
	var answer struct {
		UUID   string `json:"uuid"`
		Sample string `json:"sample_uuid"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.UUID == "" && answer.Sample == "" {
		return badAnswer(resp, "no uuid")
	}
	return settled(step, v, adapter.Receipt{ID: uuid})
}

// settled adds the receipt where the step settles its sample.
func settled(step adapter.Step, v adapter.Verdict, r adapter.Receipt) adapter.Verdict {
	if len(step.Items) > 0 {
		v.Taken = map[export.ItemID]adapter.Receipt{step.Items[0]: r}
	}
	return v
}

// lackOf says what is not there: a 404 does not.
func lackOf(step adapter.Step, status int, said string) string {
	switch {
	case status != statusNotFound:
		return said
	case strings.HasPrefix(step.ID, stepStatus):
		return "the sample is not there, or has no label in the labelset: " + said
	default:
		return "the sample is not there: " + said
	}
}

// whose is the sample, and its item, that a step of one sample is about.
func whose(step adapter.Step) (uuid string, item export.ItemID) {
	if len(step.Refs) > 0 {
		uuid, _, _ = strings.Cut(step.Refs[0], " ")
	}
	switch {
	case len(step.Items) > 0:
		item = step.Items[0]
	case len(step.Refs) > 1:
		item = export.ItemID(step.Refs[1])
	}
	return uuid, item
}

// judgeIssue: an issue of the sample that carries the delivery's key is ours.
func judgeIssue(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if !resp.Check {
		return creating(resp, judgeSet(step, resp, v))
	}
	if v.Kind != adapter.Done {
		return v
	}
	var issues []struct {
		UUID        string `json:"uuid"`
		Sample      string `json:"sample_uuid"`
		Description string `json:"description"`
	}
	if json.Unmarshal(resp.Body, &issues) != nil || issues == nil || len(step.Refs) == 0 {
		return badAnswer(resp, "no list of issues")
	}
	sample, key, _ := strings.Cut(step.Refs[0], " ")
	for _, i := range issues {
		if i.Sample == sample && strings.Contains(i.Description, key) {
			return settled(step, v, adapter.Receipt{ID: sample})
		}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}

// creating turns the verdict over a call that is not keyed: after a 5xx, a 408 or an answer that is none
// it may have had its effect.
func creating(resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if !resp.Check && v.Kind == adapter.Retry && v.Reason != adapter.ReasonRateLimited {
		v.Kind = adapter.Unknown
	}
	return v
}

// detailOf is the detail of an answer of the vendor's own; empty for anything else.
func detailOf(body []byte) string {
	var answer struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.Detail
}

// refusalOf is what a refusal of the vendor's own says; empty for anything else, such as a proxy's page. What is not there is
// said in a detail; what is not right is said of each field, as deep as the body went.
func refusalOf(resp adapter.Response) string {
	if detail := detailOf(resp.Body); detail != "" || resp.Status == statusNotFound {
		return detail
	}
	var fields map[string]any
	var list []any
	if json.Unmarshal(resp.Body, &fields) == nil && len(fields) > 0 || json.Unmarshal(resp.Body, &list) == nil && len(list) > 0 {
		return adapter.Said(resp.Body)
	}
	return ""
}

// badAnswer: a success that is none of the vendor's, such as a page of a proxy.
func badAnswer(resp adapter.Response, lack string) adapter.Verdict {
	return adapter.Verdict{
		Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer,
		Detail: fmt.Sprintf("status %d with %s: %s", resp.Status, lack, adapter.Said(resp.Body)),
	}
}
