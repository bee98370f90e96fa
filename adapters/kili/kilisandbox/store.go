package kilisandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// store is what Kili holds.
type store struct {
	projects []*project
	assets   []*asset
	byID     map[string]*asset
	count    int
	twice    int
}

// project is a labeling project.
type project struct {
	ID, Title, Description, InputType, JSONInterface string
	jobs                                             jobs
}

// asset is one picture of a project with its labels.
type asset struct {
	ID, ExternalID, Content, JSONContent, JSONMetadata string
	IsHoneypot                                         bool
	Priority                                           int32
	Status                                             string
	project                                            *project
	labels                                             []*label
	sentBack                                           int
}

// label is a label or a prediction of an asset.
type label struct {
	ID, LabelType, JSONResponse string
	ModelName                   *string
	asset                       *asset
}

// The statuses of an asset.
const (
	statusTodo     = "TODO"      // nobody has begun
	statusOngoing  = "ONGOING"   // in the queue again
	statusLabeled  = "LABELED"   // somebody has labelled it
	statusToReview = "TO_REVIEW" // in the queue of the reviewers
)

// queued reports whether the asset still is to be labelled.
func (a *asset) queued() bool { return a.Status == statusTodo || a.Status == statusOngoing }

// State is what people and tests see of Kili.
type State struct {
	Projects []ProjectState `json:"projects"`
	// Twice counts what was made a second time: an asset with a content that the project has already, a prediction that its
	// asset has already from the same model.
	Twice int `json:"twice"`
}

// ProjectState is a project with its assets, in the order of their making.
type ProjectState struct {
	ID     string       `json:"id"`
	Title  string       `json:"title"`
	Assets []AssetState `json:"assets"`
}

// AssetState is an asset. SentBack says how often it went back to the queue.
type AssetState struct {
	ID         string          `json:"id"`
	ExternalID string          `json:"external_id"`
	Content    string          `json:"content"`
	Metadata   json.RawMessage `json:"metadata"`
	Status     string          `json:"status"`
	Priority   int32           `json:"priority"`
	SentBack   int             `json:"sent_back"`
	Labels     []LabelState    `json:"labels"`
}

// LabelState is a label or prediction. Its id is left out: a prediction that is sent again is another label.
type LabelState struct {
	Type     string          `json:"type"`
	Model    string          `json:"model,omitempty"`
	Response json.RawMessage `json:"response"`
}

func (s *store) state() State {
	state := State{Twice: s.twice}
	for _, p := range s.projects {
		shown := ProjectState{ID: p.ID, Title: p.Title, Assets: []AssetState{}}
		for _, a := range s.assets {
			if a.project == p {
				shown.Assets = append(shown.Assets, a.state())
			}
		}
		state.Projects = append(state.Projects, shown)
	}
	return state
}

func (a *asset) state() AssetState {
	shown := AssetState{
		ID: a.ID, ExternalID: a.ExternalID, Content: a.Content, Metadata: json.RawMessage(a.JSONMetadata),
		Status: a.Status, Priority: a.Priority, SentBack: a.sentBack, Labels: []LabelState{},
	}
	for _, l := range a.labels {
		one := LabelState{Type: l.LabelType, Response: json.RawMessage(l.JSONResponse)}
		if l.ModelName != nil {
			one.Model = *l.ModelName
		}
		shown.Labels = append(shown.Labels, one)
	}
	return shown
}

// newID returns an id that nothing has had.
func (s *store) newID(kind string) string {
	s.count++
	return fmt.Sprintf("c%s%06d", kind, s.count)
}

