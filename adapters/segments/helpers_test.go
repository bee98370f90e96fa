package segments_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func state(t *testing.T, stand *sandboxtest.Stand) segmentssandbox.State {
	t.Helper()
	var s segmentssandbox.State
	stand.ReadState(t, &s)
	return s
}

// there is how many samples the stand-in's dataset begins with.
const there = 7

// ask asks the stand-in as somebody else.
func ask(t *testing.T, stand *sandboxtest.Stand, method, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, stand.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "APIKey "+stand.Key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Less(t, resp.StatusCode, 300, "%s", text)
}

// frame is an element that is a whole frame, with labels of its picture.
func frame(id, url string, labels ...export.Label) export.Element {
	return export.Element{ID: id, FrameID: id, Type: export.ElementFrame, Frame: &export.Frame{
		Sensors: []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": url}}}, Labels: labels,
	}}
}

func label(id string, kind export.LabelType, attributes map[string]any) export.Label {
	return export.Label{ID: id, Class: "dog", Type: string(kind), Attributes: attributes}
}

func box(id string) export.Label {
	return label(id, export.TypeBox, map[string]any{"left": 1.0, "top": 2.0, "width": 3.0, "height": 4.0})
}

// frames are n frames, each with a box, made as they are read.
func frames(n int) adapter.Input {
	elements := func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			for i := range n {
				name := fmt.Sprintf("f%05d", i)
				el := frame(name, "https://i.example.com/"+name+".jpg", box(name+"-1"))
				el.Index = i
				if !yield(&el, nil) {
					return
				}
			}
		}
	}
	return adapter.Input{Key: adaptertest.Key, Event: &export.Event{Project: "p"}, Elements: elements}
}

// spoiled is a vendor that answers some calls in its own way.
type spoiled struct {
	*sandboxtest.Stand
	method, path string // of the calls that are spoiled: the path's end
	with         adapter.Response
	times        int
}

func (s *spoiled) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if s.times > 0 && call.Method == s.method && strings.HasSuffix(call.Path, s.path) {
		s.times--
		return s.with, nil
	}
	return s.Stand.Do(ctx, call)
}

// meddling lets something happen right after a call was spoiled.
type meddling struct {
	*spoiled
	after func()
}

func (m *meddling) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	before := m.times
	resp, err := m.spoiled.Do(ctx, call)
	if m.times < before {
		m.after()
	}
	return resp, err
}
