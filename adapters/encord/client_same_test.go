//go:build vendorclients

package encord_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// wire records what comes to a stand-in.
type wire struct {
	mu    sync.Mutex
	calls map[string]bool
}

// listen puts itself in front of a stand-in.
func (w *wire) listen(t *testing.T, stand *sandboxtest.Stand) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		resource := r.Header.Get("ResourceType") + r.Header.Get("ResourceID")
		w.calls[plain(r.Method+" "+r.URL.RequestURI()+" "+resource+" ", string(body))] = true
		w.mu.Unlock()
		stand.Server.Handler().ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	stand.URL = server.URL
}

var (
	ownHashes = regexp.MustCompile(`"(?:objectHash|classificationHash)": ?"([^"]{8})", ?"featureHash"`)
	patience  = regexp.MustCompile(`timeoutSeconds=\d+`)
)

// plain is a call with its JSON in one form, and without what differs every time: times, the hashes of new labels, and how
// long an answer may be held back.
func plain(line, body string) string {
	body = times.ReplaceAllString(body, "TIME")
	for i, found := range ownHashes.FindAllStringSubmatch(body, -1) {
		body = strings.ReplaceAll(body, `"`+found[1]+`"`, fmt.Sprintf(`"HASH%d"`, i))
	}
	if body != "" {
		var value any
		if err := json.Unmarshal([]byte(body), &value); err != nil {
			return line + body
		}
		text, _ := json.Marshal(value)
		body = string(text)
	}
	return patience.ReplaceAllString(line, "timeoutSeconds=N") + body
}

// sameAsClient requires that every call of deliveries, and every check that they might make, is one that Encord's own client
// makes for the same work.
func sameAsClient(t *testing.T, work any, outs ...adaptertest.Outcome) {
	t.Helper()
	stand := sandboxtest.Start(t, setup(t))
	w := &wire{calls: map[string]bool{}}
	w.listen(t, stand)
	text, err := json.Marshal(work)
	require.NoError(t, err)
	stand.Client(t, "encord", "same.py", string(text))
	for _, out := range outs {
		require.NotEmpty(t, out.Steps)
		for _, s := range out.Steps {
			requireAmong(t, w.calls, s.ID, s.Call, s.Body)
			if s.Check != nil {
				body, _ := s.Check.Body.Bytes()
				requireAmong(t, w.calls, s.ID+" (check)", *s.Check, string(body))
			}
		}
	}
}

func requireAmong(t *testing.T, calls map[string]bool, id string, call adapter.Call, body string) {
	t.Helper()
	got := plain(call.Method+" "+call.Path+" "+call.Header["ResourceType"]+call.Header["ResourceID"]+" ", body)
	if !calls[got] {
		var all []string
		for c := range calls {
			all = append(all, c)
		}
		require.Fail(t, "the client makes no such call", "%s:\n%s\namong\n%s", id, got, strings.Join(all, "\n"))
	}
}

func TestClientSendsTheSameBatch(t *testing.T) {
	t.Parallel()
	el := picture("frame/1 ü&", "https://images.example.com/1.jpg",
		label(t, "a", "rabbit", export.TypeBox, `{"left": 100, "top": 50, "width": 300, "height": 200, "confidence": 0.75}`),
		label(t, "b", "dog", export.TypePolygons, `{"polygons": [{"vertices": [[1, 2], [300, 4], [50, 600]]}, {"vertices": [[700, 700], [800, 700], [800, 801]]}]}`),
		label(t, "c", "leash", export.TypeSegment, `{"x1": 7, "y1": 8, "x2": 900, "y2": 1000}`),
		label(t, "d", "cat", export.TypeKeypoints, `{"keypoints": [{"x": 11, "y": 12, "name": "tail"}, {"x": 13, "y": 14, "name": "nose"}]}`),
		label(t, "e", "nose", export.TypeKeypoints, `{"keypoints": [{"x": 15, "y": 16}]}`),
		label(t, "f", "indoor", export.TypeClassification, `{}`))
	stand := sandboxtest.Start(t, setup(t))
	edit := func(o *encord.Options) { o.Integration = someUUID }
	out := stand.Deliver(t, newAdapter(t, inBatches, withLabels, highPriority, edit), input(el))
	require.Empty(t, out.Refused)

	// What was uploaded before is looked for, as the client lists a folder.
	again := stand.Deliver(t, newAdapter(t, inBatches, edit), input(el))
	require.Equal(t, "find/0001", again.Steps[2].ID)
	again.Steps = again.Steps[2:3]

	type list = []any
	const w, h = 1920.0, 1080.0
	at := func(x, y float64) list { return list{x / w, y / h} }
	type m = map[string]any
	sameAsClient(t, m{
		"do": "batch", "integration": someUUID, "priority": 0.9,
		"images": list{m{
			"url": "https://images.example.com/1.jpg", "title": "frame/1 ü&",
			"metadata": m{
				"labelgate_key": adapter.ItemKey(adaptertest.Key, "frame/1 ü&", 128), "frame_id": "frame/1 ü&", "issue": "bad", "project": "rarepets",
			},
		}},
		"labels": list{
			m{"name": "rabbit", "shape": "bounding_box", "at": list{100 / w, 50 / h, 300 / w, 200 / h}, "confidence": 0.75},
			m{"name": "dog", "shape": "polygon", "at": list{list{at(1, 2), at(300, 4), at(50, 600)}, list{at(700, 700), at(800, 700), at(800, 801)}}},
			m{"name": "leash", "shape": "polyline", "at": list{at(7, 8), at(900, 1000)}},
			m{"name": "cat", "shape": "skeleton", "at": list{at(11, 12), at(13, 14)}, "joints": list{"tail", "nose"}},
			m{"name": "nose", "shape": "point", "at": list{at(15, 16)}},
			m{"name": "indoor", "shape": "classification"},
		},
	}, out, again)
}

func TestClientSendsTheSameRework(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	units := state(t, stand).Units[:3]
	var data, rows, titles []string
	var frames, byRow, byTitle []export.Element
	for _, u := range units {
		data, rows, titles = append(data, u.DataHash), append(rows, u.LabelHash), append(titles, u.Title)
		frames = append(frames, frameOf(u.Title, map[string]any{"user__encord": u.DataHash}))
		byRow = append(byRow, frameOf(u.Title, map[string]any{"user__encord": u.LabelHash}))
		byTitle = append(byTitle, frameOf(u.Title, nil))
	}
	work := map[string]any{
		"do": "reopen", "data": data, "rows": rows, "titles": titles, "priority": 0.9, "from": []string{review, complete}, "to": annotate,
	}
	deliver := func(in adapter.Input, edit ...func(*encord.Options)) adaptertest.Outcome {
		return sandboxtest.Start(t, setup(t)).Deliver(t, newAdapter(t, append(edit, highPriority)...), in)
	}
	sameAsClient(t, work, deliver(input(frames...), byHash("data_hash")), deliver(input(byRow...), byHash("label_hash")), deliver(input(byTitle...)))
	work["do"] = "move"
	sameAsClient(t, work, deliver(input(frames...), byHash("data_hash"), byMove), deliver(input(byTitle...), byMove))
}
