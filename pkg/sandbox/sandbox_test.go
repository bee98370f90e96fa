package sandbox_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // decodes what the sandbox draws
	_ "image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

const (
	batch    = `{"name":"n","project":"p","frames":[{"id":"1","url":"https://images.example.com/1.jpg"}]}`
	document = `mutation M($p: ID!, $l: [ID!]) { project(where: {id: $p}) { bulkDeleteLabels(where: {id_in: $l}, makeTemplates: true, waitForQueue: true) { count } } }`
)

func mutation(document, variables string) string {
	quoted, _ := json.Marshal(document)
	return fmt.Sprintf(`{"query":%s,"variables":%s,"operationName":"M"}`, quoted, variables)
}

// bundle is a sandbox behind a real server.
type bundle struct {
	*sandbox.Server
	url string
}

func setup(t *testing.T, o sandbox.Options) *bundle {
	t.Helper()
	s := sandbox.New(o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &bundle{s, srv.URL}
}

// post makes a call with a key; headers come in pairs.
func (b *bundle) post(t *testing.T, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	resp, said, err := b.try(path, body, headers...)
	require.NoError(t, err)
	return resp, said
}

func (b *bundle) try(path, body string, headers ...string) (*http.Response, string, error) {
	req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "Bearer key")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.GetBody = nil
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	return resp, string(said), err
}

func TestCreatesBatches(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	resp, said := b.post(t, "/batches", batch)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.JSONEq(t, `{"id":"batch-0001","name":"n","frames":1}`, said)
	require.EqualValues(t, 1, b.Summary().Frames)
	b.post(t, "/anything", batch)
	require.EqualValues(t, 1, b.Summary().Repeats, "the same batch again, without a key, is a repeat")
}

func TestRefusesBadBatches(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	for body, want := range map[string]string{
		``:                         "empty",
		`[]`:                       "must be an object, not a list",
		`{}`:                       "name: is missing",
		`{"name":7}`:               "name: must be a text, not a number",
		`{"name":""}`:              "name: is empty",
		`{"name":"n","frames":[]}`: "frames: is empty",
		`{"name":"n","frames":[{"id":"1","url":"u"}]}`:              "project: is missing",
		`{"name":"n","project":"p"}`:                                "frames: is missing",
		`{"name":"n","project":"p","frames":{}}`:                    "frames: must be a list, not an object",
		`{"name":"n","project":"p","frames":[7]}`:                   "frames[0]: must be an object, not a number",
		`{"name":"n","project":"p","frames":[{}]}`:                  "frames[0].id: is missing",
		`{"name":"n","project":"p","frames":[{"id":"1"}]}`:          "frames[0].url: is missing",
		`{"name":"n","project":"p","frames":[{"id":"1","url":""}]}`: "frames[0].url: is empty",
		batch + batch:        "goes on after",
		batch[:len(batch)-9]: "not valid JSON",
	} {
		resp, said := b.post(t, "/batches", body)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, body)
		require.Contains(t, said, want, body)
	}
	require.Zero(t, b.Summary().Batches)
}

func TestSendsLabelsBack(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	resp, said := b.post(t, "/graphql", mutation(document, `{"p":"pets","l":["a","b"]}`))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.JSONEq(t, `{"data":{"project":{"bulkDeleteLabels":{"count":2}}}}`, said)
	b.post(t, "/graphql", mutation(document, `{"p":"pets","l":["b","c"]}`))
	b.post(t, "/graphql", mutation(document, `{"p":"wild","l":["c"]}`))
	require.Equal(t, map[string]int64{"pets": 4, "wild": 1}, b.Summary().LabelsDeleted)
	require.EqualValues(t, 1, b.Summary().Repeats, "the same id in another project is another label")
}

