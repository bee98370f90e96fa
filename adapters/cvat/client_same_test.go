//go:build vendorclients

package cvat_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// wire records the calls that come to a stand-in.
type wire struct {
	mu    sync.Mutex
	calls map[string]bool
}

// listen puts a wire in front of a stand-in.
func listen(t *testing.T, stand *sandboxtest.Stand) *wire {
	t.Helper()
	w := &wire{calls: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		w.calls[plain(r.Method, r.URL.RequestURI(), r.Header.Get("X-Organization"), r.Header.Get("Accept"), string(body))] = true
		w.mu.Unlock()
		stand.Server.Handler().ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	stand.URL = server.URL
	return w
}

// plain is a call with its query and its JSON in one form. The client leaves Accept out of PUT, whose answer it does not read;
// the gateway's own would be refused (406).
func plain(method, uri, organization, accept, body string) string {
	path, query, _ := strings.Cut(uri, "?")
	values, _ := url.ParseQuery(query)
	var value any
	if json.Unmarshal([]byte(body), &value) == nil {
		text, _ := json.Marshal(value)
		body = string(text)
	}
	if method == http.MethodPut {
		accept = ""
	}
	return fmt.Sprintf("%s %s?%s [%s] [%s] %s", method, path, values.Encode(), organization, accept, body)
}

// sameAsClient requires that every call of a delivery, and every check that it might make, is one that CVAT's own client
// makes for the same work at an equal stand.
func sameAsClient(t *testing.T, out adaptertest.Outcome, stand *sandboxtest.Stand, work map[string]any) {
	t.Helper()
	w := listen(t, stand)
	text, err := json.Marshal(work)
	require.NoError(t, err)
	stand.Client(t, "cvat", "same.py", string(text))
	among := func(id string, call adapter.Call, body string) {
		line := plain(call.Method, call.Path, call.Header["X-Organization"], call.Header["Accept"], body)
		require.True(t, w.calls[line], "%s: CVAT's client does not send\n%s\nbut\n%s", id, line, strings.Join(slices.Sorted(maps.Keys(w.calls)), "\n"))
	}
	for _, s := range out.Steps {
		among(s.ID, s.Call, s.Body)
		if s.Check != nil {
			among(s.ID+" (check)", *s.Check, "")
		}
	}
}

// words says in plain words what the labels of a task are, from what the vendor holds.
func words(task cvatsandbox.TaskState, state []cvatsandbox.ShapeState) []map[string]any {
	var list []map[string]any
	for _, s := range state {
		w := map[string]any{
			"class": s.Label, "file": task.Frames[s.Frame], "uuid": s.Attributes["label_uuid"], "type": s.Type, "points": s.Points,
			"group": s.Group, "confidence": s.Score,
		}
		if s.Type == "" {
			w["type"] = "tag"
		}
		if s.Type == "skeleton" {
			var points []map[string]any
			for _, e := range s.Elements {
				points = append(points, map[string]any{"name": e.Label, "at": e.Points, "outside": e.Outside})
			}
			w["points"] = points
		}
		list = append(list, w)
	}
	return list
}

// TestClientSendsTheSameForBatches: boxes, polygons in groups, lines, points, skeletons, tags and scores.
func TestClientSendsTheSameForBatches(t *testing.T) {
	t.Parallel()
	skeleton := func(o *cvat.Options) { o.Classes, o.Unmapped = map[string]string{"cat": "animal"}, "keep" }
	acme := func(o *cvat.Options) {
		o.Organization, o.Project, o.ImageQuality = "acme", 2, 95
		o.Task.Name, o.Task.SegmentSize, o.Task.Subset, o.Task.Assignee = "Rework", 2, "Train", 2
	}
	for name, set := range map[string][]func(*cvat.Options){
		"frames": {acme}, "geometry-2d": {}, "inferences": {}, "crops": {}, "least": {}, "keypoints": {skeleton},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event, ok := strings.CutPrefix(name, "keypoints")
			if ok {
				event = "geometry-2d"
			}
			o := options(append([]func(*cvat.Options){batch}, set...)...)
			stand := sandboxtest.Start(t, setup())
			in := sandboxtest.Event(t, event)
			out := stand.Deliver(t, made(t, o), in)
			task := state(t, stand).Tasks[0]
			spec := map[string]any{"name": task.Name, "project_id": task.Project, "bug_tracker": task.Tracker}
			if o.Task.Subset != "" {
				spec["subset"], spec["assignee_id"], spec["segment_size"] = o.Task.Subset, o.Task.Assignee, o.Task.SegmentSize
			}
			var shapes, tags []cvatsandbox.ShapeState
			for _, job := range task.Jobs {
				shapes, tags = append(shapes, job.Shapes...), append(tags, job.Tags...)
			}
			sameAsClient(t, out, sandboxtest.Start(t, setup()), map[string]any{
				"do": "batch", "organization": o.Organization, "task": spec, "quality": o.ImageQuality, "images": imagesOf(t, in),
				"labels": append(words(task, shapes), words(task, tags)...),
			})
		})
	}
}

// imagesOf are the URLs of an event's images.
func imagesOf(t *testing.T, in adapter.Input) []string {
	t.Helper()
	var urls []string
	for s, err := range export.Subjects(in.Elements, export.FieldSensors) {
		require.NoError(t, err)
		image, _ := s.Element.Frame.Image()
		urls = append(urls, image.URL)
	}
	return urls
}

// TestClientSendsTheSameForRework: look-ups, issues, checks and jobs.
func TestClientSendsTheSameForRework(t *testing.T) {
	t.Parallel()
	for _, event := range []string{"mixed", "geometry-2d"} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			in := sandboxtest.Event(t, event)
			stands := furnished(map[string]adapter.Input{event: in})
			o := options(relabel, func(o *cvat.Options) { o.Job.Assignee = 2 })
			stand := stands(t).(*sandboxtest.Stand)
			out := stand.Deliver(t, made(t, o), in)
			var issues []map[string]any
			jobs := []int{}
			held := state(t, stand)
			for _, i := range held.Issues {
				issues = append(issues, map[string]any{"frame": i.Frame, "job": i.Job, "position": i.Position, "message": i.Messages[0]})
			}
			for _, job := range held.Tasks[0].Jobs {
				jobs = append(jobs, job.ID)
			}
			sameAsClient(t, out, stands(t).(*sandboxtest.Stand), map[string]any{
				"do": "relabel", "organization": "", "project": 1, "issues": issues, "jobs": jobs,
				"job": map[string]any{"stage": "annotation", "state": "rejected", "assignee": 2},
			})
		})
	}
}
