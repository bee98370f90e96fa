package kilisandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// jobs are the jobs of a project's JSON interface by name.
type jobs map[string]job

// job is one question of a project: what is drawn or chosen, and from which categories.
type job struct {
	MLTask  string   `json:"mlTask"`
	Tools   []string `json:"tools"`
	Content struct {
		Categories map[string]struct {
			Name string `json:"name"`
		} `json:"categories"`
		Input string `json:"input"`
	} `json:"content"`
}

func readInterface(text string) (jobs, error) {
	var read struct {
		Jobs jobs `json:"jobs"`
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, fmt.Errorf("the JSON interface: %w", err)
	}
	if len(read.Jobs) == 0 {
		return nil, errors.New("the JSON interface has no jobs")
	}
	return read.Jobs, nil
}

// response is one job's part of a label: categories alone for a classification, annotations for what is drawn.
type response struct {
	Categories  []category   `json:"categories"`
	Annotations []annotation `json:"annotations"`
}

type category struct {
	Name       string   `json:"name"`
	Confidence *float64 `json:"confidence"`
}

type annotation struct {
	Mid          string         `json:"mid"`
	Type         string         `json:"type"`
	Categories   []category     `json:"categories"`
	BoundingPoly []boundingPoly `json:"boundingPoly"`
	Polyline     []vertex       `json:"polyline"`
	Point        *vertex        `json:"point"`
	Children     map[string]any `json:"children"`
}

type boundingPoly struct {
	NormalizedVertices []vertex `json:"normalizedVertices"`
}

type vertex struct {
	X *float64 `json:"x"`
	Y *float64 `json:"y"`
}

// check says what is wrong with a label's jsonResponse, going by the project's interface.
func (j jobs) check(text string) error {
	var all map[string]json.RawMessage
	if err := strict(text, &all); err != nil {
		return fmt.Errorf("jsonResponse: %w", err)
	}
	for name, raw := range all {
		asked, known := j[name]
		if !known {
			return fmt.Errorf("jsonResponse.%s: the project has no such job", name)
		}
		var answer response
		if err := strict(string(raw), &answer); err != nil {
			return fmt.Errorf("jsonResponse.%s: %w", name, err)
		}
		if err := asked.check(answer); err != nil {
			return fmt.Errorf("jsonResponse.%s: %w", name, err)
		}
	}
	return nil
}

func (j job) check(answer response) error {
	if j.MLTask == "CLASSIFICATION" {
		switch {
		case answer.Annotations != nil:
			return errors.New("a classification has no annotations")
		case j.Content.Input == "radio" && len(answer.Categories) > 1:
			return errors.New("the job takes one category")
		}
		return j.checkCategories(answer.Categories)
	}
	if answer.Categories != nil {
		return errors.New("only a classification has categories of its own")
	}
	seen := map[string]bool{}
	for i, a := range answer.Annotations {
		if a.Mid == "" || seen[a.Mid] {
			return fmt.Errorf("annotations[%d].mid: is empty or there twice", i)
		}
		seen[a.Mid] = true
		if err := j.checkAnnotation(a); err != nil {
			return fmt.Errorf("annotations[%d]: %w", i, err)
		}
	}
	return nil
}

func (j job) checkAnnotation(a annotation) error {
	if !slices.Contains(j.Tools, a.Type) {
		return fmt.Errorf("type %q: the job's tools are %s", a.Type, strings.Join(j.Tools, ", "))
	}
	if err := j.checkCategories(a.Categories); err != nil {
		return err
	}
	want := map[string]shape{
		"rectangle": {polys: 1, vertices: 4, exactly: true}, "polygon": {polys: 1, vertices: 3}, "semantic": {polys: 1, vertices: 3},
		"polyline": {line: 2}, "vector": {line: 2}, "marker": {point: true},
	}[a.Type]
	return want.check(a)
}

func (j job) checkCategories(list []category) error {
	if len(list) == 0 {
		return errors.New("categories: there must be one")
	}
	for _, c := range list {
		if _, known := j.Content.Categories[c.Name]; !known {
			return fmt.Errorf("category %q: the job has no such category", c.Name)
		}
		if c.Confidence != nil && (*c.Confidence < 0 || *c.Confidence > 100) {
			return fmt.Errorf("category %q: confidence must be from 0 to 100", c.Name)
		}
	}
	return nil
}

// shape says which geometry a type of annotation has: no other may be there.
type shape struct {
	polys, vertices, line int
	exactly, point        bool
}

func (s shape) check(a annotation) error {
	switch {
	case (len(a.BoundingPoly) > 0) != (s.polys > 0), s.exactly && len(a.BoundingPoly) != s.polys:
		return fmt.Errorf("boundingPoly: not what a %s has", a.Type)
	case (a.Polyline != nil) != (s.line > 0), len(a.Polyline) < s.line:
		return fmt.Errorf("polyline: not what a %s has", a.Type)
	case (a.Point != nil) != s.point:
		return fmt.Errorf("point: not what a %s has", a.Type)
	}
	all := slices.Clone(a.Polyline)
	if a.Point != nil {
		all = append(all, *a.Point)
	}
	for _, poly := range a.BoundingPoly {
		n := len(poly.NormalizedVertices)
		if n < s.vertices || s.exactly && n != s.vertices {
			return fmt.Errorf("normalizedVertices: %d are not a %s", n, a.Type)
		}
		all = append(all, poly.NormalizedVertices...)
	}
	for _, v := range all {
		if v.X == nil || v.Y == nil || *v.X < 0 || *v.X > 1 || *v.Y < 0 || *v.Y > 1 {
			return errors.New("vertices must have an x and a y from 0 to 1")
		}
	}
	return nil
}

// strict decodes JSON and refuses names that it does not know.
func strict(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
