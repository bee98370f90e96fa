package mapping_test

import (
	"fmt"
	"io"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// BenchmarkPlan plans elements that are ready, so that it measures mapping alone. "gojq" is the same item written so that
// the native path cannot take it.
func BenchmarkPlan(b *testing.B) {
	items := []struct{ name, src string }{
		{"native", `{id: .id, url: .image_url}`},
		{"gojq", `{id: .id, url: (.image_url | .)}`},
	}
	for _, item := range items {
		for _, n := range []int{10, 1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", item.name, n), func(b *testing.B) { benchmarkPlan(b, item.src, n) })
		}
	}
}

func benchmarkPlan(b *testing.B, src string, n int) {
	m := newMapping(b, mapping.EachFrames, src, `{name: "\($event.issue.name)", frames: $items}`)
	elements := frames(n)
	in := mapping.Input{Key: "key", Event: &export.Event{Issue: export.Issue{Name: "n", Elements: n}}, Elements: elements}
	calls := 0
	out := mapping.Output[io.Writer]{
		NewBody: func() io.Writer { return io.Discard },
		Emit:    func(mapping.Call[io.Writer]) error { calls++; return nil },
		Refuse:  func(mapping.Refusal) error { return nil },
	}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, mapping.Plan(m, in, out))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
	require.Positive(b, calls)
}

func frames(n int) func(export.Fields) iter.Seq2[*export.Element, error] {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("frame-%07d", i)
	}
	return func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) {
			el := export.Element{Type: export.ElementFrame, Frame: &export.Frame{ImageURL: "https://images.example.com/a/b/c.jpg"}}
			for i, id := range ids {
				el.Index, el.ID, el.FrameID = i, id, id
				if !yield(&el, nil) {
					return
				}
			}
		}
	}
}

func newMapping(t testing.TB, each mapping.Each, item, envelope string) *mapping.Mapping {
	t.Helper()
	i, err := mapping.NewItem(each, item, nil)
	require.NoError(t, err)
	e, err := mapping.NewEnvelope(envelope)
	require.NoError(t, err)
	return &mapping.Mapping{Item: i, Envelope: e}
}
