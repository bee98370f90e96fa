package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/store"
)

func TestDestinationsAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := func(method, path, body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		return b.do(req)
	}
	require.Equal(t, "ready\n", call("GET", "/readyz", "").Body.String())
	require.Equal(t, 409, call("POST", "/api/v1/destinations/labels/resume", "").Code)
	require.Equal(t, 404, call("POST", "/api/v1/destinations/other/pause", "").Code)
	require.Equal(t, 400, call("POST", "/api/v1/destinations/labels/pause", `{"reason":"x"}`).Code)
	require.Equal(t, 204, call("POST", "/api/v1/destinations/labels/pause", `{"why":"they move house"}`).Code)
	require.Contains(t, call("GET", "/api/v1/destinations", "").Body.String(), `"detail":"they move house"`)

	ready := call("GET", "/readyz", "")
	require.Equal(t, 200, ready.Code, "events are still taken")
	require.Equal(t, "ready\ndestination labels: paused by person\n", ready.Body.String())
	b.deliverer.pause = &store.Pause{By: store.ByBreaker, Reason: "unauthorized", Detail: "what only the admin sees"}
	require.Equal(t, "ready\ndestination labels: paused by breaker: unauthorized\n", call("GET", "/readyz", "").Body.String())

	require.Equal(t, 204, call("POST", "/api/v1/destinations/labels/resume", "").Code)
	require.Equal(t, 401, b.do(httptest.NewRequest("POST", "/api/v1/destinations/labels/pause", nil)).Code)
}
