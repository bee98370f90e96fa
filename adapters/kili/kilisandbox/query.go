package kilisandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/graph-gophers/graphql-go"
)

// resolver answers the operations.
type resolver struct {
	store *store
	now   func() time.Time
}

type userView struct {
	ID    graphql.ID
	Email string
}

// Viewer is whose key it is.
func (r *resolver) Viewer() *userView { return &userView{"cuser000001", "rehearsal@example.com"} }

type apiKeyView struct {
	ID         graphql.ID
	ExpiryDate date
}

// APIKeys answers the client's question when its key ends.
func (r *resolver) APIKeys(args struct {
	Where apiKeyWhere
	First pageSize
	Skip  int32
},
) []*apiKeyView {
	return page([]*apiKeyView{{"ckey000001", date{r.now().AddDate(1, 0, 0)}}}, args.First, args.Skip)
}

type apiKeyWhere struct {
	ID   *graphql.ID
	Key  *string
	User *struct{ ID *graphql.ID }
}

type projectWhere struct {
	ID                *graphql.ID
	Archived, Deleted *bool
}

// Projects lists the projects.
func (r *resolver) Projects(args struct {
	Where projectWhere
	First pageSize
	Skip  int32
},
) []*projectView {
	return page(r.projects(args.Where), args.First, args.Skip)
}

// CountProjects counts the projects.
func (r *resolver) CountProjects(args struct{ Where projectWhere }) int32 {
	return int32(len(r.projects(args.Where))) //nolint:gosec // few
}

func (r *resolver) projects(where projectWhere) []*projectView {
	var found []*projectView
	if isTrue(where.Archived) || isTrue(where.Deleted) {
		return found // none ever is
	}
	for _, p := range r.store.projects {
		if where.ID == nil || string(*where.ID) == p.ID {
			found = append(found, viewProject(p))
		}
	}
	return found
}

func isTrue(b *bool) bool { return b != nil && *b }

type projectView struct {
	ID                                                            graphql.ID
	Title, Description, InputType, JSONInterface, WorkflowVersion string
	Steps                                                         []stepView
}

type stepView struct {
	ID   graphql.ID
	Name string
}

func viewProject(p *project) *projectView {
	return &projectView{
		ID: graphql.ID(p.ID), Title: p.Title, Description: p.Description, InputType: p.InputType, JSONInterface: p.JSONInterface,
		WorkflowVersion: "V2", Steps: []stepView{{"cstep000001", "Default"}, {"cstep000002", "Review"}},
	}
}

// assetWhere selects assets. Label and issue filters are there for the client, which sends them empty.
type assetWhere struct {
	ID                   *graphql.ID
	IDIn                 *[]graphql.ID
	Project              *projectWhere
	ExternalIDIn         *[]string
	ExternalIDStrictlyIn *[]string
	StatusIn             *[]string
	Skipped              *bool
	Label                *struct{ TypeIn *[]string }
	Issue                *struct{ Type *string }
}

// Assets lists assets.
func (r *resolver) Assets(args struct {
	Where assetWhere
	First pageSize
	Skip  int32
},
) ([]*assetView, error) {
	found, err := r.store.find(args.Where)
	if err != nil {
		return nil, err
	}
	views := []*assetView{}
	for _, a := range page(found, args.First, args.Skip) {
		views = append(views, viewAsset(a))
	}
	return views, nil
}

// CountAssets counts assets.
func (r *resolver) CountAssets(args struct{ Where assetWhere }) (int32, error) {
	found, err := r.store.find(args.Where)
	return int32(len(found)), err //nolint:gosec // few
}

// FilterExistingAssets says which of the external ids the project has.
func (r *resolver) FilterExistingAssets(args struct {
	ProjectID   graphql.ID
	ExternalIDs []string
},
) ([]string, error) {
	if len(args.ExternalIDs) > 1000 {
		return nil, failure{message: "[tooManyExternalIds] at most 1000 external ids can be looked up at once"}
	}
	p, err := r.store.project(string(args.ProjectID))
	if err != nil {
		return nil, err
	}
	existing := []string{}
	for _, id := range args.ExternalIDs {
		if r.store.external(p, id) != nil && !slices.Contains(existing, id) {
			existing = append(existing, id)
		}
	}
	return existing, nil
}

func (s *store) external(p *project, id string) *asset {
	for _, a := range s.assets {
		if a.project == p && a.ExternalID == id {
			return a
		}
	}
	return nil
}

