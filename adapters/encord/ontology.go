package encord

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The ontology's shapes that labels can be drawn in.
const (
	shapeBox      = "bounding_box"
	shapePolygon  = "polygon"
	shapePolyline = "polyline"
	shapePoint    = "point"
	shapeSkeleton = "skeleton"
)

// features are what an ontology lets labels be, as they are kept.
type features struct {
	Objects []feature `json:"objects"`
	Options []choice  `json:"options"`
}

// feature is an object of the ontology: a class with one shape.
type feature struct {
	Name  string `json:"name"`
	Color string `json:"color"`
	Shape string `json:"shape"`
	Hash  string `json:"hash"`
	// Joints are a skeleton's points: their own hashes by name.
	Joints map[string]string `json:"joints,omitempty"`
}

// choice is an option that answers a classification.
type choice struct {
	// Hash is the classification's, Attribute that of its question, Question the question's name.
	Hash      string `json:"hash"`
	Attribute string `json:"attribute"`
	Question  string `json:"question"`
	// Label, Value and Option are the option's name, value and hash.
	Label  string `json:"label"`
	Value  string `json:"value"`
	Option string `json:"option"`
}

// editor is an ontology as Encord answers it.
type editor struct {
	Objects []struct {
		Name     string `json:"name"`
		Color    string `json:"color"`
		Shape    string `json:"shape"`
		Hash     string `json:"featureNodeHash"`
		Archived bool   `json:"archived"`
	} `json:"objects"`
	Classifications []struct {
		Hash       string `json:"featureNodeHash"`
		Attributes []struct {
			Name    string `json:"name"`
			Type    string `json:"type"`
			Hash    string `json:"featureNodeHash"`
			Options []struct {
				Label    string `json:"label"`
				Value    string `json:"value"`
				Hash     string `json:"featureNodeHash"`
				Archived bool   `json:"archived"`
			} `json:"options"`
		} `json:"attributes"`
	} `json:"classifications"`
	Skeletons []struct {
		Template struct {
			Hash     string `json:"feature_node_hash"`
			Skeleton map[string]struct {
				Name string `json:"name"`
				Hash string `json:"featureHash"`
			} `json:"skeleton"`
		} `json:"template"`
	} `json:"skeleton_templates"`
}

// features picks what is needed of an ontology. A skeleton belongs to the object whose hash its template has.
func (e editor) features() features {
	joints := map[string]map[string]string{}
	for _, s := range e.Skeletons {
		joints[s.Template.Hash] = map[string]string{}
		for _, j := range s.Template.Skeleton {
			joints[s.Template.Hash][j.Name] = j.Hash
		}
	}
	var f features
	for _, o := range e.Objects {
		if !o.Archived {
			f.Objects = append(f.Objects, feature{o.Name, o.Color, o.Shape, o.Hash, joints[o.Hash]})
		}
	}
	for _, c := range e.Classifications {
		if len(c.Attributes) == 0 || c.Attributes[0].Type != "radio" && c.Attributes[0].Type != "checklist" {
			continue
		}
		at := c.Attributes[0]
		for _, o := range at.Options {
			if !o.Archived {
				f.Options = append(f.Options, choice{c.Hash, at.Hash, at.Name, o.Label, o.Value, o.Hash})
			}
		}
	}
	return f
}

// classes are all names that a class map can lead to.
func (f features) classes() map[string]bool {
	names := map[string]bool{}
	for _, o := range f.Objects {
		names[o.Name] = true
	}
	for _, o := range f.Options {
		names[o.Label], names[o.Question+"/"+o.Label] = true, true
	}
	return names
}

// object returns the feature that a label is drawn as; else lack says what the ontology is short of.
func (f features) object(class string, g export.Geometry) (found feature, lack string) {
	shape := shapeOf(g)
	for _, o := range f.Objects {
		if o.Name == class && (o.Shape == shape && o.joins(g) || o.Shape == shapePoint && single(g)) {
			return o, ""
		}
	}
	if k, ok := g.(export.Keypoints); ok {
		names := make([]string, len(k.Points))
		for i, p := range k.Points {
			names[i] = p.Name
		}
		return feature{}, fmt.Sprintf("the ontology has no skeleton %q with just the points %s", class, strings.Join(names, ", "))
	}
	return feature{}, fmt.Sprintf("the ontology has no %s %q", shape, class)
}

func shapeOf(g export.Geometry) string {
	switch g.(type) {
	case export.Box:
		return shapeBox
	case export.Polygons:
		return shapePolygon
	case export.Segment:
		return shapePolyline
	default:
		return shapeSkeleton
	}
}

// single reports whether a geometry is one point.
func single(g export.Geometry) bool {
	k, ok := g.(export.Keypoints)
	return ok && len(k.Points) == 1
}

// joins reports whether keypoints are those of the skeleton, all of them and no others; other geometries always join.
func (f feature) joins(g export.Geometry) bool {
	k, ok := g.(export.Keypoints)
	if !ok {
		return true
	}
	left := maps.Clone(f.Joints)
	for _, p := range k.Points {
		if _, there := left[p.Name]; !there {
			return false
		}
		delete(left, p.Name)
	}
	return len(left) == 0
}

// option returns the option of that name, which may be written "question/option".
func (f features) option(class string) (choice, bool) {
	at := slices.IndexFunc(f.Options, func(o choice) bool { return o.Label == class || o.Question+"/"+o.Label == class })
	if at < 0 {
		return choice{}, false
	}
	return f.Options[at], true
}

// matching leaves the annotations that the ontology has a feature for, and refuses the others by name.
func (f features) matching(out adapter.Output, all []adapter.Annotation) ([]adapter.Annotation, error) {
	var kept []adapter.Annotation
	answered := map[string]bool{}
	for _, a := range all {
		if lack := f.lack(a, answered); lack != "" {
			if err := a.Refuse(out, lack); err != nil {
				return nil, err
			}
			continue
		}
		if text := unsaid(a.Geometry); text != "" {
			if err := a.Note(out, text); err != nil {
				return nil, err
			}
		}
		kept = append(kept, a)
	}
	return kept, nil
}

// lack says what the ontology is short of for a label. answered are the classifications that the frame has answers to.
func (f features) lack(a adapter.Annotation, answered map[string]bool) string {
	if _, isAnswer := a.Geometry.(export.Classification); !isAnswer {
		_, lack := f.object(a.Class, a.Geometry)
		return lack
	}
	o, ok := f.option(a.Class)
	switch {
	case !ok:
		return fmt.Sprintf("no classification of the ontology has the option %q", a.Class)
	case answered[o.Hash]:
		return fmt.Sprintf("the classification %q has an answer by another label already", o.Question)
	}
	answered[o.Hash] = true
	return ""
}

// unsaid names the parts of a label that Encord has no place for.
func unsaid(g export.Geometry) string {
	switch g := g.(type) {
	case export.Classification:
		if len(g.Secondary) > 0 {
			return "left out: the secondary labels " + strings.Join(slices.Sorted(maps.Keys(g.Secondary)), ", ")
		}
	case export.Keypoints:
		if g.Box != nil || len(g.Rings) > 0 {
			return "left out: the box or outline of the keypoints; a skeleton has points alone"
		}
	}
	return ""
}

// marshalFeatures writes features as they are kept.
func marshalFeatures(f features) string {
	text, _ := json.Marshal(f) // texts alone
	return string(text)
}
