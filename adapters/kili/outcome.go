package kili

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

type itemID = export.ItemID

// outcome is what an action on assets came to. Each asset is under one of the three.
type outcome struct {
	Succeeded *[]assetRef `json:"succeeded"`
	Declined  *[]assetRef `json:"declined"`
	Failed    *[]assetRef `json:"failed"`
}

// assetRef names an asset; Details says why it failed.
type assetRef struct {
	AssetID string `json:"assetId"`
	Details string `json:"details"`
}

// whole reports whether all three lists are there, as Kili's client requires.
func (o outcome) whole() bool { return o.Succeeded != nil && o.Declined != nil && o.Failed != nil }

// judgeOutcome says of each asset what became of it. Kili does not say why it declines one.
func judgeOutcome(step adapter.Step, resp adapter.Response) adapter.Verdict {
	o, ok := read[outcome](resp)
	if !ok || !o.whole() {
		return badAnswer()
	}
	said := map[string]string{}
	for _, a := range *o.Declined {
		said[a.AssetID] = "kili declined it: it still is to be labelled, or was skipped"
	}
	for _, a := range *o.Failed {
		said[a.AssetID] = "kili could not send it back: " + a.Details
	}
	for _, a := range *o.Succeeded {
		said[a.AssetID] = ""
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[itemID]adapter.Receipt{}, Failed: map[itemID]string{}}
	for i, item := range step.Items {
		id := strings.TrimSuffix(step.Refs[i], queued)
		switch reason, named := said[id]; {
		case !named:
			v.Failed[item] = "kili did not say what became of it"
		case reason != "":
			v.Failed[item] = reason
		default:
			v.Taken[item] = adapter.Receipt{ID: id}
		}
	}
	return v
}

// judgeSentBack tells from the assets' statuses whether they were sent back. Those that were in the queue before tell
// nothing, and were or would be declined.
func judgeSentBack(step adapter.Step, resp adapter.Response) adapter.Verdict {
	assets, ok := read[[]asset](resp)
	if !ok {
		return badAnswer()
	}
	now := map[string]string{}
	for _, a := range assets {
		now[a.ID] = a.Status
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[itemID]adapter.Receipt{}, Failed: map[itemID]string{}}
	for i, item := range step.Items {
		id, before := strings.CutSuffix(step.Refs[i], queued)
		switch {
		case before:
			v.Failed[item] = "kili declined it: it still was to be labelled"
		case inQueue(now[id]):
			v.Taken[item] = adapter.Receipt{ID: id}
		default:
			v.Failed[item] = "it did not go back to the queue, and the answer that says why was lost"
		}
	}
	if len(v.Taken) == 0 {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	return v
}

// judgePriority takes a priority that was set for some as set: the assets are there either way, and the ledger shows how many.
func judgePriority(resp adapter.Response) adapter.Verdict {
	o, ok := read[outcome](resp)
	if !ok || !o.whole() {
		return badAnswer()
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{
		"succeeded": strconv.Itoa(len(*o.Succeeded)), "declined": strconv.Itoa(len(*o.Declined)), "failed": strconv.Itoa(len(*o.Failed)),
	}}
}

// made is what a mutation made.
type made struct {
	ID string `json:"id"`
}

// judgeMade keeps the ids of new assets, which come in the order of the call, or counts predictions.
func judgeMade(step adapter.Step, resp adapter.Response) adapter.Verdict {
	all, ok := read[[]made](resp)
	if !ok {
		return badAnswer()
	}
	if len(step.Items) == 0 {
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptLabels: strconv.Itoa(len(all))}}
	}
	if len(all) != len(step.Items) {
		v := badAnswer()
		v.Detail = fmt.Sprintf("%d assets were sent, and the answer names %d", len(step.Items), len(all))
		return v
	}
	ids := make([]string, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return settle(step, adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptIDs: list(ids)}}, ids, "kili named no id of the asset")
}

// judgeThere tells from the external ids of a project whether the assets were made.
func judgeThere(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := judgeFound(step, resp)
	if v.Kind != adapter.Done {
		return v
	}
	if len(v.Taken) == 0 {
		return adapter.Verdict{Kind: adapter.Absent}
	}
	for item := range v.Failed {
		v.Failed[item] = "kili has made only a part of the call's assets, and not this one"
	}
	return v
}
