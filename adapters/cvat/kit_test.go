package cvat_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestKit holds the adapter to the contract, in both modes.
func TestKit(t *testing.T) {
	t.Parallel()
	of := func(names ...string) map[string]adapter.Input { return sandboxtest.Events(t, names...) }
	quiet := func(o *cvat.Options) { o.Issue.Open = false }
	adaptertest.Run(t, cvat.Factory(),
		adaptertest.Case{Name: "batch", Options: options(batch), Vendor: sandboxtest.Vendor(setup()), Events: of("geometry-2d")},
		adaptertest.Case{Name: "small tasks", Options: options(batch, small), Vendor: sandboxtest.Vendor(setup()), Events: of("mixed")},
		adaptertest.Case{Name: "missing images", Options: options(batch, small), Vendor: sandboxtest.Vendor(setup()), Events: map[string]adapter.Input{"missing": missing()}},
		adaptertest.Case{Name: "relabel", Options: options(relabel), Vendor: furnished(of("bad/some-elements-bad")), Events: of("bad/some-elements-bad")},
		adaptertest.Case{Name: "without issues", Options: options(relabel, quiet), Vendor: furnished(of("crops")), Events: of("crops")},
	)
}

// missing are frames for several tasks, some of which fail, once or twice.
func missing() adapter.Input {
	return adaptertest.Elements(event(),
		frameOf("a", link("a.jpg"), "cat"), frameOf("b", link("missing/b.jpg"), "cat"),
		frameOf("c", link("c.jpg"), "dog"), frameOf("d", link("d.jpg")),
		frameOf("e", link("missing/e.jpg")), frameOf("f", link("missing/f.jpg"), "cat"),
		frameOf("g", link("noending"), "cat"), frameOf("h", link("h.jpg")),
		frameOf("i", link("h.jpg"), "cat"))
}

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: cvatsandbox.Vendor(), Auth: cvat.Factory().Auth}
}

// options are the defaults, changed.
func options(changes ...func(*cvat.Options)) *cvat.Options {
	o := cvat.Factory().Options().(*cvat.Options)
	for _, change := range changes {
		change(o)
	}
	return o
}

func batch(o *cvat.Options)   { o.Mode, o.Project = "batch", 1 }
func relabel(o *cvat.Options) { o.Mode, o.Project = "relabel", 1 }

// small makes several tasks and jobs of a few images.
func small(o *cvat.Options) { o.Task.Size, o.Task.SegmentSize = 2, 1 }