// project returns a project by its id, or the error that Kili gives for any that the key may not see.
func (s *store) project(id string) (*project, error) {
	for _, p := range s.projects {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, failure{message: "[accessDenied] the project " + id + " does not exist or you do not have access to it"}
}

func (s *store) addProject(id, title, description, inputType, jsonInterface string) (*project, error) {
	found, err := readInterface(jsonInterface)
	if err != nil {
		return nil, failure{message: "[invalidJsonInterface] " + err.Error()}
	}
	p := &project{ID: id, Title: title, Description: description, InputType: inputType, JSONInterface: jsonInterface, jobs: found}
	s.projects = append(s.projects, p)
	return p, nil
}

func (s *store) addAsset(a *asset) {
	a.Status = statusTodo
	s.assets = append(s.assets, a)
	s.byID[a.ID] = a
}

// addLabel puts a label to its asset. A prediction replaces those of its model if it should.
func (s *store) addLabel(a *asset, l *label, overwrite bool) {
	if l.LabelType == "PREDICTION" {
		same := func(old *label) bool { return old.LabelType == l.LabelType && *old.ModelName == *l.ModelName }
		switch {
		case overwrite:
			a.labels = slices.DeleteFunc(a.labels, same)
		case slices.ContainsFunc(a.labels, func(old *label) bool { return same(old) && old.JSONResponse == l.JSONResponse }):
			s.twice++
		}
	}
	switch l.LabelType {
	case "DEFAULT", "REVIEW":
		a.Status = statusLabeled
	case "AUTOSAVE":
		a.Status = statusOngoing
	}
	l.asset = a
	a.labels = append(a.labels, l)
}

// interfaceOf is what the rehearsal project asks of its labelers.
const interfaceOf = `{"jobs": {
  "BOXES": {"mlTask": "OBJECT_DETECTION", "isChild": false, "required": 0, "tools": ["rectangle"], "content": {"categories": CATEGORIES, "input": "radio"}},
  "POLYGONS": {"mlTask": "OBJECT_DETECTION", "isChild": false, "required": 0, "tools": ["polygon"], "content": {"categories": CATEGORIES, "input": "radio"}},
  "LINES": {"mlTask": "OBJECT_DETECTION", "isChild": false, "required": 0, "tools": ["polyline", "vector"], "content": {"categories": CATEGORIES, "input": "radio"}},
  "POINTS": {"mlTask": "OBJECT_DETECTION", "isChild": false, "required": 0, "tools": ["marker"], "content": {"categories": CATEGORIES, "input": "radio"}},
  "SCENE": {"mlTask": "CLASSIFICATION", "isChild": false, "required": 0, "content": {"categories": CATEGORIES, "input": "checkbox"}},
  "LIGHT": {"mlTask": "CLASSIFICATION", "isChild": false, "required": 0, "content": {"categories": {"bright": {"name": "bright"}, "dim": {"name": "dim"}}, "input": "radio"}}
}}`

// Project is the id of the project that is there from the start.
const Project = "rehearsal"

// newStore returns a Kili with one project, in which the frames of the sample events are labelled.
func newStore() *store {
	s := &store{byID: map[string]*asset{}}
	categories := map[string]any{}
	for _, name := range []string{"car", "cat", "dog", "ferret", "indoor", "leash", "person", "rabbit", "sunny", "truck"} {
		categories[name] = map[string]any{"name": name, "children": []string{}}
	}
	encoded, _ := json.Marshal(categories) // texts always have a JSON form
	text := strings.ReplaceAll(interfaceOf, "CATEGORIES", string(encoded))
	p, err := s.addProject(Project, "Rehearsal", "Made by labelgate sandbox", "IMAGE", text)
	if err != nil {
		panic(err) // it is a constant
	}
	for _, name := range []string{"frame-070001", "frame-070002", "frame-070003", "frame-070011", "frame-070012", "frame-070021", "busy-1"} {
		s.seed(p, name)
		a := s.assets[len(s.assets)-1]
		s.addLabel(a, &label{ID: s.newID("label"), LabelType: "DEFAULT", JSONResponse: `{"SCENE":{"categories":[{"name":"sunny"}]}}`}, false)
	}
	s.seed(p, "todo-1")
	return s
}

func (s *store) seed(p *project, externalID string) {
	s.addAsset(&asset{
		ID: s.newID("asset"), ExternalID: externalID, project: p, JSONMetadata: "{}",
		Content: "https://images.example.com/" + externalID + ".jpg",
	})
}
