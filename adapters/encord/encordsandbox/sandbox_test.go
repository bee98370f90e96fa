package encordsandbox_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

const (
	project  = "/v2/public/projects/aaaaaaaa-0000-4000-8000-000000000001"
	folder   = "/v2/public/storage/folders/ffffffff-0000-4000-8000-000000000001"
	complete = project + "/workflow/stages/55555555-0000-4000-8000-000000000003"
	unknown  = "12345678-0000-4000-8000-000000000001"
)

func privateKey(t *testing.T, first byte) string {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = first
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(seed), "")
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block))
}

func start(t *testing.T) *sandboxtest.Stand {
	t.Helper()
	return sandboxtest.Start(t, sandboxtest.Setup{Vendor: encordsandbox.Vendor(), Auth: encord.Factory().Auth, Key: privateKey(t, 1)})
}

func do(t *testing.T, stand *sandboxtest.Stand, method, path, body string) adapter.Response {
	t.Helper()
	call := adapter.Call{Method: method, Path: path}
	if body != "" {
		call.Body = adapter.BytesBody([]byte(body))
	}
	if path == "/public" {
		call.Header = map[string]string{"ResourceType": "project", "ResourceID": "aaaaaaaa-0000-4000-8000-000000000001"}
		if strings.Contains(body, `"query_type": "dataset`) {
			call.Header = map[string]string{"ResourceType": "dataset", "ResourceID": "dddddddd-0000-4000-8000-000000000001"}
		}
	}
	resp, err := stand.Do(t.Context(), call)
	require.NoError(t, err)
	return resp
}

func TestV2RefusesWhatEncordWouldRefuse(t *testing.T) {
	t.Parallel()
	stand := start(t)
	before, err := stand.State()
	require.NoError(t, err)
	image := func(fields string) string {
		return `{"dataItems": {"images": [{` + fields + `}]}, "ignoreErrors": true}`
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/v2/public/nothing", "", 404, "no such path"},
		{"DELETE", project, "", 404, "no such path"},
		{"GET", "/v2/public/projects/" + unknown, "", 403, "not authorised"},
		{"GET", "/v2/public/ontologies/" + unknown, "", 403, "not authorised"},
		{"GET", "/v2/public/storage/folders/" + unknown + "/items", "", 403, "not authorised"},
		{"GET", complete + "/tasks?statuses=NEW", "", 422, "unknown query parameter statuses"},
		{"GET", complete + "/tasks?dataHashes=frame-1", "", 422, "is not a UUID"},
		{"GET", project + "/workflow/stages/" + unknown + "/tasks", "", 404, "no such stage"},
		{"GET", folder + "/items?pageSize=1001", "", 422, "from 1 to 1000"},
		{"GET", folder + "/data-upload-jobs/" + unknown, "", 404, "job not found"},
		{"POST", folder + "/data-upload-jobs", "{", 422, "unexpected EOF"},
		{"POST", folder + "/data-upload-jobs", `{"ignoreErrors": true}`, 422, "dataItems is missing"},
		{"POST", folder + "/data-upload-jobs", `{"dataItems": {"images": []}}`, 400, "dataItems is empty"},
		{"POST", folder + "/data-upload-jobs", image(`"objectUrl": "https://a/1.jpg", "external_file_type": "IMAGE"`), 422, "unknown field"},
		{"POST", folder + "/data-upload-jobs", image(`"objectUrl": "https://a/1.jpg"`), 400, "externalFileType"},
		{"POST", folder + "/data-upload-jobs", `{"dataItems": {"videos": [{}], "images": []}}`, 400, "images only"},
		{"POST", complete + "/move-tasks", `{"taskUuids": [], "destinationStageUuid": "55555555-0000-4000-8000-000000000001"}`, 400, "must not be empty"},
		{"POST", complete + "/move-tasks", `{"taskUuids": ["` + unknown + `"], "destinationStageUuid": "55555555-0000-4000-8000-000000000001"}`, 400, "is not in stage"},
		{"POST", complete + "/move-tasks", `{"task_uuids": []}`, 422, "unknown field"},
		{"POST", project + "/priorities", `{"priorities": [["` + unknown + `", 0.5]]}`, 404, "no data unit"},
		{"POST", project + "/priorities", `{"priorities": [["` + unknown + `", 2]]}`, 422, "from 0 to 1"},
		{"POST", project + "/priorities", `{"priorities": [{"data": 1}]}`, 422, "a list of a data hash and a number"},
	} {
		resp := do(t, stand, c.method, c.path, c.body)
		require.Equal(t, c.status, resp.Status, "%s %s %s: %s", c.method, c.path, c.body, resp.Body)
		require.Contains(t, string(resp.Body), c.says)
	}
	after, err := stand.State()
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestLegacyRefusesWhatEncordWouldRefuse(t *testing.T) {
	t.Parallel()
	stand := start(t)
	before, err := stand.State()
	require.NoError(t, err)
	for _, c := range []struct{ body, code string }{
		{`{"query_type": "labelrow"}`, "INVALID_ARGUMENTS_ERROR"},
		{`{"query_type": "nothing", "query_method": "GET", "values": {"uid": null, "payload": null}}`, "METHOD_NOT_ALLOWED_ERROR"},
		{`{"query_type": "labelrowmetadata", "query_method": "GET", "values": {"uid": null, "payload": {}}}`, "INVALID_ARGUMENTS_ERROR"},
		{`{"query_type": "labelworkflowgraphnode", "query_method": "POST", "values": {"uid": [], "payload": {"action": "reopen"}}}`, "INVALID_ARGUMENTS_ERROR"},
		{`{"query_type": "labelworkflowgraphnode", "query_method": "POST", "values": {"uid": ["` + unknown + `"], "payload": {"action": "reopen"}}}`, "RESOURCE_NOT_FOUND_ERROR"},
		{`{"query_type": "labelworkflowgraphnode", "query_method": "POST", "values": {"uid": ["1abe1000-0000-4000-8000-000000000001"], "payload": {"action": "reset"}}}`, "INVALID_ARGUMENTS_ERROR"},
		{`{"query_type": "labelrow", "query_method": "PUT", "values": {"uid": ["cccccccc-0000-4000-8000-000000000001"], "payload": {"multi_request": true, "get_signed_url": false, "branch_name": "main"}}}`, "RESOURCE_EXISTS_ERROR"},
		{`{"query_type": "datasetlinkitems", "query_method": "POST", "values": {"uid": "` + unknown + `", "payload": {}}}`, "INVALID_ARGUMENTS_ERROR"},
		{`{"query_type": "datasetlinkitems", "query_method": "POST", "values": {"uid": "dddddddd-0000-4000-8000-000000000001", "payload": {"item_uuids": ["` + unknown + `"], "duplicates_behavior": "SKIP"}}}`, "RESOURCE_NOT_FOUND_ERROR"},
	} {
		resp := do(t, stand, "POST", "/public", c.body)
		require.Equal(t, 200, resp.Status, "the legacy API's statuses are inside")
		var answer struct {
			Status   int
			Response []string
		}
		require.NoError(t, json.Unmarshal(resp.Body, &answer), string(resp.Body))
		require.Equal(t, []string{c.code}, answer.Response, "%s: %s", c.body, resp.Body)
		require.NotEqual(t, 200, answer.Status)
	}
	after, err := stand.State()
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after))
}

