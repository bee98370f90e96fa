package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/store"
)

func TestBulkAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := func(method, path, body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, "/api/v1/"+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		return b.do(req)
	}
	require.Contains(t, call("POST", "bulk/estimate", `{"ids":[3,4]}`).Body.String(), `"items":30`)
	started := call("POST", "bulk", `{"kind":"discard","state":["dead"],"route":"r","destination":"d","search":"s",
		"since":"2026-11-25T12:00:00Z","until":"2026-11-26T12:00:00Z","per_minute":60}`)
	require.Equal(t, 202, started.Code)
	require.Contains(t, started.Body.String(), `"kind":"discard","per_minute":60`)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	require.Equal(t, []delivery.Selection{{IDs: []int64{3, 4}}, {Filter: store.Filter{
		State: []store.State{store.Dead}, Route: "r", Destination: "d", Search: "s", Since: at, Until: at.Add(24 * time.Hour),
	}}}, b.deliverer.chosen)
	require.Contains(t, call("GET", "bulk", "").Body.String(), `"state":"done"`)
	require.Equal(t, 204, call("DELETE", "bulk/7", "").Code)
	require.Equal(t, 404, call("DELETE", "bulk/8", "").Code)
	for body, says := range map[string]string{
		"{}": "nothing is chosen", `{"per_minute":60}`: "nothing is chosen", `{"state":["asleep"]}`: "asleep",
		`{"ids":[1],"per_minute":-1}`: "per_minute", `{"id":1}`: "id",
	} {
		for _, path := range []string{"bulk", "bulk/estimate"} {
			rec := call("POST", path, body)
			require.Equal(t, 400, rec.Code, body)
			require.Contains(t, rec.Body.String(), says)
		}
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(strings.NewReader(good))
	for query, found := range map[string]bool{
		"destination=labels&since=2020-01-01T00:00:00Z": true, "destination=other": false,
		"since=2100-01-01T00:00:00Z": false, "until=2020-01-01T00:00:00Z": false, "until=2100-01-01T00:00:00Z": true,
	} {
		req := httptest.NewRequest("GET", "/api/v1/deliveries?"+query, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		require.Equal(t, found, strings.Contains(b.do(req).Body.String(), "rarepets"), query)
	}
	req := httptest.NewRequest("GET", "/api/v1/deliveries?since=yesterday", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	require.Equal(t, 400, b.do(req).Code)
}
