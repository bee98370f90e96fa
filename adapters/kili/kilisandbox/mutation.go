package kilisandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/graph-gophers/graphql-go"
)

// mostItems is how many assets or labels a mutation takes. Kili's own bound is not published; its client sends no more.
const mostItems = 100

// CreateProject makes a project.
func (r *resolver) CreateProject(ctx context.Context, args struct {
	Data struct{ Title, Description, InputType, JSONInterface string }
},
) (*projectView, error) {
	d := args.Data
	p, err := r.store.addProject(r.store.newID("project"), d.Title, d.Description, d.InputType, d.JSONInterface)
	if err != nil {
		return nil, err
	}
	changed(ctx, "project "+p.ID+" created")
	return viewProject(p), nil
}

// appendAssets are assets as parallel lists: the client sends all six.
type appendAssets struct {
	ContentArray      *[]string
	ExternalIDArray   *[]string
	IDArray           *[]graphql.ID
	IsHoneypotArray   *[]bool
	JSONContentArray  *[]string
	JSONMetadataArray *[]string
}

// AppendManyAssets adds assets to a project: all of them or, when one is wrong, none.
func (r *resolver) AppendManyAssets(ctx context.Context, args struct {
	Data  appendAssets
	Where projectWhere
},
) ([]*assetView, error) {
	if args.Where.ID == nil {
		return nil, failure{message: "[missingFilter] the project is named by its id"}
	}
	p, err := r.store.project(string(*args.Where.ID))
	if err != nil {
		return nil, err
	}
	made, err := args.Data.assets(r.store)
	if err != nil {
		return nil, err
	}
	if err := r.store.admit(p, made); err != nil {
		return nil, err
	}
	views := make([]*assetView, len(made))
	for i, a := range made {
		a.project = p
		r.store.addAsset(a)
		views[i] = viewAsset(a)
	}
	changed(ctx, fmt.Sprintf("%d assets added to %s", len(made), p.ID))
	return views, nil
}

// assets puts the lists together.
func (d appendAssets) assets(s *store) ([]*asset, error) {
	if d.ContentArray == nil || len(*d.ContentArray) == 0 {
		return nil, failure{message: "[missingContent] contentArray is empty"}
	}
	n := len(*d.ContentArray)
	for name, length := range map[string]int{
		"externalIDArray": lengthOf(d.ExternalIDArray, n), "idArray": lengthOf(d.IDArray, n), "isHoneypotArray": lengthOf(d.IsHoneypotArray, n),
		"jsonContentArray": lengthOf(d.JSONContentArray, n), "jsonMetadataArray": lengthOf(d.JSONMetadataArray, n),
	} {
		if length != n {
			return nil, failure{message: fmt.Sprintf("[arraysLength] %s has %d entries, contentArray %d", name, length, n)}
		}
	}
	if n > mostItems {
		return nil, failure{message: fmt.Sprintf("[tooManyAssets] %d assets in one call, at most %d", n, mostItems)}
	}
	made := make([]*asset, n)
	for i := range made {
		a := &asset{Content: (*d.ContentArray)[i], ExternalID: at(d.ExternalIDArray, i), JSONContent: at(d.JSONContentArray, i)}
		a.ID, a.JSONMetadata, a.IsHoneypot = string(at(d.IDArray, i)), at(d.JSONMetadataArray, i), at(d.IsHoneypotArray, i)
		if a.ID == "" {
			a.ID = s.newID("asset")
		}
		if a.JSONMetadata == "" {
			a.JSONMetadata = "{}"
		}
		made[i] = a
	}
	return made, nil
}

// admit says what is wrong with assets that are to be added.
func (s *store) admit(p *project, made []*asset) error {
	var taken []string
	for i, a := range made {
		again := func(b *asset) bool { return b.ID == a.ID || b.ExternalID == a.ExternalID }
		var metadata map[string]any
		switch at, err := url.Parse(a.Content); {
		case err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https":
			return failure{message: fmt.Sprintf("[invalidContent] contentArray[%d] is no URL", i)}
		case json.Unmarshal([]byte(a.JSONMetadata), &metadata) != nil || metadata == nil:
			return failure{message: fmt.Sprintf("[invalidMetadata] jsonMetadataArray[%d] is no JSON object", i)}
		case s.external(p, a.ExternalID) != nil || s.byID[a.ID] != nil || slices.ContainsFunc(made[:i], again):
			taken = append(taken, a.ExternalID)
		}
	}
	if len(taken) > 0 {
		return failure{message: "[externalIdAlreadyExists] assets with these external ids already exist: " + strings.Join(taken, ", ")}
	}
	for _, a := range made {
		if slices.ContainsFunc(s.assets, func(b *asset) bool { return b.project == p && b.Content == a.Content }) {
			s.twice++
		}
	}
	return nil
}

type appendLabels struct {
	LabelType  string
	Overwrite  *bool
	LabelsData []appendLabel
}

