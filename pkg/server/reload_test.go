package server_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/server"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
)

func TestReloadAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := func(method, path string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, "/api/v1/"+path, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		return b.do(req)
	}
	require.Contains(t, call("GET", "config").Body.String(), `"hash":"abc"`)
	require.Equal(t, 200, call("POST", "reload").Code)
	b.deliverer.ready = errors.New("labelgate.yaml:3:1: no")
	refused := call("POST", "reload")
	require.Equal(t, 422, refused.Code)
	require.Contains(t, refused.Body.String(), "labelgate.yaml:3:1: no")
	require.Equal(t, 401, b.do(httptest.NewRequest("POST", "/api/v1/reload", nil)).Code)
}

// TestAReloadChangesTheFace: routes, token and limits are the new ones at once; a request that is being read ends as it began.
func TestAReloadChangesTheFace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body, feed := io.Pipe()
	begun := make(chan *httptest.ResponseRecorder)
	go func() { begun <- b.post(body) }()
	_, err := io.WriteString(feed, good[:20]) // taken by the handler, so it runs
	require.NoError(t, err)
	b.server.Reload(server.Face{AdminToken: "another", MaxBody: 50, Routes: []server.Route{{
		Name: "new", Path: "/new", SourceName: "aquarium", Destination: "labels", Events: []string{"issue-exported"},
		Source: aquarium.New(), Secrets: []string{secret},
	}}})
	require.Equal(t, 404, b.post(strings.NewReader(good)).Code, "its route is gone")
	toNew := func(r *http.Request) { r.URL.Path = "/new" }
	require.Equal(t, 413, b.post(strings.NewReader(good), toNew).Code)
	require.Equal(t, 400, b.post(strings.NewReader("{}"), toNew).Code)
	req := httptest.NewRequest("GET", "/api/v1/deliveries", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	require.Equal(t, 401, b.do(req).Code)
	req.Header.Set("Authorization", "Bearer another")
	require.Equal(t, 200, b.do(req).Code)

	_, err = io.WriteString(feed, good[20:])
	require.NoError(t, err)
	require.NoError(t, feed.Close())
	require.Equal(t, 204, (<-begun).Code)
}
