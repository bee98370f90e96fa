package labelboxsandbox

import (
	"github.com/graph-gophers/graphql-go"
)

// The resolvers of the root types, by path.
type (
	plainQuery           struct{ a *api }
	plainMutation        struct{ a *api }
	experimentalQuery    struct{ a *api }
	experimentalMutation struct{ a *api }
)

// projectNode is the project as it is read. Numbers that nobody has set are left null.
type projectNode struct {
	a                                      *api
	ID                                     graphql.ID
	Name                                   string
	Description                            *string
	CreatedAt, UpdatedAt                   stamp
	SetupComplete, LastActivityTime        *stamp
	AutoAuditNumberOfLabels                *int32
	AutoAuditPercentage                    *float64
	AllowedMediaType, EditorTaskType       *string
	DataRowCount                           int32
	ModelSetupComplete                     *bool
	UploadType                             *string
	IsBenchmarkEnabled, IsConsensusEnabled bool
}

func (a *api) projectNode(id graphql.ID) (*projectNode, error) {
	if id != ProjectID {
		return nil, notFound("Project %q was not found", id)
	}
	p, media, automatic := a.store.project, "IMAGE", "Auto"
	return &projectNode{
		a: a, ID: ProjectID, Name: "rarepets relabeling", CreatedAt: p.made, UpdatedAt: p.made, SetupComplete: &p.made,
		LastActivityTime: &p.made, AllowedMediaType: &media, UploadType: &automatic, IsBenchmarkEnabled: true,
		DataRowCount: int32(len(p.members)), //nolint:gosec // no such number of rows
	}, nil
}

// Project answers the project on /graphql.
func (q plainQuery) Project(args struct{ Where idInput }) (*projectNode, error) {
	return q.a.projectNode(args.Where.ID)
}

// Projects lists the projects.
func (q plainQuery) Projects(args listArgs) ([]*projectNode, error) {
	node, err := q.a.projectNode(ProjectID)
	return window([]*projectNode{node}, args.Skip, args.First), err
}

// Project answers the project on /_gql.
func (q experimentalQuery) Project(args struct{ Where idInput }) (*projectNode, error) {
	return q.a.projectNode(args.Where.ID)
}

// projectMutation is the project as it is changed, on either path.
type projectMutation struct{ s *store }

func (a *api) projectMutation(id graphql.ID) (*projectMutation, error) {
	if id != ProjectID {
		return nil, notFound("Project %q was not found", id)
	}
	return &projectMutation{a.store}, nil
}

// Project answers what changes the project on /graphql.
func (m plainMutation) Project(args struct{ Where idInput }) (*projectMutation, error) {
	return m.a.projectMutation(args.Where.ID)
}

// Project answers what changes the project on /_gql.
func (m experimentalMutation) Project(args struct{ Where idInput }) (*projectMutation, error) {
	return m.a.projectMutation(args.Where.ID)
}

type taskReference struct{ TaskID graphql.ID }

// rowNames are data rows as inputs name them: by ids or by global keys, not both.
func (s *store) rowNames(ids, keys *[]graphql.ID) (list []string, kind idKind, err error) {
	given := func(l *[]graphql.ID) bool { return l != nil && len(*l) > 0 }
	switch {
	case given(ids) && given(keys):
		return nil, "", malformed("only one of dataRowIds and globalKeys can be given")
	case given(ids):
		return names(*ids), byID, nil
	case given(keys):
		return names(*keys), byKey, nil
	default:
		return nil, "", malformed("no data rows given")
	}
}
