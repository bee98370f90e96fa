// Package superviselysandbox plays Supervisely for `labelgate sandbox --vendor supervisely`: the methods of its public API that
// the Python client 6.74.51 uses for images by link, annotations, and labeling jobs. Its server is not public; what is guessed
// is listed in docs/vendors/supervisely.md.
package superviselysandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/sandbox"
)

// prefix stands before the name of a method.
const prefix = "/public/api/v3/"

// Vendor returns Supervisely as the sandbox plays it.
func Vendor() sandbox.Vendor {
	return sandbox.Vendor{
		Name:    "supervisely",
		Summary: "Supervisely's public API v3: a dataset with the sample events' frames in a labeling job, ready to be sent back or added to",
		New:     func(o sandbox.VendorOptions) sandbox.API { return newAPI(o) },
	}
}

// api is Supervisely with its state.
type api struct {
	key     string
	store   *store
	methods map[string]method
}

// method answers one method of the API. done says in words what it changed.
type method func(body []byte) (answer any, done string, err error)

func newAPI(o sandbox.VendorOptions) *api {
	s := newStore(o.Now)
	return &api{key: o.Key, store: s, methods: map[string]method{
		"instance.version": on(s.version),

		"projects.info": on(s.projectInfo), "projects.meta": on(s.projectMeta), "projects.meta.update": on(s.updateMeta),
		"projects.settings.update": on(s.updateSettings),
		"datasets.info":            on(s.datasetInfo), "datasets.add": on(s.addDataset), "users.info": on(s.userInfo),

		"images.bulk.add": on(s.addImages), "images.info": on(s.imageInfo), "images.list": on(s.listImages),
		"images.bulk.remove": on(s.removeImages), "images.editInfo": on(s.editImage), "image-tags.bulk.add-to-image": on(s.tagImages),

		"annotations.bulk.add": on(s.addAnnotations), "annotations.info": on(s.annotationInfo),
		"annotations.bulk.info": on(s.annotationInfos), "figures.bulk.add": on(s.addFigures),

		"jobs.add": on(s.addJobs), "jobs.info": on(s.jobInfo), "jobs.list": on(s.listJobs), "jobs.restart": on(s.restartJob),
		"jobs.reject": on(s.rejectJob), "jobs.entities.update-review-status": on(s.reviewEntity), "jobs.set-status": on(s.setJobStatus),
		"jobs.stop": on(s.stopJob), "jobs.editInfo": on(s.editJob),
	}}
}

// State implements sandbox.API.
func (a *api) State() any { return a.store.state() }

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.store.twice }

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, done, err := a.call(r)
	if done != "" {
		sandbox.Effect(w, "%s", done)
	}
	if err == nil {
		sandbox.WriteJSON(w, http.StatusOK, answer)
		return
	}
	refused := refusal{Status: http.StatusBadRequest, Message: err.Error()}
	errors.As(err, &refused)
	sandbox.WriteJSON(w, refused.Status, refused)
}

func (a *api) call(r *http.Request) (answer any, done string, err error) {
	name, ok := strings.CutPrefix(r.URL.Path, prefix)
	run, known := a.methods[name]
	switch {
	case !ok || !known:
		return nil, "", refusal{Status: http.StatusNotFound, Message: "Cannot " + r.Method + " " + r.URL.Path}
	case r.Method != http.MethodPost:
		return nil, "", refusal{Status: http.StatusMethodNotAllowed, Message: "the API takes POST"}
	case !a.known(r.Header.Get("X-Api-Key")):
		return nil, "", refusal{Status: http.StatusUnauthorized, Message: "Unauthorized: the api key is not valid"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, "", refusal{Status: http.StatusUnsupportedMediaType, Message: "the content type must be application/json"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, "", err
	}
	return run(body)
}

func (a *api) known(key string) bool { return key != "" && (a.key == "" || key == a.key) }

// refusal is an error as the API answers it.
type refusal struct {
	Status  int    `json:"-"`
	Message string `json:"error"`
	Details any    `json:"details,omitempty"`
}

// Error implements error.
func (r refusal) Error() string { return r.Message }

func missing(what string, id int) error {
	return refusal{Status: http.StatusNotFound, Message: fmt.Sprintf("%s with id %d is not found", what, id)}
}

func invalid(format string, args ...any) error {
	return refusal{Status: http.StatusBadRequest, Message: "Validation error: " + fmt.Sprintf(format, args...)}
}

// on makes a method of a function on a request's fields. What it does not know, or is of another type, is refused.
func on[T any](run func(T) (any, string, error)) method {
	return func(body []byte) (any, string, error) {
		var args T
		if err := strict(body, &args); err != nil {
			return nil, "", invalid("%s", err)
		}
		return run(args)
	}
}

func strict(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// byID is the request of the methods that look up one thing.
type byID struct {
	ID int `json:"id"`
}

func (*store) version(struct{}) (any, string, error) {
	return map[string]string{"version": "6.99.0"}, "", nil
}

func stamp(now func() time.Time) string { return now().UTC().Format("2006-01-02T15:04:05.000Z") }
