package labelboxsandbox

import (
	"encoding/json"

	"github.com/graph-gophers/graphql-go"
)

// ontologyID is the id of the project's ontology.
const ontologyID = "cmontology000000000000001"

// The kinds of tools and classifications, as an ontology names them.
const (
	boxTool, polygonTool, lineTool, pointTool, maskTool = "rectangle", "polygon", "line", "point", "raster-segmentation"

	radio, checklist, freeText = "radio", "checklist", "text"
)

type tool struct {
	Tool            string   `json:"tool"`
	Name            string   `json:"name"`
	Required        bool     `json:"required"`
	Color           string   `json:"color"`
	Classifications []choice `json:"classifications"`
	SchemaNodeID    string   `json:"schemaNodeId"`
	FeatureSchemaID string   `json:"featureSchemaId"`
}

type choice struct {
	Type            string   `json:"type"`
	Name            string   `json:"name"`
	Instructions    string   `json:"instructions"`
	Required        bool     `json:"required"`
	Options         []option `json:"options"`
	SchemaNodeID    string   `json:"schemaNodeId"`
	FeatureSchemaID string   `json:"featureSchemaId"`
}

type option struct {
	Label           string `json:"label"`
	Value           string `json:"value"`
	SchemaNodeID    string `json:"schemaNodeId"`
	FeatureSchemaID string `json:"featureSchemaId"`
}

// normalized is an ontology as the vendor stores it.
type normalized struct {
	Tools           []tool   `json:"tools"`
	Classifications []choice `json:"classifications"`
}

// ontology returns the project's ontology: names are unique in it, as at the vendor, so a class that is labeled in two
// shapes is two tools.
func ontology() normalized {
	return normalized{
		Tools: []tool{
			newTool(boxTool, "dog"), newTool(boxTool, "cat"), newTool(boxTool, "ferret"), newTool(boxTool, "rabbit"), newTool(boxTool, "truck"),
			newTool(polygonTool, "dog outline"), newTool(polygonTool, "cat outline"),
			newTool(lineTool, "leash"), newTool(pointTool, "nose"), newTool(pointTool, "tail"), newTool(maskTool, "ground"),
		},
		Classifications: []choice{
			newChoice(radio, "scene", "indoor", "outdoor"), newChoice(radio, "light", "dim", "bright"),
			newChoice(checklist, "weather", "rain", "snow", "fog"), newChoice(freeText, "count"),
		},
	}
}

func newTool(kind, name string) tool {
	return tool{
		Tool: kind, Name: name, Color: "#ff8000", Classifications: []choice{},
		SchemaNodeID: "cmnode-" + name, FeatureSchemaID: "cmfeature-" + name,
	}
}

func newChoice(kind, name string, answers ...string) choice {
	c := choice{
		Type: kind, Name: name, Instructions: name, Options: []option{},
		SchemaNodeID: "cmnode-" + name, FeatureSchemaID: "cmfeature-" + name,
	}
	for _, answer := range answers {
		c.Options = append(c.Options, option{answer, answer, "cmnode-" + name + "-" + answer, "cmfeature-" + name + "-" + answer})
	}
	return c
}

type ontologyNode struct {
	ID                        graphql.ID
	Name                      string
	Description               *string
	Normalized                document
	ObjectSchemaCount         int32
	ClassificationSchemaCount int32
	MediaType                 *string
	CreatedAt, UpdatedAt      stamp
}

func (s *store) ontologyNode() *ontologyNode {
	o := ontology()
	normalized, _ := json.Marshal(o)
	media := "IMAGE"
	return &ontologyNode{
		ID: ontologyID, Name: "rarepets", Normalized: normalized, MediaType: &media,
		ObjectSchemaCount: int32(len(o.Tools)), ClassificationSchemaCount: int32(len(o.Classifications)), //nolint:gosec // a dozen
		CreatedAt: s.project.made, UpdatedAt: s.project.made,
	}
}

// Ontology answers the one ontology.
func (q plainQuery) Ontology(args struct{ Where idInput }) (*ontologyNode, error) {
	if args.Where.ID != ontologyID {
		return nil, notFound("Ontology %q was not found", args.Where.ID)
	}
	return q.a.store.ontologyNode(), nil
}

// Ontology is the project's.
func (p *projectNode) Ontology() *ontologyNode { return p.a.store.ontologyNode() }
