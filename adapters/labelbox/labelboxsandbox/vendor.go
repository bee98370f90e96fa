// Package labelboxsandbox plays Labelbox's GraphQL API for rehearsals and tests: the operations that its Python client
// 7.17.0 uses to make data rows, batches and pre-labels and to send data rows back to a queue, and the bulkDeleteLabels
// mutation of the published handler.
//
// Where a comment says "seen in the client's tests", the behaviour is asserted by the integration tests in the public
// repository Labelbox/labelbox-python; where it says "not known", the stand-in takes the stricter of the likely ways.
package labelboxsandbox

import (
	"net/http"
	"strings"

	"github.com/graph-gophers/graphql-go"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Vendor returns the stand-in. It begins with the project, dataset, ontology, queues, data rows and labels that the
// constants of this package name.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "labelbox",
		Summary: "Labelbox's GraphQL API: data rows, batches, pre-label imports, task queues, label deletion.",
		New:     func(o sandbox.VendorOptions) sandbox.API { return newAPI(o) },
	}
}

// api is one account.
type api struct {
	options sandbox.VendorOptions
	schemas map[string]*graphql.Schema // by path
	store   *store
	// front is the scheme and host that the request under way came to: links in its answer begin with it.
	front string
}

func newAPI(o sandbox.VendorOptions) *api {
	a := &api{options: o, store: newStore(o.Now)}
	a.schemas = map[string]*graphql.Schema{
		"/graphql": parseSchema(plainSchema, root{&plainQuery{a}, &plainMutation{a}}),
		"/_gql":    parseSchema(experimentalSchema, root{&experimentalQuery{a}, &experimentalMutation{a}}),
	}
	return a
}

// ServeHTTP answers the two GraphQL paths, and the files whose URLs it gave out.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.front = "http://" + r.Host
	if r.TLS != nil {
		a.front = "https://" + r.Host
	}
	if strings.HasPrefix(r.URL.Path, filesPath) {
		a.serveFile(w, r)
		return
	}
	schema, ok := a.schemas[r.URL.Path]
	switch {
	case !ok:
		refuse(w, http.StatusNotFound, "there is no such path", "RESOURCE_NOT_FOUND")
	case r.Method != http.MethodPost:
		refuse(w, http.StatusMethodNotAllowed, "GraphQL is asked by POST", "MALFORMED_REQUEST")
	case !a.authenticated(r):
		refuse(w, http.StatusUnauthorized, "Invalid API key", "AUTHENTICATION_ERROR")
	default:
		a.serveGraphQL(w, r, schema)
	}
}

// authenticated: Authorization: Bearer <key>.
func (a *api) authenticated(r *http.Request) bool {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return bearer && key != "" && (a.options.Key == "" || key == a.options.Key)
}

// State implements sandbox.API.
func (a *api) State() any { return a.store.state() }

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.store.twice.DataRows + a.store.twice.PreLabels }

func (a *api) serveGraphQL(w http.ResponseWriter, r *http.Request, schema *graphql.Schema) {
	q, err := readRequest(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error(), "MALFORMED_REQUEST")
		return
	}
	a.store.effect = ""
	answer := schema.Exec(r.Context(), q.Query, q.OperationName, q.Variables)
	if a.store.effect != "" {
		sandbox.Effect(w, "%s", a.store.effect)
	}
	writeAnswer(w, answer)
}
