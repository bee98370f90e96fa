package cvatsandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// stand is a fresh server with a task of two images in it, and a task without any.
func stand(t *testing.T) func(line, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	api := cvatsandbox.Vendor().New(sandbox.VendorOptions{Key: "k", Now: func() time.Time { return time.Unix(0, 0) }})
	ask := func(line, body string, header ...string) *httptest.ResponseRecorder {
		method, path, _ := strings.Cut(line, " ")
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer k")
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	ask("POST /api/tasks", `{"name":"a","project_id":1}`)
	ask("POST /api/tasks", `{"name":"empty","project_id":1}`)
	w := ask("POST /api/tasks/1/data/", `{"image_quality":70,"sorting_method":"predefined","remote_files":["https://x/b.jpg","https://x/a.jpg"]}`)
	require.Equal(t, http.StatusAccepted, w.Code, w.Body.String())
	for range 3 {
		w = ask("GET /api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D1", "")
	}
	require.Contains(t, w.Body.String(), `"finished"`)
	return ask
}

// TestWhatIsWrongIsRefused: one request of each kind of mistake, with CVAT's status and words.
func TestWhatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	ask := stand(t)
	shape := func(fields string) string { return `{"shapes":[{` + fields + `}]}` }
	for _, c := range []struct {
		line, body string
		status     int
		says       string
	}{
		{"GET /api/nothing", "", 404, "Not found."},
		{"GET /elsewhere", "", 404, "Not found."},
		{"POST /api/labels", "{}", 405, `Method \"POST\" not allowed.`},
		{"GET /api/tasks?tracker=x", "", 400, "There is no such query parameter."},
		{"GET /api/tasks?page=2", "", 404, "Invalid page."},
		{"POST /api/tasks", `{"project_id":1}`, 400, `{"name":["This field is required."]}`},
		{"POST /api/tasks", `{"name":"","project_id":1}`, 400, `{"name":["This field may not be blank."]}`},
		{"POST /api/tasks", `{"name":null,"project_id":1}`, 400, `{"name":["This field may not be null."]}`},
		{"POST /api/tasks", `{"name":7,"project_id":1}`, 400, "A valid string is required"},
		{"POST /api/tasks", `{"name":"x","project_id":1,"priority":3}`, 400, `{"priority":["There is no such field."]}`},
		{"POST /api/tasks", `{"name":"x","project_id":1,"labels":[{"name":"y"}]}`, 400, "only one of Label list or project_id"},
		{"POST /api/tasks", `{"name":"x","project_id":1,"assignee_id":9}`, 400, "assignee_id"},
		{"POST /api/tasks", `{"name":"x","project_id":1,"segment_size":-1}`, 400, "segment_size"},
		{"POST /api/tasks", `{"name":"x","labels":[{"name":"y","type":"box"}]}`, 400, "is not a valid choice"},
		{"POST /api/tasks", `{"name":"` + strings.Repeat("x", 257) + `","project_id":1}`, 400, "no more than 256"},
		{"POST /api/tasks", `[`, 400, "JSON parse error"},
		{"POST /api/tasks/2/data", `{}`, 404, "Not found."},
		{"POST /api/tasks/2/data/", `{"remote_files":["https://x/a.jpg"]}`, 400, `{"image_quality":["This field is required."]}`},
		{"POST /api/tasks/2/data/", `{"image_quality":70}`, 400, `["No media data found"]`},
		{"POST /api/tasks/2/data/", `{"image_quality":70,"sorting_method":"none","remote_files":["https://x/a.jpg"]}`, 400, "is not a valid choice"},
		{"POST /api/tasks/1/data/", `{"image_quality":70,"remote_files":["https://x/c.jpg"]}`, 400, `"Adding more data is not supported"`},
		{"GET /api/tasks/2/data/meta", "", 400, "No media data found"},
		{"GET /api/tasks/1/data/meta/", "", 404, "Not found."},
		{"GET /api/tasks/9", "", 404, "No Task matches"},
		{"GET /api/requests/nothing", "", 404, "There is no request"},
		{"PUT /api/tasks/1/annotations", `{}`, 404, "Not found."},
		{"PATCH /api/tasks/1/annotations/", `{}`, 400, "correct 'action'"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","frame":0,"points":[1,2,3,4]`), 400, "label_id: This field is required."},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","label_id":99,"frame":0,"points":[1,2,3,4]`), 400, "label_id `99` is invalid"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","label_id":1,"frame":0,"points":[1,2,3]`), 400, "has not 3 numbers"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"box","label_id":1,"frame":0,"points":[1,2,3,4]`), 400, "is not a valid choice"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","label_id":7,"frame":0,"points":[1,2,3,4]`), 400, "is for tag"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","label_id":1,"frame":0,"points":[1,2,3,4],"score":1.5`), 400, "score"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"rectangle","label_id":1,"frame":0,"points":[1,2,3,4],"attributes":[{"spec_id":2,"value":"x"}]`), 400, "spec_id `2` is invalid"},
		{"PUT /api/tasks/1/annotations/", shape(`"type":"skeleton","label_id":8,"frame":0,"elements":[{"type":"points","label_id":9,"frame":1,"points":[1,2]}]`), 400, "another than the skeleton's"},
		{"PUT /api/tasks/1/annotations/", `{"tags":[{"label_id":7,"frame":0,"score":1}]}`, 400, "a tag has no"},
		{"PATCH /api/jobs/1", `{"stage":"done"}`, 400, "is not a valid choice"},
		{"PATCH /api/jobs/1", `{"state":"done"}`, 400, "is not a valid choice"},
		{"PATCH /api/jobs/1", `{"assignee":9}`, 400, "does not exist"},
		{"PATCH /api/jobs/1/", `{}`, 404, "Not found."},
		{"POST /api/issues", `{"frame":0,"job":1,"message":"x"}`, 400, `{"position":["This field is required."]}`},
		{"POST /api/issues", `{"frame":5,"job":1,"message":"x","position":[1,2,3,4]}`, 400, "Frame 5 is not in job 1."},
		{"POST /api/issues", `{"frame":0,"job":1,"message":"","position":[1,2,3,4]}`, 400, `{"message":["This field may not be blank."]}`},
	} {
		w := ask(c.line, c.body)
		require.Equal(t, c.status, w.Code, "%s %s: %s", c.line, c.body, w.Body)
		require.Contains(t, w.Body.String(), c.says, c.line)
	}
}

