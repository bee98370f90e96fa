package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hasura/go-graphql-client"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// placeholder stands for the variables until spliceVariables puts the real ones there. A document cannot hold this text:
// inside a JSON string its quotes would be escaped.
const placeholder = `,"variables":{"":0}`

// joinUpTo is the size up to which a body is put together in memory: sending it in parts costs a buffer of 32 KiB.
const joinUpTo = 64 << 10

// doGraphQL lets the library write the request and read the answer. The exchange in between sends the real variables
// and keeps the whole answer, of which the library would give only parts.
func (c *Client) doGraphQL(ctx context.Context, call adapter.Call, r *request) (adapter.Response, error) {
	x := &exchange{request: r, send: c.http.Do, maxAnswer: c.maxAnswer}
	data, err := execGraphQL(ctx, call, x)
	if x.err != nil {
		return adapter.Response{}, x.err
	}
	if x.answer.Status == 0 {
		return adapter.Response{}, fmt.Errorf("graphql request: %w", err)
	}
	return withGraphQL(x.answer, data, err), nil
}

// execGraphQL makes a client for the one call: it is two small allocations, and its Doer then needs no lookup.
func execGraphQL(ctx context.Context, call adapter.Call, x *exchange) ([]byte, error) {
	var variables map[string]any
	if call.Body != nil {
		variables = map[string]any{"": 0}
	}
	var options []graphql.Option
	if call.Operation != "" {
		options = append(options, graphql.OperationName(call.Operation))
	}
	return graphql.NewClient(x.request.url, x).ExecRaw(ctx, call.Document, variables, options...)
}

// exchange is the graphql.Doer of one call.
type exchange struct {
	request   *request
	send      func(*http.Request) (*http.Response, error)
	maxAnswer int64
	answer    adapter.Response
	err       error
}

// Do sends the library's request with the real variables and hands the answer back for reading. An answer that may be
// GraphQL is handed back as a 200 whatever its status: the library does not read the errors of any other.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	resp, err := x.exchange(req)
	x.err = err
	if err != nil {
		return nil, err
	}
	if looksLikeObject(x.answer.Body) {
		resp.StatusCode = http.StatusOK
	}
	resp.Body = io.NopCloser(bytes.NewReader(x.answer.Body))
	return resp, nil
}

func (x *exchange) exchange(req *http.Request) (*http.Response, error) {
	if err := x.request.spliceVariables(req.Body); err != nil {
		return nil, err
	}
	x.request.attach(req)
	req.Header = x.request.header
	resp, err := x.send(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := readAnswer(resp.Body, x.maxAnswer)
	if err != nil {
		return nil, err
	}
	x.answer = adapter.Response{Status: resp.StatusCode, Header: firstValues(resp.Header), Body: body}
	return resp, nil
}

// spliceVariables wraps the variables, which may be on disk, in the library's envelope.
func (r *request) spliceVariables(envelope io.Reader) error {
	written, err := io.ReadAll(envelope)
	if err != nil {
		return fmt.Errorf("graphql request: %w", err)
	}
	written = bytes.TrimSuffix(written, []byte("\n"))
	at := bytes.Index(written, []byte(placeholder))
	if at < 0 || r.body == nil {
		r.body, r.size = bytes.NewReader(written), int64(len(written))
		return nil
	}
	front, back := written[:at+len(`,"variables":`)], written[at+len(placeholder):]
	joined := io.MultiReader(bytes.NewReader(front), r.body, bytes.NewReader(back))
	r.body, r.size = joined, r.size+int64(len(front)+len(back))
	if r.size > joinUpTo {
		return nil
	}
	whole := make([]byte, r.size)
	if _, err := io.ReadFull(joined, whole); err != nil {
		return fmt.Errorf("graphql variables: %w", err)
	}
	r.body = bytes.NewReader(whole)
	return nil
}

// withGraphQL adds the two halves of a GraphQL answer. An answer that is no GraphQL is left as it is.
func withGraphQL(resp adapter.Response, data []byte, err error) adapter.Response {
	var errs graphql.Errors
	if errors.As(err, &errs) && ownError(errs) {
		return resp
	}
	if !bytes.Equal(data, []byte("null")) {
		resp.Data = data
	}
	for _, e := range errs {
		resp.Errors = append(resp.Errors, adapter.GraphQLError{Message: e.Message, Code: text(e.Extensions["code"]), Path: dotted(e.Path)})
	}
	return resp
}

// ownError reports whether the library made the error itself (not JSON, not a 2xx): only such errors wrap a cause.
func ownError(errs graphql.Errors) bool {
	return len(errs) > 0 && errs[0].Unwrap() != nil
}

func looksLikeObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
}

func dotted(path []any) string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = text(part)
	}
	return strings.Join(parts, ".")
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
