package kili_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*kili.Options)
		option, text string
	}{
		{func(o *kili.Options) { o.Mode = "" }, "mode", "use relabel or batch"},
		{func(o *kili.Options) { o.Project = "" }, "project", "is empty"},
		{func(o *kili.Options) { o.IDs = "uuid" }, "ids", "is not known"},
		{func(o *kili.Options) { o.IDs = "label" }, "ids", "cannot name an asset"},
		{func(o *kili.Options) { o.By = "name" }, "by", "use external_id or asset_id"},
		{func(o *kili.Options) { o.Model = "" }, "model", "is empty"},
		{func(o *kili.Options) { relabel(o); withJobs(o) }, "jobs", "is for mode batch"},
		{func(o *kili.Options) { o.Jobs.Answers = map[string]string{"light": "L"} }, "jobs.answers", "needs jobs.class"},
		{func(o *kili.Options) { o.ImageSize.Width = 1 }, "image_size", "needs a width and a height"},
		{func(o *kili.Options) { o.Classes = map[string]string{"a": ""} }, "classes.a", "is empty"},
	} {
		_, err := kili.Factory().New(options(c.edit))
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake, c.option)
		require.Equal(t, c.option, mistake.Option)
		require.ErrorContains(t, err, c.text)
	}
	_, err := kili.Factory().New(&kili.Options{})
	require.Len(t, adapter.Mistakes(err), 5, "all at once: %v", err)
}

// inspect does what check --online does.
func inspect(t *testing.T, edit ...func(*kili.Options)) []error {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	a := newAdapter(t, edit...).(interface {
		adapter.Adapter
		adapter.Inspector
	})
	results := map[string]adapter.Result{}
	for range 5 {
		mistakes, more, err := a.Inspect(results, func(s adapter.Step) error {
			if _, done := results[s.ID]; done {
				return nil
			}
			resp, err := stand.Do(t.Context(), s.Call)
			require.NoError(t, err)
			v := a.Judge(s, resp)
			require.Equal(t, adapter.Done, v.Kind, v)
			results[s.ID] = adapter.Result{Kept: v.Kept}
			return nil
		})
		require.NoError(t, err)
		if !more {
			return mistakes
		}
	}
	t.Fatal("the inspection does not end")
	return nil
}

func TestInspect(t *testing.T) {
	t.Parallel()
	require.Empty(t, inspect(t, withJobs))
	require.Empty(t, inspect(t, relabel))
	require.Empty(t, inspect(t))
	for _, c := range []struct {
		edit         func(*kili.Options)
		option, text string
	}{
		{func(o *kili.Options) { o.Project = "nowhere" }, "project", "no such project"},
		{func(o *kili.Options) { o.Jobs.Box = "NOWHERE" }, "jobs.box", "BOXES, LIGHT, LINES"},
		{func(o *kili.Options) { o.Jobs.Polygon = "BOXES" }, "jobs.polygon", "has no tool polygon; it has rectangle"},
		{func(o *kili.Options) { o.Jobs.Class = "BOXES" }, "jobs.class", "is no classification"},
		{func(o *kili.Options) { o.Classes = map[string]string{"Dog": "unicorn"} }, "classes.Dog", `the category "unicorn"`},
	} {
		mistakes := inspect(t, withJobs, c.edit)
		require.Len(t, mistakes, 1, c.option)
		var mistake *adapter.OptionError
		require.ErrorAs(t, mistakes[0], &mistake)
		require.Equal(t, c.option, mistake.Option)
		require.ErrorContains(t, mistakes[0], c.text)
	}
}
