package kili

import (
	"fmt"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// queued is put behind an asset's id among a step's Refs, where the asset was in the queue before the step.
const queued = " (queued)"

// wanted is an asset that is to be labelled again.
type wanted struct {
	item  export.ItemID
	id    string // as the option ids gives it
	index int
	el    string
}

// planRelabel finds the assets, sends them back, and sets their priority.
func (k *kili) planRelabel(in adapter.Input, out adapter.Output) error {
	p := relabeling{kili: k, in: in, out: out}
	p.find.Size, p.find.Flush = chunk, p.emitFind
	p.back.Size, p.back.Flush = chunk, p.emitBack
	p.priority.Size, p.priority.Flush = chunk, func(n int, ids []string) error { return k.emitPriority(out, n, ids) }
	seen := map[string]export.ItemID{}
	err := adapter.EachSubject(in, out, k.ids.Fields(), func(s *export.Subject) error {
		id := k.ids.Of(s.Element, nil)
		other, twice := seen[id]
		switch {
		case id == "":
			return adapter.RefuseSubject(out, s, k.ids.Lack())
		case twice:
			return adapter.RefuseSubject(out, s, fmt.Sprintf("is the same asset %q as frame %q, which is sent", id, other))
		}
		seen[id] = s.Item()
		return p.find.Add(wanted{s.Item(), id, s.Elements[0].Index, s.Elements[0].ID})
	})
	for _, flush := range []func() error{p.find.Close, p.back.Close, p.priority.Close} {
		if err == nil {
			err = flush()
		}
	}
	return err
}

// relabeling is a plan being made.
type relabeling struct {
	*kili
	in       adapter.Input
	out      adapter.Output
	find     adapter.Chunks[wanted]
	back     adapter.Chunks[sendable]
	priority adapter.Chunks[string]
}

// sendable is an asset that Kili has.
type sendable struct {
	item   export.ItemID
	id     string
	queued bool
}

// emitFind looks a chunk up, and hands over what was found.
func (p *relabeling) emitFind(number int, assets []wanted) error {
	ids := make([]string, len(assets))
	for i, a := range assets {
		ids[i] = a.id
	}
	call, err := p.kili.find(p.out, p.options.By, ids)
	if err != nil {
		return err
	}
	step := adapter.StepID(stepFind, number)
	if err := p.out.Emit(adapter.Step{ID: step, Call: call, Refs: ids, Repeat: adapter.RepeatSafe}); err != nil {
		return err
	}
	if !p.in.Done(step) {
		return nil
	}
	return p.found(assets, unlist(p.in.Kept(step, keptIDs)), unlist(p.in.Kept(step, keptStatus)))
}

// found hands over the assets that are there, and refuses the others.
func (p *relabeling) found(assets []wanted, ids, status []string) error {
	for i, a := range assets {
		id := ""
		if i < len(ids) && i < len(status) {
			id = ids[i]
		}
		var err error
		switch id {
		case "", several:
			reason := fmt.Sprintf("kili has no asset with %s %q in the project", p.options.By, a.id)
			if id == several {
				reason = fmt.Sprintf("kili has several assets with external_id %q; use asset ids", a.id)
			}
			err = p.out.Refuse(adapter.Refusal{Index: a.index, ElementID: a.el, Item: a.item, Reason: reason})
		default:
			err = p.back.Add(sendable{a.item, id, inQueue(status[i])})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// emitBack sends a chunk back to the queue. A second time Kili would decline what went back the first time, so the statuses
// are read first.
func (p *relabeling) emitBack(number int, assets []sendable) error {
	step := adapter.Step{ID: adapter.StepID(stepSendBack, number), Repeat: adapter.RepeatCheckFirst}
	var ids []string
	for _, a := range assets {
		ref := a.id
		if a.queued {
			ref += queued
		}
		step.Items, step.Refs, ids = append(step.Items, a.item), append(step.Refs, ref), append(ids, a.id)
	}
	check, err := p.kili.find(p.out, byAssetID, ids)
	if err != nil {
		return err
	}
	step.Check = &check
	if step.Call, err = adapter.GraphQLCall(p.out, "", sendBack, action{Where: assetWhere{IDIn: ids}}); err != nil {
		return err
	}
	if err := p.out.Emit(step); err != nil || p.options.Priority == "" || !p.in.Done(step.ID) {
		return err
	}
	failed := p.in.Results[step.ID].Failed
	for i, item := range step.Items {
		if _, out := failed[item]; out {
			continue
		}
		if err := p.priority.Add(ids[i]); err != nil {
			return err
		}
	}
	return nil
}
