package adapter_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

func TestJudgeStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]adapter.Verdict{
		200: {Kind: adapter.Done}, 201: {Kind: adapter.Done}, 204: {Kind: adapter.Done},
		302: {Kind: adapter.Reject, Reason: adapter.ReasonRedirect},
		400: {Kind: adapter.Reject, Reason: adapter.ReasonInvalid},
		401: {Kind: adapter.Reject, Reason: adapter.ReasonUnauthorized},
		403: {Kind: adapter.Reject, Reason: adapter.ReasonForbidden},
		404: {Kind: adapter.Reject, Reason: adapter.ReasonNotFound},
		408: {Kind: adapter.Retry, Reason: adapter.ReasonTimeout},
		409: {Kind: adapter.Reject, Reason: adapter.ReasonConflict},
		413: {Kind: adapter.Reject, Reason: adapter.ReasonTooLarge},
		422: {Kind: adapter.Reject, Reason: adapter.ReasonInvalid},
		425: {Kind: adapter.Retry, Reason: adapter.ReasonUnavailable},
		429: {Kind: adapter.Retry, Reason: adapter.ReasonRateLimited},
		500: {Kind: adapter.Retry, Reason: adapter.ReasonUnavailable},
		503: {Kind: adapter.Retry, Reason: adapter.ReasonUnavailable},
		0:   {Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer},
	} {
		got := adapter.JudgeStatus(adapter.Response{Status: status})
		require.Equal(t, want.Kind, got.Kind, status)
		require.Equal(t, want.Reason, got.Reason, status)
		require.Equal(t, want.Kind == adapter.Done, got.Detail == "", status)
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                     "",
		`{"message": "no such project"}`:       "no such project",
		`{"error": {"detail": "quota"}}`:       "quota",
		`{"errors": [{"message": "bad key"}]}`: "bad key",
		`{"errors": []}`:                       `{"errors": []}`,
		`{"cut": "of`:                          `{"cut": "of`,
		"<html><head><TITLE>502 Bad\nGateway</TITLE></head>": "502 Bad Gateway",
		"plain\x00 words\r\n":                                "plain words",
		strings.Repeat("x", 300):                             strings.Repeat("x", 200) + "...",
		strings.Repeat("é", 300)[1:]:                         "",
	} {
		if want == "" && body != "" {
			require.LessOrEqual(t, len(adapter.Said([]byte(body))), 203)
			continue
		}
		require.Equal(t, want, adapter.Said([]byte(body)))
	}
}

