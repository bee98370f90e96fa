package labelboxsandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/graph-gophers/graphql-go"
	graphqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// fault is an error of the API: a message and a code, which the Python client tells its exceptions by.
type fault struct{ message, code string }

// Error returns the message alone; the code goes into the extensions.
func (f *fault) Error() string { return f.message }

// Extensions implements graphql-go's extended errors.
func (f *fault) Extensions() map[string]any { return map[string]any{"code": f.code} }

func notFound(format string, args ...any) error {
	return &fault{fmt.Sprintf(format, args...), "RESOURCE_NOT_FOUND"}
}

func conflict(format string, args ...any) error {
	return &fault{fmt.Sprintf(format, args...), "RESOURCE_CONFLICT"}
}

func malformed(format string, args ...any) error {
	return &fault{fmt.Sprintf(format, args...), "MALFORMED_REQUEST"}
}

// refuse answers without having executed anything.
func refuse(w http.ResponseWriter, status int, message, code string) {
	writeErrors(w, status, &graphqlerrors.QueryError{Message: message, Extensions: map[string]any{"code": code}})
}

func writeErrors(w http.ResponseWriter, status int, all ...*graphqlerrors.QueryError) {
	sandbox.WriteJSON(w, status, struct {
		Errors []*graphqlerrors.QueryError `json:"errors"`
	}{all})
}

// writeAnswer writes what execution came to. A document that is refused is a 400, as at Apollo's server; an error of a
// field is a 200 with the code that its resolver gave.
func writeAnswer(w http.ResponseWriter, answer *graphql.Response) {
	status := http.StatusOK
	for _, e := range answer.Errors {
		if e.Extensions["code"] != nil {
			continue
		}
		e.Extensions = map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}
		if errors.Is(e, graphqlerrors.ErrSyntax) || strings.HasPrefix(e.Message, "syntax error:") {
			e.Message = "Syntax Error: " + strings.TrimPrefix(e.Message, "syntax error: ")
			e.Extensions["code"] = "GRAPHQL_PARSE_FAILED"
		}
		status = http.StatusBadRequest
	}
	sandbox.WriteJSON(w, status, answer)
}
