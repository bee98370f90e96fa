package cvat_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// endpoint is an operation of CVAT's OpenAPI document (2.72), as far as it is used: its path, its query parameters, and the
// schema of its body.
type endpoint struct {
	method, path string
	query        []string
	body         object
}

// object is a schema: fields by name, "!" before the type of those that are required.
type object map[string]string

var point = object{
	"type": "!shape", "label_id": "!whole", "frame": "!whole", "points": "numbers", "outside": "truth", "occluded": "truth", "group": "whole",
	"source": "text:1:", "score": "share", "rotation": "number", "z_order": "whole", "attributes": "values", "id": "whole",
}

var endpoints = []endpoint{
	{"POST", `/api/tasks`, nil, object{
		"name": "!text:1:256", "project_id": "whole", "owner_id": "whole", "assignee_id": "whole", "bug_tracker": "text:0:2000",
		"overlap": "whole", "segment_size": "whole", "subset": "text:0:64",
	}},
	{"GET", `/api/tasks`, []string{"assignee", "filter", "name", "owner", "page", "page_size", "project_id", "search", "sort", "subset", "tracker_link"}, nil},
	{"POST", `/api/tasks/\d+/data/`, nil, object{
		"image_quality": "percent", "sorting_method": "sorting", "use_cache": "truth", "remote_files": "texts:1:1024", "chunk_size": "whole",
	}},
	{"GET", `/api/requests`, []string{"action", "filter", "job_id", "page", "page_size", "project_id", "status", "target", "task_id"}, nil},
	{"GET", `/api/requests/[^/]+`, nil, nil},
	{"GET", `/api/tasks/\d+/data/meta`, nil, nil},
	{"GET", `/api/labels`, []string{"filter", "job_id", "name", "page", "page_size", "project_id", "task_id", "type"}, nil},
	{"PUT", `/api/tasks/\d+/annotations/`, nil, object{"version": "whole", "tags": "tags", "shapes": "shapes"}},
	{"GET", `/api/jobs`, []string{"assignee", "filter", "page", "page_size", "project_id", "stage", "state", "task_id", "type"}, nil},
	{"PATCH", `/api/jobs/\d+`, nil, object{"assignee": "whole", "stage": "stage", "state": "state"}},
	{"POST", `/api/issues`, nil, object{"frame": "!whole", "position": "!numbers", "job": "!whole", "assignee": "whole", "message": "!text:1:", "resolved": "truth"}},
	{"GET", `/api/comments`, []string{"filter", "frame_id", "issue_id", "job_id", "owner", "page", "page_size", "search", "sort"}, nil},
}

// enums are the document's, by the names used above.
var enums = map[string][]string{
	"shape":   {"rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton"},
	"sorting": {"lexicographical", "natural", "predefined", "random"},
	"stage":   {"annotation", "validation", "acceptance"},
	"state":   {"new", "in progress", "completed", "rejected"},
}

// TestCallsAreThoseOfTheDocument holds every call of many deliveries to CVAT's OpenAPI document.
func TestCallsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, event := range []string{"frames", "crops", "mixed", "geometry-2d", "inferences", "lidar-and-cameras", "sample-shape", "names-and-metadata", "least"} {
		for _, o := range []*cvat.Options{
			options(batch, small, func(o *cvat.Options) { o.Task.Subset, o.Task.Assignee, o.UseCache = "Train", 2, true }),
			options(relabel, func(o *cvat.Options) { o.Job.Assignee, o.Issue.Assignee = 2, 2 }),
			options(relabel, func(o *cvat.Options) { o.Find, o.IDs.Task = "tracker", "frame" }),
		} {
			in := sandboxtest.Event(t, event)
			stand := furnished(map[string]adapter.Input{event: in})(t).(*sandboxtest.Stand)
			for _, step := range stand.Deliver(t, made(t, o), in).Steps {
				used[held(t, step.Call, step.Body).path] = true
				if step.Check != nil {
					used[held(t, *step.Check, "").path] = true
				}
			}
		}
	}
	for _, e := range endpoints {
		require.True(t, used[e.path], "%s was never called", e.path)
	}
}