// find returns the assets that are selected. A selection of nothing is refused: it would be every asset.
func (s *store) find(w assetWhere) ([]*asset, error) {
	if w.ID == nil && w.IDIn == nil && (w.Project == nil || w.Project.ID == nil) {
		return nil, failure{message: "[missingFilter] an asset is found by its id or by its project"}
	}
	if w.Label != nil && w.Label.TypeIn != nil || w.Issue != nil && w.Issue.Type != nil {
		return nil, failure{message: "[unsupported] the sandbox has no filter by labels and issues"}
	}
	if w.Project != nil && w.Project.ID != nil {
		if _, err := s.project(string(*w.Project.ID)); err != nil {
			return nil, err
		}
	}
	var found []*asset
	for _, a := range s.assets {
		if w.has(a) {
			found = append(found, a)
		}
	}
	return found, nil
}

func (w assetWhere) has(a *asset) bool {
	partly := func(part string) bool { return strings.Contains(a.ExternalID, part) }
	switch {
	case w.ID != nil && string(*w.ID) != a.ID,
		w.IDIn != nil && !slices.Contains(*w.IDIn, graphql.ID(a.ID)),
		w.Project != nil && w.Project.ID != nil && string(*w.Project.ID) != a.project.ID,
		w.ExternalIDStrictlyIn != nil && !slices.Contains(*w.ExternalIDStrictlyIn, a.ExternalID),
		w.ExternalIDIn != nil && !slices.ContainsFunc(*w.ExternalIDIn, partly),
		w.StatusIn != nil && !slices.Contains(*w.StatusIn, a.Status),
		isTrue(w.Skipped):
		return false
	}
	return true
}

type assetView struct {
	ID                                         graphql.ID
	ExternalID                                 *string
	Content, JSONContent, JSONMetadata, Status string
	IsHoneypot, Skipped                        bool
	Priority                                   int32
	Labels                                     []*labelView
	Resolution                                 *struct{ Width, Height int32 }
}

func viewAsset(a *asset) *assetView {
	v := &assetView{
		ID: graphql.ID(a.ID), ExternalID: &a.ExternalID, Content: a.Content, JSONContent: a.JSONContent, JSONMetadata: a.JSONMetadata,
		Status: a.Status, IsHoneypot: a.IsHoneypot, Priority: a.Priority, Labels: []*labelView{},
	}
	for _, l := range a.labels {
		v.Labels = append(v.Labels, viewLabel(l))
	}
	return v
}

type labelWhere struct {
	ID      *graphql.ID
	IDIn    *[]graphql.ID
	Asset   *assetWhere
	Project *projectWhere
	TypeIn  *[]string
}

// Labels lists labels.
func (r *resolver) Labels(args struct {
	Where labelWhere
	First pageSize
	Skip  int32
},
) ([]*labelView, error) {
	found, err := r.labels(args.Where)
	if err != nil {
		return nil, err
	}
	return page(found, args.First, args.Skip), nil
}

// CountLabels counts labels.
func (r *resolver) CountLabels(args struct{ Where labelWhere }) (int32, error) {
	found, err := r.labels(args.Where)
	return int32(len(found)), err //nolint:gosec // few
}

func (r *resolver) labels(w labelWhere) ([]*labelView, error) {
	where := assetWhere{Project: w.Project}
	if w.Asset != nil {
		where = *w.Asset
		if where.Project == nil {
			where.Project = w.Project
		}
	}
	assets, err := r.store.find(where)
	if err != nil {
		return nil, err
	}
	found := []*labelView{}
	for _, a := range assets {
		for _, l := range a.labels {
			if w.has(l) {
				found = append(found, viewLabel(l))
			}
		}
	}
	return found, nil
}

func (w labelWhere) has(l *label) bool {
	return (w.ID == nil || string(*w.ID) == l.ID) &&
		(w.IDIn == nil || slices.Contains(*w.IDIn, graphql.ID(l.ID))) &&
		(w.TypeIn == nil || slices.Contains(*w.TypeIn, l.LabelType))
}

type labelView struct {
	ID, AssetID                graphql.ID
	Author                     *userView
	LabelType, JSONResponse    string
	ModelName, JSONResponseURL *string
}

func viewLabel(l *label) *labelView {
	return &labelView{ID: graphql.ID(l.ID), AssetID: graphql.ID(l.asset.ID), LabelType: l.LabelType, JSONResponse: l.JSONResponse, ModelName: l.ModelName}
}

// page cuts a page out of a list.
func page[T any](all []T, first pageSize, skip int32) []T {
	from := min(max(int(skip), 0), len(all))
	return append([]T{}, all[from:min(from+int(first), len(all))]...)
}
