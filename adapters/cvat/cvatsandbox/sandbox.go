// Package cvatsandbox plays CVAT's REST API, as far as work comes in through it: tasks with remote images, background
// requests that must be polled, jobs, annotations, issues and comments. Paths, fields, limits and error forms are those of
// CVAT's OpenAPI document (server 2.72) and of cvat-sdk 2.80.0, its behaviour that of the server's source. It is stricter
// than CVAT in one way: fields, queries and paths that CVAT would ignore are refused, because they are mistakes.
package cvatsandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// version is the server version that is told, see https://github.com/cvat-ai/cvat/releases.
const version = "2.80.0"

// Vendor is the stand-in for CVAT.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name: "cvat",
		Summary: "CVAT's REST API: tasks, remote images, background requests, annotations, jobs and issues; " +
			"project 1 (\"rehearsal\") and project 2 of the organization \"acme\" are there",
		New: func(o sandbox.VendorOptions) sandbox.API { return newAPI(o) },
	}
}

// api is one CVAT server.
type api struct {
	options sandbox.VendorOptions
	store
}

func newAPI(o sandbox.VendorOptions) *api {
	a := &api{options: o}
	a.furnish()
	return a
}

// State implements sandbox.API.
func (a *api) State() any { return a.state() }

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.twice }

// ServeHTTP implements sandbox.API.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{api: a, w: w, r: r}
	if err := c.serve(); err != nil {
		err.write(w)
	}
}

// call is one request while it is answered.
type call struct {
	*api
	w http.ResponseWriter
	r *http.Request
	// org is the organization that the request speaks for: nil for all of them, the empty slug for the personal workspace.
	org *organization
}

// serve admits the request and has its endpoint answer it.
func (c *call) serve() *problem {
	if accept := c.r.Header.Get("Accept"); !acceptable(accept) {
		return detail(http.StatusNotAcceptable, "Could not satisfy the request Accept header.")
	}
	parts := strings.Split(strings.TrimPrefix(c.r.URL.EscapedPath(), "/"), "/")
	if len(parts) < 2 || parts[0] != "api" {
		return detail(http.StatusNotFound, "Not found.")
	}
	if parts[1] == "server" || parts[1] == "auth" {
		return c.open(parts[1:])
	}
	if err := c.admit(); err != nil {
		return err
	}
	if err := c.enter(); err != nil {
		return err
	}
	return c.route(parts[1:])
}

// acceptable reports whether CVAT's one renderer does: its media type is application/vnd.cvat+json (cvat settings,
// DEFAULT_RENDERER_CLASSES), and application/json alone is answered 406.
func acceptable(accept string) bool {
	return accept == "" || strings.Contains(accept, "application/vnd.cvat+json") || strings.Contains(accept, "*/*") ||
		strings.Contains(accept, "application/*")
}

// route hands the request to its endpoint. A path ends with a slash exactly where CVAT's document says so.
func (c *call) route(p []string) *problem {
	switch p[0] {
	case "tasks":
		return c.tasks(p[1:])
	case "jobs":
		return c.jobs(p[1:])
	case "projects":
		return c.projects(p[1:])
	case "labels":
		return c.listed(p, "GET", c.listLabels)
	case "issues":
		return c.issues(p[1:])
	case "comments":
		return c.comments(p[1:])
	case "requests":
		return c.requests(p[1:])
	case "users":
		return c.users(p[1:])
	default:
		return detail(http.StatusNotFound, "Not found.")
	}
}

// listed answers an endpoint that has one path and one method.
func (c *call) listed(p []string, method string, answer func() *problem) *problem {
	if len(p) != 1 {
		return detail(http.StatusNotFound, "Not found.")
	}
	return c.byMethod(map[string]func() *problem{method: answer})
}

// byMethod answers by the request's method.
func (c *call) byMethod(methods map[string]func() *problem) *problem {
	if answer, ok := methods[c.r.Method]; ok {
		return answer()
	}
	return detail(http.StatusMethodNotAllowed, "Method \""+c.r.Method+"\" not allowed.")
}

// reply writes a JSON answer in CVAT's media type.
func (c *call) reply(status int, value any) *problem {
	sandbox.WriteJSON(c.w, status, value)
	c.w.Header().Set("Content-Type", "application/vnd.cvat+json")
	return nil
}

// number reads an id of a path.
func number(text string) (int, *problem) {
	id, err := strconv.Atoi(text)
	if err != nil || id < 0 {
		return 0, detail(http.StatusNotFound, "Not found.")
	}
	return id, nil
}

// now is the time as CVAT writes it.
func (c *call) now() string { return c.options.Now().UTC().Format(time.RFC3339Nano) }
