package labelstudio_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// checkConfig is the label config that the checks are made with.
const checkConfig = `<View><Image name="image" value="$image"/><RectangleLabels name="bbox" toName="image"><Label value="car"/>
<Label value="dog"/></RectangleLabels><PolygonLabels name="poly" toName="image"><Label value="road"/></PolygonLabels>
<KeyPointLabels name="kp" toName="image"><Label value="nose"/></KeyPointLabels><VectorLabels name="line" toName="image"><Label value="lane"/>
</VectorLabels><Choices name="scene" toName="image"><Choice value="day"/><Choice value="night"/></Choices></View>`

// TestStandInAnswersAsTheServer makes the checks against the stand-in. TestRealServer makes the same against a real server.
func TestStandInAnswersAsTheServer(t *testing.T) {
	t.Parallel()
	checkVendor(t, sandboxtest.Start(t, setup()))
}

// check is a request and its answer: the status, and what the body holds. {p}, {t0}, {t1}, {t2} and {a} stand for the ids of a
// project, three tasks of it, and an annotation of the first one.
type check struct {
	method, path, body string
	status             int
	holds              string // JSON that the answer's JSON holds, or a text that its text holds
}

// checkVendor makes the checks, in order, in a project of their own.
func checkVendor(t *testing.T, v vendor) {
	t.Helper()
	names := prepare(t, v)
	for _, c := range append(append(importChecks(), readChecks()...), actionChecks()...) {
		name := c.method + " " + c.path + " " + c.body
		call := adapter.Call{Method: c.method, Path: names.Replace(c.path)}
		if c.body != "" {
			call.Body = adapter.BytesBody([]byte(names.Replace(c.body)))
		}
		resp, err := v.Do(t.Context(), call)
		require.NoError(t, err, name)
		require.Equal(t, c.status, resp.Status, "%s: %s", name, resp.Body)
		requireHolds(t, names.Replace(c.holds), resp.Body, name)
	}
}

func prepare(t *testing.T, v vendor) *strings.Replacer {
	t.Helper()
	var project, annotation struct {
		ID int64 `json:"id"`
	}
	ask(t, v, "POST /api/projects/", object{"title": "Checks", "label_config": checkConfig}, &project)
	var made struct {
		IDs []int64 `json:"task_ids"`
	}
	tasks := []object{}
	for _, key := range []string{"a|b:c/d", "100%20é", `q"q\ +`} {
		tasks = append(tasks, object{"data": object{"image": "x.png", "k": key}})
	}
	ask(t, v, fmt.Sprintf("POST /api/projects/%d/import?return_task_ids=true", project.ID), tasks, &made)
	ask(t, v, fmt.Sprintf("POST /api/tasks/%d/annotations/", made.IDs[0]), object{"result": []object{}}, &annotation)
	return strings.NewReplacer("{p}", fmt.Sprint(project.ID), "{a}", fmt.Sprint(annotation.ID),
		"{t0}", fmt.Sprint(made.IDs[0]), "{t1}", fmt.Sprint(made.IDs[1]), "{t2}", fmt.Sprint(made.IDs[2]))
}

// predicted is an import of a task with one region.
func predicted(region string) string {
	return `[{"data":{"image":"x"},"predictions":[{"model_version":"v","score":0.5,"result":[` + region + `]}]}]`
}

func box(from, label, x string) string {
	return `{"id":"r","from_name":"` + from + `","to_name":"image","type":"rectanglelabels","original_width":10,"original_height":10,` +
		`"image_rotation":0,"value":{"x":` + x + `,"y":1,"width":2,"height":2,"rotation":0,"rectanglelabels":["` + label + `"]}}`
}

func shape(from, kind, value string) string {
	return `{"id":"r","from_name":"` + from + `","to_name":"image","type":"` + kind + `","value":` + value + `}`
}

