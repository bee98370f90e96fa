package labelstudiosandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkPrediction returns what the server's validation finds wrong with a prediction (LabelInterface.validate_prediction of
// label-studio-sdk 2.1.2, in its words).
func (cfg *labelConfig) checkPrediction(value any) []string {
	p, ok := value.(map[string]any)
	if !ok {
		return []string{"Missing required field 'result'"}
	}
	result, there := p["result"]
	regions, isList := result.([]any)
	switch {
	case !there:
		return []string{"Missing required field 'result'"}
	case !isList:
		return []string{"'result' must be a list"}
	}
	var wrong []string
	if score, there := p["score"]; there && score != nil {
		switch n, ok := real64(score); {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("Score must be a valid number, got %v", score))
		case n < 0 || n > 1:
			wrong = append(wrong, fmt.Sprintf("Score must be between 0.00 and 1.00 inclusive, got %v", score))
		}
	}
	for i, region := range regions {
		wrong = append(wrong, cfg.checkRegion(i, region)...)
	}
	return wrong
}

func (cfg *labelConfig) checkRegion(i int, value any) []string {
	region, ok := value.(map[string]any)
	if !ok {
		return []string{"Region must be a dictionary. Got <class 'str'>: " + repr(value)}
	}
	var wrong []string
	for _, field := range []string{"from_name", "to_name", "type", "value"} {
		if _, there := region[field]; !there {
			wrong = append(wrong, fmt.Sprintf("Region %d: Missing required field '%s'", i, field))
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	from, to, kind := fmt.Sprint(region["from_name"]), fmt.Sprint(region["to_name"]), strings.ToLower(fmt.Sprint(region["type"]))
	c := cfg.controls[from]
	if c == nil {
		return []string{fmt.Sprintf("Region %d: 'from_name' '%s' not found in configuration", i, from)}
	}
	if _, there := cfg.objects[to]; !there {
		return []string{fmt.Sprintf("Region %d: 'to_name' '%s' not found in configuration", i, to)}
	}
	if want := strings.ToLower(c.Type); kind != want {
		wrong = append(wrong, fmt.Sprintf("Region %d: Type '%s' does not match expected type '%s' for control '%s'", i, kind, want, from))
	}
	if why := c.checkValue(region["value"], from); why != "" {
		wrong = append(wrong, fmt.Sprintf("Region %d: %s", i, why))
	}
	return wrong
}

// checkValue says what is wrong with a region's value for the control.
func (c *control) checkValue(value any, name string) string {
	v, _ := value.(map[string]any)
	kind := strings.ToLower(c.Type)
	good := c.knows(v[kind]) && c.shaped(kind, v)
	switch {
	case good:
		return ""
	case kind == "rectanglelabels":
		if out := outOfBounds(v, "x", "y", "width", "height"); len(out) > 0 {
			return fmt.Sprintf("Invalid geometry for control '%s': %s out of bounds [0, 100]", name, strings.Join(out, ", "))
		}
	}
	return fmt.Sprintf("Invalid value for control '%s'. Got: %s. Valid options: valid labels: %s", name, repr(value), repr(c.Labels))
}

// knows reports whether all labels of a region are the control's.
func (c *control) knows(labels any) bool {
	list, ok := labels.([]any)
	for _, label := range list {
		text, isText := label.(string)
		ok = ok && isText && slices.Contains(c.Labels, text)
	}
	return ok
}

// shaped reports whether the geometry is one: what must be there is, and nothing is above 100 percent. Negative numbers
// pass, as they do at the server.
func (c *control) shaped(kind string, v map[string]any) bool {
	switch kind {
	case "rectanglelabels":
		return atMost100(v, "x", "y", "width", "height")
	case "keypointlabels":
		return atMost100(v, "x", "y")
	case "polygonlabels":
		points, ok := v["points"].([]any)
		for _, point := range points {
			pair, _ := point.([]any)
			ok = ok && len(pair) == 2 && percent(pair[0]) && percent(pair[1])
		}
		return ok
	case "vectorlabels":
		vertices, ok := v["vertices"].([]any)
		for _, vertex := range vertices {
			at, _ := vertex.(map[string]any)
			_, x := real64(at["x"])
			_, y := real64(at["y"])
			ok = ok && x && y
		}
		return ok
	default:
		return true
	}
}

func atMost100(v map[string]any, names ...string) bool {
	for _, name := range names {
		if !percent(v[name]) {
			return false
		}
	}
	return true
}

func percent(value any) bool {
	n, ok := real64(value)
	return ok && n <= 100
}

func outOfBounds(v map[string]any, names ...string) []string {
	var out []string
	for _, name := range names {
		if n, ok := real64(v[name]); ok && (n < 0 || n > 100) {
			out = append(out, fmt.Sprintf("%s %v", name, v[name]))
		}
	}
	return out
}

// checkTask says what is wrong with a task of an import; "" when nothing is. data is what it holds.
func (cfg *labelConfig) checkTask(value any) (data map[string]any, wrong string) {
	task, ok := value.(map[string]any)
	if !ok {
		return nil, `Task root must be dict with "data", "meta", "annotations", "predictions" fields`
	}
	data = task // a task without "data" is its data itself
	if inner, there := task["data"]; there {
		if data, ok = inner.(map[string]any); !ok {
			return nil, "Task[data] must be dict or list"
		}
	}
	const assume = ` [assume: item["data"] = task root with values]`
	for _, o := range cfg.needs {
		shown, there := data[o.key]
		if !there {
			return nil, fmt.Sprintf(`"%s" key is expected in task data`, o.key) + assume
		}
		switch shown.(type) {
		case string, []any:
		default:
			return nil, fmt.Sprintf("data['%s']=%s is of type '%s', but the object tag %s expects the following types: ['str', 'list']",
				o.key, repr(shown), pythonType(shown), o.tag) + assume
		}
	}
	return data, checkParts(task)
}

func checkParts(task map[string]any) string {
	if meta, there := task["meta"]; there {
		switch meta.(type) {
		case map[string]any, []any:
		default:
			return "Task[meta] must be dict or list"
		}
	}
	for _, part := range []string{"annotations", "predictions"} {
		list, there := task[part]
		if !there {
			continue
		}
		if _, ok := list.([]any); !ok {
			return "Task[" + part + "] must be list"
		}
	}
	return ""
}

// repr is nearly what Python's repr says of a JSON value.
func repr(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case bool:
		return strings.ToUpper(fmt.Sprint(v)[:1]) + fmt.Sprint(v)[1:]
	case string:
		return "'" + v + "'"
	case []string:
		return "['" + strings.Join(v, "', '") + "']"
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = repr(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, "'"+name+"': "+repr(v[name]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return fmt.Sprint(v)
	}
}

func pythonType(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case map[string]any:
		return "dict"
	default:
		return "int"
	}
}
