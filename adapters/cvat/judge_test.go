package cvat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// TestJudge: CVAT's answers in its own forms, step by step.
func TestJudge(t *testing.T) {
	t.Parallel()
	const created = `{"id":7,"name":"x","jobs":{"completed":0,"validation":0},"labels":{}}`
	for name, c := range map[string]struct {
		step   string
		status int
		body   string
		kind   adapter.Kind
		reason adapter.Reason
		detail string
		kept   map[string]string
	}{
		"created":                {"create/0001", 201, created, adapter.Done, "", "", map[string]string{"task": "7"}},
		"created without id":     {"create/0001", 201, `{"name":"x"}`, adapter.Unknown, adapter.ReasonBadAnswer, `201, but the answer is not a task: {"name":"x"}`, nil},
		"a page":                 {"create/0001", 200, "<html><title>Sign in</title></html>", adapter.Unknown, adapter.ReasonBadAnswer, "200, but the answer is not a JSON object: Sign in", nil},
		"create 500":             {"create/0001", 500, `{"detail":"oops"}`, adapter.Unknown, adapter.ReasonUnavailable, "500: oops", nil},
		"create 502":             {"create/0001", 502, "", adapter.Unknown, adapter.ReasonUnavailable, "502 Bad Gateway", nil},
		"create 503":             {"create/0001", 503, "", adapter.Retry, adapter.ReasonUnavailable, "503 Service Unavailable", nil},
		"create 429":             {"create/0001", 429, `{"detail":"Request was throttled. Expected available in 30 seconds."}`, adapter.Retry, adapter.ReasonRateLimited, "429: Request was throttled. Expected available in 30 seconds.", nil},
		"create 400":             {"create/0001", 400, `{"project_id":["The specified project #9 does not exist."],"name":["too long"]}`, adapter.Reject, adapter.ReasonInvalid, "400: name: too long; project_id: The specified project #9 does not exist.", nil},
		"plan limit":             {"create/0001", 403, `["You've reached the maximum number of tasks. Contact the administrator to extend the limits."]`, adapter.Reject, adapter.ReasonForbidden, "403: You've reached the maximum number of tasks. Contact the administrator to extend the limits.", nil},
		"no key":                 {"labels/0001", 401, `{"detail":"Invalid token."}`, adapter.Reject, adapter.ReasonUnauthorized, "401: Invalid token.", nil},
		"not acceptable":         {"labels/0001", 406, `{"detail":"Could not satisfy the request Accept header."}`, adapter.Reject, adapter.ReasonInvalid, "406: Could not satisfy the request Accept header.", nil},
		"attached":               {"attach/0001", 202, `{"rq_id":"action=create&target=task&target_id=7"}`, adapter.Done, "", "", map[string]string{"request": "action=create&target=task&target_id=7"}},
		"attached of old":        {"attach/0001", 202, ``, adapter.Unknown, adapter.ReasonBadAnswer, "202, but the answer is not a JSON object", nil},
		"attached before":        {"attach/0001", 400, `"Adding more data is not supported"`, adapter.Done, "", "Adding more data is not supported", map[string]string{"request": ""}},
		"attach refused":         {"attach/0001", 400, `{"remote_files":{"1":["Ensure this field has no more than 1024 characters."]}}`, adapter.Reject, adapter.ReasonInvalid, "400: remote_files.1: Ensure this field has no more than 1024 characters.", nil},
		"attach at work":         {"attach/0001", 409, `"Request is being processed"`, adapter.Exists, adapter.ReasonConflict, "409: Request is being processed", nil},
		"queued":                 {"fetch/0001", 200, `{"status":"queued"}`, adapter.Wait, adapter.ReasonUnavailable, "CVAT is fetching the images (queued)", nil},
		"started":                {"fetch/0001", 200, `{"status":"started","progress":0.5}`, adapter.Wait, adapter.ReasonUnavailable, "CVAT is fetching the images (started)", nil},
		"finished":               {"fetch/0001", 200, `{"status":"finished","message":""}`, adapter.Done, "", "", map[string]string{"state": "finished"}},
		"failed":                 {"fetch/0001", 200, `{"status":"failed","message":"Failed to download https://x/a.jpg; HTTP error 403"}`, adapter.Done, "", "Failed to download https://x/a.jpg; HTTP error 403", map[string]string{"state": "failed", "message": "Failed to download https://x/a.jpg; HTTP error 403"}},
		"forgotten":              {"fetch/0001", 404, `{"detail":"There is no request with specified id"}`, adapter.Done, "", "", map[string]string{"state": "gone"}},
		"fetch elsewhere":        {"fetch/0001", 404, "<html></html>", adapter.Reject, adapter.ReasonNotFound, "404 Not Found: <html></html>", nil},
		"unheard of":             {"fetch/0001", 200, `{"status":"paused"}`, adapter.Retry, adapter.ReasonBadAnswer, `200, but the answer is not a request: {"status":"paused"}`, nil},
		"no frames yet":          {"frames/0001", 400, `"No media data found in task 7"`, adapter.Wait, adapter.ReasonUnavailable, "CVAT does not have the images yet: No media data found in task 7", nil},
		"frames of a video":      {"frames/0001", 200, `{"frames":null,"deleted_frames":[]}`, adapter.Retry, adapter.ReasonBadAnswer, `200, but the answer is not a list of frames: {"frames":null,"deleted_frames":[]}`, nil},
		"annotated":              {"annotate/0001", 200, `{"version":0,"tags":[],"shapes":[],"tracks":[]}`, adapter.Done, "", "", nil},
		"annotated in silence":   {"annotate/0001", 200, ``, adapter.Done, "", "", nil},
		"annotate refused":       {"annotate/0001", 400, "[\"label_id `999` is invalid\"]", adapter.Reject, adapter.ReasonInvalid, "400: label_id `999` is invalid", nil},
		"annotate too large":     {"annotate/0001", 413, ``, adapter.Reject, adapter.ReasonTooLarge, "413 Request Entity Too Large", nil},
		"annotate 500":           {"annotate/0001", 500, ``, adapter.Retry, adapter.ReasonUnavailable, "500 Internal Server Error", nil},
		"deep":                   {"annotate/0001", 400, `{"shapes":[{},{"points":["A valid number is required."]}]}`, adapter.Reject, adapter.ReasonInvalid, "400: shapes.points: A valid number is required.", nil},
		"labels":                 {"labels/0001", 200, `{"next":"http://x/?page=2","results":[{"id":1,"name":"car","type":"any","color":"#1","attributes":[{"id":2,"name":"a","input_type":"number","values":["0","9"]}]}]}`, adapter.Done, "", "", map[string]string{"labels": `[{"id":1,"name":"car","type":"any","attributes":[{"id":2,"name":"a","input_type":"number"}]}]`, "next": "1"}},
		"tasks":                  {"find/0001", 200, `{"next":null,"results":[{"id":9,"size":3,"name":"a.jpg"},{"id":8,"size":0,"name":"a.jpg"},{"id":7,"bug_tracker":"a.jpg"},{"id":6,"name":"other"}]}`, adapter.Done, "", "", map[string]string{"tasks": "9 7", "next": ""}},
		"jobs":                   {"jobs/9.1", 200, `{"results":[{"id":1,"type":"annotation","start_frame":0,"stop_frame":4},{"id":2,"type":"ground_truth","start_frame":0,"stop_frame":9},{"id":3,"start_frame":5,"stop_frame":9}]}`, adapter.Done, "", "", map[string]string{"jobs": "1:0-4 3:5-9", "next": ""}},
		"no such task":           {"look/9", 404, `{"detail":"No Task matches the given query."}`, adapter.Done, "", "No Task matches the given query.", map[string]string{"state": "gone"}},
		"frames of a task":       {"look/9", 200, `{"frames":[{"name":"a.jpg","width":4,"height":3},{"name":"b.jpg","width":4,"height":3},{"name":"f.jpg","width":4,"height":3}],"deleted_frames":[1]}`, adapter.Done, "", "", map[string]string{"frames": "0+1>0@4x3 2+1>2@4x3"}},
		"job":                    {"job/9", 200, `{"id":9,"issues":{},"labels":{},"stage":"annotation","state":"rejected"}`, adapter.Done, "", "", nil},
		"no such job":            {"job/9", 404, `{"detail":"No Job matches the given query."}`, adapter.Reject, adapter.ReasonNotFound, "404: No Job matches the given query.", nil},
		"issue without id":       {"issue/0001", 201, `{}`, adapter.Unknown, adapter.ReasonBadAnswer, "201, but the answer is not an issue: {}", nil},
		"issue 403":              {"issue/0001", 403, `{"detail":"You do not have permission to perform this action."}`, adapter.Reject, adapter.ReasonForbidden, "403: You do not have permission to perform this action.", nil},
		"a step of another kind": {"other/0001", 200, `{}`, adapter.Reject, adapter.ReasonInternal, "step other/0001 is not one of this adapter's", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := adapter.Step{ID: c.step, Refs: []string{"a.jpg", "b.jpg", "f.jpg"}, Repeat: adapter.RepeatSafe}
			switch c.step[:5] {
			case "creat", "attac", "issue":
				step.Repeat, step.Check = adapter.RepeatCheckFirst, &adapter.Call{}
			}
			v := made(t, options(batch)).Judge(step, adapter.Response{Status: c.status, Body: []byte(c.body)})
			require.Equal(t, c.kind, v.Kind, v.Detail)
			require.Equal(t, c.reason, v.Reason)
			require.Equal(t, c.detail, v.Detail)
			if c.kept != nil {
				require.Equal(t, c.kept, v.Kept)
			}
		})
	}
}

