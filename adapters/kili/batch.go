package kili

import (
	"encoding/json"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

const (
	// predictionBytes is how large the predictions of one call may become: what the client begins with.
	predictionBytes = 2_000_000
	// heldBytes is how large those may become that wait for their assets.
	heldBytes = 8 << 20
)

// newAsset is an asset that is to be made.
type newAsset struct {
	item       export.ItemID
	externalID string
	id         string // chosen by us, as the client does
	content    string
	metadata   string
	response   string // the prediction; empty for none
}

func (a newAsset) weight() int { return len(a.response) }

// planBatch asks which of the assets are there already (from an earlier try whose record was lost), adds the others, and adds
// predictions and a priority to all.
func (k *kili) planBatch(in adapter.Input, out adapter.Output) error {
	p := batching{kili: k, in: in, out: out}
	p.existing.Size, p.existing.Flush = existingChunk, p.emitExisting
	for _, waiting := range []*adapter.Chunks[newAsset]{&p.existing, &p.there, &p.assets} {
		waiting.Weigh, waiting.Most = newAsset.weight, heldBytes
	}
	p.predictions.Weigh, p.predictions.Most = newAsset.weight, predictionBytes
	p.there.Size, p.there.Flush = chunk, p.emitFound
	p.assets.Size, p.assets.Flush = chunk, p.emitAssets
	p.predictions.Size, p.predictions.Flush = chunk, p.emitPredictions
	p.priority.Size, p.priority.Flush = chunk, func(n int, ids []string) error { return k.emitPriority(out, n, ids) }
	err := adapter.EachSubject(in, out, adapter.AnnotationFields, func(s *export.Subject) error {
		ready, ok, err := k.annotator.Prepare(s, out)
		if err != nil || !ok {
			return err
		}
		asset, err := k.newAsset(in, out, s, ready)
		if err != nil {
			return err
		}
		return p.existing.Add(asset)
	})
	for _, flush := range []func() error{
		p.existing.Close, p.there.Close, p.assets.Close, p.predictions.Close, p.priority.Close,
	} {
		if err == nil {
			err = flush()
		}
	}
	return err
}

// newAsset puts an asset together. Labels that no job takes are refused.
func (k *kili) newAsset(in adapter.Input, out adapter.Output, s *export.Subject, ready adapter.Prepared) (newAsset, error) {
	a := newAsset{item: s.Item(), externalID: adapter.ItemKey(in.Key, s.Item(), keyLimit), content: ready.Image.URL}
	a.id = assetID(a.externalID)
	metadata, err := json.Marshal(metadata{
		Frame: s.Element.FrameID, Dataset: in.Event.Issue.Dataset, Issue: in.Event.Issue.Name, Delivery: in.Key,
	})
	if err != nil {
		return a, err
	}
	a.metadata = string(metadata)
	a.response, err = k.response(out, s, ready)
	return a, err
}

// metadata is what people see beside an asset in Kili.
type metadata struct {
	Frame    string `json:"frame_id"`
	Dataset  string `json:"dataset,omitempty"`
	Issue    string `json:"issue,omitempty"`
	Delivery string `json:"labelgate_delivery"`
}

// batching is a plan being made.
type batching struct {
	*kili
	in          adapter.Input
	out         adapter.Output
	existing    adapter.Chunks[newAsset]
	there       adapter.Chunks[newAsset]
	assets      adapter.Chunks[newAsset]
	predictions adapter.Chunks[newAsset]
	priority    adapter.Chunks[string]
}

// emitExisting asks which assets are there, and hands each on to where it belongs.
func (p *batching) emitExisting(number int, assets []newAsset) error {
	ids := externalIDs(assets)
	call, err := adapter.GraphQLCall(p.out, "", filterExisting, struct {
		Project string   `json:"projectID"`
		IDs     []string `json:"externalIDs"`
	}{p.options.Project, ids})
	if err != nil {
		return err
	}
	step := adapter.StepID(stepExisting, number)
	if err := p.out.Emit(adapter.Step{ID: step, Call: call, Refs: ids, Repeat: adapter.RepeatSafe}); err != nil {
		return err
	}
	if !p.in.Done(step) {
		return nil
	}
	there := map[string]bool{}
	for _, id := range unlist(p.in.Kept(step, keptExternalIDs)) {
		there[id] = true
	}
	for _, a := range assets {
		to := &p.assets
		if there[a.externalID] {
			to = &p.there
		}
		if err := to.Add(a); err != nil {
			return err
		}
	}
	return nil
}

// emitFound settles assets that are there already. Their external ids hold the delivery's key, so they are ours.
func (p *batching) emitFound(number int, assets []newAsset) error {
	step := p.step(stepFound, number, assets)
	step.Repeat = adapter.RepeatSafe
	var err error
	if step.Call, err = p.find(p.out, byExternalID, step.Refs); err != nil {
		return err
	}
	return p.settle(step, assets, unlist(p.in.Kept(step.ID, keptIDs)))
}

// emitAssets makes new assets. Kili refuses an external id that the project has; whether it does so for one that is being
// made is not known, so the project is read before a repeat.
func (p *batching) emitAssets(number int, assets []newAsset) error {
	step := p.step(stepAssets, number, assets)
	step.Repeat = adapter.RepeatCheckFirst
	var data assetData
	for _, a := range assets {
		data.Content = append(data.Content, a.content)
		data.ExternalID = append(data.ExternalID, a.externalID)
		data.ID = append(data.ID, a.id)
		data.IsHoneypot = append(data.IsHoneypot, false)
		data.JSONContent = append(data.JSONContent, "")
		data.JSONMetadata = append(data.JSONMetadata, a.metadata)
	}
	check, err := p.find(p.out, byExternalID, step.Refs)
	if err != nil {
		return err
	}
	step.Check = &check
	step.Call, err = adapter.GraphQLCall(p.out, "", appendAssets, struct {
		Data  assetData    `json:"data"`
		Where projectWhere `json:"where"`
	}{data, projectWhere{p.options.Project}})
	if err != nil {
		return err
	}
	return p.settle(step, assets, unlist(p.in.Kept(step.ID, keptIDs)))
}

func (*batching) step(name string, number int, assets []newAsset) adapter.Step {
	step := adapter.Step{ID: adapter.StepID(name, number), Refs: externalIDs(assets)}
	for _, a := range assets {
		step.Items = append(step.Items, a.item)
	}
	return step
}

// settle emits a step that assets come from, and goes on with those that came of it. ids are Kili's ids of them, in order.
func (p *batching) settle(step adapter.Step, assets []newAsset, ids []string) error {
	if err := p.out.Emit(step); err != nil {
		return err
	}
	if !p.in.Done(step.ID) {
		return nil
	}
	for i, a := range assets {
		if _, failed := p.in.Results[step.ID].Failed[a.item]; failed || i >= len(ids) || ids[i] == "" {
			continue
		}
		a.id = ids[i]
		if err := p.goOn(a); err != nil {
			return err
		}
	}
	return nil
}

// goOn adds a prediction and a priority to an asset that is there.
func (p *batching) goOn(a newAsset) error {
	if a.response != "" {
		if err := p.predictions.Add(a); err != nil {
			return err
		}
	}
	if p.options.Priority != "" {
		return p.priority.Add(a.id)
	}
	return nil
}

// emitPredictions adds predictions. A repeat overwrites those of the same model, so it does no harm.
func (p *batching) emitPredictions(number int, assets []newAsset) error {
	data := labelData{LabelType: "PREDICTION", Overwrite: true}
	var ids []string
	for _, a := range assets {
		data.Labels = append(data.Labels, label{AssetID: a.id, JSONResponse: a.response, ModelName: p.options.Model})
		ids = append(ids, a.id)
	}
	call, err := adapter.GraphQLCall(p.out, "", appendLabels, struct {
		Data  labelData  `json:"data"`
		Where assetWhere `json:"where"`
	}{data, assetWhere{IDIn: ids, Project: &projectWhere{p.options.Project}}})
	if err != nil {
		return err
	}
	return p.out.Emit(adapter.Step{ID: adapter.StepID(stepPredictions, number), Call: call, Refs: ids, Repeat: adapter.RepeatSafe})
}

func externalIDs(assets []newAsset) []string {
	ids := make([]string, len(assets))
	for i, a := range assets {
		ids[i] = a.externalID
	}
	return ids
}
