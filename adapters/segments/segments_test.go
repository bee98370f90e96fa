package segments_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: segmentssandbox.Vendor(), Auth: segments.Factory().Auth}
}

// options are those of a mode in the stand-in's dataset, edited.
func options(mode string, edits ...func(*segments.Options)) *segments.Options {
	o := segments.Factory().Options().(*segments.Options)
	o.Mode, o.Dataset = mode, "acme/pets"
	for _, edit := range edits {
		edit(o)
	}
	return o
}

func newAdapter(t *testing.T, o *segments.Options) adapter.Adapter {
	t.Helper()
	a, err := segments.Factory().New(o)
	require.NoError(t, err)
	return a
}

// everything sets what is not set otherwise.
func everything(o *segments.Options) {
	o.Priority, o.Labeler, o.Reviewer, o.Anchor, o.Global = "high", "ann", "rev", true, "scene"
}

func TestKit(t *testing.T) {
	t.Parallel()
	cases := []adaptertest.Case{
		{Name: "batch", Options: options("batch"), Events: sandboxtest.Events(t, "crops", "bad/some-elements-bad")},
		{Name: "batch, everything", Options: options("batch", everything), Events: sandboxtest.Events(t, "geometry-2d")},
		{Name: "images alone", Options: options("batch", func(o *segments.Options) { o.Prelabels = false }), Events: sandboxtest.Events(t, "mixed")},
		{Name: "relabel", Options: options("relabel"), Events: sandboxtest.Events(t, "lidar-and-cameras", "bad/some-elements-bad")},
		{Name: "relabel, everything", Options: options("relabel", everything), Events: sandboxtest.Events(t, "crops")},
		{Name: "relabel, status alone", Options: options("relabel", func(o *segments.Options) { o.Issue, o.Names = false, "task" }), Events: sandboxtest.Events(t, "mixed")},
	}
	for i := range cases {
		cases[i].Vendor = sandboxtest.Vendor(setup())
	}
	adaptertest.Run(t, segments.Factory(), cases...)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		o     *segments.Options
	}{
		"batch-mixed":        {"mixed", options("batch")},
		"batch-geometry-2d":  {"geometry-2d", options("batch", everything)},
		"batch-bad-elements": {"bad/some-elements-bad", options("batch")},
		"batch-lidar":        {"lidar-and-cameras", options("batch")},
		"relabel-crops":      {"crops", options("relabel", everything)},
		"relabel-frames":     {"frames", options("relabel")},
		"relabel-odd-names":  {"names-and-metadata", options("relabel")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, filepath.Join("testdata", name, "delivery.golden.txt"), out)
		})
	}
}
