package transport_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

func TestGraphQLSendsTheVariablesByteByByte(t *testing.T) {
	t.Parallel()
	// A document that holds the text which marks the variables' place, and what JSON escapes.
	const tricky = "query Q { a(x: \"\\\",\\\"variables\\\":{\\\"\\\":0}\", y: \"<&>\") } # ,\"variables\":{\"\":0}"
	const trickyJSON = `"query Q { a(x: \"\\\",\\\"variables\\\":{\\\"\\\":0}\", y: \"\u003c\u0026\u003e\") } # ,\"variables\":{\"\":0}"`
	cases := map[string]struct {
		call adapter.Call
		sent string
	}{
		"with an operation": {
			adapter.Call{Document: "mutation M { a }", Operation: "M", Body: adapter.BytesBody([]byte(`{"n": 1e2,  "s":"é<"}`))},
			`{"query":"mutation M { a }","variables":{"n": 1e2,  "s":"é<"},"operationName":"M"}`,
		},
		"without an operation": {
			adapter.Call{Document: "{ a }", Body: adapter.BytesBody([]byte(`{}`))}, `{"query":"{ a }","variables":{}}`,
		},
		"without variables": {adapter.Call{Document: "{ a }"}, `{"query":"{ a }"}`},
		"tricky document": {
			adapter.Call{Document: tricky, Body: adapter.BytesBody([]byte(`{"":0}`))},
			`{"query":` + trickyJSON + `,"variables":{"":0}}`,
		},
		"tricky document, no variables": {adapter.Call{Document: tricky}, `{"query":` + trickyJSON + `}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(http.StatusOK, "application/json", `{"data":{"a":1}}`))
			c.call.Header = map[string]string{"Idempotency-Key": "k1"}

			_, err := newClient(t, v.url+"/graphql").Do(t.Context(), c.call)

			require.NoError(t, err)
			got := <-v.requests
			require.Equal(t, c.sent, string(got.body))
			require.Equal(t, "POST", got.method)
			require.Equal(t, "/graphql", got.uri)
			require.EqualValues(t, len(c.sent), got.length)
			require.False(t, got.chunked)
			got.header.Del("Content-Length")
			require.Equal(t, http.Header{
				"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "Authorization": {"Bearer " + canary},
				"Content-Type": {"application/json"}, "Idempotency-Key": {"k1"}, "User-Agent": {"labelgate/1.2.3"},
			}, got.header)
		})
	}
}

func TestGraphQLAnswers(t *testing.T) {
	t.Parallel()
	notFound := []adapter.GraphQLError{{Message: "no such project", Code: "NOT_FOUND", Path: "project.labels.0.id"}}
	const errors = `"errors":[{"message":"no such project","path":["project","labels",0,"id"],"extensions":{"code":"NOT_FOUND"}}]`
	cases := map[string]struct {
		status int
		body   string
		data   string
		errors []adapter.GraphQLError
	}{
		"data":                     {200, `{"data":{"ok":true}}`, `{"ok":true}`, nil},
		"data, 201":                {201, `{"data":{"ok":true}}`, `{"ok":true}`, nil},
		"data, 202":                {202, ` {"data":{"ok":true}}`, `{"ok":true}`, nil},
		"errors":                   {200, `{` + errors + `}`, "", notFound},
		"errors and null":          {200, `{"data":null,` + errors + `}`, "", notFound},
		"errors and partial data":  {200, `{"data":{"a":1,"b":null},` + errors + `}`, `{"a":1,"b":null}`, notFound},
		"errors, 400":              {400, `{` + errors + `}`, "", notFound},
		"errors, 500":              {500, `{` + errors + `}`, "", notFound},
		"empty list of errors":     {200, `{"data":{},"errors":[]}`, `{}`, nil},
		"error without more":       {200, `{"errors":[{"message":"no"}]}`, "", []adapter.GraphQLError{{Message: "no"}}},
		"number as code":           {200, `{"errors":[{"extensions":{"code":17}}]}`, "", []adapter.GraphQLError{{Code: "17"}}},
		"code of the library":      {200, `{"errors":[{"extensions":{"code":"json_decode_error"}}]}`, "", []adapter.GraphQLError{{Code: "json_decode_error"}}},
		"no GraphQL":               {200, `{"status":"ok"}`, "", nil},
		"no object":                {200, `[1]`, "", nil},
		"cut JSON":                 {200, `{"data":{"ok":tr`, "", nil},
		"errors that are no list":  {200, `{"errors":"no"}`, "", nil},
		"HTML":                     {200, `<h1>log in</h1>`, "", nil},
		"HTML, 502":                {502, `<h1>bad gateway</h1>`, "", nil},
		"unauthorized":             {401, `{"message":"bad key"}`, "", nil},
		"empty":                    {200, ``, "", nil},
		"nothing at all, 204":      {204, ``, "", nil},
		"redirect without a place": {302, ``, "", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(c.status, "application/json", c.body))

			resp, err := newClient(t, v.url).Do(t.Context(), mutation(`{"ids":["1"]}`))

			require.NoError(t, err)
			require.Equal(t, c.status, resp.Status)
			require.Equal(t, c.body, string(resp.Body), "the raw answer is always kept")
			require.Equal(t, c.data, string(resp.Data))
			require.Equal(t, c.errors, resp.Errors)
			require.Len(t, v.requests, 1)
		})
	}
}
