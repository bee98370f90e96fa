package main_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/config"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/source/aquarium"
	"github.com/labelgate/labelgate/pkg/source/aquarium/aquariumtest"
)

// BenchmarkPlan is what the engine does with a delivery short of the call: decode, map, render, as one call.
func BenchmarkPlan(b *testing.B) {
	for _, kind := range []string{"rest", "graphql"} {
		planner := dropIn(b, kind)
		for _, n := range []int{10, 1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) { benchmarkPlan(b, planner, n) })
		}
	}
}

func benchmarkPlan(b *testing.B, planner adapter.Adapter, elements int) {
	src, body := aquarium.New(), aquariumtest.Bytes(elements)
	event, err := src.Scan(bytes.NewReader(body), func(string) bool { return true })
	require.NoError(b, err)
	in := adapter.Input{
		Key: "00112233445566778899aabbccddeeff", Event: event,
		Elements: func(wanted export.Fields) iter.Seq2[*export.Element, error] {
			return src.Elements(event, struct{ io.Reader }{bytes.NewReader(body)}, wanted)
		},
	}
	dir, before := b.TempDir(), allocated()
	for b.Loop() {
		out := &calls{dir: dir}
		_, err := planner.Plan(in, out)
		require.NoError(b, err)
		require.Equal(b, 1, out.made)
	}
	total := float64(b.N) * float64(elements)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/total, "ns/element")
	b.ReportMetric(float64(allocated()-before)/total, "B/element")
}

// dropIn is the adapter of a drop-in config.
func dropIn(b *testing.B, kind string) adapter.Adapter {
	b.Helper()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(b, err)
	env := map[string]string{
		"AQ_WEBHOOK_SECRET": "s", "LABELING_API_KEY": "k", "LABELING_API_ENDPOINT": "https://vendor.example.com",
	}
	c, err := config.Load(filepath.Join("..", "..", "configs", "aquarium-"+kind+".yaml"), config.LoadOptions{
		Adapters: registry, ReadFile: os.ReadFile,
		LookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	})
	require.NoError(b, err)
	return c.Routes[0].Adapter
}

// calls takes a plan and hashes its bodies, as the engine does.
type calls struct {
	dir  string
	made int
}

func (c *calls) NewBody() *adapter.Body {
	return adapter.NewBody(func() (adapter.Spill, error) { return os.CreateTemp(c.dir, "body-") })
}

func (c *calls) Emit(step adapter.Step) error {
	c.made++
	if _, err := step.Call.Body.Digest(); err != nil {
		return err
	}
	return step.Call.Body.Close()
}

func (c *calls) Refuse(r adapter.Refusal) error {
	return fmt.Errorf("element %d: %s", r.Index, r.Reason)
}

func (c *calls) Note(n adapter.Note) error {
	return fmt.Errorf("element %d: %s", n.Index, n.Text)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
