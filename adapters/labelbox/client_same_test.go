//go:build vendorclients

package labelbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// asked is one GraphQL request.
type asked struct {
	path      string
	operation *ast.OperationDefinition
	variables map[string]any
	file      string // what was uploaded
}

// TestClientAsksTheSame: for the same work the adapter's requests are the client's: path, operation, types of variables,
// arguments and values; of what the client selects it selects a part.
func TestClientAsksTheSame(t *testing.T) {
	t.Parallel()
	ours := byAdapter(t)
	theirs := byClient(t, ours)
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		want, there := theirs[name]
		require.True(t, there, "the client does not ask %s", name)
		got := ours[name]
		require.Equal(t, want.path, got.path, name)
		require.Equal(t, definitions(want), definitions(got), name)
		require.Equal(t, arguments(want), arguments(got), name)
		require.Subset(t, leaves("", want.operation.SelectionSet), leaves("", got.operation.SelectionSet), name)
		require.Equal(t, want.variables, got.variables, name)
		require.Equal(t, want.file, got.file, name)
	}
	require.Greater(t, len(ours), 15)
}

// byAdapter are the adapter's requests by operation: a small batch, a large one, and rework.
func byAdapter(t *testing.T) map[string]asked {
	t.Helper()
	all := map[string]asked{}
	for _, work := range []struct {
		options *labelbox.Options
		event   string
	}{
		{batchOptions(func(o *labelbox.Options) { o.Priority = "high" }), "geometry-2d"},
		{relabelOptions(func(o *labelbox.Options) { o.Priority = "high" }), "crops"},
	} {
		stand := sandboxtest.Start(t, setup())
		keepSteps(t, all, stand.Deliver(t, newAdapter(t, work.options), sandboxtest.Event(t, work.event)).Steps)
	}
	stand := sandboxtest.Start(t, setup())
	large := map[string]asked{}
	keepSteps(t, large, stand.Deliver(t, newAdapter(t, batchOptions()), event(t, images(1000)...)).Steps)
	for _, name := range []string{"createEmptyBatchPyApi", "addDataRowsToBatchAsyncPyApi", "getProjectBatchPyApi"} {
		all[name] = large[name]
	}
	return steadied(all)
}

func keepSteps(t *testing.T, all map[string]asked, steps []adaptertest.Step) {
	t.Helper()
	for _, s := range steps {
		switch {
		case s.Call.Link != "":
		case s.Call.GraphQL():
			body := []byte(s.Body)
			if s.Body == "" {
				body = []byte("null")
			}
			keep(t, all, readJSON(t, s.Call.Path, s.Call.Document, body))
		default:
			keep(t, all, readForm(t, s.Call.Path, s.Call.ContentType, s.Body))
		}
		if s.Check != nil {
			body, _ := s.Check.Body.Bytes()
			keep(t, all, readJSON(t, s.Check.Path, s.Check.Document, body))
		}
	}
}

// keep keeps the first request of each operation; of uploads the file of data rows and the list of files.
func keep(t *testing.T, all map[string]asked, a asked) {
	t.Helper()
	name := a.operation.Name
	if strings.Contains(a.file, "chunk_uris") {
		name += " of the list"
	}
	if _, there := all[name]; !there {
		all[name] = a
	}
}

