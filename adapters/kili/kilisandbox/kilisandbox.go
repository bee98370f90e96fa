// Package kilisandbox plays Kili for `labelgate sandbox --vendor kili`: one GraphQL endpoint with assets, labels, predictions,
// the labeling queue and priorities, as the Python client 26.2.4 sees them. Kili's schema and most of its messages are not
// public; what is guessed is listed in docs/vendors/kili.md.
package kilisandbox

import (
	"compress/gzip"
	"context"
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/graph-gophers/graphql-go"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

//go:embed schema.graphql
var schema string

const (
	// Path is where the GraphQL endpoint is; the client derives the address of the version from it.
	Path        = "/api/label/v2/graphql"
	versionPath = "/api/label/v2/version"
	// authScheme stands before the key in the Authorization header, with its colon.
	authScheme = "X-API-Key: "
	// version is what the client names its cached copy of the schema by.
	version = "2.999.0-sandbox"
)

// Vendor returns Kili as the sandbox plays it.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "kili",
		Summary: "Kili's GraphQL API at " + Path + ": a project with the sample events' frames labelled, ready to be sent back or added to",
		Path:    Path,
		New:     func(o sandbox.VendorOptions) sandbox.API { return newAPI(o) },
	}
}

// api is Kili with its state.
type api struct {
	key    string
	store  *store
	schema *graphql.Schema
}

func newAPI(o sandbox.VendorOptions) *api {
	s := newStore()
	return &api{key: o.Key, store: s, schema: graphql.MustParseSchema(schema, &resolver{store: s, now: o.Now}, graphql.UseFieldResolvers())}
}

// State implements sandbox.API.
func (a *api) State() any { return a.store.state() }

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.store.twice }

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == versionPath && r.Method == http.MethodGet:
		sandbox.WriteJSON(w, http.StatusOK, map[string]string{"version": version})
	case r.URL.Path != Path:
		http.Error(w, "Cannot "+r.Method+" "+r.URL.Path, http.StatusNotFound)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "GraphQL only supports POST requests here.", http.StatusMethodNotAllowed)
	case !a.known(r.Header.Get("Authorization")):
		// The client's words: "401 by the authentication middleware, which runs before the body is parsed".
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	default:
		a.graphQL(w, r)
	}
}

// known reports whether the Authorization header is one that is let in.
func (a *api) known(header string) bool {
	key, ok := strings.CutPrefix(header, authScheme)
	return ok && key != "" && (a.key == "" || key == a.key)
}

// request is the body of every call. The client sends no operationName; other GraphQL clients do.
type request struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
	Extensions    map[string]any `json:"extensions"`
}

func (a *api) graphQL(w http.ResponseWriter, r *http.Request) {
	req, status, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	var done effect
	query, introspects := introspection(req.Query)
	resp := a.schema.Exec(context.WithValue(r.Context(), effectKey{}, &done), query, req.OperationName, req.Variables)
	if introspects {
		complete(resp)
	}
	if done.text != "" {
		sandbox.Effect(w, "%s", done.text)
	}
	w.Header().Set("x-complexity", "1")
	sandbox.WriteJSON(w, statusOf(resp), resp)
}

// read takes a request apart. status is that of an error.
func read(r *http.Request) (req request, status int, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return req, http.StatusUnsupportedMediaType, errors.New("the content type must be application/json")
	}
	body := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip": // the client compresses what is over 1,000,000 bytes
		if body, err = gzip.NewReader(r.Body); err != nil {
			return req, http.StatusBadRequest, errors.New("the body is not gzip")
		}
	default:
		return req, http.StatusUnsupportedMediaType, errors.New("unsupported content encoding " + encoding)
	}
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return req, http.StatusBadRequest, errors.New("the body is not a GraphQL request: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return req, http.StatusBadRequest, errors.New("the body goes on after its JSON value")
	}
	if req.Query == "" {
		return req, http.StatusBadRequest, errors.New("the body has no query")
	}
	return req, http.StatusOK, nil
}

// statusOf gives errors of validation their code, and says the status: 400 for them, 200 for those of a resolver.
func statusOf(resp *graphql.Response) int {
	status := http.StatusOK
	for _, e := range resp.Errors {
		if e.ResolverError == nil && len(e.Path) == 0 {
			e.Extensions = map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}
			status = http.StatusBadRequest
		}
	}
	if len(resp.Errors) > 0 {
		resp.Data = json.RawMessage("null") // every root field that can fail is required
	}
	return status
}

// failure is an error of a resolver. Nearly all of Kili's carry the same code, so that only the message tells them apart.
type failure struct{ message, reason string }

var _ interface{ Extensions() map[string]any } = failure{}

// Error implements error.
func (f failure) Error() string { return f.message }

// Extensions is what the library puts under the error's extensions.
func (f failure) Extensions() map[string]any {
	extensions := map[string]any{"code": "OPERATION_RESOLUTION_FAILURE"}
	if f.reason != "" {
		extensions["context"] = map[string]any{"reason": f.reason}
	}
	return extensions
}

// effect takes what a resolver says that it changed.
type effect struct{ text string }

type effectKey struct{}

func changed(ctx context.Context, text string) {
	if e, ok := ctx.Value(effectKey{}).(*effect); ok {
		e.text = text
	}
}

// pageSize is Kili's scalar for the size of a page.
type pageSize int

// ImplementsGraphQLType implements the library's scalar.
func (pageSize) ImplementsGraphQLType(name string) bool { return name == "PageSize" }

// UnmarshalGraphQL takes a whole number from 0 to 100, which is as far as the client goes.
func (p *pageSize) UnmarshalGraphQL(input any) error {
	var n int
	switch v := input.(type) {
	case int32:
		n = int(v)
	case float64:
		n = int(v)
		if float64(n) != v {
			return errors.New("PageSize must be a whole number")
		}
	default:
		return errors.New("PageSize must be a number")
	}
	if n < 0 || n > 100 {
		return errors.New("PageSize must be from 0 to 100")
	}
	*p = pageSize(n)
	return nil
}

// date is Kili's scalar for a time.
type date struct{ time.Time }

// ImplementsGraphQLType implements the library's scalar.
func (date) ImplementsGraphQLType(name string) bool { return name == "Date" }

// UnmarshalGraphQL is never asked for: no input has a date.
func (*date) UnmarshalGraphQL(any) error { return errors.New("no input has a Date") }

// MarshalJSON writes it with milliseconds, as the client reads it.
func (d date) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.UTC().Format("2006-01-02T15:04:05.000Z"))
}
