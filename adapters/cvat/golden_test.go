package cvat_test

import (
	"path/filepath"
	"testing"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestGolden shows whole deliveries, call by call, for people to read.
func TestGolden(t *testing.T) {
	t.Parallel()
	acme := func(o *cvat.Options) {
		o.Organization, o.Project, o.Classes, o.Unmapped = "acme", 2, map[string]string{"dog": "ferret"}, "keep"
		o.Task.Name, o.Task.Subset, o.Task.Assignee, o.UseCache = "Rework", "Train", 2, true
	}
	cases := map[string]struct {
		event string
		set   []func(*cvat.Options)
	}{
		"batch-frames":          {"frames", []func(*cvat.Options){batch, acme}},
		"batch-mixed":           {"mixed", []func(*cvat.Options){batch, small}},
		"batch-geometry":        {"geometry-2d", []func(*cvat.Options){batch}},
		"batch-inferences":      {"inferences", []func(*cvat.Options){batch}},
		"batch-lidar":           {"lidar-and-cameras", []func(*cvat.Options){batch}},
		"batch-no-picture":      {"no-picture", []func(*cvat.Options){batch}},
		"batch-names":           {"names-and-metadata", []func(*cvat.Options){batch}},
		"batch-some-bad":        {"bad/some-elements-bad", []func(*cvat.Options){batch}},
		"batch-plain":           {"crops", []func(*cvat.Options){batch, func(o *cvat.Options) { o.Annotations = false }}},
		"relabel-frames":        {"frames", []func(*cvat.Options){relabel}},
		"relabel-crops":         {"crops", []func(*cvat.Options){relabel, func(o *cvat.Options) { o.Job.Assignee, o.Issue.Assignee = 2, 2 }}},
		"relabel-geometry":      {"geometry-2d", []func(*cvat.Options){relabel, func(o *cvat.Options) { o.Issue.Message = "Please look again." }}},
		"relabel-some-bad":      {"bad/some-elements-bad", []func(*cvat.Options){relabel}},
		"relabel-without-issue": {"mixed", []func(*cvat.Options){relabel, func(o *cvat.Options) { o.Issue.Open = false }}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := sandboxtest.Event(t, c.event)
			stand := furnished(map[string]adapter.Input{c.event: in})(t).(*sandboxtest.Stand)
			out := stand.Deliver(t, made(t, options(c.set...)), in)
			adaptertest.Golden(t, filepath.Join("testdata", name, "delivery.golden.txt"), out)
		})
	}
}
