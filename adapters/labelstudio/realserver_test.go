//go:build labelstudio

package labelstudio_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
	"github.com/labelgate/labelgate/pkg/transport"
)

// TestRealServer tries the stand-in's checks, the vendor's own client, the adapter and the real binary against a real
// server. Its parts follow one another: SQLite takes one writer.
func TestRealServer(t *testing.T) {
	binary, err := harness.Build(t.TempDir())
	require.NoError(t, err)
	r := &real{server: startServer(t), binary: binary}
	r.vendor = r.client(t, r.url, legacyToken)
	t.Run("the stand-in's checks", func(t *testing.T) { checkVendor(t, r.vendor) })
	t.Run("the vendor's own client", func(t *testing.T) { r.python(t, "operate.py") })
	t.Run("every call is in the server's own OpenAPI document", r.publishes)
	t.Run("tasks and predictions are read back equal", r.readsBack)
	t.Run("relabelling what is there", r.reopens)
	t.Run("the binary, by a legacy token", r.serves)
	t.Run("the binary, by a personal access token", r.exchanges)
	t.Run("the binary sends tasks back", r.sendsBack)
	t.Run("nothing is there twice", r.recovers)
}

// real is a real server and what it is tried with.
type real struct {
	*server
	binary harness.Binary
	vendor *transport.Client
}

// project makes a project with the stand-in's label config.
func (r *real) project(t *testing.T) int {
	t.Helper()
	var made struct {
		ID int `json:"id"`
	}
	ask(t, r.vendor, "POST /api/projects/", object{"title": "Made by the tests", "label_config": labelstudiosandbox.Config}, &made)
	return made.ID
}

// held is what the server says that a project holds. The vendor's own client, which takes long to start, reads as much once.
func (r *real) held(t *testing.T, project int) []heldTask {
	t.Helper()
	var page struct {
		Total int
		Tasks []struct {
			heldTask
			Annotations []heldID `json:"annotations"`
			Drafts      []heldID `json:"drafts"`
		}
	}
	ask(t, r.vendor, fmt.Sprintf("GET /api/tasks/?project=%d&fields=all&page=1&page_size=2000", project), nil, &page)
	require.Len(t, page.Tasks, page.Total)
	held := make([]heldTask, len(page.Tasks))
	for i, task := range page.Tasks {
		held[i] = task.heldTask
		held[i].Drafts = len(task.Drafts)
		for _, one := range task.Annotations {
			held[i].Annotations = append(held[i].Annotations, one.ID)
		}
	}
	return held
}

type heldID struct{ ID int64 }

// readBack is what the vendor's own client reads of a project.
func (r *real) readBack(t *testing.T, project int) []heldTask {
	t.Helper()
	var held [][]heldTask
	out := r.python(t, "readback.py", fmt.Sprint(project))
	require.NoError(t, json.Unmarshal(out, &held), "%s", out)
	return held[0]
}

// readsBack: boxes, polygons, keypoints, lines and classifications are there, word by word; what the server refuses in one
// task holds up no other.
func (r *real) readsBack(t *testing.T) {
	project := r.project(t)
	var outcomes []adaptertest.Outcome
	for n, event := range []string{"frames", "geometry-2d", "names-and-metadata", "inferences", "lidar-and-cameras"} {
		in := sandboxtest.Event(t, event)
		in.Key = adaptertest.Key[:31] + string(rune('a'+n))
		o := options("batch", project, known, sized)
		if event == "frames" {
			o = options("batch", project, sized, large) // one of its frames has a class that the label config lacks
		}
		out, err := adaptertest.Deliver(t.Context(), newAdapter(t, o), in, r.vendor)
		require.NoError(t, err)
		outcomes = append(outcomes, out)
	}
	require.Contains(t, outcomes[0].Refused[0].Reason, "ferret")
	requireHeld(t, r.held(t, project), outcomes...)
	requireHeld(t, r.readBack(t, project), outcomes...)
}

// reopens: annotations become drafts, or are deleted, of the tasks that were exported and of no others.
func (r *real) reopens(t *testing.T) {
	project := r.project(t)
	seed(t, r.vendor, project, frames...)
	_, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("relabel", project)), sandboxtest.Event(t, "crops"), r.vendor)
	require.NoError(t, err)
	requireReopened(t, r.held(t, project))
	out, err := adaptertest.Deliver(t.Context(), newAdapter(t, options("relabel", project, deletes)), sandboxtest.Event(t, "frames"), r.vendor)
	require.NoError(t, err)
	require.Len(t, out.Taken, 2)
	require.Len(t, out.Refused, 1, "there is no task of frame-070003")
	for _, task := range r.held(t, project) {
		deleted := task.Data["frame_id"] == "frame-070001" || task.Data["frame_id"] == "frame-070002"
		require.Equal(t, deleted, len(task.Annotations) == 0 && task.Drafts == 0, task.Data)
	}
}

