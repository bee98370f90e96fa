package encordsandbox

import "net/http"

func (a *api) project(c *call) bool {
	if c.request.PathValue("project") != projectHash {
		fail(c, http.StatusForbidden, "You are not authorised to access this asset.")
		return false
	}
	return true
}

func (a *api) getProject(c *call) {
	if !a.project(c) || !c.query() {
		return
	}
	nodes := []any{}
	for _, s := range stages() {
		nodes = append(nodes, map[string]any{"uuid": s.UUID, "title": s.Title, "stageType": s.Type})
	}
	at := stamp(a.options.Now())
	c.answer(map[string]any{
		"projectHash": projectHash, "projectType": "workflow", "status": "inProgress", "title": "Rare pets", "description": "",
		"createdAt": at, "creatorEmail": owner, "lastEditedAt": at, "ontologyHash": ontologyHash, "editorOntology": ontology(),
		"userRole": 0, "workflow": map[string]any{"stages": nodes},
	})
}

func (a *api) getProjectDatasets(c *call) {
	if a.project(c) && c.query() {
		c.answer(pageOf([]any{map[string]any{"datasetHash": datasetHash, "title": datasetTitle, "description": ""}}, "", defaultPage))
	}
}

func (a *api) getOntology(c *call) {
	if c.request.PathValue("ontology") != ontologyHash {
		fail(c, http.StatusForbidden, "You are not authorised to access this asset.")
		return
	}
	at := stamp(a.options.Now())
	c.answer(map[string]any{
		"ontologyUuid": ontologyHash, "title": "Pets", "description": "", "editor": ontology(), "createdAt": at, "lastEditedAt": at, "userRole": 0,
	})
}

// editor is an ontology's content.
type editor struct {
	Objects           []object         `json:"objects"`
	Classifications   []classification `json:"classifications"`
	SkeletonTemplates []skeleton       `json:"skeleton_templates"`
}

type object struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Color           string `json:"color"`
	Shape           string `json:"shape"`
	FeatureNodeHash string `json:"featureNodeHash"`
	Attributes      []any  `json:"attributes"`
}

type classification struct {
	ID              string      `json:"id"`
	FeatureNodeHash string      `json:"featureNodeHash"`
	Attributes      []attribute `json:"attributes"`
}

type attribute struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Type            string   `json:"type"`
	Required        bool     `json:"required"`
	FeatureNodeHash string   `json:"featureNodeHash"`
	Dynamic         bool     `json:"dynamic"`
	Options         []option `json:"options,omitempty"`
}

type option struct {
	ID              string `json:"id"`
	Label           string `json:"label"`
	Value           string `json:"value"`
	FeatureNodeHash string `json:"featureNodeHash"`
}

type skeleton struct {
	Template template `json:"template"`
}

type template struct {
	Name            string            `json:"name"`
	Width           float64           `json:"width"`
	Height          float64           `json:"height"`
	Skeleton        map[string]vertex `json:"skeleton"`
	SkeletonEdges   map[string]any    `json:"skeletonEdges"`
	FeatureNodeHash string            `json:"feature_node_hash"`
	Shape           string            `json:"shape"`
}

type vertex struct {
	X           float64 `json:"x"`
	Y           float64 `json:"y"`
	Name        string  `json:"name"`
	Color       string  `json:"color"`
	Value       string  `json:"value"`
	FeatureHash string  `json:"featureHash"`
}

// ontology has the classes of the sample events.
func ontology() editor {
	return editor{
		Objects: []object{
			{"1", "rabbit", "#D33115", "bounding_box", "obj00001", []any{}},
			{"2", "ferret", "#E27300", "bounding_box", "obj00002", []any{}},
			{"3", "cat", "#16406C", "bounding_box", "obj00003", []any{}},
			{"4", "dog", "#FE9200", "bounding_box", "obj00004", []any{}},
			{"5", "dog", "#FCDC00", "polygon", "obj00005", []any{}},
			{"6", "cat", "#DBDF00", "skeleton", "obj00006", []any{}},
			{"7", "leash", "#A4DD00", "polyline", "obj00007", []any{}},
			{"8", "truck", "#68CCCA", "bounding_box", "obj00008", []any{}},
			{"9", "nose", "#73D8FF", "point", "obj00009", []any{}},
		},
		Classifications: []classification{{"1", "cls00001", []attribute{{
			"1.1", "Setting", "radio", false, "att00001", false,
			[]option{{"1.1.1", "indoor", "indoor", "opt00001"}, {"1.1.2", "outdoor", "outdoor", "opt00002"}},
		}}}},
		SkeletonTemplates: []skeleton{{template{
			Name: "cat", Width: 1, Height: 1, SkeletonEdges: map[string]any{"0": map[string]any{"1": map[string]any{"color": "#DBDF00"}}},
			Skeleton: map[string]vertex{
				"0": {0, 0.5, "nose", "#DBDF00", "nose", "ver00001"},
				"1": {1, 0.5, "tail", "#DBDF00", "tail", "ver00002"},
			},
			FeatureNodeHash: "obj00006", Shape: "skeleton",
		}}},
	}
}

func (e editor) object(feature string) (object, bool) {
	for _, o := range e.Objects {
		if o.FeatureNodeHash == feature {
			return o, true
		}
	}
	return object{}, false
}

func (e editor) classification(feature string) (classification, bool) {
	for _, c := range e.Classifications {
		if c.FeatureNodeHash == feature {
			return c, true
		}
	}
	return classification{}, false
}