// held holds a call to the document and returns its endpoint.
func held(t *testing.T, call adapter.Call, body string) endpoint {
	t.Helper()
	path, query, _ := strings.Cut(call.Path, "?")
	at := slices.IndexFunc(endpoints, func(e endpoint) bool {
		return e.method == call.Method && regexp.MustCompile("^"+e.path+"$").MatchString(path)
	})
	require.GreaterOrEqual(t, at, 0, "%s %s is not in the document", call.Method, call.Path)
	e := endpoints[at]
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	for name := range values {
		require.Contains(t, e.query, name, "%s has no such query parameter", path)
	}
	require.Equal(t, "application/vnd.cvat+json", call.Header["Accept"])
	require.Equal(t, e.body != nil, body != "", "%s %s", call.Method, path)
	if body != "" {
		var value map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &value))
		e.body.hold(t, path, value)
	}
	return e
}

func (o object) hold(t *testing.T, at string, value map[string]any) {
	t.Helper()
	for name, kind := range o {
		_, there := value[name]
		require.True(t, there || kind[0] != '!', "%s: %s is required", at, name)
	}
	for name, v := range value {
		kind, known := o[name]
		require.True(t, known, "%s: there is no field %s", at, name)
		require.NoError(t, fits(t, at+"."+name, strings.TrimPrefix(kind, "!"), v), "%s.%s = %v", at, name, v)
	}
}

// fits reports how a value is not of a kind.
func fits(t *testing.T, at, kind string, v any) error {
	t.Helper()
	kind, bounds, _ := strings.Cut(kind, ":")
	number, isNumber := v.(float64)
	text, isText := v.(string)
	list, isList := v.([]any)
	good := false
	switch kind {
	case "whole":
		good = isNumber && number == float64(int(number)) && number >= 0
	case "number":
		good = isNumber
	case "share":
		good = isNumber && number >= 0 && number <= 1
	case "percent":
		good = isNumber && number >= 1 && number <= 100
	case "truth":
		_, good = v.(bool)
	case "text":
		good = isText && within(text, bounds)
	case "numbers", "texts", "shapes", "tags", "values", "elements":
		good = isList
		for i, inner := range list {
			if err := fitsInner(t, fmt.Sprintf("%s[%d]", at, i), kind, bounds, inner); err != nil {
				return err
			}
		}
	default:
		good = isText && slices.Contains(enums[kind], text)
	}
	if !good {
		return fmt.Errorf("is no %s", kind)
	}
	return nil
}

func fitsInner(t *testing.T, at, kind, bounds string, v any) error {
	t.Helper()
	inner, _ := v.(map[string]any)
	switch kind {
	case "numbers":
		return fits(t, at, "number", v)
	case "texts":
		return fits(t, at, "text:"+bounds, v)
	case "values":
		object{"spec_id": "!whole", "value": "!text:0:4096"}.hold(t, at, inner)
	case "tags":
		object{"label_id": "!whole", "frame": "!whole", "id": "whole", "group": "whole", "source": "text:1:", "attributes": "values"}.hold(t, at, inner)
	case "elements":
		point.hold(t, at, inner)
	case "shapes":
		whole := object{"elements": "elements"}
		for name, kind := range point {
			whole[name] = kind
		}
		whole.hold(t, at, inner)
	}
	return nil
}

func within(text, bounds string) bool {
	var least, most int
	n, _ := fmt.Sscanf(bounds, "%d:%d", &least, &most)
	length := len([]rune(text))
	return length >= least && (n < 2 || length <= most)
}

// TestRequestIDsAreOnePartOfThePath: as CVAT's own client escapes them.
func TestRequestIDsAreOnePartOfThePath(t *testing.T) {
	t.Parallel()
	out, _ := deliver(t, options(batch), frameOf("f1", link("1.jpg")))
	i := slices.IndexFunc(out.Steps, func(s adaptertest.Step) bool { return s.ID == "fetch/0001" })
	require.Equal(t, "/api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D1", out.Steps[i].Call.Path)
}