// publishes: the server's own OpenAPI document has the path and method of every call of both modes.
func (r *real) publishes(t *testing.T) {
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	ask(t, r.vendor, "GET /docs/api/schema/json/", nil, &document)
	stand := sandboxtest.Start(t, setup())
	seed(t, stand, community, frames...)
	var calls []adapter.Call
	for _, o := range []*labelstudio.Options{options("batch", community, known, sized), options("relabel", community), options("relabel", community, deletes)} {
		for _, s := range stand.Deliver(t, newAdapter(t, o), sandboxtest.Event(t, "frames")).Steps {
			calls = append(calls, s.Call)
			if s.Check != nil {
				calls = append(calls, *s.Check)
			}
		}
	}
	for _, call := range calls {
		require.Contains(t, document.Paths, template(call.Path))
		require.Contains(t, document.Paths[template(call.Path)], lower(call.Method))
	}
}

// site is a place to run the binary at, with routes into the project, through a proxy.
func (r *real) site(t *testing.T, p *proxy, project int, key string) *harness.Site {
	t.Helper()
	config := filepath.Join(t.TempDir(), "labelgate.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, siteConfig, project), 0o600))
	s := harness.NewSite(t, r.binary, config, p.url)
	s.Env["LABELING_API_KEY"] = key
	return s
}

const siteConfig = `
server: {listen: ":${PORT}"}
store: {url: "${LABELGATE_STORE}"}
sources: {aquarium: {type: aquarium, secrets: ["${AQ_WEBHOOK_SECRET}"]}}
destinations:
  labels:
    adapter: label-studio
    url: ${LABELING_API_ENDPOINT}
    api_key: ${LABELING_API_KEY}
    retry: {initial: 200ms, max: 2s}
    options:
      project: %d
      mode: batch
      batch: 50
      controls: {line: line}
      classes: {dog: dog, cat: cat, rabbit: rabbit, truck: truck, leash: leash, indoor: indoor}
      unmapped: skip
      image_size: {width: 1920, height: 1080}
routes:
  - {name: batch, path: /batch, source: aquarium, destination: labels}
  - {name: drafts, path: /drafts, source: aquarium, destination: labels, options: {mode: relabel}}
  - {name: deletes, path: /deletes, source: aquarium, destination: labels, options: {mode: relabel, reopen: delete}}
`

// expected are the tasks that a delivery of the site's batch route makes of an event.
func expected(t *testing.T, project int, event []byte, key string) []sentTask {
	t.Helper()
	in, err := adaptertest.Input(aquarium.New(), event)
	require.NoError(t, err)
	in.Key = key
	o := options("batch", project, known, sized)
	o.Batch = 50
	plan, err := adaptertest.Collect(newAdapter(t, o), in)
	require.NoError(t, err)
	return tasksSent(t, plan.Steps, nil)
}

// requireOnce requires that the project holds the tasks of the events, each once, and nothing else.
func (r *real) requireOnce(t *testing.T, project int, want []sentTask) {
	t.Helper()
	held := map[string]heldTask{}
	for _, task := range r.held(t, project) {
		key := task.Data["labelgate_key"]
		require.NotContains(t, held, key, "the task is there twice")
		held[key] = task
	}
	for _, task := range want {
		require.Contains(t, held, task.Data["labelgate_key"])
		requireSame(t, task, held[task.Data["labelgate_key"]])
	}
	require.Len(t, held, len(want))
}

// done are the states of a delivery that has gone as far as it can.
var done = []string{"delivered", "partial"}

func (r *real) serves(t *testing.T) {
	project := r.project(t)
	gateway := r.site(t, startProxy(t, r.url), project, legacyToken).Serve(t)
	var want []sentTask
	for _, name := range []string{"frames", "crops", "mixed", "geometry-2d", "sample-shape", "names-and-metadata"} {
		event := harness.Event(t, name)
		d := gateway.Await(t, gateway.Accept(t, "/batch", event), done...)
		want = append(want, expected(t, project, event, d.Key)...)
	}
	r.requireOnce(t, project, want)
}

// exchanges: a personal access token is exchanged, once more when the server answers 401, and never sent itself.
func (r *real) exchanges(t *testing.T) {
	project := r.project(t)
	var made struct {
		Token string `json:"token"`
	}
	ask(t, r.vendor, "POST /api/token/", nil, &made)
	p := startProxy(t, r.url)
	gateway := r.site(t, p, project, made.Token).Serve(t)
	first := harness.Event(t, "frames")
	key := gateway.Await(t, gateway.Accept(t, "/batch", first), done...).Key
	p.require401s(t, 0, 1)
	p.mu.Lock()
	p.garble = true
	p.mu.Unlock()
	second := harness.Event(t, "geometry-2d")
	d := gateway.Await(t, gateway.Accept(t, "/batch", second), done...)
	p.require401s(t, 1, 2)
	r.requireOnce(t, project, append(expected(t, project, first, key), expected(t, project, second, d.Key)...))
}

// sendsBack: tasks that the binary has made are worked on, and sent back by the same issue.
func (r *real) sendsBack(t *testing.T) {
	project := r.project(t)
	gateway := r.site(t, startProxy(t, r.url), project, legacyToken).Serve(t)
	event := harness.Event(t, "crops")
	gateway.Await(t, gateway.Accept(t, "/batch", event), "delivered")
	for _, way := range []struct {
		path   string
		drafts int
	}{{"/drafts", 1}, {"/deletes", 0}} {
		for _, task := range r.held(t, project) {
			ask(t, r.vendor, fmt.Sprintf("POST /api/tasks/%d/annotations/", task.ID), object{"result": []object{}, "lead_time": 1}, nil)
		}
		d := gateway.Await(t, gateway.Accept(t, way.path, event), "delivered")
		require.Equal(t, 2, d.Accepted)
		for _, task := range r.held(t, project) {
			require.False(t, task.IsLabeled)
			require.Equal(t, way.drafts, task.Drafts, "%s: a draft is kept; with annotations that are deleted, drafts are deleted too", way.path)
			require.Equal(t, "missed boxes", task.Data["labelgate_rework"])
		}
	}
}

// recovers: whatever happens to an import, its tasks and predictions are there in the end, each once.
func (r *real) recovers(t *testing.T) {
	project := r.project(t)
	p := startProxy(t, r.url)
	site := r.site(t, p, project, legacyToken)
	gateway := site.Serve(t)
	var want []sentTask
	for n, fault := range r.faults(t) {
		event := aquariumtest.Bytes(120 + n)
		p.next(fault.spoil)
		id := gateway.Accept(t, "/batch", event)
		await(t, time.Minute, fault.name, p.spoiled)
		if fault.then != nil {
			gateway = fault.then(gateway, site)
		}
		d := gateway.Await(t, id, done...)
		t.Logf("%s: %d attempts", fault.name, d.Attempts)
		want = append(want, expected(t, project, event, d.Key)...)
	}
	r.requireOnce(t, project, want)
}

// fault is something that happens to an import, and what is done about it then.
type fault struct {
	name  string
	spoil func(*exchange)
	then  func(*harness.Gateway, *harness.Site) *harness.Gateway
}

func (r *real) faults(t *testing.T) []fault {
	t.Helper()
	restart := func(g *harness.Gateway, _ *harness.Site) *harness.Gateway {
		<-r.exited
		r.start(t)
		return g
	}
	killed := make(chan struct{})
	return []fault{
		{"the connection is cut in the middle of the request", func(x *exchange) { x.send(len(x.body) / 2); x.cut() }, nil},
		{"the connection is cut while the server is at work", func(x *exchange) { x.send(len(x.body)); x.cut() }, nil},
		{"the reply is lost", func(x *exchange) { x.send(len(x.body)); x.read(); x.cut() }, nil},
		{"the server has committed and answers 500", func(x *exchange) { x.send(len(x.body)); x.read(); x.w.WriteHeader(500) }, nil},
		{"the server is killed while it is at work", func(x *exchange) { x.send(len(x.body)); r.kill(); x.cut() }, restart},
		{"the server is killed when it has committed", func(x *exchange) { x.send(len(x.body)); x.read(); r.kill(); x.cut() }, restart},
		{
			"the gateway is killed while the server is at work", func(x *exchange) { x.send(len(x.body)); <-killed; x.cut() },
			func(g *harness.Gateway, site *harness.Site) *harness.Gateway {
				g.Kill()
				close(killed)
				return site.Serve(t)
			},
		},
	}
}
