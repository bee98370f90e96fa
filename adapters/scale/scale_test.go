package scale_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/scale"
	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: scalesandbox.Vendor(), Auth: scale.Factory().Auth}
}

// options are those of a mode in the stand-in's project, edited.
func options(mode string, edits ...func(*scale.Options)) *scale.Options {
	o := scale.Factory().Options().(*scale.Options)
	o.Mode, o.Project = mode, "demo"
	for _, edit := range edits {
		edit(o)
	}
	return o
}

func newAdapter(t *testing.T, o *scale.Options) adapter.Adapter {
	t.Helper()
	a, err := scale.Factory().New(o)
	require.NoError(t, err)
	return a
}

// enterprise is a project without geometries of its own, whose batches need no finalizing.
func enterprise(o *scale.Options) {
	pets := scale.Geometry{Objects: []string{"dog", "cat"}}
	o.Project = "demo-enterprise"
	o.Geometries = map[string]scale.Geometry{"box": pets, "polygon": pets, "line": pets, "point": pets}
	o.Prelabels, o.Global, o.Priority = "base_annotations", "scene", "high"
}

func TestKit(t *testing.T) {
	t.Parallel()
	cases := []adaptertest.Case{
		{Name: "batch", Options: options("batch"), Events: sandboxtest.Events(t, "crops", "bad/some-elements-bad")},
		{Name: "relabel", Options: options("relabel"), Events: sandboxtest.Events(t, "lidar-and-cameras", "names-and-metadata")},
		{Name: "enterprise", Options: options("batch", enterprise), Events: sandboxtest.Events(t, "geometry-2d")},
		{Name: "images alone", Options: options("batch", func(o *scale.Options) { o.Prelabels, o.Finalize = "none", false }), Events: sandboxtest.Events(t, "no-picture")},
	}
	for i := range cases {
		cases[i].Vendor = sandboxtest.Vendor(setup())
	}
	adaptertest.Run(t, scale.Factory(), cases...)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		o     *scale.Options
	}{
		"batch-mixed":         {"mixed", options("batch")},
		"batch-geometry-2d":   {"geometry-2d", options("batch", enterprise)},
		"batch-bad-elements":  {"bad/some-elements-bad", options("batch")},
		"relabel-crops":       {"crops", options("relabel", func(o *scale.Options) { o.Instruction = "Check these." })},
		"relabel-inferences":  {"inferences", options("relabel", func(o *scale.Options) { o.Priority = "low" })},
		"relabel-lidar":       {"lidar-and-cameras", options("relabel")},
		"relabel-odd-names":   {"names-and-metadata", options("relabel")},
		"batch-no-geometries": {"geometry-2d", options("batch")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, filepath.Join("testdata", name, "delivery.golden.txt"), out)
		})
	}
}
