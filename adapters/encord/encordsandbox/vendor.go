// Package encordsandbox plays the part of Encord's API that exports touch: storage folders and their upload jobs, datasets,
// label rows, and the workflow of one project. Facts are those of Encord's own Python client (encord 0.1.211), which runs
// against it in client_test.go: paths, fields and answers are as it sends and takes them. Where Encord's server is not known
// to do one thing or the other, the stand-in does what is harder for a caller; docs/vendors/encord.md lists those places.
package encordsandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Vendor returns the stand-in for `labelgate sandbox --vendor encord`. Its key is an OpenSSH private key, as Encord's is.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "encord",
		Summary: "Encord: storage, dataset, label rows and workflow of one project; every request's Ed25519 signature is verified",
		New:     func(o sandbox.VendorOptions) sandbox.API { return newAPI(o) },
	}
}

// api is Encord, with one project. It is called for one request at a time.
type api struct {
	options sandbox.VendorOptions
	auth    verifier
	world   *world
	mux     *http.ServeMux
}

func newAPI(o sandbox.VendorOptions) *api {
	a := &api{options: o, auth: newVerifier(o), world: newWorld(o.Now), mux: http.NewServeMux()}
	a.mux.HandleFunc("POST /public", a.legacy)
	for pattern, handle := range map[string]func(*call){
		"GET /projects/{project}":                                     a.getProject,
		"GET /projects/{project}/datasets":                            a.getProjectDatasets,
		"GET /ontologies/{ontology}":                                  a.getOntology,
		"GET /projects/{project}/workflow/stages/{stage}/tasks":       a.getTasks,
		"POST /projects/{project}/workflow/stages/{stage}/move-tasks": a.moveTasks,
		"POST /projects/{project}/workflow/stages/{stage}/actions":    a.actOnTasks,
		"POST /projects/{project}/priorities":                         a.setPriorities,
		"GET /storage/folders/{folder}":                               a.getFolder,
		"GET /storage/folders/{folder}/items":                         a.getItems,
		"POST /storage/folders/{folder}/data-upload-jobs":             a.startUpload,
		"GET /storage/folders/{folder}/data-upload-jobs/{job}":        a.getUpload,
	} {
		a.handle(pattern, handle)
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "no such path: "+r.Method+" "+r.URL.Path)
	})
	return a
}

// ServeHTTP implements http.Handler. Every request, whatever becomes of it, gives the background work a turn.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.world.tick()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the request is too large")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.mux.ServeHTTP(w, r)
}

// State implements sandbox.API.
func (a *api) State() any { return a.world.state() }

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.world.twice }

// call is one signed v2 request.
type call struct {
	http.ResponseWriter
	request *http.Request
	body    []byte
}

// handle serves a pattern of the v2 API.
func (a *api) handle(pattern string, serve func(*call)) {
	const base = "/v2/public"
	method, path, _ := bytes.Cut([]byte(pattern), []byte(" "))
	a.mux.HandleFunc(string(method)+" "+base+string(path), func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // it is in memory already
		if err := a.auth.v2(r, body); err != nil {
			fail(w, http.StatusUnauthorized, err.Error())
			return
		}
		if len(body) > 0 && r.Header.Get("Content-Type") != "application/json" {
			fail(w, http.StatusUnprocessableEntity, "the body must be application/json")
			return
		}
		serve(&call{ResponseWriter: w, request: r, body: body})
	})
}

// read decodes the request's body, strictly. A false answer has been refused.
func (c *call) read(into any) bool {
	if err := strict(c.body, into); err != nil {
		fail(c, http.StatusUnprocessableEntity, err.Error())
		return false
	}
	return true
}

// query refuses query parameters that the endpoint does not have.
func (c *call) query(known ...string) bool {
	for name := range c.request.URL.Query() {
		if !contains(known, name) {
			fail(c, http.StatusUnprocessableEntity, "unknown query parameter "+name)
			return false
		}
	}
	return true
}

func (c *call) answer(value any) { sandbox.WriteJSON(c.ResponseWriter, http.StatusOK, value) }

func (c *call) done() { c.WriteHeader(http.StatusNoContent) }

func (c *call) effect(format string, args ...any) { sandbox.Effect(c.ResponseWriter, format, args...) }

// fail answers as the v2 API does: a status and a message.
func fail(w http.ResponseWriter, status int, message string) {
	sandbox.WriteJSON(w, status, map[string]string{"message": message})
}

// strict decodes exactly one JSON value without unknown fields.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errTrailing
	}
	return nil
}
