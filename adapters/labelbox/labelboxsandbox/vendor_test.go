package labelboxsandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

const key = "key-1"

// bundle is a stand-in behind a server.
type bundle struct {
	*testing.T
	server *sandbox.Server
	url    string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	vendor := labelboxsandbox.Vendor()
	server := sandbox.New(sandbox.Options{Vendor: &vendor, Key: key})
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(listener.Close)
	return &bundle{t, server, listener.URL}
}

func (b *bundle) state() (state labelboxsandbox.State) {
	b.Helper()
	text, err := b.server.State()
	require.NoError(b, err)
	require.NoError(b, json.Unmarshal(text, &state))
	return state
}

// send makes a request and returns its status and body.
func (b *bundle) send(method, path, contentType, auth string, body io.Reader) (int, string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, body)
	require.NoError(b, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	return resp.StatusCode, string(text)
}

// ask posts a document with variables, given as pairs, and returns the answer.
func (b *bundle) ask(path, query string, variables map[string]any) string {
	b.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(b, err)
	_, text := b.send(http.MethodPost, path, "application/json", "Bearer "+key, bytes.NewReader(body))
	return text
}

const uploadDocument = `mutation U($file: Upload!, $contentLength: Int!) { uploadFile(file: $file, contentLength: $contentLength) { url filename } }`

// upload uploads a file and returns its URL.
func (b *bundle) upload(content string) string {
	b.Helper()
	var answer struct {
		Data struct{ UploadFile struct{ URL string } }
	}
	text := b.multipart(map[string]string{"operations": operations(uploadDocument, map[string]any{"file": nil, "contentLength": 1}), "map": `{"1": ["variables.file"]}`}, "1", content)
	require.NoError(b, json.Unmarshal([]byte(text), &answer), text)
	require.NotEmpty(b, answer.Data.UploadFile.URL, text)
	return answer.Data.UploadFile.URL
}

