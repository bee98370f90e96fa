package labelstudio_test

import (
	"path/filepath"
	"testing"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// known leaves out labels whose class the stand-in's label config lacks.
func known(o *labelstudio.Options) {
	o.Classes = map[string]string{"dog": "dog", "cat": "cat", "rabbit": "rabbit", "truck": "truck", "leash": "leash", "indoor": "indoor"}
	o.Unmapped = "skip"
}
func large(o *labelstudio.Options)   { o.Batch = 50 }
func sized(o *labelstudio.Options)   { o.ImageSize.Width, o.ImageSize.Height = 1920, 1080 }
func deletes(o *labelstudio.Options) { o.Reopen = "delete" }
func marks(o *labelstudio.Options)   { o.Reopen = "mark" }
func reviews(o *labelstudio.Options) { o.Reopen, o.Mark = "review", "" }

func TestKit(t *testing.T) {
	t.Parallel()
	fresh := sandboxtest.Vendor(setup())
	adaptertest.Run(t, labelstudio.Factory(),
		adaptertest.Case{
			Name: "batch", Options: options("batch", community, known, sized), Vendor: fresh,
			Events: sandboxtest.Events(t, "frames", "crops", "geometry-2d", "names-and-metadata", "bad/some-elements-bad"),
		},
		adaptertest.Case{
			Name: "batch, one refused by the vendor", Options: options("batch", community, sized, large), Vendor: fresh,
			Events: sandboxtest.Events(t, "frames"),
		},
		adaptertest.Case{
			Name: "batch, one refused later", Options: options("batch", enterprise, sized, large), Vendor: fresh,
			Events: sandboxtest.Events(t, "frames"),
		},
		adaptertest.Case{
			Name: "batch, Enterprise", Options: options("batch", enterprise, known, sized), Vendor: fresh,
			Events: sandboxtest.Events(t, "frames", "inferences", "lidar-and-cameras"),
		},
		adaptertest.Case{
			Name: "drafts", Options: options("relabel", community), Vendor: seeded(community),
			Events: sandboxtest.Events(t, "frames", "crops", "names-and-metadata"),
		},
		adaptertest.Case{
			Name: "deletes", Options: options("relabel", community, deletes), Vendor: seeded(community),
			Events: sandboxtest.Events(t, "frames", "mixed"),
		},
		adaptertest.Case{
			Name: "reviews", Options: options("relabel", enterprise, reviews), Vendor: seeded(enterprise),
			Events: sandboxtest.Events(t, "frames", "crops"),
		},
	)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		o     *labelstudio.Options
		seed  int
	}{
		"batch-mixed":        {"mixed", options("batch", community, known, sized), 0},
		"batch-geometry-2d":  {"geometry-2d", options("batch", community, known, sized), 0},
		"batch-inferences":   {"inferences", options("batch", enterprise, known, sized), 0},
		"batch-lidar":        {"lidar-and-cameras", options("batch", community, known, sized), 0},
		"batch-refused":      {"frames", options("batch", community, sized, large), 0},
		"batch-bad-elements": {"bad/some-elements-bad", options("batch", community, known, sized), 0},
		"relabel-crops":      {"crops", options("relabel", community), community},
		"relabel-delete":     {"frames", options("relabel", community, deletes), community},
		"relabel-mark":       {"mixed", options("relabel", community, marks), community},
		"relabel-review":     {"crops", options("relabel", enterprise, reviews), enterprise},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup())
			if c.seed > 0 {
				seed(t, stand, c.seed, frames...)
			}
			out := stand.Deliver(t, newAdapter(t, c.o), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, filepath.Join("testdata", name, "delivery.golden.txt"), out)
		})
	}
}
