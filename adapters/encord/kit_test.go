package encord_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// What the stand-in has at its start.
const (
	project  = "aaaaaaaa-0000-4000-8000-000000000001"
	dataset  = "dddddddd-0000-4000-8000-000000000001"
	folder   = "ffffffff-0000-4000-8000-000000000001"
	annotate = "55555555-0000-4000-8000-000000000001"
	review   = "55555555-0000-4000-8000-000000000002"
	complete = "55555555-0000-4000-8000-000000000003"
	someUUID = "12345678-0000-4000-8000-000000000001"
)

func options(edit ...func(*encord.Options)) *encord.Options {
	o := encord.Factory().Options().(*encord.Options)
	o.Mode, o.Project = "relabel", project
	for _, e := range edit {
		e(o)
	}
	return o
}

func byMove(o *encord.Options) {
	o.Via, o.From, o.To = "move", []string{review, complete}, annotate
}

func inBatches(o *encord.Options) {
	o.Mode, o.Folder, o.Dataset = "batch", folder, dataset
}

func withLabels(o *encord.Options) {
	o.Labels = true
}

func highPriority(o *encord.Options) { o.Priority = "high" }

func newAdapter(t *testing.T, edit ...func(*encord.Options)) adapter.Adapter {
	t.Helper()
	a, err := encord.Factory().New(options(edit...))
	require.NoError(t, err)
	return a
}

func setup(t *testing.T) sandboxtest.Setup {
	t.Helper()
	return sandboxtest.Setup{Vendor: encordsandbox.Vendor(), Auth: encord.Factory().Auth, Key: privateKey(t)}
}

func TestKit(t *testing.T) {
	t.Parallel()
	var cases []adaptertest.Case
	for name, c := range map[string]struct {
		events  []string
		options *encord.Options
	}{
		"reopen":            {[]string{"mixed"}, options(highPriority)},
		"move":              {[]string{"crops"}, options(byMove, highPriority)},
		"batch":             {[]string{"mixed", "bad/some-elements-bad"}, options(inBatches)},
		"batch with labels": {[]string{"crops", "geometry-2d"}, options(inBatches, withLabels, highPriority)},
	} {
		cases = append(cases, adaptertest.Case{
			Name: name, Options: c.options, Vendor: sandboxtest.Vendor(setup(t)), Events: sandboxtest.Events(t, c.events...),
		})
	}
	adaptertest.Run(t, encord.Factory(), cases...)
}
