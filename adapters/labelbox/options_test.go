package labelbox_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelbox"
	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit         func(*labelbox.Options)
		option, text string
	}{
		"mode":       {func(o *labelbox.Options) { o.Mode = "both" }, "mode", "use relabel or batch"},
		"project":    {func(o *labelbox.Options) { o.Project = "" }, "project", "is empty"},
		"dataset":    {func(o *labelbox.Options) { o.Dataset = "" }, "dataset", "batch mode puts"},
		"id type":    {func(o *labelbox.Options) { o.IDType = "uuid" }, "id_type", "use global_key or data_row_id"},
		"priority":   {func(o *labelbox.Options) { o.Priority = "urgent" }, "priority", "use low, normal or high"},
		"ids":        {func(o *labelbox.Options) { o.IDs = "row" }, "ids", "is not known"},
		"labels":     {func(o *labelbox.Options) { o.IDs = "label" }, "ids", "moved with their data row"},
		"shape":      {func(o *labelbox.Options) { o.ToolNames = map[string]string{"mask": "m"} }, "tool_names.mask", "is no shape"},
		"tool name":  {func(o *labelbox.Options) { o.ToolNames = map[string]string{"line": ""} }, "tool_names.line", "is empty"},
		"colour":     {func(o *labelbox.Options) { o.MaskColors = map[string]string{"green": "g"} }, "mask_colors.green", "write it as #00ff00"},
		"mask":       {func(o *labelbox.Options) { o.MaskColors = map[string]string{"#00ff00": ""} }, "mask_colors.#00ff00", "is empty"},
		"answer":     {func(o *labelbox.Options) { o.Answers = map[string]string{"light": "slider"} }, "answers.light", "use radio, checklist or text"},
		"class":      {func(o *labelbox.Options) { o.Classes = map[string]string{"dog": ""} }, "classes.dog", "is empty"},
		"image size": {func(o *labelbox.Options) { o.ImageSize.Width = 5 }, "image_size", "width and a height"},
	} {
		_, err := labelbox.Factory().New(batchOptions(c.edit))
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake, name)
		require.Equal(t, c.option, mistake.Option, name)
		require.ErrorContains(t, err, c.text, name)
	}
	_, err := labelbox.Factory().New(&labelbox.Options{IDs: "frame", IDType: "global_key"})
	require.ErrorContains(t, err, "mode")
	require.ErrorContains(t, err, "project")
}

// inspect runs an inspection against a stand-in, as `labelgate check --online` does.
func inspect(t *testing.T, o *labelbox.Options) error {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	a := newAdapter(t, o)
	results := map[string]adapter.Result{}
	for range 5 {
		mistakes, more, err := a.(adapter.Inspector).Inspect(results, func(s adapter.Step) error {
			if _, done := results[s.ID]; done {
				return nil
			}
			resp, err := stand.Do(t.Context(), s.Call)
			require.NoError(t, err)
			v := a.Judge(s, resp)
			require.Equal(t, adapter.Done, v.Kind, "%s: %s", s.ID, v.Detail)
			results[s.ID] = adapter.Result{Kept: v.Kept}
			return nil
		})
		require.NoError(t, err)
		if !more {
			return errors.Join(mistakes...)
		}
	}
	require.Fail(t, "the inspection does not end")
	return nil
}

func TestInspect(t *testing.T) {
	t.Parallel()
	require.NoError(t, inspect(t, batchOptions()))
	require.NoError(t, inspect(t, relabelOptions()))
	require.NoError(t, inspect(t, batchOptions(func(o *labelbox.Options) {
		o.Classes = map[string]string{"hund": "dog", "drinnen": "indoor", "schnauze": "nose"}
	})))
	for says, edit := range map[string]func(*labelbox.Options){
		`dataset: the key sees no dataset "other"`: func(o *labelbox.Options) { o.Dataset = "other" },
		`project: the key sees no project "other"`: func(o *labelbox.Options) { o.Project = "other" },
		`classes.ross: the ontology has no tool and no answer for "horse"; it has dog (rectangle)`: func(o *labelbox.Options) {
			o.Classes = map[string]string{"hund": "dog", "ross": "horse"}
		},
		`mask_colors.#00ff00: the ontology has no mask tool "dog"`: func(o *labelbox.Options) {
			o.MaskColors = map[string]string{"#0000ff": "ground", "#00ff00": "dog"}
		},
		`question: the ontology has no radio classification "weather"`:      func(o *labelbox.Options) { o.Question = "weather" },
		`answers.scene: the ontology has no text classification "scene"`:    func(o *labelbox.Options) { o.Answers["scene"] = "text" },
		`answers.wind: the ontology has no checklist classification "wind"`: func(o *labelbox.Options) { o.Answers["wind"] = "checklist" },
	} {
		require.ErrorContains(t, inspect(t, batchOptions(edit)), says)
	}
	err := inspect(t, relabelOptions(func(o *labelbox.Options) { o.Queue = "Second look" }))
	require.ErrorContains(t, err, `project cmproject0000000000000001 has no task queue "Second look"; it has "Initial labeling task" (INITIAL_LABELING_QUEUE)`)
}

// TestTheReworkQueueIsChosen: the only one, or the one that the option names.
func TestTheReworkQueueIsChosen(t *testing.T) {
	t.Parallel()
	const rework, review = `{"id":"q1","name":"Rework","queueType":"MANUAL_REWORK_QUEUE"}`, `{"id":"q2","name":"Review","queueType":"MANUAL_REVIEW_QUEUE"}`
	const second = `{"id":"q3","name":"Second","queueType":"MANUAL_REWORK_QUEUE"}`
	for name, c := range map[string]struct{ queues, option, says string }{
		"one":       {"[" + rework + "," + review + "]", "", ""},
		"several":   {"[" + rework + "," + second + "]", "", `several queues that fit; it has "Rework" (MANUAL_REWORK_QUEUE), "Second"`},
		"named":     {"[" + rework + "," + second + "]", "Second", ""},
		"by id":     {"[" + rework + "," + second + "]", "q3", ""},
		"none":      {"[" + review + "]", "", "has no rework queue"},
		"no queues": {"[]", "", "it has none"},
		"not there": {"[" + rework + "]", "Third", `no task queue "Third"`},
	} {
		a := newAdapter(t, relabelOptions(func(o *labelbox.Options) { o.Queue, o.IDType = c.option, "data_row_id" }))
		in := event(t, frame(labelboxsandbox.RowID(1), ""))
		in.Results = map[string]adapter.Result{"user": {Kept: map[string]string{"id": "u"}}, "queues": {Kept: map[string]string{"queues": c.queues}}}
		err := planError(a, in)
		if c.says == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.says, name)
	}
}
