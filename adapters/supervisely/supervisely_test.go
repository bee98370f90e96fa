package supervisely_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// What the stand-in has from the start.
const (
	dataset  = 7
	job      = 31
	labeler  = 2
	reviewer = 8
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: superviselysandbox.Vendor(), Auth: supervisely.Factory().Auth}
}

// options returns the defaults with what every test sets, and what this one does.
func options(edit ...func(*supervisely.Options)) *supervisely.Options {
	o := supervisely.Factory().Options().(*supervisely.Options)
	o.Mode, o.Dataset = "batch", dataset
	for _, e := range edit {
		e(o)
	}
	return o
}

func relabel(o *supervisely.Options) { o.Mode, o.Job = "relabel", job }

func withJob(o *supervisely.Options) {
	o.Labelers, o.Reviewer = []int{labeler}, reviewer
	o.Answers = map[string]string{"light": "light", "count": "count"}
}

func newAdapter(t *testing.T, edit ...func(*supervisely.Options)) adapter.Adapter {
	t.Helper()
	a, err := supervisely.Factory().New(options(edit...))
	require.NoError(t, err)
	return a
}

func TestKit(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, supervisely.Factory(),
		adaptertest.Case{
			Name: "batch", Options: options(withJob), Vendor: sandboxtest.Vendor(setup()),
			Events: sandboxtest.Events(t, "crops", "geometry-2d", "no-picture", "bad/some-elements-bad"),
		},
		adaptertest.Case{
			Name: "bare", Options: options(func(o *supervisely.Options) { o.Classes, o.Unmapped = map[string]string{"café": "cat"}, "skip" }),
			Vendor: sandboxtest.Vendor(setup()), Events: sandboxtest.Events(t, "names-and-metadata"),
		},
		adaptertest.Case{
			Name: "relabel", Options: options(relabel), Vendor: sandboxtest.Vendor(setup()),
			Events: map[string]adapter.Input{"known": known(), "unknown": sandboxtest.Event(t, "geometry-2d")},
		},
		adaptertest.Case{
			Name: "relabel by id", Options: options(relabel, func(o *supervisely.Options) { o.IDs, o.By = "user__image", "id" }),
			Vendor: sandboxtest.Vendor(setup()), Events: map[string]adapter.Input{"known": known()},
		},
	)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		edit  []func(*supervisely.Options)
	}{
		"crops-batch":         {"crops", []func(*supervisely.Options){withJob}},
		"frames-batch":        {"frames", nil},
		"geometry-2d-batch":   {"geometry-2d", []func(*supervisely.Options){withJob}},
		"lidar-batch":         {"lidar-and-cameras", nil},
		"no-picture-batch":    {"no-picture", nil},
		"some-bad-batch":      {"bad/some-elements-bad", nil},
		"geometry-2d-relabel": {"geometry-2d", []func(*supervisely.Options){relabel}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, c.edit...), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, "testdata/"+name+"/delivery.golden.txt", out)
		})
	}
	t.Run("known-relabel", func(t *testing.T) {
		t.Parallel()
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, relabel), known())
		adaptertest.Golden(t, "testdata/known-relabel/delivery.golden.txt", out)
	})
}
