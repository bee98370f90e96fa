package superviselysandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// play starts Supervisely and returns how to call a method of it, with some headers changed.
func play(t *testing.T) func(method, body string, headers ...string) (int, string) {
	t.Helper()
	vendor := superviselysandbox.Vendor()
	server := httptest.NewServer(sandbox.New(sandbox.Options{Vendor: &vendor, Key: "k"}).Handler())
	t.Cleanup(server.Close)
	return func(method, body string, headers ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/public/api/v3/"+method, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Api-Key", "k")
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

// TestRefusals: what Supervisely would not take, or what nobody should send, is told as it tells its errors.
func TestRefusals(t *testing.T) {
	t.Parallel()
	do := play(t)
	annotated := func(object string) string {
		return `{"datasetId":7,"annotations":[{"imageId":1001,"annotation":{"description":"","size":{"width":10,"height":10},"tags":[],"objects":[` +
			object + `]}}],"skipBoundsValidation":false}`
	}
	drawn := func(geometry, exterior string) string {
		return annotated(`{"classTitle":"dog","geometryType":"` + geometry + `","points":{"exterior":` + exterior + `,"interior":[]},"tags":[]}`)
	}
	for _, c := range []struct {
		method, body string
		status       int
		says         string
	}{
		{"no.such", `{}`, 404, "Cannot POST"},
		{"datasets.info", `{"id":99}`, 404, "Dataset with id 99 is not found"},
		{"datasets.info", `{"id":7}{}`, 400, "follows"},
		{"datasets.info", `[7]`, 400, "Validation error"},
		{"images.bulk.add", `{"datasetId":7,"images":[]}`, 400, "from 1 to 50"},
		{"images.bulk.add", `{"datasetId":7,"images":[{"title":"a.jpg","link":"a.jpg"}]}`, 400, "is no URL"},
		{"images.bulk.add", `{"datasetId":7,"images":[{"title":"a/b.jpg","link":"https://a.example/1"}]}`, 400, "is not a name"},
		{"images.bulk.add", `{"datasetId":7,"images":[{"title":"a","link":"https://a.example/1"},{"title":"a","link":"https://a.example/1"}]}`, 400, "there twice"},
		{"images.bulk.add", `{"datasetId":7,"images":[{"title":"a","link":"https://a.example/1","meta":[]}]}`, 400, "meta is not an object"},
		{"images.bulk.remove", `{"imageIds":[]}`, 400, "is empty"},
		{"images.list", `{"datasetId":7,"projectId":5}`, 400, "one of"},
		{"images.list", `{"datasetId":7,"filter":[{"field":"colour","operator":"=","value":1}]}`, 400, "is not known"},
		{"images.list", `{"datasetId":7,"filter":[{"field":"name","operator":"in","value":1}]}`, 400, "must be a list"},
		{"images.list", `{"datasetId":7,"sort":"name"}`, 400, "sorts by id"},
		{"annotations.bulk.add", drawn("circle", `[[1,1]]`), 400, "is not played"},
		{"annotations.bulk.add", drawn("polygon", `[[1,1],[2,2]]`), 400, "2 points are not a polygon"},
		{"annotations.bulk.add", drawn("rectangle", `[[1,1],[2,2],[3,3]]`), 400, "3 points are not a rectangle"},
		{"annotations.bulk.add", drawn("rectangle", `[[5,5],[1,1]]`), 400, "left, top"},
		{"annotations.bulk.add", drawn("point", `[[11,1]]`), 400, "outside the image"},
		{"annotations.bulk.add", drawn("point", `[[1]]`), 400, "a point is [x, y]"},
		{"annotations.bulk.add", annotated(`{"classTitle":"unicorn","geometryType":"point"}`), 400, `no class \"unicorn\"`},
		{"annotations.bulk.add", annotated(`{"classTitle":"dog","geometryType":"point","points":{"exterior":[[1,1]]},"tags":[]}`), 400, "lacks interior"},
		{"annotations.bulk.add", annotated(`{"classTitle":"dog","geometryType":"point","points":{"exterior":[[1,1]],"interior":[]}}`), 400, "tags is missing"},
		{"annotations.bulk.add", `{"datasetId":7,"annotations":[{"imageId":1001,"annotation":{"tags":[],"objects":[]}}]}`, 400, "size is missing"},
		{"annotations.bulk.add", `{"datasetId":7,"annotations":[{"imageId":1001,"annotation":{"size":{"width":1,"height":1},"tags":[{"name":"dog","value":1}],"objects":[]}}]}`, 400, "not of type none"},
		{"annotations.bulk.info", `{"datasetId":7,"imageIds":[5]}`, 404, "Image with id 5"},
		{"jobs.add", `{"name":"","datasetId":7,"userIds":[2],"meta":{}}`, 400, "must be given"},
		{"jobs.add", `{"name":"a","datasetId":7,"userIds":[77],"meta":{}}`, 404, "User with id 77"},
		{"jobs.restart", `{"id":31,"userIds":[2]}`, 400, "No images found"},
		{"jobs.restart", `{"id":31,"userIds":[]}`, 400, "userIds must be given"},
		{"jobs.reject", `{"id":31,"mode":"some"}`, 400, "is not known"},
		{"jobs.list", `{"teamId":1}`, 404, "Team with id 1"},
	} {
		status, answer := do(c.method, c.body)
		require.Equal(t, c.status, status, "%s %s: %s", c.method, c.body, answer)
		require.Contains(t, answer, `"error":`)
		require.Contains(t, answer, c.says)
	}
	for _, headers := range [][]string{{"X-Api-Key", ""}, {"X-Api-Key", "other"}} {
		status, _ := do("datasets.info", `{"id":7}`, headers...)
		require.Equal(t, 401, status)
	}
	status, _ := do("datasets.info", `{"id":7}`, "Content-Type", "text/plain")
	require.Equal(t, 415, status)
}

// TestEveryClashIsTold: one name that is taken holds the whole call back, and all that are taken are named with their ids.
func TestEveryClashIsTold(t *testing.T) {
	t.Parallel()
	do := play(t)
	status, answer := do("images.bulk.add", `{"datasetId":7,"images":[{"title":"frame-070001.jpg","link":"https://a.example/1"},
		{"title":"new.jpg","link":"https://a.example/2"},{"title":"frame-070003.jpg","link":"https://a.example/3"}]}`)
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"error":"Some images already exist in the dataset","details":{"type":"NONUNIQUE",
		"errors":[{"name":"frame-070001.jpg","id":1001},{"name":"frame-070003.jpg","id":1003}]}}`, answer)
	_, answer = do("images.list", `{"datasetId":7,"filter":[{"field":"name","operator":"=","value":"new.jpg"}]}`)
	require.JSONEq(t, `{"total":0,"perPage":500,"pagesCount":1,"entities":[]}`, answer)
}

// TestPages: a list is cut into pages, newest first where that is wanted.
func TestPages(t *testing.T) {
	t.Parallel()
	_, answer := play(t)("images.list", `{"datasetId":7,"sort":"id","sort_order":"desc","page":2,"per_page":4}`)
	var page struct {
		Total, PagesCount int
		Entities          []struct{ ID int }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &page))
	require.Equal(t, []int{6, 2}, []int{page.Total, page.PagesCount})
	require.Equal(t, []struct{ ID int }{{1002}, {1001}}, page.Entities)
}
