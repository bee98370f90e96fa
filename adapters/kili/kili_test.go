package kili_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: kilisandbox.Vendor(), Auth: kili.Factory().Auth, Path: kilisandbox.Path}
}

// options returns the defaults with what every test sets, and what this one does.
func options(edit ...func(*kili.Options)) *kili.Options {
	o := kili.Factory().Options().(*kili.Options)
	o.Mode, o.Project = "batch", kilisandbox.Project
	for _, e := range edit {
		e(o)
	}
	return o
}

func relabel(o *kili.Options) { o.Mode = "relabel" }

func withJobs(o *kili.Options) {
	o.Jobs = kili.Jobs{Box: "BOXES", Polygon: "POLYGONS", Line: "LINES", Point: "POINTS", Class: "SCENE", Answers: map[string]string{"light": "LIGHT"}}
	o.Priority = "high"
}

func newAdapter(t *testing.T, edit ...func(*kili.Options)) adapter.Adapter {
	t.Helper()
	a, err := kili.Factory().New(options(edit...))
	require.NoError(t, err)
	return a
}

func TestKit(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, kili.Factory(),
		adaptertest.Case{
			Name: "batch", Options: options(withJobs), Vendor: sandboxtest.Vendor(setup()),
			Events: sandboxtest.Events(t, "crops", "geometry-2d", "no-picture", "bad/some-elements-bad"),
		},
		adaptertest.Case{
			Name: "bare", Options: options(), Vendor: sandboxtest.Vendor(setup()),
			Events: sandboxtest.Events(t, "names-and-metadata"),
		},
		adaptertest.Case{
			Name: "relabel", Options: options(relabel, func(o *kili.Options) { o.Priority = "low" }), Vendor: sandboxtest.Vendor(setup()),
			Events: map[string]adapter.Input{"known": known(), "unknown": sandboxtest.Event(t, "geometry-2d")},
		},
		adaptertest.Case{
			Name:    "relabel by asset id",
			Options: options(relabel, func(o *kili.Options) { o.IDs, o.By = "user__kili", "asset_id" }), Vendor: sandboxtest.Vendor(setup()),
			Events: map[string]adapter.Input{"known": known()},
		},
	)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		edit  []func(*kili.Options)
	}{
		"crops-batch":         {"crops", []func(*kili.Options){withJobs}},
		"frames-batch-bare":   {"frames", nil},
		"geometry-2d-batch":   {"geometry-2d", []func(*kili.Options){withJobs}},
		"lidar-batch":         {"lidar-and-cameras", []func(*kili.Options){withJobs}},
		"some-bad-batch":      {"bad/some-elements-bad", []func(*kili.Options){withJobs}},
		"names-batch-skipped": {"names-and-metadata", []func(*kili.Options){withJobs, func(o *kili.Options) { o.Classes, o.Unmapped = map[string]string{"café": "cat"}, "skip" }}},
		"geometry-2d-relabel": {"geometry-2d", []func(*kili.Options){relabel}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup())
			out := stand.Deliver(t, newAdapter(t, c.edit...), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, "testdata/"+name+"/delivery.golden.txt", out)
		})
	}
	t.Run("known-relabel", func(t *testing.T) {
		t.Parallel()
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, relabel, func(o *kili.Options) { o.Priority = "high" }), known())
		adaptertest.Golden(t, "testdata/known-relabel/delivery.golden.txt", out)
	})
}