// TestCredentialsAndForms: what is asked for without a key, for another organization, or in another media type.
func TestCredentialsAndForms(t *testing.T) {
	t.Parallel()
	ask := stand(t)
	for _, c := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"Authorization", "Token k"}, 200},
		{[]string{"Authorization", "Bearer other"}, 401},
		{[]string{"Authorization", "Digest k"}, 401},
		{[]string{"Authorization", ""}, 401},
		{[]string{"Accept", "application/json"}, 406},
		{[]string{"Accept", "*/*"}, 200},
		{[]string{"X-Organization", "acme"}, 404},
		{[]string{"X-Organization", ""}, 200},
		{[]string{"X-Organization", "nobody"}, 404},
	} {
		require.Equal(t, c.status, ask("GET /api/tasks/1", "", c.header...).Code, fmt.Sprint(c.header))
	}
	require.Equal(t, 415, ask("POST /api/tasks", `{}`, "Content-Type", "text/plain").Code)
}

// TestAnnotationsOfFramesThatAreNotThere are dropped without a word, as CVAT does; the same ones again count as made twice.
func TestAnnotationsOfFramesThatAreNotThere(t *testing.T) {
	t.Parallel()
	ask := stand(t)
	const two = `{"tags":[{"label_id":7,"frame":1},{"label_id":7,"frame":2}]}`
	require.Equal(t, 1, strings.Count(ask("PUT /api/tasks/1/annotations/", two).Body.String(), `"label_id"`))
	require.Equal(t, 1, strings.Count(ask("PUT /api/tasks/1/annotations/", two).Body.String(), `"label_id"`))
	require.Equal(t, 2, strings.Count(ask("PATCH /api/tasks/1/annotations/?action=create", two).Body.String(), `"label_id"`))
}
