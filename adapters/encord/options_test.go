package encord_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
)

func TestMistakesInOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit []func(*encord.Options)
		want []string // "option: a part of what is said"
	}{
		"no mode":       {[]func(*encord.Options){func(o *encord.Options) { o.Mode = "" }}, []string{"mode: use relabel or batch"}},
		"no project":    {[]func(*encord.Options){func(o *encord.Options) { o.Project = "" }}, []string{"project: is missing"}},
		"project name":  {[]func(*encord.Options){func(o *encord.Options) { o.Project = "pets/../x" }}, []string{"project: is not a UUID"}},
		"via":           {[]func(*encord.Options){func(o *encord.Options) { o.Via = "push" }}, []string{"via: use reopen or move"}},
		"match":         {[]func(*encord.Options){func(o *encord.Options) { o.Match = "name" }}, []string{"match: use title"}},
		"ids":           {[]func(*encord.Options){func(o *encord.Options) { o.IDs = "uuid" }}, []string{"ids: is not known"}},
		"ids of labels": {[]func(*encord.Options){func(o *encord.Options) { o.IDs = "label" }}, []string{"ids: does not name a frame"}},
		"stages to reopen": {
			[]func(*encord.Options){func(o *encord.Options) { o.To = annotate }}, []string{"from: are for via: move"},
		},
		"stages missing": {
			[]func(*encord.Options){func(o *encord.Options) { o.Via = "move" }}, []string{"from: is missing", "to: is missing"},
		},
		"stages wrong": {
			[]func(*encord.Options){byMove, func(o *encord.Options) { o.From, o.Match = []string{annotate, "Review 1"}, "label_hash" }},
			[]string{"match: names no task", "from[1]: is not a UUID", "to: is one of from"},
		},
		"batch in relabel": {
			[]func(*encord.Options){inBatches, withLabels, func(o *encord.Options) { o.Mode, o.Integration, o.UpsertMetadata = "relabel", someUUID, true }},
			[]string{
				"folder: is for mode batch", "dataset: is for mode batch", "integration: is for mode batch", "labels: is for mode batch",
				"upsert_metadata: is for mode batch",
			},
		},
		"batch": {
			[]func(*encord.Options){func(o *encord.Options) { o.Mode, o.Integration, o.From = "batch", "aws", []string{review} }},
			[]string{"folder: is missing", "dataset: is missing", "integration: is not a UUID", "from: are for mode relabel"},
		},
		"classes and size": {
			[]func(*encord.Options){inBatches, func(o *encord.Options) {
				o.Classes = map[string]string{"dog": ""}
				o.ImageSize.Width = 1920
			}},
			[]string{"classes.dog: is empty", "image_size: needs a width and a height"},
		},
	} {
		_, err := encord.Factory().New(options(c.edit...))
		require.Error(t, err, name)
		mistakes := adapter.Mistakes(err)
		require.Len(t, mistakes, len(c.want), "%s: %v", name, err)
		for i, mistake := range mistakes {
			var about *adapter.OptionError
			require.ErrorAs(t, mistake, &about, name)
			option, says := cut(c.want[i])
			require.Equal(t, option, about.Option, name)
			require.ErrorContains(t, mistake, says, name)
		}
	}
}

func TestGoodOptions(t *testing.T) {
	t.Parallel()
	newAdapter(t)
	newAdapter(t, byMove)
	newAdapter(t, inBatches)
	newAdapter(t, func(o *encord.Options) { o.IDs, o.Match = "user__data_hash", "data_hash" })
	newAdapter(t, inBatches, withLabels, func(o *encord.Options) {
		o.Integration, o.Classes, o.Unmapped = someUUID, map[string]string{"dog": "Dog"}, "skip"
	})
}
