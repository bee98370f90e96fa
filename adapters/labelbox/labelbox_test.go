package labelbox_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// setup is how stands are reached.
func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: labelboxsandbox.Vendor(), Auth: labelbox.Factory().Auth}
}

// batchOptions fit the stand-in's ontology.
func batchOptions(edit ...func(*labelbox.Options)) *labelbox.Options {
	o := labelbox.Factory().Options().(*labelbox.Options)
	o.Mode, o.Project, o.Dataset = "batch", labelboxsandbox.ProjectID, labelboxsandbox.DatasetID
	o.ToolNames = map[string]string{"polygon": "{class} outline"}
	o.Question = "scene"
	o.Answers = map[string]string{"light": "radio", "count": "text"}
	for _, f := range edit {
		f(o)
	}
	return o
}

func relabelOptions(edit ...func(*labelbox.Options)) *labelbox.Options {
	o := labelbox.Factory().Options().(*labelbox.Options)
	o.Mode, o.Project = "relabel", labelboxsandbox.ProjectID
	for _, f := range edit {
		f(o)
	}
	return o
}

func newAdapter(t *testing.T, o *labelbox.Options) adapter.Adapter {
	t.Helper()
	a, err := labelbox.Factory().New(o)
	require.NoError(t, err)
	return a
}

func TestKit(t *testing.T) {
	t.Parallel()
	vendor := sandboxtest.Vendor(setup())
	adaptertest.Run(t, labelbox.Factory(),
		adaptertest.Case{
			Name: "batch", Options: batchOptions(), Vendor: vendor,
			Events: sandboxtest.Events(t, "geometry-2d", "bad/some-elements-bad", "bad/no-element"),
		},
		adaptertest.Case{
			Name: "relabel", Options: relabelOptions(), Vendor: vendor, Events: sandboxtest.Events(t, "mixed", "bad/no-element"),
		},
	)
}

// TestGolden: the calls of several kinds of event, in both modes, and what the vendor made of them.
func TestGolden(t *testing.T) {
	t.Parallel()
	batch, relabel := batchOptions(), relabelOptions()
	for _, c := range []struct {
		event   string
		options *labelbox.Options
	}{
		{"frames", batch},
		{"geometry-2d", batch},
		{"lidar-and-cameras", batch},
		{"no-picture", batch},
		{"bad/some-elements-bad", batch},
		{"crops", relabel},
		{"mixed", relabel},
		{"geometry-2d", relabelOptions(func(o *labelbox.Options) { o.Priority = "high" })},
	} {
		name := c.options.Mode + "-" + strings.ReplaceAll(c.event, "/", "-")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup())
			out := stand.Deliver(t, newAdapter(t, c.options), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, "testdata/"+name+"/delivery.golden.txt", steady(out, stand.URL))
		})
	}
}

// steady is an outcome without the port of the stand-in, which is in the URLs that it gives out.
func steady(out adaptertest.Outcome, url string) adaptertest.Outcome {
	fix := strings.NewReplacer(url, "https://vendor.example").Replace
	for i := range out.Steps {
		out.Steps[i].Body, out.Steps[i].Call.Link = fix(out.Steps[i].Body), fix(out.Steps[i].Call.Link)
	}
	for _, result := range out.Results {
		for name, value := range result.Kept {
			result.Kept[name] = fix(value)
		}
	}
	return out
}
