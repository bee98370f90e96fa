package cvat_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

// many makes an event of n frames with a box each, one at a time.
func many(n int) adapter.Input {
	e := event()
	e.Issue.Elements = n
	return adapter.Input{Key: adaptertest.Key, Event: e, Elements: func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			el := frameOf("", "", "cat")
			for i := range n {
				el.Index, el.ID = i, fmt.Sprintf("frame-%06d", i)
				el.FrameID = el.ID
				el.Frame.ImageURL = link(el.ID + ".jpg")
				el.Frame.Sensors[0].URLs["image_url"] = el.Frame.ImageURL
				el.Frame.Labels[0].ID = el.ID + "-label"
				if !yield(&el, nil) {
					return
				}
			}
		}
	}}
}

// quick answers each step at once, as CVAT would, and forgets it.
type quick struct {
	adapter.Adapter
	in               adapter.Input
	results          map[string]adapter.Result
	tasks, fresh     int
	items, largest   int
	peak             uint64
	refusals, issues int
}

func (q *quick) NewBody() *adapter.Body       { return adapter.NewBody(nil) }
func (q *quick) Refuse(adapter.Refusal) error { q.refusals++; return nil }
func (q *quick) Note(adapter.Note) error      { return nil }

func (q *quick) Emit(s adapter.Step) error {
	if _, done := q.results[s.ID]; done {
		return nil
	}
	var m runtime.MemStats
	if q.fresh%64 == 0 {
		runtime.ReadMemStats(&m)
		q.peak = max(q.peak, m.HeapAlloc)
	}
	q.fresh++
	if s.Call.Body != nil {
		q.largest = max(q.largest, int(s.Call.Body.Len()))
	}
	v := q.Judge(s, adapter.Response{Status: 200, Body: []byte(q.answer(s))})
	if v.Kind != adapter.Done {
		return fmt.Errorf("step %s: %s", s.ID, v.Detail)
	}
	q.items += len(s.Items)
	q.results[s.ID] = adapter.Result{Kept: v.Kept, Failed: v.Failed}
	return nil
}

func (q *quick) answer(s adapter.Step) string {
	kind, _, _ := strings.Cut(s.ID, "/")
	switch kind {
	case "labels":
		return `{"results":[{"id":1,"name":"cat","type":"any","attributes":[{"id":2,"name":"label_uuid","input_type":"text"}]}]}`
	case "create":
		q.tasks++
		return fmt.Sprintf(`{"id":%d}`, q.tasks)
	case "attach":
		return `{"rq_id":"r"}`
	case "fetch":
		return `{"status":"finished"}`
	case "find":
		return `{"results":[{"id":1,"size":200}]}`
	case "jobs":
		return `{"results":[{"id":1,"start_frame":0,"stop_frame":1000000}]}`
	case "frames", "look":
		return meta(s)
	default:
		q.issues++
		return `{"id":1}`
	}
}

// meta are the frames of the files that a step is about.
func meta(s adapter.Step) string {
	type frame struct {
		Name string `json:"name"`
	}
	var list []frame
	for _, ref := range s.Refs {
		if strings.HasSuffix(ref, ".jpg") {
			list = append(list, frame{ref[strings.LastIndexByte(ref, '/')+1:]})
		}
	}
	text, _ := json.Marshal(map[string]any{"frames": list})
	return string(text)
}

// run plans until there is nothing left.
func (q *quick) run(t *testing.T) {
	t.Helper()
	q.results = map[string]adapter.Result{}
	for range 20 {
		q.in.Results = maps.Clone(q.results)
		q.refusals = 0
		more, err := q.Plan(q.in, q)
		require.NoError(t, err)
		if !more {
			return
		}
	}
	t.Fatal("it never ends")
}

// TestLargeEvents: what is held is a task's images, whatever the event's size.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	const frames = 3_000
	q := quick{Adapter: made(t, options(batch, func(o *cvat.Options) { o.Task.Size = 500 })), in: many(frames)}
	q.run(t)
	require.Equal(t, []int{frames, 6, 1 + 5*6, 0}, []int{q.items, q.tasks, q.fresh, q.refusals})
	require.Less(t, q.largest, 150_000)

	q = quick{Adapter: made(t, options(relabel)), in: many(frames)}
	q.run(t)
	require.Equal(t, []int{frames, 3 + frames + 1, 0}, []int{q.items, q.fresh, q.refusals})
}

// BenchmarkLargeEvents tells time and memory of 100,000 frames.
func BenchmarkLargeEvents(b *testing.B) {
	for name, o := range map[string]*cvat.Options{"batch": options(batch), "relabel": options(relabel)} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				a, err := cvat.Factory().New(o)
				require.NoError(b, err)
				q := quick{Adapter: a, in: many(100_000), results: map[string]adapter.Result{}}
				rounds := 0
				for more := true; more; rounds++ {
					q.in.Results = maps.Clone(q.results)
					more, err = q.Plan(q.in, &q)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(q.peak)/1e6, "heap-MB")
				b.ReportMetric(float64(rounds), "rounds")
			}
		})
	}
}
