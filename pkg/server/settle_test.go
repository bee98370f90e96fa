package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/store"
)

func TestSettleAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := func(id, body string) *httptest.ResponseRecorder {
		req := httptest.NewRequest("POST", "/api/v1/deliveries/"+id+"/settle", strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		return b.do(req)
	}
	require.Equal(t, 204, post("1", `{"step":"create","done":true,"kept":{"id":"7"},"refused":{"b":"no","a":"blurred"}}`).Code)
	require.Equal(t, 204, post("1", `{"step":"create","done":false}`).Code)
	require.Equal(t, []store.Settlement{
		{
			Step: "create", Outcome: store.StepSettled, Kept: map[string]string{"id": "7"},
			Refused: []adapter.Refusal{{Index: -1, Item: "a", Reason: "blurred"}, {Index: -1, Item: "b", Reason: "no"}},
		},
		{Step: "create", Outcome: store.StepFailed},
	}, b.deliverer.settled)
	for body, says := range map[string]string{
		"": "body", "{": "body", `{"step":"a","dune":true}`: "dune", `{"done":true}`: "step",
		`{"step":"a","kept":{"id":"7"}}`: "kept",
	} {
		rec := post("1", body)
		require.Equal(t, 400, rec.Code, body)
		require.Contains(t, rec.Body.String(), says, body)
	}
	require.Equal(t, 409, post("2", `{"step":"create"}`).Code, "the store's no")
	require.Equal(t, 400, post("x", `{"step":"create"}`).Code)
}
