package superviselysandbox

import (
	"encoding/json"
	"slices"
)

// meta is a project's: its classes and tags. Unknown fields of theirs are kept by nobody.
type meta struct {
	Classes []class   `json:"classes"`
	Tags    []tagMeta `json:"tags"`
}

type class struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Shape string `json:"shape"`
	Color string `json:"color"`
}

type tagMeta struct {
	ID        int    `json:"id"`
	Name      string `json:"name"`
	ValueType string `json:"value_type"`
	Color     string `json:"color"`
}

// firstMeta is the rehearsal project's: any shape for each class, a tag without value for each.
func firstMeta() meta {
	var m meta
	for n, name := range []string{"car", "cat", "dog", "ferret", "indoor", "leash", "person", "rabbit", "sunny", "truck"} {
		m.Classes = append(m.Classes, class{71 + n, name, "any", "#FF0000"})
		m.Tags = append(m.Tags, tagMeta{101 + n, name, "none", "#0000FF"})
	}
	m.Tags = append(m.Tags, tagMeta{120, "src", "any_string", "#00FF00"}, tagMeta{121, "light", "any_string", "#00FF00"}, tagMeta{122, "count", "any_number", "#00FF00"})
	return m
}

func (m meta) class(title string) (class, bool) {
	at := slices.IndexFunc(m.Classes, func(c class) bool { return c.Title == title })
	if at < 0 {
		return class{}, false
	}
	return m.Classes[at], true
}

func (m meta) tag(name string) (tagMeta, bool) {
	at := slices.IndexFunc(m.Tags, func(t tagMeta) bool { return t.Name == name })
	if at < 0 {
		return tagMeta{}, false
	}
	return m.Tags[at], true
}

func (s *store) projectInfo(args byID) (any, string, error) {
	if args.ID != projectID {
		return nil, "", missing("Project", args.ID)
	}
	return map[string]any{
		"id": projectID, "name": "Rehearsal", "description": "", "type": "images", "workspaceId": workspaceID, "teamId": teamID,
		"imagesCount": len(s.images), "datasetsCount": len(s.datasets), "createdAt": stamp(s.now), "updatedAt": stamp(s.now),
	}, "", nil
}

func (s *store) projectMeta(args byID) (any, string, error) {
	if args.ID != projectID {
		return nil, "", missing("Project", args.ID)
	}
	return s.meta, "", nil
}

type updateMeta struct {
	ID   int         `json:"id"`
	Meta lenientMeta `json:"meta"`
}

// lenientMeta is a meta of which the rest is not looked at: the client sends a good deal more.
type lenientMeta struct{ meta }

// UnmarshalJSON decodes what is known.
func (m *lenientMeta) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &m.meta) }

// updateMeta replaces the classes and tags of the project.
func (s *store) updateMeta(args updateMeta) (any, string, error) {
	if args.ID != projectID {
		return nil, "", missing("Project", args.ID)
	}
	var next meta
	for _, c := range args.Meta.Classes {
		old, there := s.meta.class(c.Title)
		if !there {
			old.ID = s.newID()
		}
		next.Classes = append(next.Classes, class{old.ID, c.Title, c.Shape, c.Color})
	}
	for _, t := range args.Meta.Tags {
		old, there := s.meta.tag(t.Name)
		if !there {
			old.ID = s.newID()
		}
		next.Tags = append(next.Tags, tagMeta{old.ID, t.Name, t.ValueType, t.Color})
	}
	s.meta = next
	return s.meta, "the project's classes and tags are changed", nil
}

// updateSettings answers what the client sends after a change of classes and tags. The settings are not kept.
func (s *store) updateSettings(args struct {
	ID       int             `json:"id"`
	Settings json.RawMessage `json:"settings"`
},
) (any, string, error) {
	return s.projectInfo(byID{args.ID})
}

func (s *store) datasetInfo(args byID) (any, string, error) {
	d, err := s.dataset(args.ID)
	if err != nil {
		return nil, "", err
	}
	return s.viewDataset(d), "", nil
}

type addDataset struct {
	ProjectID   int    `json:"projectId"`
	Name        string `json:"name"`
	Description string `json:"description"`
	ParentID    *int   `json:"parentId"`
}

func (s *store) addDataset(args addDataset) (any, string, error) {
	switch {
	case args.ProjectID != projectID:
		return nil, "", missing("Project", args.ProjectID)
	case args.Name == "" || slices.ContainsFunc(s.datasets, func(d *dataset) bool { return d.name == args.Name }):
		return nil, "", invalid("name is empty or taken")
	}
	d := &dataset{s.newID(), args.Name}
	s.datasets = append(s.datasets, d)
	return s.viewDataset(d), "dataset " + d.name + " created", nil
}

func (s *store) viewDataset(d *dataset) map[string]any {
	count := 0
	for _, i := range s.images {
		if i.dataset == d {
			count++
		}
	}
	return map[string]any{
		"id": d.id, "name": d.name, "description": "", "size": "0", "projectId": projectID, "teamId": teamID, "workspaceId": workspaceID,
		"imagesCount": count, "itemsCount": count, "createdAt": stamp(s.now), "updatedAt": stamp(s.now),
	}
}

func (s *store) userInfo(args byID) (any, string, error) {
	login, known := map[int]string{labelerID: "labeler", reviewerID: "reviewer"}[args.ID]
	if !known {
		return nil, "", missing("User", args.ID)
	}
	return map[string]any{
		"id": args.ID, "login": login, "logins": 1, "disabled": false,
		"teams": []map[string]any{{"id": teamID, "name": "Rehearsal", "roleId": 3, "role": "manager"}},
	}, "", nil
}
