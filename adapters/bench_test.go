package adapters_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// BenchmarkPlanEvent decodes and maps events of about 1.7 KB an element, envelope included.
func BenchmarkPlanEvent(b *testing.B) {
	for name, a := range map[string]adapter.Adapter{"graphql": relabel(b), "rest": createBatch(b)} {
		for _, n := range []int{10, 1_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				body := aquariumtest.Bytes(n)
				in, err := adaptertest.Input(aquarium.New(), bytes.Clone(body))
				require.NoError(b, err)
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					_, err := a.Plan(in, discard{})
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
			})
		}
	}
}

type discard struct{}

func (discard) NewBody() *adapter.Body       { return adapter.NewBody(nil) }
func (discard) Emit(adapter.Step) error      { return nil }
func (discard) Refuse(adapter.Refusal) error { return nil }
func (discard) Note(adapter.Note) error      { return nil }