func operations(query string, variables map[string]any) string {
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// multipart posts the fields operations and map where they are given, and a file.
func (b *bundle) multipart(fields map[string]string, name, content string) string {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range []string{"operations", "map"} {
		if value, there := fields[field]; there {
			require.NoError(b, form.WriteField(field, value))
		}
	}
	if name != "" {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="f"`, name)}, "Content-Type": {"application/x-ndjson"},
		})
		require.NoError(b, err)
		_, err = io.WriteString(part, content)
		require.NoError(b, err)
	}
	require.NoError(b, form.Close())
	_, text := b.send(http.MethodPost, "/graphql", form.FormDataContentType(), "Bearer "+key, &body)
	return text
}

func (b *bundle) upsert(chunk, manifest string) string {
	b.Helper()
	manifest = strings.ReplaceAll(manifest, "CHUNK", b.upload(chunk))
	return b.ask("/graphql", `mutation U($m: String!) { upsertDataRows(data: {manifestUri: $m}) { id status } }`, map[string]any{"m": b.upload(manifest)})
}

func TestHTTPIsStrict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := `{"query": "{user {id}}"}`
	for name, c := range map[string]struct {
		method, path, contentType, auth, body string
		status                                int
		says                                  string
	}{
		"good":           {"POST", "/graphql", "application/json", "Bearer " + key, good, 200, labelboxsandbox.UserID},
		"no key":         {"POST", "/graphql", "application/json", "", good, 401, "AUTHENTICATION_ERROR"},
		"other key":      {"POST", "/_gql", "application/json", "Bearer no", good, 401, "AUTHENTICATION_ERROR"},
		"bare key":       {"POST", "/_gql", "application/json", key, good, 401, "AUTHENTICATION_ERROR"},
		"other path":     {"POST", "/graphql/", "application/json", "Bearer " + key, good, 404, "RESOURCE_NOT_FOUND"},
		"get":            {"GET", "/graphql", "application/json", "Bearer " + key, "", 405, "MALFORMED_REQUEST"},
		"other type":     {"POST", "/graphql", "text/plain", "Bearer " + key, good, 400, "not taken"},
		"no type":        {"POST", "/graphql", "", "Bearer " + key, good, 400, "Content-Type"},
		"not JSON":       {"POST", "/graphql", "application/json", "Bearer " + key, "{", 400, "MALFORMED_REQUEST"},
		"two values":     {"POST", "/graphql", "application/json", "Bearer " + key, good + good, 400, "follows"},
		"other field":    {"POST", "/graphql", "application/json", "Bearer " + key, `{"query": "{user {id}}", "id": 1}`, 400, "unknown field"},
		"no query":       {"POST", "/graphql", "application/json", "Bearer " + key, `{}`, 400, "query string"},
		"syntax":         {"POST", "/graphql", "application/json", "Bearer " + key, `{"query": "asda"}`, 400, "GRAPHQL_PARSE_FAILED"},
		"no such field":  {"POST", "/graphql", "application/json", "Bearer " + key, `{"query": "{bbb {id}}"}`, 400, "GRAPHQL_VALIDATION_FAILED"},
		"on other path":  {"POST", "/_gql", "application/json", "Bearer " + key, good, 400, "GRAPHQL_VALIDATION_FAILED"},
		"no such file":   {"GET", "/files/x/y", "", "", "", 404, "NoSuchKey"},
		"file with auth": {"GET", "/files/x/y", "", "Bearer " + key, "", 400, "authentication"},
	} {
		status, text := b.send(c.method, c.path, c.contentType, c.auth, strings.NewReader(c.body))
		require.Equal(t, c.status, status, "%s: %s", name, text)
		require.Contains(t, text, c.says, name)
	}
}

func TestVariablesAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const batch = `mutation B($p: ID!, $b: CreateBatchInput!) { project(where: {id: $p}) { createBatchV2(input: $b) { failedDataRowIds } } }`
	for name, input := range map[string]any{
		"priority as text": map[string]any{"name": "b", "globalKeys": []string{"k"}, "priority": "1"},
		"no priority":      map[string]any{"name": "b", "globalKeys": []string{"k"}},
		"unknown field":    map[string]any{"name": "b", "globalKeys": []string{"k"}, "priority": 1, "colour": "red"},
		"no object":        "b",
		"half a priority":  map[string]any{"name": "b", "globalKeys": []string{"k"}, "priority": 1.5},
	} {
		text := b.ask("/_gql", batch, map[string]any{"p": labelboxsandbox.ProjectID, "b": input})
		require.Contains(t, text, "GRAPHQL_VALIDATION_FAILED", "%s: %s", name, text)
	}
	require.Contains(t, b.ask("/graphql", uploadDocument, map[string]any{"file": "text", "contentLength": 1}), "multipart")
	require.Len(t, b.state().Batches, 1)
}

func TestMultipartIsStrict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := operations(uploadDocument, map[string]any{"file": nil, "contentLength": 5})
	mapping := `{"1": ["variables.file"]}`
	for says, c := range map[string]struct {
		fields map[string]string
		name   string
	}{
		"operations is wanted":     {map[string]string{"map": mapping}, "1"},
		"map is wanted":            {map[string]string{"operations": good}, "1"},
		"it is not in the map":     {map[string]string{"operations": good, "map": mapping}, "2"},
		"does not come":            {map[string]string{"operations": good, "map": mapping}, ""},
		"no variable that is null": {map[string]string{"operations": good, "map": `{"1": ["variables.other"]}`}, "1"},
		"part map":                 {map[string]string{"operations": good, "map": `[]`}, "1"},
		"part operations":          {map[string]string{"operations": `{"a": 1}`, "map": mapping}, "1"},
	} {
		require.Contains(t, b.multipart(c.fields, c.name, "hello"), says)
	}
	url := b.upload("hello")
	status, text := b.send(http.MethodGet, strings.TrimPrefix(url, b.url), "", "", nil)
	require.Equal(t, 200, status)
	require.Equal(t, "hello", text)
}

func TestUpsertsAreStrict(t *testing.T) {
	t.Parallel()
	b := setup(t)
	row := `{"id":{"type":"AUTO","value":""},"payload":{"row_data":"https://i/1.jpg","dataset_id":"` + labelboxsandbox.DatasetID + `"}}`
	manifest := `{"source":"SDK","item_count":1,"chunk_uris":["CHUNK"]}`
	require.Contains(t, b.upsert("["+row+"]", manifest), "IN_PROGRESS")
	for says, c := range map[string][2]string{
		"item_count is 2":             {"[" + row + "]", `{"source":"SDK","item_count":2,"chunk_uris":["CHUNK"]}`},
		"needs a source":              {"[" + row + "]", `{"source":"","item_count":1,"chunk_uris":["CHUNK"]}`},
		"not a file that was":         {"[" + row + "]", `{"source":"SDK","item_count":1,"chunk_uris":["https://elsewhere/x"]}`},
		`unknown field \"sources\"`:   {"[" + row + "]", `{"sources":"SDK","item_count":1,"chunk_uris":["CHUNK"]}`},
		"no such dataset":             {strings.ReplaceAll("["+row+"]", labelboxsandbox.DatasetID, "other"), manifest},
		`unknown field \"colour\"`:    {strings.ReplaceAll("["+row+"]", "row_data", "colour"), manifest},
		"AUTO takes no value":         {strings.ReplaceAll("["+row+"]", `"value":""`, `"value":"x"`), manifest},
		"row_data is missing":         {strings.ReplaceAll("["+row+"]", `"row_data":"https://i/1.jpg",`, ""), manifest},
		`type \"KEY\" is not known`:   {strings.ReplaceAll("["+row+"]", "AUTO", "KEY"), manifest},
		"chunk: json: cannot unmarsh": {row, manifest},
	} {
		require.Contains(t, b.upsert(c[0], c[1]), says)
	}
	require.Len(t, b.state().DataRows, 7, "nothing is made before the task is polled")
}

func TestTasksEndAtTheSecondPollWhoeverPolls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	move := func() string {
		text := b.ask("/_gql", `mutation M($p: ID!, $q: ID) { project(where: {id: $p}) { createBulkAddRowsToQueueTask(
			data: {queueId: $q, dataRowIdentifiers: {ids: ["frame-070001"], idType: GKEY}}) { taskId } } }`,
			map[string]any{"p": labelboxsandbox.ProjectID, "q": labelboxsandbox.ReworkQueueID})
		_, rest, found := strings.Cut(text, `"taskId":"`)
		require.True(t, found, text)
		id, _, _ := strings.Cut(rest, `"`)
		return id
	}
	move()
	second := move()
	poll := func() string {
		return b.ask("/graphql", `query Q($t: ID!) { user { createdTasks(where: {id: $t}) { status result } } }`, map[string]any{"t": second})
	}
	require.Contains(t, poll(), "IN_PROGRESS")
	require.Contains(t, poll(), "COMPLETE")
	state := b.state()
	require.Zero(t, state.Twice)
	require.Equal(t, "Rework (all rejected)", state.DataRows[0].Queue)
	require.Equal(t, "Done", state.DataRows[1].Queue)
}

