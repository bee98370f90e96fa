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
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.GetBody = nil
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close() //nolint:errcheck // a test
	said, err := io.ReadAll(resp.Body)
	return resp, string(said), err
}

func TestCreatesBatches(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	resp, said := b.post(t, "/batches", batch)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.JSONEq(t, `{"id":"batch-0001","name":"n","project":"p","frames":1}`, said)
	require.Equal(t, 1, b.Summary().Frames)
	b.post(t, "/anything", batch)
	require.Equal(t, 1, b.Summary().Repeats, "the same batch again, without a key, is a repeat")
}

func TestRefusesBadBatches(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	for body, want := range map[string]string{
		``:                                       "not JSON",
		`[]`:                                     "must be an object",
		`{}`:                                     "name: must not be empty",
		`{"name":7}`:                             "name: must be text",
		`{"name":"n","frames":[]}`:               "project: must not be empty",
		`{"name":"n","project":"p"}`:             "frames: must not be empty",
		`{"name":"n","project":"p","frames":{}}`: "frames: must be a list",
		`{"name":"n","project":"p","frames":[7]}`:                   "frames[0]: must be an object",
		`{"name":"n","project":"p","frames":[{}]}`:                  "frames[0].id: is missing",
		`{"name":"n","project":"p","frames":[{"id":"1"}]}`:          "frames[0].url: is missing",
		`{"name":"n","project":"p","frames":[{"id":"1","url":""}]}`: "frames[0].url: must not be empty",
		`{"nome":"n"}`:       "nome: unknown field",
		batch + batch:        "nothing after it",
		batch[:len(batch)-9]: "not JSON",
	} {
		resp, said := b.post(t, "/batches", body)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, body)
		require.Contains(t, said, want, body)
	}
	require.Zero(t, b.Summary().BatchCount)
}

func TestSendsLabelsBack(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Options{})
	resp, said := b.post(t, "/graphql", mutation(document, `{"p":"pets","l":["a","b"]}`))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.JSONEq(t, `{"data":{"project":{"bulkDeleteLabels":{"count":2}}}}`, said)
	b.post(t, "/graphql", mutation(document, `{"p":"pets","l":["b","c"]}`))
	require.Equal(t, map[string]int{"pets": 4}, b.Summary().Labels)
	require.Equal(t, 1, b.Summary().Repeats)
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
		{"not JSON", `{`, 400, "MALFORMED_REQUEST"},
		{"syntax", mutation("mutation M {", good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"a query", mutation(strings.Replace(document, "mutation", "query", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"other field", mutation(strings.Replace(document, "bulkDeleteLabels", "deleteAll", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"no makeTemplates", mutation(strings.Replace(document, "makeTemplates: true,", "", 1), good), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"no project", mutation(document, `{"l":["a"]}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"labels are text", mutation(document, `{"p":"pets","l":"a"}`), 400, "GRAPHQL_VALIDATION_FAILED"},
		{"label ids are numbers", mutation(document, `{"p":"pets","l":[1]}`), 400, "MALFORMED_REQUEST"},
		{"empty selection", mutation(document, `{"p":"pets","l":[]}`), 200, "BAD_USER_INPUT"},
		{"null selection", mutation(document, `{"p":"pets","l":null}`), 200, "BAD_USER_INPUT"},
	} {
		resp, said := b.post(t, "/graphql", c.body)
		require.Equal(t, c.status, resp.StatusCode, c.name)
		require.Contains(t, said, c.code, c.name)
	}
	require.Empty(t, b.Summary().Labels)
	require.Equal(t, 2, b.Summary().MatchedEverything)
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
	require.Equal(t, 1, b.Summary().BatchCount)
	require.Equal(t, 1, b.Summary().Replays)
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
		{sandbox.Fault{Kind: "503", RetryAfter: "date"}, 503, 0},
		{sandbox.Fault{Kind: "500"}, 500, 0},
		{sandbox.Fault{Kind: "502"}, 502, 0},
		{sandbox.Fault{Kind: "slow", Delay: "1ms"}, 201, 1},
		{sandbox.Fault{Kind: "cut"}, 0, 0},
		{sandbox.Fault{Kind: "cut-after"}, 0, 1},
		{sandbox.Fault{Kind: "cut-mid"}, 0, 1},
		{sandbox.Fault{Kind: "errors"}, 200, 1},
		{sandbox.Fault{Kind: "partial"}, 200, 1},
		{sandbox.Fault{Kind: "redirect"}, 302, 0},
		{sandbox.Fault{Kind: "bad-json"}, 201, 1},
		{sandbox.Fault{Kind: "huge"}, 201, 1},
	} {
		t.Run(c.fault.Kind, func(t *testing.T) {
			t.Parallel()
			b := setup(t, sandbox.Options{})
			require.NoError(t, b.Misbehave(c.fault))
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
			require.Equal(t, c.effects, b.Summary().BatchCount)
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
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	f, err := sandbox.ParseFault("429,times=3,after=1,chance=0.5,retry_after=2,delay=3s")
	require.NoError(t, err)
	require.Equal(t, sandbox.Fault{Kind: "429", Times: 3, After: 1, Chance: 0.5, RetryAfter: "2", Delay: "3s"}, f)
	for _, bad := range []string{"", "418", "429,times=x", "429,often=1", "slow,delay=3", "500,chance=2"} {
		_, err := sandbox.ParseFault(bad)
		require.Error(t, err, bad)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []sandbox.Call
	b := setup(t, sandbox.Options{Keep: 2, Seen: func(c sandbox.Call) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, c)
	}})
	for range 3 {
		b.post(t, "/batches", batch)
	}
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 3 }, 5*time.Second, time.Millisecond)
	calls := b.Calls()
	require.Len(t, calls, 2, "only the last are kept")
	require.EqualValues(t, 3, calls[0].Number)
	require.Equal(t, "***", calls[0].Header["Authorization"])
	require.Equal(t, batch, calls[0].Sample)
	for path, want := range map[string]string{"/": "Labelgate sandbox", "/_sandbox/requests": `"number": 3`, "/_sandbox/summary": `"batch_count": 3`} {
		resp, err := http.Get(b.url + path)
		require.NoError(t, err)
		said, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, string(said), want)
		require.NotContains(t, string(said), "Bearer")
	}
	req, err := http.NewRequest(http.MethodDelete, b.url+"/_sandbox/requests", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Empty(t, b.Calls())
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
	require.Empty(t, b.Calls(), "pictures are no calls")
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
	require.Len(t, b.Calls()[0].Sample, 2<<10)
}