func TestOnlyGoodSignaturesAreTaken(t *testing.T) {
	t.Parallel()
	stand := start(t)
	get := "GET " + stand.URL + project
	good := signedRequest(t, privateKey(t, 1), time.Now(), get)
	require.Equal(t, 200, status(t, good))
	again := signedRequest(t, privateKey(t, 1), time.Now(), get)
	require.Equal(t, []int{200, 200}, []int{status(t, again), status(t, again.Clone(t.Context()))}, "the client's retries send a signature again")

	otherPath := signedRequest(t, privateKey(t, 1), time.Now(), get)
	otherPath.URL.Path += "/datasets"
	otherQuery := signedRequest(t, privateKey(t, 1), time.Now(), get)
	otherQuery.URL.RawQuery = "a=b"
	unsigned := signedRequest(t, privateKey(t, 1), time.Now(), get)
	unsigned.Header.Del("Signature")
	for name, r := range map[string]*http.Request{
		"another key":   signedRequest(t, privateKey(t, 2), time.Now(), get),
		"an old one":    signedRequest(t, privateKey(t, 1), time.Now().Add(-time.Hour), get),
		"another path":  otherPath,
		"another query": otherQuery,
		"none":          unsigned,
		"legacy":        signedRequest(t, privateKey(t, 2), time.Now(), "POST "+stand.URL+"/public"),
	} {
		require.Contains(t, []int{401, 200}, status(t, r), name)
		require.Equal(t, name == "legacy", status(t, r) == 200, "%s: only the legacy API says 200 to everybody", name)
	}
}

// signedRequest makes a request of a method and a URL.
func signedRequest(t *testing.T, key string, at time.Time, what string) *http.Request {
	t.Helper()
	method, url, _ := strings.Cut(what, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	require.NoError(t, err)
	headers, err := encord.Factory().Auth.Sign(key, adapter.Signable{Method: method, Target: r.URL.RequestURI(), Digest: sha256.Sum256(nil), Time: at})
	require.NoError(t, err)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

func status(t *testing.T, r *http.Request) int {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
