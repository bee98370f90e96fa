package scalesandbox

import (
	"net/http"
	"slices"
)

// project is a project, in the form that the API answers.
type project struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	CreatedAt string   `json:"created_at"`
	Rapid     bool     `json:"rapid"`
	Studio    bool     `json:"studio"`
	History   []params `json:"param_history"`
}

// params are what a project gives to its tasks unless they say otherwise.
type params struct {
	Version     int                 `json:"version"`
	CreatedAt   string              `json:"created_at"`
	Instruction string              `json:"instruction,omitempty"`
	Geometries  map[string]geometry `json:"geometries,omitempty"`
}

// geometry is what is to be annotated in one shape.
type geometry struct {
	Objects       []string `json:"objects_to_annotate"`
	MinHeight     *float64 `json:"min_height,omitempty"`
	MinWidth      *float64 `json:"min_width,omitempty"`
	CanRotate     *bool    `json:"can_rotate,omitempty"`
	IntegerPixels *bool    `json:"integer_pixels,omitempty"`
	MinVertices   *int     `json:"min_vertices,omitempty"`
	MaxVertices   *int     `json:"max_vertices,omitempty"`
}

// shapes are the geometries of image annotation (docs.scale.com, general image annotation).
func shapes() []string { return []string{"box", "polygon", "line", "point", "cuboid", "ellipse"} }

func demo(now string) *project {
	pets := geometry{Objects: []string{"dog", "cat", "rabbit", "ferret", "hamster", "leash", "person"}}
	return &project{Name: "demo", Type: "imageannotation", CreatedAt: now, Studio: true, History: []params{{
		CreatedAt: now, Instruction: "Label every animal.",
		Geometries: map[string]geometry{"box": pets, "polygon": pets, "line": pets, "point": pets},
	}}}
}

func demoEnterprise(now string) *project {
	return &project{
		Name: "demo-enterprise", Type: "imageannotation", CreatedAt: now,
		History: []params{{CreatedAt: now, Instruction: "Label every animal."}},
	}
}

// latest are the parameters in force.
func (p *project) latest() params {
	if len(p.History) == 0 {
		return params{}
	}
	return p.History[len(p.History)-1]
}

// finalizes says that batches start in staging and must be finalized (docs.scale.com, batch overview).
func (p *project) finalizes() bool { return p.Rapid || p.Studio }

func (a *api) project(name string) *project {
	i := slices.IndexFunc(a.projects, func(p *project) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return a.projects[i]
}

func (a *api) listProjects(c *call) {
	if c.query("archived") {
		c.answer(a.projects)
	}
}

func (a *api) getProject(c *call) {
	name := c.r.PathValue("name")
	p := a.project(name)
	if p == nil {
		c.refuse(http.StatusNotFound, "Project with name %q does not exist", name)
		return
	}
	c.answer(p)
}

func (a *api) createProject(c *call) {
	var body struct {
		Type      string  `json:"type"`
		Name      string  `json:"name"`
		Params    *params `json:"params"`
		Rapid     bool    `json:"rapid"`
		Studio    bool    `json:"studio"`
		DatasetID *string `json:"datasetId"`
		Pipeline  *string `json:"pipeline"`
	}
	if !c.decode(&body) {
		return
	}
	switch {
	case body.Name == "":
		c.refuse(http.StatusBadRequest, `"name" is required`)
	case !contains(taskTypes(), body.Type):
		c.refuse(http.StatusBadRequest, `"type" must be a task type`)
	case a.project(body.Name) != nil:
		c.refuse(http.StatusConflict, "Project with name %q already exists", body.Name)
	default:
		p := &project{Name: body.Name, Type: body.Type, CreatedAt: a.time(), Rapid: body.Rapid, Studio: body.Studio, History: []params{}}
		if body.Params != nil {
			body.Params.CreatedAt = a.time()
			p.History = append(p.History, *body.Params)
		}
		a.projects = append(a.projects, p)
		c.effect("project %q created", p.Name)
		c.answer(p)
	}
}

func contains(list []string, one string) bool { return slices.Contains(list, one) }
