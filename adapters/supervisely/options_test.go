package supervisely_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*supervisely.Options)
		option, text string
	}{
		{func(o *supervisely.Options) { o.Mode = "" }, "mode", "use relabel or batch"},
		{func(o *supervisely.Options) { o.Mode = "relabel" }, "job", "is needed in mode relabel"},
		{func(o *supervisely.Options) { o.Dataset = 0 }, "dataset", "is needed in mode batch"},
		{func(o *supervisely.Options) { o.IDs = "uuid" }, "ids", "is not known"},
		{func(o *supervisely.Options) { o.IDs = "label" }, "ids", "cannot name an image"},
		{func(o *supervisely.Options) { o.By = "hash" }, "by", "use name or id"},
		{func(o *supervisely.Options) { o.Labelers = []int{2, 0} }, "labelers", "no user's id"},
		{func(o *supervisely.Options) { o.Reviewer = -1 }, "reviewer", "no user's id"},
		{func(o *supervisely.Options) { o.ImageSize.Width = 1 }, "image_size", "needs a width and a height"},
	} {
		_, err := supervisely.Factory().New(options(c.edit))
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake, c.option)
		require.Equal(t, c.option, mistake.Option)
		require.ErrorContains(t, err, c.text)
	}
	_, err := supervisely.Factory().New(&supervisely.Options{})
	require.Len(t, adapter.Mistakes(err), 3, "all at once: %v", err)
}

// inspect does what check --online does.
func inspect(t *testing.T, edit ...func(*supervisely.Options)) []error {
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
	require.Empty(t, inspect(t, withJob, func(o *supervisely.Options) { o.Classes = map[string]string{"Dog": "dog", "In": "indoor"} }))
	require.Empty(t, inspect(t, relabel))
	for _, c := range []struct {
		edit         func(*supervisely.Options)
		option, text string
	}{
		{func(o *supervisely.Options) { o.Dataset = 99 }, "dataset", "Dataset with id 99 is not found"},
		{func(o *supervisely.Options) { o.Mode, o.Job = "relabel", 99 }, "job", "Labeling job with id 99 is not found"},
		{func(o *supervisely.Options) { o.Classes = map[string]string{"Dog": "unicorn"} }, "classes.Dog", `neither a class nor a tag "unicorn"`},
		{func(o *supervisely.Options) { o.Answers = map[string]string{"light": "mood"} }, "answers.light", `no tag "mood"`},
	} {
		mistakes := inspect(t, c.edit)
		require.Len(t, mistakes, 1, c.option)
		var mistake *adapter.OptionError
		require.ErrorAs(t, mistakes[0], &mistake)
		require.Equal(t, c.option, mistake.Option)
		require.ErrorContains(t, mistakes[0], c.text)
	}
}
