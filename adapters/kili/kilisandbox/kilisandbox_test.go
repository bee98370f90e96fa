package kilisandbox_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

const key = "X-API-Key: k"

// play starts Kili and returns how to ask it: what is asked as it is sent, with some headers changed.
func play(t *testing.T) func(body string, headers ...string) (int, string) {
	t.Helper()
	vendor := kilisandbox.Vendor()
	server := httptest.NewServer(sandbox.New(sandbox.Options{Vendor: &vendor, Key: "k"}).Handler())
	t.Cleanup(server.Close)
	return func(body string, headers ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+kilisandbox.Path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", key)
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(answer)
	}
}

// ask is a GraphQL request.
func ask(t *testing.T, document, variables string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": json.RawMessage(variables)})
	require.NoError(t, err)
	return string(body)
}

const viewer = `{"query":"{ viewer { id email } }"}`

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	do := play(t)
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
	}{
		"good":             {viewer, nil, 200},
		"no key":           {viewer, []string{"Authorization", ""}, 401},
		"bearer":           {viewer, []string{"Authorization", "Bearer k"}, 401},
		"wrong key":        {viewer, []string{"Authorization", "X-API-Key: other"}, 401},
		"no colon":         {viewer, []string{"Authorization", "X-API-Key k"}, 401},
		"form":             {viewer, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"brotli":           {viewer, []string{"Content-Encoding", "br"}, 415},
		"gzip that is not": {viewer, []string{"Content-Encoding", "gzip"}, 400},
		"no JSON":          {"{", nil, 400},
		"more":             {viewer + "{}", nil, 400},
		"surplus":          {`{"query":"{ viewer { id } }","mutation":1}`, nil, 400},
		"empty":            {`{}`, nil, 400},
		"unknown field":    {`{"query":"{ viewer { name } }"}`, nil, 400},
	} {
		status, answer := do(c.body, c.headers...)
		require.Equal(t, c.status, status, "%s: %s", name, answer)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(viewer))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	status, answer := play(t)(packed.String(), "Content-Encoding", "gzip")
	require.Equal(t, 200, status)
	require.Contains(t, answer, "@example.com")
}

const (
	appendAssets = `mutation($data: AppendManyAssetsData!, $where: ProjectWhere!) { data: appendManyAssets(data: $data, where: $where) { id } }`
	appendLabels = `mutation($data: AppendManyLabelsData!, $where: AssetWhere!) { data: appendManyLabels(data: $data, where: $where) { id } }`
	sendBack     = `mutation($where: AssetWhere!) { data: sendAssetsBackToQueue(where: $where) { succeeded { assetId } declined { assetId } failed { details } } }`
	findAssets   = `query($where: AssetWhere!, $first: PageSize!, $skip: Int!) { data: assets(where: $where, first: $first, skip: $skip) { id } }`
)

// TestRefusals: what Kili would not take, or what nobody should send, is told; most with the code that tells nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	do := play(t)
	prediction := func(response string) string {
		text, err := json.Marshal(response)
		require.NoError(t, err)
		return `{"where":{"idIn":["casset000001"]},"data":{"labelType":"PREDICTION","labelsData":[{"assetID":"casset000001","modelName":"m","jsonResponse":` + string(text) + `}]}}`
	}
	ids := strings.TrimSuffix(strings.Repeat(`"x",`, 101), ",")
	for _, c := range []struct{ document, variables, says string }{
		{appendAssets, `{"where":{"id":"nowhere"},"data":{"contentArray":["https://a.example/1"]}}`, "accessDenied"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{}}`, "contentArray is empty"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{"contentArray":["https://a.example/1"],"externalIDArray":["a","b"]}}`, "externalIDArray has 2 entries"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{"contentArray":["a.jpg"]}}`, "is no URL"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{"contentArray":["https://a.example/1"],"jsonMetadataArray":["[]"]}}`, "is no JSON object"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{"contentArray":["https://a.example/1"],"externalIDArray":["todo-1"]}}`, "already exist: todo-1"},
		{appendAssets, `{"where":{"id":"rehearsal"},"data":{"contentArray":["https://a.example/1","https://a.example/2"],"externalIDArray":["a","a"]}}`, "already exist: a"},
		{appendLabels, prediction(`{"NOWHERE":{}}`), "no such job"},
		{appendLabels, prediction(`{"SCENE":{"categories":[{"name":"unicorn"}]}}`), `category \"unicorn\"`},
		{appendLabels, prediction(`{"LIGHT":{"categories":[{"name":"dim"},{"name":"bright"}]}}`), "takes one category"},
		{appendLabels, prediction(`{"BOXES":{"annotations":[{"mid":"1","type":"polygon","categories":[{"name":"dog"}]}]}}`), "the job's tools are rectangle"},
		{appendLabels, prediction(`{"BOXES":{"annotations":[{"mid":"1","type":"rectangle","categories":[{"name":"dog"}],"boundingPoly":[{"normalizedVertices":[{"x":0,"y":0}]}]}]}}`), "1 are not a rectangle"},
		{appendLabels, prediction(`{"POINTS":{"annotations":[{"mid":"1","type":"marker","categories":[{"name":"dog"}],"point":{"x":1.1,"y":0}}]}}`), "from 0 to 1"},
		{appendLabels, prediction(`{"POINTS":{"annotations":[{"type":"marker","categories":[{"name":"dog"}],"point":{"x":1,"y":0}}]}}`), "mid"},
		{appendLabels, prediction(`{"POINTS":{"annotations":[],"surplus":1}}`), "unknown field"},
		{appendLabels, `{"where":{"idIn":["casset000001"]},"data":{"labelType":"PREDICTION","labelsData":[{"assetID":"casset000001","jsonResponse":"{}"}]}}`, "needs a modelName"},
		{appendLabels, `{"where":{"idIn":["other"]},"data":{"labelType":"PREDICTION","labelsData":[{"assetID":"casset000001","modelName":"m","jsonResponse":"{}"}]}}`, "not one that where selects"},
		{sendBack, `{"where":{}}`, "must name the assets"},
		{sendBack, `{"where":{"idIn":[]}}`, "must name the assets"},
		{sendBack, `{"where":{"idIn":[` + ids + `]}}`, "at most 100"},
		{findAssets, `{"where":{},"first":1,"skip":0}`, "by its id or by its project"},
		{findAssets, `{"where":{"project":{"id":"rehearsal"}},"first":101,"skip":0}`, "from 0 to 100"},
	} {
		status, answer := do(ask(t, c.document, c.variables))
		require.Contains(t, []int{200, 400}, status)
		require.Contains(t, answer, c.says)
		require.Contains(t, answer, `"data":null`)
		if status == 200 {
			require.Contains(t, answer, "OPERATION_RESOLUTION_FAILURE")
		}
	}
}

// TestIntrospection: the two fields that the library does not know are answered all the same.
func TestIntrospection(t *testing.T) {
	t.Parallel()
	do := play(t)
	status, answer := do(`{"query":"query IntrospectionQuery { __schema { description queryType { name } directives { name isRepeatable } } }"}`)
	require.Equal(t, 200, status)
	var whole struct {
		Data struct {
			Schema struct {
				Description *string
				Directives  []struct {
					Name         string
					IsRepeatable *bool
				}
			} `json:"__schema"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &whole))
	require.NotEmpty(t, whole.Data.Schema.Directives)
	for _, d := range whole.Data.Schema.Directives {
		require.NotNil(t, d.IsRepeatable, d.Name)
	}
	status, _ = do(`{"query":"{ __schema { nothing } }"}`)
	require.Equal(t, 400, status)
}
