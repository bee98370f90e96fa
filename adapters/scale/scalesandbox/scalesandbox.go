// Package scalesandbox plays the part of Scale AI's API (v1) that image annotation needs: projects, batches and tasks.
//
// It takes and answers what scaleapi 2.18.4, the vendor's own Python client, sends and reads, and refuses what the vendor's
// reference (docs.scale.com) does not allow. Where the reference says nothing, a comment says what was chosen.
package scalesandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// Vendor returns the stand-in: an account with the projects "demo" (Studio: batches must be finalized before anybody works on
// them, and take no task after it) and "demo-enterprise" (batches are worked on at once; no geometries of its own).
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "scale",
		Summary: "Scale AI, API v1 below /v1: projects, batches and image annotation tasks; unique_id and batch names are taken once",
		Path:    "/v1",
		New:     newAPI,
	}
}

// api is one account.
type api struct {
	key      string
	now      func() time.Time
	routes   *http.ServeMux
	projects []*project
	batches  []*batch
	tasks    []*task
	byUnique map[string]*task
	bodies   map[[sha256.Size]byte]bool // digests of task bodies without their unique_id, to see what is made twice
	repeats  int
}

func newAPI(o sandbox.VendorOptions) sandbox.API {
	a := &api{key: o.Key, now: o.Now, routes: http.NewServeMux(), byUnique: map[string]*task{}, bodies: map[[sha256.Size]byte]bool{}}
	a.projects = []*project{demo(a.time()), demoEnterprise(a.time())}
	for pattern, serve := range map[string]func(*call){
		"GET /v1/projects":                       a.listProjects,
		"POST /v1/projects":                      a.createProject,
		"GET /v1/projects/{name}":                a.getProject,
		"GET /v1/batches":                        a.listBatches,
		"POST /v1/batches":                       a.createBatch,
		"GET /v1/batches/{name}":                 a.getBatch,
		"GET /v1/batches/{name}/status":          a.batchStatus,
		"POST /v1/batches/{name}/finalize":       a.finalizeBatch,
		"POST /v1/batches/{name}/setMetadata":    a.setBatchMetadata,
		"POST /v1/studio/batches/set_priorities": a.setBatchPriorities,
		"POST /v1/task/{type}":                   a.createTask,
		"GET /v1/tasks":                          a.listTasks,
		"GET /v1/task/{id}":                      a.getTask,
		"POST /v1/task/{id}/cancel":              a.cancelTask,
		"POST /v1/task/{id}/audit":               a.auditTask,
		"POST /v1/task/{id}/setMetadata":         a.setTaskMetadata,
		"POST /v1/task/{id}/tags":                a.changeTags,
		"PUT /v1/task/{id}/tags":                 a.changeTags,
		"DELETE /v1/task/{id}/tags":              a.changeTags,
		"POST /v1/task/{id}/unique_id":           a.setUniqueID,
		"DELETE /v1/task/{id}/unique_id":         a.clearUniqueID,
	} {
		a.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serve(&call{w, r}) })
	}
	a.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		(&call{w, r}).refuse(http.StatusNotFound, "Cannot %s %s", r.Method, r.URL.Path)
	})
	return a
}

// ServeHTTP implements http.Handler. The key is the user name of HTTP basic authentication, with an empty password.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, password, ok := r.BasicAuth()
	if !ok || key == "" || password != "" || a.key != "" && key != a.key {
		(&call{w, r}).refuse(http.StatusUnauthorized, "Unauthorized: no valid API key was provided")
		return
	}
	a.routes.ServeHTTP(w, r)
}

// time is the vendor's form of now.
func (a *api) time() string { return a.now().UTC().Format("2006-01-02T15:04:05.000Z") }

// call is a request while it is served.
type call struct {
	w http.ResponseWriter
	r *http.Request
}

// answer is the vendor's one form of success: 200 and JSON.
func (c *call) answer(value any) { sandbox.WriteJSON(c.w, http.StatusOK, value) }

// refuse answers in the vendor's form of errors.
func (c *call) refuse(status int, format string, args ...any) {
	sandbox.WriteJSON(c.w, status, map[string]any{"status_code": status, "error": fmt.Sprintf(format, args...)})
}

func (c *call) effect(format string, args ...any) { sandbox.Effect(c.w, format, args...) }

// decode reads a JSON body strictly; false when it was refused.
func (c *call) decode(into any) bool {
	if kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		c.refuse(http.StatusBadRequest, "the body must be application/json, not %q", kind)
		return false
	}
	if err := json.UnmarshalRead(c.r.Body, into, json.RejectUnknownMembers(true)); err != nil {
		c.refuse(http.StatusBadRequest, "%s", err)
		return false
	}
	return true
}

// query checks that no parameter is unknown; false when it was refused.
func (c *call) query(known ...string) bool {
	for name := range c.r.URL.Query() {
		if !contains(known, name) {
			c.refuse(http.StatusBadRequest, "%q is not allowed", name)
			return false
		}
	}
	return true
}
