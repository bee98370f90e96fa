package encord_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// inspect compares an adapter's options with what the stand-in has, and returns the mistakes.
func inspect(t *testing.T, a adapter.Adapter) []string {
	t.Helper()
	stand := sandboxtest.Start(t, setup(t))
	results := map[string]adapter.Result{}
	for range 5 {
		mistakes, more, err := a.(adapter.Inspector).Inspect(results, func(s adapter.Step) error {
			if _, known := results[s.ID]; known {
				return nil
			}
			require.Equal(t, "GET", s.Call.Method)
			resp, err := stand.Do(t.Context(), s.Call)
			require.NoError(t, err)
			v := a.Judge(s, resp)
			require.Equal(t, adapter.Done, v.Kind, "%s: %s", s.ID, v.Detail)
			results[s.ID] = adapter.Result{Kept: v.Kept}
			return nil
		})
		require.NoError(t, err)
		if !more {
			var texts []string
			for _, m := range mistakes {
				texts = append(texts, m.Error())
			}
			return texts
		}
	}
	require.FailNow(t, "it asks for more for ever")
	return nil
}

func TestInspect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit []func(*encord.Options)
		want []string
	}{
		"reopen": {nil, nil},
		"move":   {[]func(*encord.Options){byMove}, nil},
		"stages": {
			[]func(*encord.Options){byMove, func(o *encord.Options) { o.From[1], o.To = someUUID, dataset }},
			[]string{"from[1]: the project's workflow has no such stage", "to: the project's workflow has no such stage"},
		},
		"batch": {[]func(*encord.Options){inBatches, withLabels, func(o *encord.Options) {
			o.Classes = map[string]string{"dog": "dog", "a": "indoor", "b": "Setting/outdoor"}
		}}, nil},
		"classes": {
			[]func(*encord.Options){inBatches, withLabels, func(o *encord.Options) { o.Classes = map[string]string{"dog": "Dog"} }},
			[]string{`classes: the project's ontology has no "Dog"`},
		},
		"dataset": {
			[]func(*encord.Options){inBatches, func(o *encord.Options) { o.Dataset = someUUID }},
			[]string{"dataset: is not attached to the project, so that its images would never become tasks; attach it in Encord's web app"},
		},
	} {
		require.Equal(t, c.want, inspect(t, newAdapter(t, c.edit...)), name)
	}
}
