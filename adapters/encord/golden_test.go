package encord_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// times are those that the stand-in's clock has put into label rows.
var times = regexp.MustCompile(`[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d UTC`)

// timeless makes a delivery equal on every day.
func timeless(out adaptertest.Outcome) adaptertest.Outcome {
	const fixed = "Tue, 24 Nov 2026 00:22:10 UTC"
	for i := range out.Steps {
		out.Steps[i].Body = times.ReplaceAllString(out.Steps[i].Body, fixed)
	}
	for _, result := range out.Results {
		for name, value := range result.Kept {
			result.Kept[name] = times.ReplaceAllString(value, fixed)
		}
	}
	return out
}

func TestGolden(t *testing.T) {
	t.Parallel()
	batch := []func(*encord.Options){inBatches, withLabels, highPriority}
	for name, c := range map[string]struct {
		event string
		edit  []func(*encord.Options)
	}{
		"reopen-mixed":         {"mixed", []func(*encord.Options){highPriority}},
		"reopen-some-bad":      {"bad/some-elements-bad", nil},
		"move-crops":           {"crops", []func(*encord.Options){byMove, highPriority}},
		"batch-frames":         {"frames", batch},
		"batch-crops":          {"crops", batch},
		"batch-geometry-2d":    {"geometry-2d", batch},
		"batch-lidar":          {"lidar-and-cameras", batch},
		"batch-inferences":     {"inferences", batch},
		"batch-names":          {"names-and-metadata", batch},
		"batch-no-picture":     {"no-picture", []func(*encord.Options){inBatches}},
		"batch-sample-shape":   {"sample-shape", []func(*encord.Options){inBatches, func(o *encord.Options) { o.Integration, o.UpsertMetadata = someUUID, true }}},
		"batch-classes":        {"crops", append(batch, func(o *encord.Options) { o.Classes, o.Unmapped = map[string]string{"rabbit": "ferret"}, "skip" })},
		"batch-unmapped-fails": {"schema-slip", append(batch, func(o *encord.Options) { o.Classes = map[string]string{"nobody": "dog"} })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := sandboxtest.Start(t, setup(t)).Deliver(t, newAdapter(t, c.edit...), sandboxtest.Event(t, c.event))
			adaptertest.Golden(t, filepath.Join("testdata", name, "delivery.golden.txt"), timeless(out))
		})
	}
}