func TestBatchesWantProcessedRowsAndFewOfThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	text := b.upsert(`[{"id":{"type":"AUTO","value":""},"payload":{"row_data":"https://i/1.jpg","global_key":"k","dataset_id":"`+
		labelboxsandbox.DatasetID+`"}}]`, `{"source":"SDK","item_count":1,"chunk_uris":["CHUNK"]}`)
	_, rest, _ := strings.Cut(text, `"id":"`)
	task, _, _ := strings.Cut(rest, `"`)
	for range 2 {
		b.ask("/graphql", `query Q($t: ID!) { user { createdTasks(where: {id: $t}) { status } } }`, map[string]any{"t": task})
	}
	create := func(keys ...string) string {
		return b.ask("/_gql", `mutation B($p: ID!, $k: [ID!]) { project(where: {id: $p}) { createBatchV2(input:
			{name: "b", globalKeys: $k, priority: 1}) { batch { size } } } }`, map[string]any{"p": labelboxsandbox.ProjectID, "k": keys})
	}
	require.Contains(t, create("k"), "still being processed")
	processed := `{queryAllDataRowsHaveBeenProcessed(globalKeys: ["k"]) {allDataRowsHaveBeenProcessed}}`
	require.Contains(t, b.ask("/graphql", processed, nil), "false")
	require.Contains(t, b.ask("/graphql", processed, nil), "true")
	require.Contains(t, create(make([]string, 1000)...), "too many")
	require.Contains(t, create(), "no data rows given")
	require.Contains(t, create("k"), `"size":1`)
}

// TestAnEmptySelectionMatchesEveryLabel: what a careless caller of the published mutation gets.
func TestAnEmptySelectionMatchesEveryLabel(t *testing.T) {
	t.Parallel()
	const document = `mutation D($p: ID!, $l: [ID!]) { project(where: {id: $p}) {
		bulkDeleteLabels(where: {id_in: $l}, makeTemplates: true, waitForQueue: true) { count success } } }`
	for name, c := range map[string]struct {
		labels  any
		deleted int
	}{
		"one": {[]string{labelboxsandbox.LabelID(2)}, 1}, "unknown": {[]string{"other"}, 0}, "none": {[]string{}, 7}, "null": {nil, 7},
	} {
		b := setup(t)
		text := b.ask("/graphql", document, map[string]any{"p": labelboxsandbox.ProjectID, "l": c.labels})
		require.Contains(t, text, fmt.Sprintf(`"count":%d`, c.deleted), name)
		require.Len(t, b.state().DeletedLabels, c.deleted, name)
	}
}
