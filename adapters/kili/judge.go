package kili

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// generic is the code of nearly every error of Kili, so that the message alone tells them apart. Kili's client reads it so.
const generic = "OPERATION_RESOLUTION_FAILURE"

// Statuses that are looked at. The last is Cloudflare's, for an origin that refused the connection: the call was not taken up.
const (
	statusUnauthorized = 401
	statusTooMany      = 429
	statusUnavailable  = 503
	statusOriginDown   = 521
)

// messages tell errors apart, by words of their messages. What is transient is the client's own list; the others are guesses
// that change a verdict's reason and nothing else, but for "exist".
var messages = []struct { //nolint:gochecknoglobals // a constant table
	says    *regexp.Regexp
	verdict adapter.Verdict
}{
	{regexp.MustCompile(`Invalid request made to Flagsmith API|Failed to fetch data connection`), adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonUnavailable}},
	{regexp.MustCompile(`(?i)too many requests|rate limit`), adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonRateLimited}},
	{regexp.MustCompile(`(?i)not authenticated|unauthenticated|invalid api key`), adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonUnauthorized}},
	{regexp.MustCompile(`(?i)access ?denied|forbidden|not allowed`), adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonForbidden}},
	{regexp.MustCompile(`(?i)already exist`), adapter.Verdict{Kind: adapter.Exists, Reason: adapter.ReasonConflict}},
	{regexp.MustCompile(`(?i)not ?found|does not exist`), adapter.Verdict{Kind: adapter.Reject, Reason: adapter.ReasonNotFound}},
}

// notForwarded is what Kili's proxy says with a 503 when it did not reach the server. Any other 503 may have had an effect.
var notForwarded = regexp.MustCompile(`no healthy upstream|reset reason: (?:overflow|(?:remote )?connection failure)`)

// judgeCall judges an answer as far as all calls are alike. Errors in it say more than its status, whatever that is.
func judgeCall(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if len(resp.Errors) == 0 {
		return doubt(step, resp, adapter.JudgeGraphQL(resp))
	}
	v := adapter.JudgeGraphQL(resp)
	for _, e := range resp.Errors {
		if e.Code != "" && e.Code != generic {
			continue // the code says it
		}
		for _, m := range messages {
			if m.says.MatchString(e.Message) {
				v.Kind, v.Reason = m.verdict.Kind, m.verdict.Reason
				return known(step, resp, v)
			}
		}
	}
	switch resp.Status { // of these two nothing has looked at the call
	case statusTooMany:
		v.Kind, v.Reason = adapter.Retry, adapter.ReasonRateLimited
	case statusUnauthorized:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonUnauthorized
	}
	return known(step, resp, v)
}

// known fits a verdict on errors to the step: only where there is a read, Kili can be asked what it has; and an error of a
// resolver, which has run, leaves open what it did.
func known(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	switch {
	case v.Kind == adapter.Exists && (step.Check == nil || resp.Check):
		v.Kind = adapter.Reject
	case v.Kind == adapter.Retry && v.Reason == adapter.ReasonUnavailable && !resp.Check && step.Repeat == adapter.RepeatCheckFirst:
		v.Kind = adapter.Unknown
	}
	return v
}

// doubt makes the outcome of a call unknown where it must not be repeated on a guess. The client counts as not processed:
// 429, 521 and a 503 that says so.
func doubt(step adapter.Step, resp adapter.Response, v adapter.Verdict) adapter.Verdict {
	if v.Kind != adapter.Retry || resp.Check || step.Repeat != adapter.RepeatCheckFirst {
		return v
	}
	switch {
	case resp.Status == statusTooMany, resp.Status == statusOriginDown:
	case resp.Status == statusUnavailable && notForwarded.Match(resp.Body) && !strings.Contains(string(resp.Body), "retried"):
	default:
		v.Kind = adapter.Unknown
	}
	return v
}

// What steps keep.
const (
	keptIDs         = "ids"          // Kili's ids of assets, in the order of the step's Refs; empty for those that are not there
	keptStatus      = "status"       // their statuses, in the same order
	keptExternalIDs = "external_ids" // external ids that are there already
	keptLabels      = "labels"       // how many predictions were made
)

// several stands for an id where several assets have the same external id.
const several = "*"

// asset is an asset in an answer.
type asset struct {
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
	Status     string `json:"status"`
}

// inQueue reports whether an asset of that status is waiting to be labelled.
func inQueue(status string) bool { return status == "TODO" || status == "ONGOING" }

// read decodes the field that all documents but one call data. ok is false where the answer is another than the document's.
func read[T any](resp adapter.Response) (value T, ok bool) {
	var answer struct {
		Data *T `json:"data"`
	}
	if json.Unmarshal(resp.Data, &answer) != nil || answer.Data == nil {
		return value, false
	}
	return *answer.Data, true
}

func badAnswer() adapter.Verdict {
	return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: "the answer is not what the document asks for"}
}

// judgeFound keeps what was found, in the order of what was looked for.
func judgeFound(step adapter.Step, resp adapter.Response) adapter.Verdict {
	assets, ok := read[[]asset](resp)
	if !ok {
		return badAnswer()
	}
	ids, status := make([]string, len(step.Refs)), make([]string, len(step.Refs))
	for _, a := range assets {
		i := slices.IndexFunc(step.Refs, func(ref string) bool { return ref == a.ExternalID || ref == a.ID })
		switch {
		case i < 0 || strings.Contains(a.ID, ","):
		case ids[i] != "" && ids[i] != a.ID && len(step.Items) > 0: // both are ours; the first will do
		case ids[i] != "" && ids[i] != a.ID:
			ids[i] = several
		default:
			ids[i], status[i] = a.ID, a.Status
		}
	}
	v := adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: list(ids), keptStatus: list(status)}}
	return settle(step, v, ids, "kili does not show the asset any more")
}

// settle says of the step's items which came of it, by the ids in the order of its Refs.
func settle(step adapter.Step, v adapter.Verdict, ids []string, lack string) adapter.Verdict {
	for i, item := range step.Items {
		if i < len(ids) && ids[i] != "" {
			if v.Taken == nil {
				v.Taken = map[itemID]adapter.Receipt{}
			}
			v.Taken[item] = adapter.Receipt{ID: ids[i]}
			continue
		}
		if v.Failed == nil {
			v.Failed = map[itemID]string{}
		}
		v.Failed[item] = lack
	}
	return v
}

func judgeExisting(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var answer struct {
		IDs *[]string `json:"external_ids"`
	}
	if json.Unmarshal(resp.Data, &answer) != nil || answer.IDs == nil {
		return badAnswer()
	}
	var there []string
	for _, id := range *answer.IDs {
		if slices.Contains(step.Refs, id) {
			there = append(there, id)
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptExternalIDs: list(there)}}
}
