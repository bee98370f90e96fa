package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/server"
)

func TestAdminToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, status := range map[string]int{"/metrics": 200, "/api/v1/deliveries": 200, "/api/v1/deliveries/9": 404} {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		require.Equal(t, 401, b.do(req).Code, path)
		req.Header.Set("Authorization", "Bearer wrong")
		require.Equal(t, 401, b.do(req).Code, path)
		req.Header.Set("Authorization", "Bearer "+token)
		require.Equal(t, status, b.do(req).Code, path)
	}
}

func TestWithoutATokenOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *server.Options) { o.AdminToken = "" })
	for _, c := range []struct {
		name, remote, host string
		header             string
		status             int
	}{
		{"loopback", "127.0.0.1:1234", "127.0.0.1:8080", "", 200},
		{"loopback by name", "[::1]:1234", "localhost:8080", "", 200},
		{"elsewhere", "10.0.0.1:1234", "127.0.0.1:8080", "", 403},
		{"through a proxy", "127.0.0.1:1234", "127.0.0.1:8080", "X-Forwarded-For", 403},
		{"by a foreign name", "127.0.0.1:1234", "evil.example.com", "", 403},
	} {
		req := httptest.NewRequest(http.MethodGet, "/api/v1/deliveries", nil)
		req.RemoteAddr, req.Host = c.remote, c.host
		if c.header != "" {
			req.Header.Set(c.header, "10.0.0.1")
		}
		require.Equal(t, c.status, b.do(req).Code, c.name)
	}
}

func TestDeliveriesAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(strings.NewReader(good))
	get := func(method, path string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, path, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		return b.do(req)
	}
	require.Contains(t, get("GET", "/api/v1/deliveries?state=queued&search=RAREPETS").Body.String(), `"project":"rarepets"`)
	require.Equal(t, `{"deliveries":[]}`, strings.TrimSpace(get("GET", "/api/v1/deliveries?state=dead").Body.String()))
	require.Contains(t, get("GET", "/api/v1/deliveries/1").Body.String(), `"state":"queued"`)
	for path, status := range map[string]int{
		"/api/v1/deliveries?state=asleep": 400, "/api/v1/deliveries?limit=x": 400, "/api/v1/deliveries?before=0": 400,
		"/api/v1/deliveries/x": 400, "/api/v1/deliveries/77": 404, "/api/v1/nothing": 404,
	} {
		rec := get("GET", path)
		require.Equal(t, status, rec.Code, path)
		require.Equal(t, "application/problem+json", rec.Header().Get("Content-Type"), path)
	}
	require.Equal(t, 409, get("POST", "/api/v1/deliveries/1/redrive").Code)
	require.Equal(t, 404, get("POST", "/api/v1/deliveries/1/discard").Code)
}

func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(strings.NewReader(good), header("X-Aquarium-Secret", "canary-guess"))
	b.post(strings.NewReader("{"))
	require.NotZero(t, b.logs.Len())
	for _, line := range b.logs.All() {
		require.NotContains(t, line.Message, "canary")
		require.NotContains(t, fmt.Sprint(line.ContextMap()), "canary")
	}
}
