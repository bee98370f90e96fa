// Package labelstudiosandbox plays a Label Studio server, as label-studio 1.23.2 answers with prediction validation on
// (its flag fflag_feat_utc_210_prediction_validation_15082025). What it does was seen at a running server; the checks in the
// adapter's vendor tests are made against both.
package labelstudiosandbox

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// version is what is played.
const version = "1.23.2"

// Vendor returns the stand-in. It starts with two empty projects of the label config in Config: number 1 answers as Label
// Studio Community does, number 2 as Label Studio Enterprise (imports are jobs to be polled, annotations can be reviewed).
// A project that is made through the API is an Enterprise one when its title begins with "Enterprise".
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "label-studio",
		Summary: "Label Studio 1.23.2: project 1 as Community, project 2 as Enterprise answers; predictions are validated",
		New:     newAPI,
	}
}

// Config is the label config of the two projects that are there from the start.
const Config = `<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="bbox" toName="image">
    <Label value="dog"/><Label value="cat"/><Label value="rabbit"/><Label value="truck"/>
  </RectangleLabels>
  <PolygonLabels name="poly" toName="image"><Label value="dog"/><Label value="cat"/><Label value="rabbit"/></PolygonLabels>
  <KeyPointLabels name="kp" toName="image"><Label value="nose"/><Label value="tail"/></KeyPointLabels>
  <VectorLabels name="line" toName="image"><Label value="leash"/></VectorLabels>
  <Choices name="scene" toName="image"><Choice value="indoor"/><Choice value="outdoor"/></Choices>
  <Choices name="weather" toName="image" choice="multiple"><Choice value="sunny"/><Choice value="rainy"/></Choices>
</View>`

// api is one Label Studio.
type api struct {
	now      func() time.Time
	keys     keys
	projects []*project
	imports  []*importJob
	reviews  []*Review
	next     counters
	mux      *http.ServeMux
}

// counters are the last ids given out, one sequence a table.
type counters struct{ task, prediction, annotation, draft, review, job, fault int }

func newAPI(o sandbox.VendorOptions) sandbox.API {
	a := &api{now: o.Now, keys: newKeys(o.Key)}
	for _, title := range []string{"Rehearsal", "Enterprise rehearsal"} {
		a.addProject(title, Config)
	}
	a.mux = a.routes()
	return a
}

func (a *api) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, methods := range map[string]methods{
		"/api/version/":                          {http.MethodGet: (*api).getVersion},
		"/api/token/":                            {http.MethodGet: (*api).listTokens, http.MethodPost: (*api).createToken},
		"/api/token/refresh/":                    {http.MethodPost: (*api).refreshToken},
		"/api/token/rotate/":                     {http.MethodPost: (*api).rotateToken},
		"/api/token/blacklist/":                  {http.MethodPost: (*api).blacklistToken},
		"/api/projects/":                         {http.MethodGet: (*api).listProjects, http.MethodPost: (*api).createProject},
		"/api/projects/{id}/":                    {http.MethodGet: (*api).getProject, http.MethodDelete: (*api).deleteProject},
		"/api/projects/{id}/import":              {http.MethodPost: (*api).importTasks},
		"/api/projects/{id}/import/predictions":  {http.MethodPost: (*api).importPredictions},
		"/api/projects/{id}/imports/{job}/":      {http.MethodGet: (*api).getImport},
		"/api/tasks/":                            {http.MethodGet: (*api).listTasks},
		"/api/tasks/{id}/":                       {http.MethodGet: (*api).getTask, http.MethodPatch: (*api).updateTask, http.MethodDelete: (*api).deleteTask},
		"/api/tasks/{id}/annotations/":           {http.MethodGet: (*api).listAnnotations, http.MethodPost: (*api).createAnnotation},
		"/api/annotations/{id}/":                 {http.MethodGet: (*api).getAnnotation, http.MethodDelete: (*api).deleteAnnotation},
		"/api/annotations/{id}/convert-to-draft": {http.MethodPost: (*api).convertToDraft},
		"/api/predictions/":                      {http.MethodGet: (*api).listPredictions, http.MethodPost: (*api).createPrediction},
		"/api/dm/actions/":                       {http.MethodGet: (*api).listActions, http.MethodPost: (*api).act},
		"/api/annotation-reviews/":               {http.MethodGet: (*api).listReviews, http.MethodPost: (*api).createReview},
	} {
		mux.Handle(pattern+end(pattern), a.serve(methods))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFoundPage(w) })
	return mux
}

// ServeHTTP implements http.Handler. A missing last slash is added, as the server does, where a path has one.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !endsInSlash(r.URL.Path) && !slashless(r.URL.Path) {
		with := r.Clone(r.Context())
		with.URL.Path, with.URL.RawPath = r.URL.Path+"/", ""
		r = with
	}
	a.mux.ServeHTTP(w, r)
}

// methods are what a path answers to.
type methods map[string]func(*api, *call)

// serve lets in who may come in, and calls the method's handler. Failures come in the server's own form.
func (a *api) serve(methods methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{api: a, w: w, r: r}
		if !tokenless(r.URL.Path) {
			if why := a.keys.admit(r, a.now()); why != "" {
				w.Header().Set("WWW-Authenticate", "Token")
				c.fail(http.StatusUnauthorized, why)
				return
			}
		}
		a.work()
		handler, ok := methods[r.Method]
		if !ok {
			c.fail(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", r.Method))
			return
		}
		if handler != nil && c.readable() {
			handler(a, c)
		}
	})
}

func (a *api) getVersion(c *call) {
	c.answer(http.StatusOK, map[string]string{"release": version, "edition": "Community"})
}