func importChecks() []check {
	const to = "/api/projects/{p}/import?commit_to_project=true"
	refused := func(body, why string) check {
		return check{"POST", to, body, 400, `{"status_code":400,"detail":"Validation error","validation_errors":` + why + `}`}
	}
	prediction := func(region, why string) check {
		return refused(predicted(region), `{"predictions":["Prediction validation failed (1 errors):\n- Task 0, prediction 0: `+why+`"]}`)
	}
	taken := func(body string) check { return check{"POST", to, body, 201, `{"task_count":1}`} }
	return []check{
		taken(predicted(box("bbox", "car", "1"))),
		taken(predicted(shape("poly", "polygonlabels", `{"points":[[1,1],[2,2],[3,1]],"closed":true,"polygonlabels":["road"]}`))),
		taken(predicted(shape("kp", "keypointlabels", `{"x":1,"y":2,"width":0.5,"keypointlabels":["nose"]}`))),
		taken(predicted(shape("line", "vectorlabels", `{"vertices":[{"id":"1","x":1,"y":2},{"id":"2","x":3,"y":4,"prevPointId":"1"}],"closed":false,"vectorlabels":["lane"]}`))),
		taken(predicted(shape("scene", "choices", `{"choices":["day","night"]}`))),
		taken(`{"data":{"image":"one"}}`), taken(`[{"image":"flat"}]`), taken(`[{"data":{"image":""}}]`),
		prediction(box("nope", "car", "1"), `Region 0: 'from_name' 'nope' not found in configuration\n`),
		prediction(shape("bbox", "rectangle", `{"x":1,"y":1,"width":2,"height":2,"rectanglelabels":["car"]}`), `Region 0: Type 'rectangle' does not match expected type 'rectanglelabels' for control 'bbox'\n`),
		prediction(box("bbox", "car", "101"), `Region 0: Invalid geometry for control 'bbox': x 101 out of bounds [0, 100]\n`),
		prediction(box("bbox", "zebra", "1"), `Region 0: Invalid value for control 'bbox'`),
		prediction(shape("poly", "polygonlabels", `{"points":[[1,1],[2,101]],"polygonlabels":["road"]}`), `Region 0: Invalid value for control 'poly'`),
		prediction(shape("scene", "choices", `{"choices":["noon"]}`), `Region 0: Invalid value for control 'scene'`),
		prediction(`{"from_name":"bbox","type":"rectanglelabels","value":{}}`, `Region 0: Missing required field 'to_name'`),
		refused(`[]`, `{"non_field_errors":["load_tasks: No tasks added"]}`),
		refused(`[{"data":{"image":"a"}},{"data":{"img":"b"}}]`, `{"non_field_errors":[{},"Error at item 1: \"image\" key is expected in task data"]}`),
		refused(`[{"data":{"image":5}}]`, `{"non_field_errors":["Error at item 0: data['image']=5 is of type 'int'"]}`),
		refused(`[{"data":{"image":"a"},"meta":"x"}]`, `{"non_field_errors":["Error at item 0: Task[meta] must be dict or list"]}`),
		refused(`[{"data":{"image":"a"},"predictions":{}}]`, `{"non_field_errors":["Error at item 0: Task[predictions] must be list"]}`),
		{"POST", to, `[{"data":}]`, 400, `{"detail":"JSON parse error - "}`},
		{"POST", "/api/projects/{p}/import?return_task_ids=maybe", `[{"data":{"image":"a"}}]`, 400, `{"detail":"Validation error"}`},
		{"POST", "/api/projects/99999/import", `[]`, 404, `<html`},
		{"POST", "/api/projects/{p}/import/", `[]`, 404, `<html`},
		{"GET", "/api/projects/{p}/import", ``, 405, `{"detail":"Method \"GET\" not allowed."}`},
		{"GET", "/api/projects/{p}/imports/99999/", ``, 404, `{"detail":"No ProjectImport matches the given query."}`},
	}
}

func readChecks() []check {
	list := func(operator, value string) string {
		return "/api/tasks/?project={p}&include=id&query=" + query(object{"filters": object{"conjunction": "and", "items": []object{
			{"filter": "filter:tasks:data.k", "operator": operator, "type": "List", "value": json.RawMessage(value)},
		}}})
	}
	found := func(operator, value, tasks string) check { return check{"GET", list(operator, value), ``, 200, tasks} }
	const none, first, second, third = `{"total":0,"tasks":[]}`, `{"total":1,"tasks":[{"id":{t0}}]}`, `{"total":1,"tasks":[{"id":{t1}}]}`, `{"total":1,"tasks":[{"id":{t2}}]}`
	return []check{
		found("in_list", `["a|b:c/d","nowhere"]`, first), found("in_list", `["100%20é"]`, none),
		found("in_list", `["100%2520é"]`, second), found("equal", `"100%2520é"`, second),
		found("in_list", `["q\"q\\ +"]`, third), found("in_list", `"a|b:c/d"`, none), found("contains", `"B:C"`, first),
		found("equal", `"a|b:c/d"`, first), found("starts_with", `"a|b"`, none), found("regex", `"^a"`, first),
		{"GET", "/api/tasks/?project={p}&fields=all&include=id,annotations&page=1&page_size=1", ``, 200, `{"tasks":[{"id":{t0},"annotations":[{"id":{a}}]}]}`},
		{"GET", "/api/tasks/?project={p}&page=99", ``, 404, `{"detail":"Invalid page."}`},
		{"GET", "/api/tasks/?project=99999", ``, 404, `{"detail":"No Project matches the given query."}`},
		{"GET", "/api/tasks/?project=x", ``, 400, `{"detail":"Validation error"}`},
		{"GET", "/api/tasks/", ``, 404, `{"detail":"Neither project nor view id specified"}`},
		{"GET", "/api/tasks/?project={p}&query=nonsense", ``, 500, `{"detail":"Unexpected character found when decoding 'null'"}`},
		{"GET", "/api/tasks/99999/", ``, 404, `{"detail":"No Task matches the given query."}`},
		{"GET", "/api/projects/{p}", ``, 200, `{"title":"Checks","parsed_label_config":{"bbox":{"type":"RectangleLabels","to_name":["image"],"inputs":[{"type":"Image","value":"image"}],"labels":["car","dog"]}}}`},
		{"GET", "/api/projects/99999/", ``, 404, `{"detail":"No Project matches the given query."}`},
		{"GET", "/api/annotations/99999/", ``, 404, `{"detail":"No Annotation matches the given query."}`},
		{"GET", "/api/nothing/", ``, 404, `<html`},
	}
}

