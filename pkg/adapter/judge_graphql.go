package adapter

import (
	"strings"
)

// codes says what the extensions.code of a GraphQL error means. Codes of Apollo Server
// (apollographql.com/docs/apollo-server/data/errors), of Labelbox (its Python SDK, lbox-clients request_client.py) and
// the words that other servers use for the same.
var codes = map[string]Verdict{ //nolint:gochecknoglobals // a constant table
	"UNAUTHENTICATED":      {Kind: Reject, Reason: ReasonUnauthorized},
	"AUTHENTICATION_ERROR": {Kind: Reject, Reason: ReasonUnauthorized},
	"UNAUTHORIZED":         {Kind: Reject, Reason: ReasonUnauthorized},
	"FORBIDDEN":            {Kind: Reject, Reason: ReasonForbidden},
	"AUTHORIZATION_ERROR":  {Kind: Reject, Reason: ReasonForbidden},
	"ACCESS_DENIED":        {Kind: Reject, Reason: ReasonForbidden},

	"OPERATION_NOT_ALLOWED": {Kind: Reject, Reason: ReasonForbidden},

	"RATE_LIMITED":        {Kind: Retry, Reason: ReasonRateLimited},
	"RATE_LIMIT_EXCEEDED": {Kind: Retry, Reason: ReasonRateLimited},
	"API_LIMIT":           {Kind: Retry, Reason: ReasonRateLimited},
	"TOO_MANY_REQUESTS":   {Kind: Retry, Reason: ReasonRateLimited},
	"THROTTLED":           {Kind: Retry, Reason: ReasonRateLimited},

	"INTERNAL_SERVER_ERROR":     {Kind: Retry, Reason: ReasonUnavailable},
	"INTERNAL_ERROR":            {Kind: Retry, Reason: ReasonUnavailable},
	"SERVICE_UNAVAILABLE":       {Kind: Retry, Reason: ReasonUnavailable},
	"DOWNSTREAM_SERVICE_ERROR":  {Kind: Retry, Reason: ReasonUnavailable},
	"TIMEOUT":                   {Kind: Retry, Reason: ReasonTimeout},
	"GATEWAY_TIMEOUT":           {Kind: Retry, Reason: ReasonTimeout},
	"REQUEST_TIMEOUT":           {Kind: Retry, Reason: ReasonTimeout},
	"GRAPHQL_VALIDATION_FAILED": {Kind: Reject, Reason: ReasonInvalid},
	"GRAPHQL_PARSE_FAILED":      {Kind: Reject, Reason: ReasonInvalid},
	"BAD_USER_INPUT":            {Kind: Reject, Reason: ReasonInvalid},
	"BAD_REQUEST":               {Kind: Reject, Reason: ReasonInvalid},
	"MALFORMED_REQUEST":         {Kind: Reject, Reason: ReasonInvalid},
	"VALIDATION_ERROR":          {Kind: Reject, Reason: ReasonInvalid},

	"OPERATION_RESOLUTION_FAILURE": {Kind: Reject, Reason: ReasonInvalid},

	"RESOURCE_NOT_FOUND": {Kind: Reject, Reason: ReasonNotFound},
	"NOT_FOUND":          {Kind: Reject, Reason: ReasonNotFound},
	"RESOURCE_CONFLICT":  {Kind: Reject, Reason: ReasonConflict},
	"CONFLICT":           {Kind: Reject, Reason: ReasonConflict},
}

// JudgeGraphQL judges the answer to a GraphQL call. HTTP 200 with errors is a failure, also when a part of the data came
// with them. It is judged by the errors' codes: when one of them will never pass, the step is rejected; else when one is
// known to pass with time, it is tried again. Errors that carry no code, or one that nobody knows, are rejected: the
// server understood the call and refused it, and a mutation must not be repeated on a guess. A person can redrive it.
//
// A 2xx answer that is no GraphQL (a proxy's login page, a cut body) is tried again: it says nothing about the call, and
// proxies recover. give_up_after ends it.
func JudgeGraphQL(resp Response) Verdict {
	if len(resp.Errors) > 0 {
		return judgeErrors(resp)
	}
	if v := JudgeStatus(resp); v.Kind != Done {
		return v
	}
	if data := strings.TrimSpace(string(resp.Data[:min(len(resp.Data), 8)])); data == "" || data == "null" {
		v := statusVerdict(Retry, ReasonBadAnswer, resp)
		v.Detail += "; the answer has neither data nor errors: is the url that of a GraphQL endpoint?"
		return v
	}
	return Verdict{Kind: Done}
}

func judgeErrors(resp Response) Verdict {
	worst, known := Verdict{}, false
	for _, e := range resp.Errors {
		v, ok := codes[strings.ToUpper(e.Code)]
		if !ok {
			continue
		}
		v.Detail = errorDetail(e)
		if !known || worst.Kind == Retry && v.Kind == Reject {
			worst, known = v, true
		}
	}
	if known {
		return worst
	}
	// The status says more than an unknown code: 401 and 503 come with errors as well.
	if v := JudgeStatus(resp); v.Kind != Done {
		v.Detail = errorDetail(resp.Errors[0])
		return v
	}
	return Verdict{Kind: Reject, Reason: ReasonGraphQL, Detail: errorDetail(resp.Errors[0])}
}

func errorDetail(e GraphQLError) string {
	detail := cut(e.Message)
	if e.Code != "" {
		detail = cut(e.Code) + ": " + detail
	}
	if e.Path != "" {
		detail += " (at " + cut(e.Path) + ")"
	}
	return detail
}