func TestRefusesBadMutations(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	good := `{"p":"pets","l":["a"]}`
	for _, c := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"not JSON", `{`, 400, "BAD_REQUEST"},
		{"syntax", mutation("mutation M {", good), 400, "GRAPHQL_PARSE_FAILED"},
		{"a query", mutation(`query M($p: ID!, $l: [ID!]) { project(where: {id: $p}) { id } }`, good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"unknown field", mutation(strings.Replace(document, "bulkDeleteLabels", "deleteAll", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"unknown argument", mutation(strings.Replace(document, "waitForQueue", "waitForIt", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"undeclared variable", mutation(strings.Replace(document, "$p: ID!, ", "", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"wrong variable type", mutation(strings.Replace(document, "[ID!]", "[Int!]", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"no project", mutation(document, `{"l":["a"]}`), 400, "BAD_USER_INPUT"},
		{"labels are text", mutation(document, `{"p":"pets","l":"a"}`), 400, "BAD_USER_INPUT"},
		{"a label id is a number", mutation(document, `{"p":"pets","l":["a",1]}`), 400, "BAD_USER_INPUT"},
		{"a label id is empty", mutation(document, `{"p":"pets","l":["a",""]}`), 400, "BAD_USER_INPUT"},
		{"empty selection", mutation(document, `{"p":"pets","l":[]}`), 400, "BAD_USER_INPUT"},
		{"null selection", mutation(document, `{"p":"pets","l":null}`), 400, "BAD_USER_INPUT"},
		{"no selection at all", mutation(strings.Replace(document, "where: {id_in: $l}, ", "", 1), good), 400, ""},
	} {
		resp, said := b.post(t, "/graphql", c.body)
		require.Equal(t, c.status, resp.StatusCode, c.name)
		require.Contains(t, said, c.code, c.name)
	}
	require.Empty(t, b.Summary().LabelsDeleted)
	require.EqualValues(t, 2, b.Summary().MatchedEverything)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{Key: "key"})
	for _, wrong := range []string{"", "Bearer ", "Bearer other", "Basic key"} {
		resp, _ := b.post(t, "/batches", batch, "Authorization", wrong)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode, wrong)
	}
	_, said := b.post(t, "/graphql", mutation(document, `{}`), "Authorization", "Bearer other")
	require.Contains(t, said, "UNAUTHENTICATED")
}

func TestAnIdempotencyKeyMakesOneEffect(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	_, first := b.post(t, "/batches", batch, "Idempotency-Key", "k")
	again, second := b.post(t, "/batches", batch, "Idempotency-Key", "k")
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first, second)
	require.EqualValues(t, 1, b.Summary().Batches)
	require.EqualValues(t, 1, b.Summary().Replays)
	other, _ := b.post(t, "/batches", strings.Replace(batch, `"n"`, `"m"`, 1), "Idempotency-Key", "k")
	require.Equal(t, http.StatusUnprocessableEntity, other.StatusCode)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault   sandbox.Fault
		status  int // 0: there is no answer
		effects int
	}{
		{sandbox.Fault{Kind: "429", RetryAfter: "2"}, 429, 0},
		{sandbox.Fault{Kind: "503", RetryAfter: "date+2s"}, 503, 0},
		{sandbox.Fault{Kind: "500"}, 500, 0},
		{sandbox.Fault{Kind: "502"}, 502, 0},
		{sandbox.Fault{Kind: sandbox.Slow, Delay: time.Millisecond}, 201, 1},
		{sandbox.Fault{Kind: sandbox.Cut}, 0, 0},
		{sandbox.Fault{Kind: sandbox.CutAfter}, 0, 1},
		{sandbox.Fault{Kind: sandbox.CutReply}, 0, 1},
		{sandbox.Fault{Kind: sandbox.Errors}, 200, 0},
		{sandbox.Fault{Kind: sandbox.Partial}, 201, 1},
		{sandbox.Fault{Kind: sandbox.Redirect}, 307, 0},
		{sandbox.Fault{Kind: sandbox.BadJSON}, 201, 1},
		{sandbox.Fault{Kind: sandbox.Huge, Size: 1 << 20}, 201, 1},
	} {
		t.Run(c.fault.Kind, func(t *testing.T) {
			t.Parallel()
			b := setup(t, sandbox.Options{})
			require.NoError(t, b.Inject(c.fault))
			resp, _, err := b.try("/batches", batch)
			if c.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.status, resp.StatusCode)
			}
			if c.fault.RetryAfter != "" {
				require.NotEmpty(t, resp.Header.Get("Retry-After"))
			}
			require.EqualValues(t, c.effects, b.Summary().Batches)
			require.Equal(t, map[string]int64{c.fault.Kind: 1}, b.Summary().Faults)
		})
	}
}

func TestFaultsAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	resp, err := http.Post(b.url+"/_sandbox/faults", "application/json", strings.NewReader(`{"fault":"500","times":2,"after":1}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	var got []int
	for range 5 {
		r, _ := b.post(t, "/batches", batch)
		got = append(got, r.StatusCode)
	}
	require.Equal(t, []int{201, 500, 500, 201, 201}, got)
	r, _ := b.post(t, "/batches", batch, "X-Sandbox-Fault", "429")
	require.Equal(t, 429, r.StatusCode, "one call can ask for itself")
	r, said := b.post(t, "/batches", batch, "X-Sandbox-Fault", "42O")
	require.Equal(t, 400, r.StatusCode, "a typo is told")
	require.Contains(t, said, "no such kind")
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	f, err := sandbox.ParseFault("429,times=3,after=1,probability=0.5,seed=7,retry_after=2,delay=3s")
	require.NoError(t, err)
	require.Equal(t, 3, f.Times)
	require.Equal(t, 3*time.Second, f.Delay)
	for _, bad := range []string{"", "399", "429,times=x", "429,often=1", "slow,delay=3", "500,probability=2", "503,retry_after=date+x"} {
		_, err := sandbox.ParseFault(bad)
		require.Error(t, err, bad)
	}
}

func TestRandomFaultsAreTheSameForASeed(t *testing.T) {
	t.Parallel()
	var runs [2][]int64
	for i := range runs {
		b := setup(t, sandbox.Options{})
		require.NoError(t, b.Inject(sandbox.Fault{Kind: sandbox.Random, Probability: 0.5, Seed: 3}))
		for range 30 {
			_, _, _ = b.try("/batches", batch) // some get no answer
		}
		faults := b.Summary().Faults
		require.NotEmpty(t, faults)
		for _, kind := range []string{"429", "500", "502", "503", sandbox.Cut, sandbox.CutAfter, sandbox.CutReply, sandbox.BadJSON} {
			runs[i] = append(runs[i], faults[kind])
		}
	}
	require.Equal(t, runs[0], runs[1])
}

func TestLook(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []sandbox.Request
	b := setup(t, sandbox.Options{Keep: 2, OnRequest: func(c sandbox.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, c)
	}})
	for range 3 {
		b.post(t, "/batches", batch, "X-Api-Key", "canary")
	}
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 3 }, 5*time.Second, time.Millisecond)
	calls := b.Requests()
	require.Len(t, calls, 2, "only the last are kept")
	require.EqualValues(t, 3, calls[0].Number)
	require.Equal(t, "***", calls[0].Header().Get("Authorization"))
	require.Equal(t, batch, calls[0].Sample)
	for path, want := range map[string]string{"/": "andbox", "/_sandbox/requests": `"number"`, "/_sandbox/summary": `"batches"`} {
		resp, err := http.Get(b.url + path)
		require.NoError(t, err)
		said, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, string(said), want)
		require.NotContains(t, string(said), "Bearer")
		require.NotContains(t, string(said), "canary")
	}
	req, err := http.NewRequest(http.MethodDelete, b.url+"/_sandbox/requests", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Empty(t, b.Requests())
}

func TestPictures(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	for path, format := range map[string]string{
		"/rarepets/camera_front/frame-070001.jpg?w=320&h=200": "jpeg",
		"/drive/cam_left/000001.png?w=320&h=200":              "png",
	} {
		resp, err := http.Get(b.url + path)
		require.NoError(t, err)
		img, got, err := image.Decode(bufio.NewReader(resp.Body))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, format, got)
		require.Equal(t, image.Rect(0, 0, 320, 200), img.Bounds())
	}
	require.Empty(t, b.Requests(), "pictures are no calls")
}

func TestALargeBatchIsCountedAsItStreams(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	var body strings.Builder
	body.WriteString(`{"name":"n","project":"p","frames":[`)
	for i := range 50_000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"%d","url":"https://images.example.com/%d.jpg"}`, i, i)
	}
	body.WriteString(`]}`)
	_, said := b.post(t, "/batches", body.String())
	require.Contains(t, said, `"frames":50000`)
	require.Len(t, b.Requests()[0].Sample, 2<<10)
}