type appendLabel struct {
	AssetID           graphql.ID
	AuthorID          *graphql.ID
	ClientVersion     *int32
	JSONResponse      string
	ModelName         *string
	ReferencedLabelID *string
	SecondsToLabel    *float64
}

// AppendManyLabels adds labels or predictions to assets: all of them or, when one is wrong, none.
func (r *resolver) AppendManyLabels(ctx context.Context, args struct {
	Data  appendLabels
	Where assetWhere
},
) ([]*labelView, error) {
	assets, err := r.store.targets(args.Data, args.Where)
	if err != nil {
		return nil, err
	}
	views := make([]*labelView, len(assets))
	for i, d := range args.Data.LabelsData {
		l := &label{ID: r.store.newID("label"), LabelType: args.Data.LabelType, JSONResponse: d.JSONResponse, ModelName: d.ModelName}
		r.store.addLabel(assets[i], l, isTrue(args.Data.Overwrite))
		views[i] = viewLabel(l)
	}
	changed(ctx, fmt.Sprintf("%d labels (%s) added", len(views), args.Data.LabelType))
	return views, nil
}

// targets returns the assets that labels are for, in their order, or what is wrong with the labels.
func (s *store) targets(d appendLabels, where assetWhere) ([]*asset, error) {
	switch {
	case len(d.LabelsData) == 0:
		return nil, failure{message: "[missingLabels] labelsData is empty"}
	case len(d.LabelsData) > mostItems:
		return nil, failure{message: fmt.Sprintf("[tooManyLabels] %d labels in one call, at most %d", len(d.LabelsData), mostItems)}
	}
	selected, err := s.find(where)
	if err != nil {
		return nil, err
	}
	assets := make([]*asset, len(d.LabelsData))
	for i, l := range d.LabelsData {
		a := s.byID[string(l.AssetID)]
		if a == nil || !slices.Contains(selected, a) {
			return nil, failure{message: "[assetNotFound] asset " + string(l.AssetID) + " is not one that where selects"}
		}
		if d.LabelType == "PREDICTION" && (l.ModelName == nil || *l.ModelName == "") {
			return nil, failure{message: fmt.Sprintf("[missingModelName] labelsData[%d]: a prediction needs a modelName", i)}
		}
		if a.ExternalID == "busy-1" && d.LabelType != "PREDICTION" {
			return nil, failure{message: "[assetLocked] the asset is being edited", reason: "AssetAlreadyLocked"}
		}
		if err := a.project.jobs.check(l.JSONResponse); err != nil {
			return nil, failure{message: fmt.Sprintf("[invalidJsonResponse] labelsData[%d].%s", i, err)}
		}
		assets[i] = a
	}
	return assets, nil
}

// UpdatePropertiesInAssets changes assets one by one. The priority is no longer set by it.
func (r *resolver) UpdatePropertiesInAssets(ctx context.Context, args struct {
	Where []assetWhere
	Data  []struct {
		JSONMetadata *string
		Priority     *int32
	}
},
) ([]*assetView, error) {
	if len(args.Where) != len(args.Data) {
		return nil, failure{message: "[arraysLength] where and data differ in length"}
	}
	views := []*assetView{}
	for i, d := range args.Data {
		found, err := r.store.find(args.Where[i])
		switch {
		case err != nil:
			return nil, err
		case d.Priority != nil:
			return nil, failure{message: "[deprecated] the priority of `updatePropertiesInAssets` is deprecated, use `setAssetsPriority`"}
		case d.JSONMetadata != nil && !json.Valid([]byte(*d.JSONMetadata)):
			return nil, failure{message: "[invalidMetadata] jsonMetadata is no JSON"}
		}
		for _, a := range found {
			if d.JSONMetadata != nil {
				a.JSONMetadata = *d.JSONMetadata
			}
			views = append(views, viewAsset(a))
		}
	}
	changed(ctx, fmt.Sprintf("%d assets updated", len(views)))
	return views, nil
}

// DeleteLabels deletes labels and says which there were.
func (r *resolver) DeleteLabels(ctx context.Context, args struct{ IDs []graphql.ID }) ([]graphql.ID, error) {
	if len(args.IDs) > mostItems {
		return nil, failure{message: fmt.Sprintf("[tooManyLabels] %d labels in one call, at most %d", len(args.IDs), mostItems)}
	}
	gone := []graphql.ID{}
	for _, a := range r.store.assets {
		a.labels = slices.DeleteFunc(a.labels, func(l *label) bool {
			hit := slices.Contains(args.IDs, graphql.ID(l.ID))
			if hit {
				gone = append(gone, graphql.ID(l.ID))
			}
			return hit
		})
	}
	changed(ctx, fmt.Sprintf("%d labels deleted", len(gone)))
	return gone, nil
}

// lengthOf is the length of a list; that of one that was left out is what it should be.
func lengthOf[T any](list *[]T, otherwise int) int {
	if list == nil {
		return otherwise
	}
	return len(*list)
}

// at is an entry of a list that may be left out.
func at[T any](list *[]T, i int) (entry T) {
	if list != nil {
		entry = (*list)[i]
	}
	return entry
}