func TestJudgeGraphQL(t *testing.T) {
	t.Parallel()
	errs := func(codes ...string) []adapter.GraphQLError {
		var all []adapter.GraphQLError
		for _, c := range codes {
			all = append(all, adapter.GraphQLError{Message: "m", Code: c})
		}
		return all
	}
	data := []byte(`{"project": null}`)
	for name, c := range map[string]struct {
		resp   adapter.Response
		kind   adapter.Kind
		reason adapter.Reason
	}{
		"data":                 {adapter.Response{Status: 200, Data: data}, adapter.Done, ""},
		"key":                  {adapter.Response{Status: 200, Errors: errs("UNAUTHENTICATED")}, adapter.Reject, adapter.ReasonUnauthorized},
		"rate":                 {adapter.Response{Status: 200, Errors: errs("rate_limited")}, adapter.Retry, adapter.ReasonRateLimited},
		"down":                 {adapter.Response{Status: 200, Errors: errs("INTERNAL_SERVER_ERROR")}, adapter.Retry, adapter.ReasonUnavailable},
		"invalid":              {adapter.Response{Status: 400, Errors: errs("GRAPHQL_VALIDATION_FAILED")}, adapter.Reject, adapter.ReasonInvalid},
		"partial data":         {adapter.Response{Status: 200, Data: data, Errors: errs("THROTTLED")}, adapter.Retry, adapter.ReasonRateLimited},
		"worst wins":           {adapter.Response{Status: 200, Errors: errs("TIMEOUT", "FORBIDDEN")}, adapter.Reject, adapter.ReasonForbidden},
		"unknown code":         {adapter.Response{Status: 200, Errors: errs("TEAPOT")}, adapter.Reject, adapter.ReasonGraphQL},
		"no code":              {adapter.Response{Status: 200, Errors: errs("")}, adapter.Reject, adapter.ReasonGraphQL},
		"no code, 503":         {adapter.Response{Status: 503, Errors: errs("")}, adapter.Retry, adapter.ReasonUnavailable},
		"login page":           {adapter.Response{Status: 200, Body: []byte("<title>Log in</title>")}, adapter.Retry, adapter.ReasonBadAnswer},
		"null data, no errors": {adapter.Response{Status: 200, Data: []byte(" null")}, adapter.Retry, adapter.ReasonBadAnswer},
		"502 page":             {adapter.Response{Status: 502, Body: []byte("<html>")}, adapter.Retry, adapter.ReasonUnavailable},
	} {
		v := adapter.JudgeGraphQL(c.resp)
		require.Equal(t, c.kind, v.Kind, name)
		require.Equal(t, c.reason, v.Reason, name)
	}
	v := adapter.JudgeGraphQL(adapter.Response{Status: 200, Errors: []adapter.GraphQLError{
		{Message: "no project\n", Code: "RESOURCE_NOT_FOUND", Path: "project.bulkDeleteLabels"},
	}})
	require.Equal(t, "RESOURCE_NOT_FOUND: no project (at project.bulkDeleteLabels)", v.Detail)
}

func TestJudgesNeverPanic(t *testing.T) {
	t.Parallel()
	bodies := [][]byte{
		nil, []byte("{"), []byte("["), []byte("<title>"), []byte("<TİTLE>İ</title>"),
		{0xff, 0xfe},
		bytes.Repeat([]byte("["), 10<<20), bytes.Repeat([]byte(`{"error":`), 1<<20),
	}
	for status := range 600 {
		for i, body := range bodies {
			resp := adapter.Response{Status: status, Body: body, Data: body[:min(len(body), status%3)]}
			for _, v := range []adapter.Verdict{adapter.JudgeStatus(resp), adapter.JudgeGraphQL(resp)} {
				require.Less(t, len(v.Detail), 500, "status %d body %d", status, i)
				require.Equal(t, v.Kind == adapter.Done, v.Reason == "")
			}
		}
	}
	require.NotEmpty(t, adapter.JudgeStatus(adapter.Response{
		Status: http.StatusFound, Header: map[string]string{"Location": "https://else.where/"},
	}).Detail)
}

func TestIdempotencyKeysTellStepsApart(t *testing.T) {
	t.Parallel()
	require.Equal(t, "abc-call-0001", adapter.IdempotencyKey("abc", "call/0001"))
	require.NotEqual(t, adapter.IdempotencyKey("abc", "call/0001"), adapter.IdempotencyKey("abc", "call/0002"))
}

func FuzzSaid(f *testing.F) {
	f.Add([]byte(`{"errors":[{"message":"x"}]}`))
	f.Add([]byte("<title>a</title>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		said := adapter.Said(body)
		require.LessOrEqual(t, len(said), 203)
		require.NotContains(t, said, "\n")
	})
}

func TestSaysError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"errors":[{"message":"no"}],"data":null}`, ` {"error":"no"}`, `{"error":{"code":7}}`, `{"errors":{"name":["taken"]}}`} {
		require.True(t, adapter.SaysError([]byte(body)), body)
	}
	for _, body := range []string{"", "null", "[]", `{"errors":[]}`, `{"error":null,"errors":{}}`, `{"error":"","ok":true}`, `{"error":false}`, "<html>", `{"errors":`} {
		require.False(t, adapter.SaysError([]byte(body)), body)
	}
}
