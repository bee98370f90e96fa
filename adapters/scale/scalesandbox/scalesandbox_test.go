package scalesandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// account is a stand-in account and what is asked of it.
type account struct {
	t   *testing.T
	api sandbox.API
}

func newAccount(t *testing.T) account {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }
	return account{t, scalesandbox.Vendor().New(sandbox.VendorOptions{Key: "live_k", Now: now})}
}

// ask returns the status and the body of the answer.
func (a account) ask(method, target, body string) (int, string) {
	a.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.SetBasicAuth("live_k", "")
	r.Header.Set("Content-Type", "application/json")
	return a.send(r)
}

func (a account) send(r *http.Request) (int, string) {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.api.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(a.t, err)
	return w.Code, string(text)
}

// want asks and compares the status; words must be in the body.
func (a account) want(status int, method, target, body string, words ...string) {
	a.t.Helper()
	got, text := a.ask(method, target, body)
	require.Equal(a.t, status, got, "%s %s %s\n%s", method, target, body, text)
	for _, word := range words {
		require.Contains(a.t, text, word)
	}
}

func (a account) state() scalesandbox.State {
	a.t.Helper()
	s, ok := a.api.State().(scalesandbox.State)
	require.True(a.t, ok)
	return s
}

const oneTask = `{"project":"demo","attachment":"https://i.example.com/1.jpg","unique_id":"u1"}`

func TestKeys(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for name, set := range map[string]func(*http.Request){
		"none":     func(*http.Request) {},
		"wrong":    func(r *http.Request) { r.SetBasicAuth("live_x", "") },
		"password": func(r *http.Request) { r.SetBasicAuth("live_k", "x") },
		"bearer":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer live_k") },
	} {
		r := httptest.NewRequest("GET", "/v1/projects", nil)
		set(r)
		status, body := a.send(r)
		require.Equal(t, 401, status, name)
		require.Contains(t, body, `"status_code":401`, name)
	}
	a.want(200, "GET", "/v1/projects", "", "demo-enterprise")
}

func TestBatchNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.want(200, "POST", "/v1/batches", `{"project":"demo","name":"a b/c"}`, `"status":"staging"`, `"metadata":{}`)
	a.want(409, "POST", "/v1/batches", `{"project":"demo","name":"a b/c"}`, "already exists")
	a.want(200, "GET", "/v1/batches/a%20b%2Fc", "", `"name":"a b/c"`)
	a.want(404, "GET", "/v1/batches/a", "")
	a.want(400, "POST", "/v1/batches", `{"project":"demo"}`, "name")
	a.want(400, "POST", "/v1/batches", `{"name":"x"}`, "project")
	a.want(400, "POST", "/v1/batches", `{"project":"demo","name":7}`)
	a.want(400, "POST", "/v1/batches", `{"project":"demo","name":"x","colour":"red"}`)
	a.want(400, "POST", "/v1/batches", `{"project":"demo-enterprise","name":"x","self_label_batch":true}`, "only applicable")
	require.Len(t, a.state().Batches, 1)
}

func TestUniqueIDsAreTakenOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.want(200, "POST", "/v1/task/imageannotation", oneTask, `"status":"pending"`)
	a.want(409, "POST", "/v1/task/imageannotation", oneTask, "unique_id")
	require.Zero(t, a.state().Repeats)
	a.want(200, "POST", "/v1/task/imageannotation", strings.Replace(oneTask, "u1", "u2", 1))
	require.Equal(t, 1, a.state().Repeats, "the same work under another key is made twice")
	a.want(200, "GET", "/v1/tasks?unique_id=u1&unique_id=u3", "", `"total":1`)
	a.want(400, "GET", "/v1/tasks?uniqueid=u1", "")
	a.want(400, "GET", "/v1/tasks?limit=101", "")
}

