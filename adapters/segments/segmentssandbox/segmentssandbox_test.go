package segmentssandbox_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
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
	return account{t, segmentssandbox.Vendor().New(sandbox.VendorOptions{Key: "k", Now: now})}
}

// want asks and compares the status; words must be in the answer. It returns the answer.
func (a account) want(status int, method, target, body string, words ...string) string {
	a.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "APIKey k")
	r.Header.Set("Content-Type", "application/json")
	return a.send(status, r, words...)
}

func (a account) send(status int, r *http.Request, words ...string) string {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.api.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(a.t, err)
	require.Equal(a.t, status, w.Code, "%s %s\n%s", r.Method, r.URL, text)
	for _, word := range words {
		require.Contains(a.t, string(text), word)
	}
	return string(text)
}

func (a account) state() segmentssandbox.State {
	a.t.Helper()
	s, ok := a.api.State().(segmentssandbox.State)
	require.True(a.t, ok)
	return s
}

const (
	bulk  = "/datasets/acme/pets/samples_bulk/"
	first = "00000000-0000-4000-8000-000000000001" // the first sample there is
)

func TestKeys(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for header, said := range map[string]string{"": "credentials were not provided", "Bearer k": "credentials were not provided", "APIKey x": "Invalid"} {
		r := httptest.NewRequest("GET", "/datasets/acme/pets/", nil)
		r.Header.Set("Authorization", header)
		a.send(401, r, said)
	}
	a.want(200, "GET", "/datasets/acme/pets/", "", `"task_type":"vector"`, `"samples_count":7`)
	a.want(307, "GET", "/datasets/acme/pets", "") // paths end in a slash
	a.want(404, "GET", "/datasets/you/pets/", "")
}

func TestNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	one := `{"name":"n","attributes":{"image":{"url":"https://i.example.com/1.jpg"}},"metadata":{"k":1}}`
	a.want(200, "POST", bulk, "["+one+","+one+"]", `"metadata":{"k":1}`)
	a.want(200, "POST", bulk, "["+strings.Replace(one, `"k":1`, `"k":2`, 1)+"]", `"metadata":{"k":1}`)
	a.want(400, "POST", "/datasets/acme/pets/samples/", one, "already exists")
	require.Len(t, a.state().Datasets[0].Samples, 8)
	for _, wrong := range []string{
		`{"name":"n"}`, `[{"name":"n"}]`, `[{"attributes":{"image":{"url":"https://i.example.com/1.jpg"}}}]`,
		`[{"name":"n","attributes":{"image":{"url":"1.jpg"}}}]`, `[{"name":"n","attributes":{"image":{"url":"https://i/1","width":3}}}]`,
		`[{"name":3,"attributes":{"image":{"url":"https://i/1"}}}]`, `[{"name":"n","attributes":{"image":{"url":"https://i/1"}},"prio":1}]`,
	} {
		a.want(400, "POST", bulk, wrong)
	}
	require.Len(t, a.state().Datasets[0].Samples, 8)
}

func TestPartsOfNamesAreFound(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	got := a.want(200, "GET", "/datasets/acme/pets/samples/?name__contains=frame-07000&per_page=2&sort=-name", "", "frame-070003", "frame-070002")
	require.NotContains(t, got, "frame-070001")
	a.want(404, "GET", "/datasets/acme/pets/samples/?page=2", "", "Invalid page")
	a.want(400, "GET", "/datasets/acme/pets/samples/?name=frame-070001", "")
	require.Equal(t, "[]", a.want(200, "GET", "/datasets/acme/pets/samples/?label_status=REJECTED", ""))
}

func TestLabelsAreReplaced(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	at := "/labels/" + first + "/ground-truth/"
	put := func(annotation string) string {
		return `{"label_status":"PRELABELED","attributes":{"format_version":"0.1","annotations":[` + annotation + `]}}`
	}
	box := `{"id":1,"category_id":2,"type":"bbox","points":[[1,2],[3.5,4]],"attributes":{"src":"u"}}`
	a.want(200, "PUT", at, put(box), `"label_status":"PRELABELED"`)
	a.want(200, "PUT", at, put(box))
	for annotation, word := range map[string]string{
		strings.Replace(box, `"category_id":2`, `"category_id":9`, 1):   "category",
		strings.Replace(box, `[3.5,4]`, `[3.5,4,5]`, 1):                 "[x, y]",
		strings.Replace(box, `,[3.5,4]`, ``, 1):                         "1 points",
		strings.Replace(box, `"bbox"`, `"circle"`, 1):                   "circle",
		strings.Replace(box, `"u"`, `{"a":1}`, 1):                       "attributes.src",
		strings.Replace(box, `"id":1`, `"id":"one"`, 1):                 "id",
		strings.Replace(box, `"id":1`, `"id":0`, 1):                     "positive",
		strings.Replace(box, `"type":"bbox"`, `"type":"bbox","x":1`, 1): `\"x\"`,
		box + "," + box: "stands twice",
	} {
		a.want(400, "PUT", at, put(annotation), word)
	}
	a.want(400, "PUT", at, `{"label_status":"PRELABELED"}`, "attributes")
	a.want(400, "PATCH", at, `{"label_status":"REWORK"}`, "label_status")
	a.want(200, "PATCH", at, `{"label_status":"REJECTED"}`, `"category_id":2`)
	a.want(404, "PATCH", "/labels/"+first+"/predictions/", `{"label_status":"REJECTED"}`)
	require.Equal(t, "REJECTED", a.state().Datasets[0].Samples[0].Status)
}

func TestIssuesAreMadeTwice(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	at := "/samples/" + first + "/issues/"
	a.want(201, "POST", at, `{"description":"loose","status":"OPEN"}`, `"sample_name":"frame-070001"`)
	require.Zero(t, a.state().Repeats)
	a.want(201, "POST", at, `{"description":"loose","status":"OPEN"}`)
	require.Equal(t, 1, a.state().Repeats)
	a.want(400, "POST", at, `{"status":"OPEN"}`, "description")
	a.want(400, "POST", at, `{"description":"x","status":"open"}`, "status")
	a.want(400, "POST", at, `{"description":"x","anchor":{"type":"location","location":{"type":"2d","x":1}}}`, "anchor")
	a.want(404, "POST", "/samples/x/issues/", `{"description":"x"}`)
	require.Len(t, a.state().Datasets[0].Issues, 2)
}

func TestBodiesMayBeCompressed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	_, err := w.Write([]byte(`{"priority":7,"assigned_labeler":null}`))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for encoding, status := range map[string]int{"gzip": 200, "": 400} {
		r := httptest.NewRequest("PATCH", "/samples/"+first+"/", bytes.NewReader(body.Bytes()))
		r.Header.Set("Authorization", "APIKey k")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Encoding", encoding)
		a.send(status, r)
	}
	require.InDelta(t, 7, a.state().Datasets[0].Samples[0].Priority, 0)
	r := httptest.NewRequest("PATCH", "/samples/"+first+"/", strings.NewReader("priority=7"))
	r.Header.Set("Authorization", "APIKey k")
	a.send(415, r, "media type")
}
