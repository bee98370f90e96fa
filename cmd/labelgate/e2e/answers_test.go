package e2e_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

const (
	badFormat = "invalid webhook payload format"
	noKey     = "webhook payload did not contain expected key: "
)

// badEvents are the answers of ../shared/events/README.md: every one a 400 whose text begins like this.
var badEvents = map[string]string{
	"empty":             "Bad Request: no payload body received",
	"null":              badFormat,
	"array":             badFormat,
	"number":            badFormat,
	"no-event":          badFormat,
	"event-not-text":    badFormat,
	"truncated":         badFormat,
	"two-values":        badFormat,
	"nan":               badFormat,
	"bad-utf8":          badFormat,
	"utf16":             badFormat,
	"same-key-twice":    badFormat,
	"no-issue":          noKey + "issue",
	"issue-empty":       noKey + "issue",
	"issue-null":        noKey + "issue",
	"issue-list":        "",
	"no-project":        "",
	"no-elements":       "",
	"elements-not-list": "",
	"other-event":       "Bad Request: endpoint not setup to handle dataset-complete events yet",
}

// named are the keys that an answer must name.
var named = map[string]string{
	"issue-list": "issue", "no-project": "project", "no-elements": "elements", "elements-not-list": "elements",
}

// taken are the files of bad/ that are accepted, see TestBadElements.
var taken = []string{"no-element", "some-elements-bad", "all-elements-bad"}

func TestBadEvents(t *testing.T) {
	t.Parallel()
	site, vendor := newDropIn(t, "aquarium-rest")
	gateway := site.Serve(t)
	for name, want := range badEvents {
		answer := gateway.Post(t, webhook, harness.Event(t, "bad/"+name))
		require.Equal(t, http.StatusBadRequest, answer.Status, name)
		require.True(t, strings.HasPrefix(answer.Body, want), "%s: %s", name, answer.Body)
		require.Contains(t, answer.Body, named[name], name)
		require.Zero(t, answer.Delivery, name)
	}
	listed := site.CLI(t, "deliveries", "list", "-o", "json")
	require.Equal(t, "[]\n", listed.Stdout, "nothing was journaled")
	require.Empty(t, vendor.Calls())
}

func TestBadEventsAreAllTested(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(harness.EventFile("bad")[:len(harness.EventFile("bad"))-len(".json")])
	require.NoError(t, err)
	for _, file := range files {
		name, isJSON := strings.CutSuffix(file.Name(), ".json")
		_, known := badEvents[name]
		for _, other := range taken {
			known = known || name == other
		}
		require.True(t, known || !isJSON, "no test for %s", file.Name())
	}
}

func TestRequestsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	site.Env["MAX_BODY"] = "4KiB"
	gateway := site.Serve(t)
	cases := map[string]struct {
		change func(*http.Request)
		status int
		says   string
	}{
		"wrong secret":   {set(harness.SecretHeader, "guess"), http.StatusUnauthorized, ""},
		"no secret":      {func(r *http.Request) { r.Header.Del(harness.SecretHeader) }, http.StatusUnauthorized, ""},
		"form":           {set("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType, "JSON"},
		"brotli":         {set("Content-Encoding", "br"), http.StatusUnsupportedMediaType, "gzip"},
		"wrong method":   {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed, ""},
		"unknown path":   {func(r *http.Request) { r.URL.Path = "/other" }, http.StatusNotFound, ""},
		"too large":      {withBody(bytes.Repeat([]byte(" "), 5000)), http.StatusRequestEntityTooLarge, "4096"},
		"gzip bomb":      {both(set("Content-Encoding", "gzip"), withBody(zipped(t, make([]byte, 1<<20)))), 413, "4096"},
		"not gzip":       {set("Content-Encoding", "gzip"), http.StatusBadRequest, ""},
		"no body at all": {withBody(nil), http.StatusBadRequest, "no payload body received"},
	}
	for name, c := range cases {
		req, err := gateway.Webhook(t.Context(), batch, bytes.NewReader(harness.Unique(name)))
		require.NoError(t, err)
		c.change(req)
		answer, err := harness.Do(req)
		require.NoError(t, err, name)
		require.Equal(t, c.status, answer.Status, "%s: %s", name, answer.Body)
		require.Contains(t, answer.Body, c.says, name)
	}
	require.Empty(t, vendor.Calls())
}

func TestRequestsThatAreTaken(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	for name, change := range map[string]func(*http.Request){
		"gzip": func(r *http.Request) {
			both(set("Content-Encoding", "gzip"), withBody(zipped(t, harness.Unique("gzip"))))(r)
		},
		"chunked":          func(r *http.Request) { r.ContentLength = -1 },
		"the old secret":   set(harness.SecretHeader, "the-secret-before-the-rotation"),
		"type and charset": set("Content-Type", "application/json; charset=utf-8"),
	} {
		req, err := gateway.Webhook(t.Context(), batch, bytes.NewReader(harness.Unique(name)))
		require.NoError(t, err)
		change(req)
		answer, err := harness.Do(req)
		require.NoError(t, err, name)
		require.Equal(t, http.StatusNoContent, answer.Status, "%s: %s", name, answer.Body)
		gateway.Await(t, answer.Delivery, "delivered")
		calls := vendor.Calls()
		require.Equal(t, "train_relabel_"+name, harness.Decode[harness.Batch](t, calls[len(calls)-1]).Name)
	}
}

// TestDuplicates: the same body is sent once, also across a restart; per route, and whatever the encoding.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	body := harness.Event(t, "frames")
	first := gateway.Accept(t, batch, body)
	gateway.Await(t, first, "delivered")

	requireDuplicate := func(answer harness.Answer) {
		require.Equal(t, http.StatusNoContent, answer.Status)
		require.Equal(t, first, answer.Delivery)
		require.True(t, answer.Duplicate)
	}
	requireDuplicate(gateway.Post(t, batch, body))
	gateway.Kill()
	gateway = site.Serve(t)
	requireDuplicate(gateway.Post(t, batch, body))
	req, err := gateway.Webhook(t.Context(), batch, bytes.NewReader(zipped(t, body)))
	require.NoError(t, err)
	req.Header.Set("Content-Encoding", "gzip")
	answer, err := harness.Do(req)
	require.NoError(t, err)
	requireDuplicate(answer)

	other := gateway.Post(t, relabel, body)
	require.False(t, other.Duplicate, "another route")
	gateway.Await(t, other.Delivery, "delivered")
	require.Len(t, vendor.Calls(), 2)
}

func set(header, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(header, value) }
}

func withBody(body []byte) func(*http.Request) {
	return func(r *http.Request) {
		fresh, err := http.NewRequest(r.Method, r.URL.String(), bytes.NewReader(body))
		if err == nil {
			r.Body, r.GetBody, r.ContentLength = fresh.Body, fresh.GetBody, fresh.ContentLength
		}
	}
}

func both(a, b func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) { a(r); b(r) }
}

func zipped(t *testing.T, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}