func TestFinalizedBatchesTakeNoTasks(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.want(200, "POST", "/v1/batches", `{"project":"demo","name":"b"}`)
	task := `{"batch":"b","attachment":"https://i.example.com/1.jpg"}`
	a.want(200, "POST", "/v1/task/imageannotation", task)
	a.want(200, "POST", "/v1/batches/b/finalize", "", `"status":"in_progress"`)
	a.want(400, "POST", "/v1/task/imageannotation", task, "finalized")
	a.want(200, "POST", "/v1/batches/b/finalize", "")
	require.Equal(t, 1, a.state().Repeats, "finalized twice")
	a.want(200, "GET", "/v1/batches/b/status", "", `"pending":1`)
}

func TestTasksThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.want(200, "POST", "/v1/batches", `{"project":"demo","name":"b"}`)
	for body, word := range map[string]string{
		`{"project":"demo"}`:                                                             "attachment",
		`{"project":"demo","attachment":"i/1.jpg"}`:                                      "must be a URL",
		`{"attachment":"https://i.example.com/1.jpg"}`:                                   "is required",
		`{"project":"demo-enterprise","attachment":"https://i.example.com/1.jpg"}`:       "geometries",
		`{"project":"demo-enterprise","batch":"b","attachment":"https://i.example.com"}`: "is of project",
		`{"project":"demo","attachment":"https://i.example.com/1.jpg","priority":40}`:    "priority",
		`{"project":"demo","attachment":"https://i.example.com/1.jpg","unique_id":""}`:   "unique_id",
		`{"project":"demo","attachment":"https://i.example.com/1.jpg","Priority":10}`:    "Priority",
	} {
		a.want(400, "POST", "/v1/task/imageannotation", body, word)
	}
	for annotation, word := range map[string]string{
		`{"type":"box","label":"dog","left":1,"top":1,"width":1}`:                             "fields of a box",
		`{"type":"box","label":"dog","left":1,"top":1,"width":1,"height":-1}`:                 "fields of a box",
		`{"type":"box","label":"dog","left":"1","top":1,"width":1,"height":1}`:                "left",
		`{"type":"polygon","label":"dog","vertices":[{"x":1,"y":1},{"x":2,"y":1}]}`:           "fields of a polygon",
		`{"type":"line","label":"dog","vertices":[{"x":1,"y":1},{"x":2}]}`:                    "vertices[1]",
		`{"type":"point","label":"dog","x":1}`:                                                "fields of a point",
		`{"type":"point","x":1,"y":1}`:                                                        "label",
		`{"type":"cuboid","label":"dog"}`:                                                     "cuboid",
		`{"type":"box","label":"dog","left":1,"top":1,"width":1,"height":1,"confidence":0.5}`: "confidence",
	} {
		a.want(400, "POST", "/v1/task/imageannotation",
			`{"project":"demo","attachment":"https://i.example.com/1.jpg","hypothesis":{"annotations":[`+annotation+`]}}`, word)
	}
	a.want(402, "POST", "/v1/task/lidarannotation", oneTask)
	a.want(404, "POST", "/v1/task/guessing", oneTask)
	a.want(404, "POST", "/v1/task/imageannotation", `{"project":"nope","attachment":"https://i.example.com/1.jpg"}`)
	require.Empty(t, a.state().Tasks)
}

func TestAnUnreadableAttachmentFreesItsKey(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	body := `{"project":"demo","attachment":"https://i.invalid/1.jpg","unique_id":"u","clear_unique_id_on_error":true}`
	a.want(200, "POST", "/v1/task/imageannotation", body, `"status":"pending"`)
	a.want(200, "GET", "/v1/tasks?status=error", "", "could not be read")
	a.want(200, "GET", "/v1/tasks?unique_id=u", "", `"docs":[]`)
}

func TestAFormIsNoJSON(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	r := httptest.NewRequest("POST", "/v1/batches", strings.NewReader("project=demo&name=b"))
	r.SetBasicAuth("live_k", "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, _ := a.send(r)
	require.Equal(t, 400, status)
	a.want(404, "GET", "/v1/nothing", "", "Cannot GET")
}