// TestChecks: what is there already is found, and nothing else is taken for it.
func TestChecks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step, body string
		kind       adapter.Kind
		kept       map[string]string
	}{
		"task":             {"create/0001", `{"count":2,"next":"http://x","results":[{"id":8,"bug_tracker":"78"},{"id":7,"bug_tracker":"7"}]}`, adapter.Done, map[string]string{"task": "7"}},
		"others' tasks":    {"create/0001", `{"count":1,"next":null,"results":[{"id":8,"bug_tracker":""}]}`, adapter.Absent, nil},
		"all tasks":        {"create/0001", `{"count":99,"next":"http://x","results":[{"id":8,"bug_tracker":""}]}`, adapter.Unknown, nil},
		"no task":          {"create/0001", `{"count":0,"next":null,"results":[]}`, adapter.Absent, nil},
		"no list of tasks": {"create/0001", `{"id":7}`, adapter.Retry, nil},
		"request":          {"attach/0001", `{"results":[{"id":"r8","operation":{"task_id":8}},{"id":"r7","operation":{"task_id":7}}]}`, adapter.Done, map[string]string{"request": "r7"}},
		"request of old":   {"attach/0001", `{"results":[{"id":"r7","operation":{"type":"create:task"}}]}`, adapter.Done, map[string]string{"request": "r7"}},
		"others' requests": {"attach/0001", `{"results":[{"id":"r8","operation":{"task_id":8}}]}`, adapter.Absent, nil},
		"all requests":     {"attach/0001", `{"next":"http://x","results":[{"id":"r8","operation":{"task_id":8}}]}`, adapter.Unknown, nil},
		"no requests":      {"attach/0001", `{"results":[]}`, adapter.Absent, nil},
		"no list":          {"attach/0001", `{"results":null}`, adapter.Retry, nil},
	} {
		step := adapter.Step{ID: c.step, Refs: []string{"7"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{}}
		v := made(t, options(batch)).Judge(step, adapter.Response{Status: 200, Body: []byte(c.body), Check: true})
		require.Equal(t, c.kind, v.Kind, name)
		require.Equal(t, c.kept, v.Kept, name)
	}
}