func actionChecks() []check {
	act := func(id, body string, status int, holds string) check {
		return check{"POST", "/api/dm/actions/?id=" + id + "&project={p}", body, status, holds}
	}
	const one = `"selectedItems":{"all":false,"included":[{t0}]}`
	return []check{
		act("add_data_field", `{`+one+`,"value_name":"rework","value_type":"String","value":"ü \"x\""}`, 200, `{"detail":"Updated 1 tasks"}`),
		{"GET", "/api/tasks/{t0}/", ``, 200, `{"data":{"image":"x.png","k":"a|b:c/d","rework":"ü \"x\""},"is_labeled":true,"total_annotations":1}`},
		act("add_data_field", `{"selectedItems":{"all":false,"included":[99999]},"value_name":"r","value_type":"String","value":"x"}`, 200, `{"detail":"Updated 0 tasks"}`),
		act("add_data_field", `{`+one+`}`, 500, `{"status_code":500}`),
		act("nope", `{`+one+`}`, 500, `{"detail":"Can't find 'nope' in registered actions"}`),
		act("delete_tasks_annotations", `{"selectedItems":{"included":[{t0}]}}`, 500, `{"status_code":500}`),
		act("delete_tasks_annotations", `{"selectedItems":{"all":false,"included":[{t1}]}}`, 200, `{"processed_items":0,"detail":"Deleted 0 annotations"}`),
		{"POST", "/api/annotation-reviews/", `{"annotation":{a},"accepted":false}`, 404, `<html`},
		{"POST", "/api/annotations/{a}/convert-to-draft", `{}`, 201, `{"task":{t0},"result":[],"annotation":null}`},
		{"POST", "/api/annotations/{a}/convert-to-draft", `{}`, 404, `<html`},
		{"GET", "/api/annotations/{a}/", ``, 404, `{"detail":"No Annotation matches the given query."}`},
		{"GET", "/api/tasks/{t0}/", ``, 200, `{"is_labeled":false,"total_annotations":0,"annotations":[],"draft_exists":true}`},
		{"POST", "/api/tasks/{t1}/annotations/", `{"result":[]}`, 201, `{"task":{t1},"result":[],"was_cancelled":false}`},
		act("delete_tasks_annotations", `{"selectedItems":{"all":false,"included":[]}}`, 200, `{"processed_items":1,"detail":"Deleted 1 annotations"}`),
		{"GET", "/api/tasks/{t0}/", ``, 200, `{"draft_exists":false,"drafts":[]}`}, // drafts are deleted with annotations
		act("delete_tasks", `{"selectedItems":{"all":false,"included":[{t2}]}}`, 200, `{"processed_items":1,"detail":"Deleted 1 tasks"}`),
		{"GET", "/api/tasks/{t2}/", ``, 404, `{"detail":"No Task matches the given query."}`},
		{"POST", "/api/predictions/", `{"task":{t0}}`, 400, `{"validation_errors":{"result":["This field is required."]}}`},
		{"POST", "/api/predictions/", `{"task":{t0},"result":[],"score":0.4,"model_version":"v"}`, 201, `{"task":{t0},"score":0.4,"model_version":"v","result":[]}`},
	}
}

// requireHolds requires that the answer holds everything that is wanted: of objects the fields that are named, of lists as
// many entries, of texts the beginning.
func requireHolds(t *testing.T, want string, body []byte, name string) {
	t.Helper()
	if !strings.HasPrefix(want, "{") {
		require.Contains(t, string(body), want, name)
		return
	}
	var wanted, got any
	require.NoError(t, json.Unmarshal([]byte(want), &wanted), name)
	require.NoError(t, json.Unmarshal(body, &got), "%s: %s", name, body)
	require.Empty(t, differs("", wanted, got), "%s: %s", name, body)
}

// differs says where something that is wanted is not there; "" when all is.
func differs(at string, want, got any) string {
	switch want := want.(type) {
	case object:
		has, _ := got.(object)
		for field, value := range want {
			if why := differs(at+"."+field, value, has[field]); why != "" {
				return why
			}
		}
	case []any:
		has, _ := got.([]any)
		if len(has) != len(want) {
			return fmt.Sprintf("%s has %d entries, not %d", at, len(has), len(want))
		}
		for i, value := range want {
			if why := differs(fmt.Sprintf("%s[%d]", at, i), value, has[i]); why != "" {
				return why
			}
		}
	case string:
		if has, _ := got.(string); !strings.HasPrefix(has, want) {
			return fmt.Sprintf("%s is %v, not %q", at, got, want)
		}
	default:
		if want != got {
			return fmt.Sprintf("%s is %v, not %v", at, got, want)
		}
	}
	return ""
}
