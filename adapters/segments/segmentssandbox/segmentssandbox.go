// Package segmentssandbox plays the part of the Segments.ai API that image annotation needs: datasets, samples, labels and issues.
//
// It takes and answers what segments-ai 1.33.0, the vendor's own Python client, sends and reads. That client is the only
// public word about the server; where it says nothing, a comment says what was chosen.
package segmentssandbox

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Vendor returns the stand-in: the user "acme" with the vector dataset "acme/pets", in which the frames of the example
// events are samples, labeled.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "segments",
		Summary: "Segments.ai: datasets, samples, labels and issues; sample names are taken once, issues have no key",
		New:     newAPI,
	}
}

// user is whose key is used.
const user = "acme"

// api is one account.
type api struct {
	key      string
	now      func() time.Time
	routes   *http.ServeMux
	datasets []*dataset
	samples  map[string]*sample // by uuid
	made     int                // things with a uuid
	issued   map[string]bool    // issues without their uuid, to see what is made twice
	repeats  int
}

func newAPI(o sandbox.VendorOptions) sandbox.API {
	a := &api{key: o.Key, now: o.Now, routes: http.NewServeMux(), samples: map[string]*sample{}, issued: map[string]bool{}}
	a.addDemo()
	for pattern, serve := range map[string]func(*call){
		"GET /api_status/{$}":                              a.status,
		"GET /user":                                        a.getUser,
		"POST /user/datasets/{$}":                          a.createDataset,
		"GET /datasets/{owner}/{name}/{$}":                 a.getDataset,
		"GET /datasets/{owner}/{name}/labelsets/{$}":       a.listLabelsets,
		"GET /datasets/{owner}/{name}/samples/{$}":         a.listSamples,
		"POST /datasets/{owner}/{name}/samples/{$}":        a.createSample,
		"POST /datasets/{owner}/{name}/samples_bulk/{$}":   a.createSamples,
		"DELETE /datasets/{owner}/{name}/samples_bulk/{$}": a.deleteSamples,
		"GET /datasets/{owner}/{name}/issues/{$}":          a.listIssues,
		"GET /samples/{uuid}/{$}":                          a.getSample,
		"PATCH /samples/{uuid}/{$}":                        a.updateSample,
		"DELETE /samples/{uuid}/{$}":                       a.deleteSample,
		"POST /samples/{uuid}/issues/{$}":                  a.createIssue,
		"PATCH /issues/{uuid}/{$}":                         a.updateIssue,
		"GET /labels/{uuid}/{labelset}/{$}":                a.getLabel,
		"PUT /labels/{uuid}/{labelset}/{$}":                a.putLabel,
		"PATCH /labels/{uuid}/{labelset}/{$}":              a.patchLabel,
		"DELETE /labels/{uuid}/{labelset}/{$}":             a.deleteLabel,
	} {
		a.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(&call{w, r}) })
	}
	a.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { (&call{w, r}).notFound() })
	return a
}

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{w, r}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "APIKey ")
	switch {
	case !ok || key == "":
		c.refuse(http.StatusUnauthorized, "Authentication credentials were not provided.")
	case a.key != "" && key != a.key:
		c.refuse(http.StatusUnauthorized, "Invalid API key.")
	default:
		a.routes.ServeHTTP(w, r)
	}
}

func (a *api) status(c *call) { c.answer(http.StatusOK, map[string]any{"message": "ok"}) }

func (a *api) getUser(c *call) {
	c.answer(http.StatusOK, map[string]any{"username": user, "created_at": a.time(), "is_organization": false})
}

// time is the vendor's form of now.
func (a *api) time() string { return a.now().UTC().Format("2006-01-02T15:04:05.000000Z") }

// uuid makes the next id.
func (a *api) uuid() string {
	a.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", a.made)
}

// call is a request while it is served.
type call struct {
	w http.ResponseWriter
	r *http.Request
}

func (c *call) answer(status int, value any) {
	if value == nil {
		sandbox.WriteJSON(c.w, status, nil)
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a value with no JSON form is a mistake in this package
	}
	sandbox.WriteJSON(c.w, status, jsontext.Value(text))
}

func (c *call) effect(format string, args ...any) { sandbox.Effect(c.w, format, args...) }

// refuse answers in the vendor's form of errors.
func (c *call) refuse(status int, format string, args ...any) {
	c.answer(status, map[string]any{"detail": fmt.Sprintf(format, args...)})
}

func (c *call) notFound() { c.refuse(http.StatusNotFound, "Not found.") }

// invalid is the answer to a body that is not right, by the field.
func (c *call) invalid(field, format string, args ...any) {
	c.answer(http.StatusBadRequest, map[string]any{field: []string{fmt.Sprintf(format, args...)}})
}

// decode reads a JSON body, which may be compressed by gzip; false when it was refused.
func (c *call) decode(into any) bool {
	if kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		c.refuse(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", kind)
		return false
	}
	body := io.Reader(c.r.Body)
	if c.r.Header.Get("Content-Encoding") == "gzip" {
		inflated, err := gzip.NewReader(body)
		if err != nil {
			c.refuse(http.StatusBadRequest, "gzip: %s", err)
			return false
		}
		body = inflated
	}
	if err := json.UnmarshalRead(body, into, json.RejectUnknownMembers(true)); err != nil {
		c.refuse(http.StatusBadRequest, "JSON parse error - %s", err)
		return false
	}
	return true
}

// query checks that no parameter is unknown; false when it was refused.
func (c *call) query(known ...string) bool {
	for name := range c.r.URL.Query() {
		if !slices.Contains(known, name) {
			c.invalid(name, "Unknown parameter.")
			return false
		}
	}
	return true
}
