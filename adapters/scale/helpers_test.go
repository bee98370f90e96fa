package scale_test

import (
	"fmt"
	"iter"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

// bodyOf is a call's body as text.
func bodyOf(call adapter.Call) (string, bool) {
	if call.Body == nil {
		return "", false
	}
	text, ok := call.Body.Bytes()
	return string(text), ok
}

// counter counts a plan and keeps nothing of it.
type counter struct {
	steps   int
	largest int64
}

func (*counter) NewBody() *adapter.Body { return adapter.NewBody(nil) }

func (c *counter) Emit(s adapter.Step) error {
	c.steps++
	if s.Call.Body != nil {
		c.largest = max(c.largest, s.Call.Body.Len())
	}
	return nil
}

func (*counter) Refuse(adapter.Refusal) error { return nil }
func (*counter) Note(adapter.Note) error      { return nil }

// many is an event of n frames, each with a box, that are made as they are read.
func many(n int) adapter.Input {
	elements := func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			for i := range n {
				name := fmt.Sprintf("frame-%06d", i)
				el := &export.Element{Index: i, ID: name, FrameID: name, Type: export.ElementFrame, Frame: &export.Frame{
					Sensors: []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": "https://i.example.com/" + name + ".jpg"}}},
					Labels: []export.Label{{
						ID: name + "-1", Class: "dog", Type: string(export.TypeBox),
						Attributes: map[string]any{"left": 1.0, "top": 2.0, "width": 3.0, "height": 4.0},
					}},
				}}
				if !yield(el, nil) {
					return
				}
			}
		}
	}
	return adapter.Input{Key: adaptertest.Key, Event: &export.Event{Project: "p"}, Elements: elements}
}
