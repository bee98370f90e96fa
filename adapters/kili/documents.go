package kili

import (
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The documents of Kili's own client, with its names for operations and its alias for the answer.
const (
	findAssets = `query assets($where: AssetWhere!, $first: PageSize!, $skip: Int!) {
  data: assets(where: $where, skip: $skip, first: $first) {
    id
    externalId
    status
  }
}`
	filterExisting = `query FilterExistingAssets($projectID: ID!, $externalIDs: [String!]!) {
  external_ids: filterExistingAssets(projectID: $projectID, externalIDs: $externalIDs)
}`
	appendAssets = `mutation appendManyAssets($data: AppendManyAssetsData!, $where: ProjectWhere!) {
  data: appendManyAssets(data: $data, where: $where) {
    id
  }
}`
	appendLabels = `mutation appendManyLabels($data: AppendManyLabelsData!, $where: AssetWhere!) {
  data: appendManyLabels(data: $data, where: $where) {
    id
  }
}`
	sendBack = `mutation($where: AssetWhere!) {
  data: sendAssetsBackToQueue(where: $where) {
    succeeded {
      assetId
      externalId
    }
    declined {
      assetId
      externalId
    }
    failed {
      assetId
      externalId
      details
    }
  }
}`
	setPriority = `mutation($where: AssetWhere!, $priority: Int!) {
  data: setAssetsPriority(where: $where, priority: $priority) {
    succeeded {
      assetId
      externalId
    }
    declined {
      assetId
      externalId
    }
    failed {
      assetId
      externalId
      details
    }
  }
}`
	findProject = `query projects($where: ProjectWhere!, $first: PageSize!, $skip: Int!) {
  data: projects(where: $where, first: $first, skip: $skip) {
    inputType
    jsonInterface
  }
}`
)

// projectWhere selects a project.
type projectWhere struct {
	ID string `json:"id"`
}

// none is a filter that filters nothing. Kili's client sends it so.
type none struct{}

// assetWhere selects assets.
type assetWhere struct {
	IDIn                 []string      `json:"idIn,omitempty"`
	Project              *projectWhere `json:"project,omitempty"`
	ExternalIDStrictlyIn []string      `json:"externalIdStrictlyIn,omitempty"`
	Label                *none         `json:"label,omitempty"`
	Issue                *none         `json:"issue,omitempty"`
}

// assetsPage are the variables of findAssets.
type assetsPage struct {
	Where assetWhere `json:"where"`
	First int        `json:"first"`
	Skip  int        `json:"skip"`
}

// find is the call that looks assets up by one of their ids. There are at most chunk of them, which is one page.
func (k *kili) find(out adapter.Output, by string, ids []string) (adapter.Call, error) {
	where := assetWhere{Project: &projectWhere{k.options.Project}, Label: &none{}, Issue: &none{}}
	if by == byAssetID {
		where.IDIn = ids
	} else {
		where.ExternalIDStrictlyIn = ids
	}
	return adapter.GraphQLCall(out, "", findAssets, assetsPage{Where: where, First: chunk})
}

// assetData are new assets, as lists side by side. All six are always sent.
type assetData struct {
	Content      []string `json:"contentArray"`
	ExternalID   []string `json:"externalIDArray"`
	ID           []string `json:"idArray"`
	IsHoneypot   []bool   `json:"isHoneypotArray"`
	JSONContent  []string `json:"jsonContentArray"`
	JSONMetadata []string `json:"jsonMetadataArray"`
}

// labelData are predictions.
type labelData struct {
	LabelType string  `json:"labelType"`
	Overwrite bool    `json:"overwrite"`
	Labels    []label `json:"labelsData"`
}

// label is one prediction. What is null is what the client leaves null for predictions.
type label struct {
	AssetID           string  `json:"assetID"`
	AuthorID          *string `json:"authorID"`
	ClientVersion     *int    `json:"clientVersion"`
	JSONResponse      string  `json:"jsonResponse"`
	ModelName         string  `json:"modelName"`
	ReferencedLabelID *string `json:"referencedLabelId"`
	SecondsToLabel    *int    `json:"secondsToLabel"`
}

// action are the variables of a mutation on assets by id.
type action struct {
	Where    assetWhere `json:"where"`
	Priority *int       `json:"priority,omitempty"`
}

// emitPriority sets the priority of a chunk of assets.
func (k *kili) emitPriority(out adapter.Output, number int, ids []string) error {
	priority := adapter.Priority(k.options.Priority, -1, 0, 1)
	call, err := adapter.GraphQLCall(out, "", setPriority, action{assetWhere{IDIn: ids}, &priority})
	if err != nil {
		return err
	}
	return out.Emit(adapter.Step{ID: adapter.StepID(stepPriority, number), Call: call, Refs: ids, Repeat: adapter.RepeatSafe})
}

// list packs ids into a value that is kept. Ids hold no comma: external ids of ours do not, nor do Kili's own ids.
func list(ids []string) string { return strings.Join(ids, ",") }

// unlist is the opposite of list.
func unlist(kept string) []string {
	if kept == "" {
		return nil
	}
	return strings.Split(kept, ",")
}
