package supervisely

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// keptIDs are Supervisely's ids of images, in the order of the step's Refs; empty for those that are not there.
const keptIDs = "ids"

// Statuses that are looked at. 499 and 509 the client tries again, 501 it does not.
const (
	statusBadRequest   = 400
	statusNotFound     = 404
	statusClientClosed = 499
	statusUnknown      = 501
	statusOverload     = 509
)

// pingFirst is what a server says that has lost its agents for a while; the client tries again.
const pingFirst = "Agent should call AgentConnected"

// refusal is an error in an answer. Details are an object, or a list of one.
type refusal struct {
	Error   string          `json:"error"`
	Details json.RawMessage `json:"details"`
}

// nonunique says which images are there already.
type nonunique struct {
	Type   string      `json:"type"`
	Errors []namedByID `json:"errors"`
}

// namedByID is a thing by its name and id.
type namedByID struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// judgeStatus judges by the status. The client tries 408, 429, 499, 500, 502, 503, 504, 509, 598 and 599 again, and no other.
func judgeStatus(resp adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(resp)
	switch {
	case resp.Status == statusClientClosed, resp.Status == statusOverload,
		resp.Status == statusBadRequest && strings.Contains(adapter.Said(resp.Body), pingFirst):
		v.Kind, v.Reason = adapter.Retry, adapter.ReasonUnavailable
	case resp.Status == statusUnknown:
		v.Kind, v.Reason = adapter.Reject, adapter.ReasonInvalid
	}
	return v
}

// judgeRefused judges refusals that are no failure of the call: images that are there already, an image that is in another job,
// and things that check --online looks for in vain.
func judgeRefused(name string, step adapter.Step, resp adapter.Response) (v adapter.Verdict, ok bool) {
	if resp.Status != statusBadRequest && resp.Status != statusNotFound || resp.Check {
		return v, false
	}
	var r refusal
	if json.Unmarshal(resp.Body, &r) != nil || r.Error == "" || strings.Contains(r.Error, pingFirst) {
		return v, false
	}
	switch name {
	case stepImages, stepRest:
		return judgeNonunique(step, r)
	case stepReject:
		if len(step.Refs) < 2 {
			return v, false
		}
		return adapter.Verdict{Kind: adapter.Done, Failed: map[itemID]string{
			itemID(step.Refs[1]): "supervisely did not reject it: " + adapter.Said(resp.Body),
		}}, true
	case stepInspect:
		if resp.Status == statusNotFound {
			return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptMissing: adapter.Said(resp.Body)}}, true
		}
	}
	return v, false
}

// judgeNonunique takes images that are there already for added: their names hold the delivery's key. The others of the call
// were not added.
func judgeNonunique(step adapter.Step, r refusal) (adapter.Verdict, bool) {
	var details nonunique
	if json.Unmarshal(r.Details, &details) != nil {
		var list []nonunique
		if json.Unmarshal(r.Details, &list) != nil || len(list) == 0 {
			return adapter.Verdict{}, false
		}
		details = list[0]
	}
	if details.Type != "NONUNIQUE" || len(details.Errors) == 0 {
		return adapter.Verdict{}, false
	}
	ids, found := match(step.Refs, details.Errors)
	if found == 0 {
		return adapter.Verdict{}, false // it speaks of images that are not ours
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: strings.Join(ids, ",")}}, true
}

// match puts the ids of things into the order of their names.
func match(names []string, things []namedByID) (ids []string, found int) {
	ids = make([]string, len(names))
	for _, thing := range things {
		if i := slices.Index(names, thing.Name); i >= 0 && ids[i] == "" && thing.ID != 0 {
			ids[i] = number(thing.ID)
			found++
		}
	}
	return ids, found
}

// judgeImages keeps the ids of new images, by their names or, where Supervisely has changed those, in the order of the call.
func judgeImages(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var images []namedByID
	if json.Unmarshal(resp.Body, &images) != nil || len(images) != len(step.Refs) {
		return badAnswer()
	}
	ids, found := match(step.Refs, images)
	if found < len(images) {
		for i, image := range images {
			ids[i] = number(image.ID)
		}
	}
	if slices.Contains(ids, "") {
		return badAnswer()
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: strings.Join(ids, ",")}}
}

// judgeList keeps the ids of images that were looked for by name, or settles those that were looked for by their addresses.
func judgeList(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		Entities *[]namedByID `json:"entities"`
	}
	if json.Unmarshal(resp.Body, &page) != nil || page.Entities == nil {
		return badAnswer()
	}
	if len(step.Items) == 0 {
		ids, _ := match(step.Refs, *page.Entities)
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: strings.Join(ids, ",")}}
	}
	there := map[string]bool{}
	for _, image := range *page.Entities {
		there[number(image.ID)] = true
	}
	return settle(step, there, "supervisely does not show the image any more")
}

// settle says of the step's items which came of it, by their images' ids.
func settle(step adapter.Step, there map[string]bool, lack string) adapter.Verdict {
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[itemID]adapter.Receipt{}}
	for i, item := range step.Items {
		r := receipt(step.Refs[i])
		if there == nil || there[r.ID] {
			v.Taken[item] = r
			continue
		}
		if v.Failed == nil {
			v.Failed = map[itemID]string{}
		}
		v.Failed[item] = lack
	}
	return v
}

// judgeAnnotations takes any answer in JSON for a success, as the client does. A check counts what is drawn.
func judgeAnnotations(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if !resp.Check {
		if v := judgeAny(resp); v.Kind != adapter.Done {
			return v
		}
		return settle(step, nil, "")
	}
	var all []struct {
		Image      int `json:"imageId"`
		Annotation struct {
			Tags    []json.RawMessage `json:"tags"`
			Objects []json.RawMessage `json:"objects"`
		} `json:"annotation"`
	}
	if json.Unmarshal(resp.Body, &all) != nil {
		return badAnswer()
	}
	there := map[string]bool{}
	for _, a := range all {
		if len(a.Annotation.Tags)+len(a.Annotation.Objects) > 0 {
			there[number(a.Image)] = true
		}
	}
	if len(there) == 0 {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	return settle(step, there, "the image is there, its labels are not: supervisely has taken only a part of the call")
}

// judgeAny takes any answer in JSON for a success that does not tell of an error.
func judgeAny(resp adapter.Response) adapter.Verdict {
	if !json.Valid(resp.Body) || adapter.SaysError(resp.Body) {
		return badAnswer()
	}
	return adapter.Verdict{Kind: adapter.Done}
}

func badAnswer() adapter.Verdict {
	return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer, Detail: "the answer is not what the client of supervisely expects"}
}