// byClient lets the client do the same work, and records its requests.
func byClient(t *testing.T, ours map[string]asked) map[string]asked {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	all, lock, handler := map[string]asked{}, sync.Mutex{}, stand.Server.Handler()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.Method == http.MethodPost {
			lock.Lock()
			keepRequest(t, all, r, body)
			lock.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	stand.URL = proxy.URL
	work, err := json.Marshal(map[string]any{
		"project": labelboxsandbox.ProjectID, "dataset": labelboxsandbox.DatasetID, "priority": 1,
		"row":    rowOf(t, ours["UploadFile"].file),
		"batch":  ours["createBatchV2PyApi"].variables["batchInput"].(map[string]any)["name"],
		"import": ours["createMALPredictionImportByFilePyApi"].variables["name"],
		"labels": linesOf(t, ours["createMALPredictionImportByFilePyApi"].file),
		"move":   []string{"frame-070012", "frame-070011"},
	})
	require.NoError(t, err)
	stand.Client(t, "labelbox", "same.py", string(work))
	return steadied(all)
}

func keepRequest(t *testing.T, all map[string]asked, r *http.Request, body []byte) {
	t.Helper()
	if contentType := r.Header.Get("Content-Type"); contentType != "application/json" {
		keep(t, all, readForm(t, r.URL.Path, contentType, string(body)))
		return
	}
	var q struct {
		Query     string
		Variables json.RawMessage
	}
	require.NoError(t, json.Unmarshal(body, &q))
	keep(t, all, readJSON(t, r.URL.Path, q.Query, q.Variables))
}

func readJSON(t *testing.T, path, document string, variables []byte) asked {
	t.Helper()
	a := asked{path: path}
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	require.NoError(t, err)
	a.operation = doc.Operations[0]
	require.NoError(t, json.Unmarshal(variables, &a.variables))
	return a
}

func readForm(t *testing.T, path, contentType, body string) asked {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	require.NoError(t, err)
	form, err := multipart.NewReader(strings.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	var q struct {
		Query     string
		Variables json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(form.Value["operations"][0]), &q))
	a := readJSON(t, path, q.Query, q.Variables)
	var files map[string][]string
	require.NoError(t, json.Unmarshal([]byte(form.Value["map"][0]), &files))
	for name, places := range files {
		require.Equal(t, []string{"variables.file"}, places)
		part, err := form.File[name][0].Open()
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		a.file = string(content)
	}
	return a
}

// rowOf is the data row of an uploaded file, as the client takes it.
func rowOf(t *testing.T, file string) map[string]any {
	t.Helper()
	var items []struct{ Payload map[string]any }
	require.NoError(t, json.Unmarshal([]byte(file), &items))
	require.Len(t, items, 1)
	delete(items[0].Payload, "dataset_id")
	return items[0].Payload
}

func linesOf(t *testing.T, file string) (lines []json.RawMessage) {
	t.Helper()
	for line := range strings.Lines(file) {
		lines = append(lines, json.RawMessage(line))
	}
	return lines
}

// steadied takes out what differs for no reason of the adapter's: the declared length, which the client counts wrong, and
// the names of files, tasks and jobs, which the vendor counts.
func steadied(all map[string]asked) map[string]asked {
	for name, a := range all {
		for _, variable := range []string{"contentLength", "manifestUri", "param_0", "taskId", "jobId", "batchId"} {
			if _, there := a.variables[variable]; there {
				a.variables[variable] = "*"
			}
		}
		a.file = sameJSON(a.file)
		if fields, there := a.variables["input"].(map[string]any); there { // the batch that is filled in the background is another one
			for _, field := range []string{"name", "batchId", "dataRowIds", "priority"} {
				if fields[field] != nil {
					fields[field] = "*"
				}
			}
		}
		for _, list := range []string{"globalKeys", "dataRowIds"} {
			if name == "CheckAllDataRowsHaveBeenProcessedPyApi" && a.variables[list] != nil {
				a.variables[list] = "*"
			}
		}
		all[name] = a
	}
	return all
}

// sameJSON lays each line of JSON out alike, and the links in it.
func sameJSON(file string) string {
	var out strings.Builder
	for line := range strings.Lines(file) {
		var value any
		if json.Unmarshal([]byte(line), &value) != nil {
			return file
		}
		if list, ok := value.(map[string]any); ok && list["chunk_uris"] != nil {
			list["chunk_uris"] = "*"
		}
		text, _ := json.Marshal(value)
		out.Write(append(text, '\n'))
	}
	return out.String()
}

func definitions(a asked) []string {
	var list []string
	for _, v := range a.operation.VariableDefinitions {
		list = append(list, v.Variable+": "+v.Type.String())
	}
	slices.Sort(list)
	return list
}

// arguments are those of every field that has some.
func arguments(a asked) []string {
	var list []string
	var walk func(path string, set ast.SelectionSet)
	walk = func(path string, set ast.SelectionSet) {
		for _, s := range set {
			field := s.(*ast.Field)
			for _, arg := range field.Arguments {
				list = append(list, path+field.Name+"("+arg.Name+": "+arg.Value.String()+")")
			}
			walk(path+field.Name+".", field.SelectionSet)
		}
	}
	walk("", a.operation.SelectionSet)
	slices.Sort(list)
	return list
}

func leaves(path string, set ast.SelectionSet) []string {
	var list []string
	for _, s := range set {
		field := s.(*ast.Field)
		if len(field.SelectionSet) == 0 {
			list = append(list, path+field.Name)
		}
		list = append(list, leaves(path+field.Name+".", field.SelectionSet)...)
	}
	return list
}
