package scale_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/scale"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// mistakes are the options that an error names, in order, with the texts.
func mistakes(t *testing.T, all []error) (options, texts []string) {
	t.Helper()
	for _, err := range all {
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake)
		options, texts = append(options, mistake.Option), append(texts, mistake.Err.Error())
	}
	return options, texts
}

func TestOptionMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*scale.Options)
		option, text string
	}{
		{func(o *scale.Options) { o.Mode = "rework" }, "mode", "use batch or relabel"},
		{func(o *scale.Options) { o.Project = " " }, "project", "name the project"},
		{func(o *scale.Options) { o.Mode, o.BatchName = "relabel", "b" }, "mode", "remove batch_name"},
		{func(o *scale.Options) { o.Priority = "urgent" }, "priority", "low,normal,high"},
		{func(o *scale.Options) { o.Prelabels = "labels" }, "prelabels", "base_annotations"},
		{func(o *scale.Options) { o.CallbackURL = "gw.example.com/cb" }, "callback_url", "neither"},
		{func(o *scale.Options) { o.Callback = "ftp://x" }, "batch_callback", "neither"},
		{func(o *scale.Options) { o.Geometries = map[string]scale.Geometry{"circle": {Objects: []string{"a"}}} }, "geometries.circle", "use box"},
		{func(o *scale.Options) { o.Geometries = map[string]scale.Geometry{"box": {}} }, "geometries.box", "name the classes"},
		{func(o *scale.Options) {
			o.Geometries = map[string]scale.Geometry{"box": {Objects: []string{"a"}, MinWidth: -1}}
		}, "geometries.box", "negative"},
		{func(o *scale.Options) { o.Classes = map[string]string{"cat": ""} }, "classes.cat", "is empty"},
		{func(o *scale.Options) { o.ImageSize.Width = 3 }, "image_size", "width and a height"},
	} {
		_, err := scale.Factory().New(options("batch", c.edit))
		require.Error(t, err, c.option)
		names, texts := mistakes(t, adapter.Mistakes(err))
		require.Equal(t, []string{c.option}, names)
		require.Contains(t, texts[0], c.text)
	}
	_, err := scale.Factory().New(&scale.Options{CallbackURL: "x", Callback: "y"})
	names, _ := mistakes(t, adapter.Mistakes(err))
	require.Equal(t, []string{"mode", "project", "priority", "prelabels", "callback_url", "batch_callback"}, names, "all at once")
	for _, callback := range []string{"", "me@example.com", "https://gw.example.com/cb"} {
		_, err := scale.Factory().New(options("batch", func(o *scale.Options) { o.CallbackURL = callback }))
		require.NoError(t, err)
	}
}

// inspect asks the stand-in as `labelgate check --online` does.
func inspect(t *testing.T, stand *sandboxtest.Stand, o *scale.Options) []error {
	t.Helper()
	a := newAdapter(t, o)
	results := map[string]adapter.Result{}
	for range 3 {
		found, more, err := a.(adapter.Inspector).Inspect(results, func(s adapter.Step) error {
			require.Equal(t, "GET", s.Call.Method)
			resp, err := stand.Do(context.WithoutCancel(t.Context()), s.Call)
			require.NoError(t, err)
			v := a.Judge(s, resp)
			if v.Kind != adapter.Done {
				return errors.New(v.Detail)
			}
			results[s.ID] = adapter.Result{Kept: v.Kept}
			return nil
		})
		require.NoError(t, err)
		if !more {
			return found
		}
	}
	require.Fail(t, "the inspection does not end")
	return nil
}

func TestInspect(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	ask(t, stand, "/projects", `{"type":"videoannotation","name":"films/1","params":{"version":1,"created_at":"","geometries":{"box":{"objects_to_annotate":["a"]}}}}`)
	for name, c := range map[string]struct {
		edit         func(*scale.Options)
		option, text string
	}{
		"well":            {func(o *scale.Options) { o.Classes = map[string]string{"Hund": "dog"} }, "", ""},
		"no project":      {func(o *scale.Options) { o.Project = "nope" }, "project", `no project "nope"`},
		"other type":      {func(o *scale.Options) { o.Project = "films/1" }, "project", "videoannotation"},
		"unknown class":   {func(o *scale.Options) { o.Classes = map[string]string{"Hund": "hound"} }, "classes", `"hound" is not among the objects to annotate: cat, dog`},
		"no geometries":   {func(o *scale.Options) { o.Project = "demo-enterprise" }, "geometries", "neither"},
		"own geometries":  {enterprise, "", ""},
		"class of option": {func(o *scale.Options) { enterprise(o); o.Classes = map[string]string{"a": "ferret"} }, "classes", "cat, dog"},
	} {
		found := inspect(t, stand, options("batch", c.edit))
		if c.option == "" {
			require.Empty(t, found, name)
			continue
		}
		names, texts := mistakes(t, found)
		require.Equal(t, []string{c.option}, names, name)
		require.Contains(t, texts[0], c.text, name)
	}
}

func TestNestedObjectsAreClasses(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, options("batch"))
	body := `{"name":"p","type":"imageannotation","param_history":[{"geometries":{}},{"geometries":{"box":{"objects_to_annotate":["dog",{"choice":"bird","subchoices":["owl",{"choice":"duck"}]}]}}}]}`
	v := a.Judge(adapter.Step{ID: "project"}, adapter.Response{Status: 200, Body: []byte(body)})
	require.Equal(t, "bird\ndog\nduck\nowl", v.Kept["classes"])
	require.Equal(t, "box", v.Kept["shapes"])
}

// frame is a frame with labels of its picture.
func frame(labels ...export.Label) adapter.Input {
	return adaptertest.Elements(&export.Event{Project: "p"}, export.Element{ID: "e", FrameID: "f", Type: export.ElementFrame, Frame: &export.Frame{
		Sensors: []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": "https://i.example.com/1.jpg"}}}, Labels: labels,
	}})
}

func label(id string, kind export.LabelType, attributes map[string]any) export.Label {
	return export.Label{ID: id, Class: "dog", Type: string(kind), Attributes: attributes}
}

func TestWhatATaskCannotHoldIsSaid(t *testing.T) {
	t.Parallel()
	keypoints := map[string]any{"keypoints": []any{map[string]any{"x": 1.0, "y": 2.0, "name": "nose"}}}
	box := map[string]any{"left": 1.0, "top": 2.0, "width": 3.0, "height": 4.0}
	in := frame(
		label("box", export.TypeBox, box), label("points", export.TypeKeypoints, keypoints),
		label("day", export.TypeClassification, nil), label("night", export.TypeClassification, nil), label("", export.TypeBox, box),
	)
	plan, err := adaptertest.Collect(newAdapter(t, options("relabel", func(o *scale.Options) {
		o.Geometries = map[string]scale.Geometry{"point": {Objects: []string{"dog"}}}
		o.Global, o.Keypoint = "time", ""
	})), in)
	require.NoError(t, err)
	require.Len(t, plan.Refused, 3)
	require.Equal(t, adapter.Refusal{Index: 0, ElementID: "e", Item: "box", Reason: "the option geometries has no box"}, plan.Refused[0])
	require.Contains(t, plan.Refused[1].Reason, `global attribute "time" already`)
	require.Empty(t, plan.Refused[2].Item)
	require.Len(t, plan.Notes, 1)
	require.Contains(t, plan.Notes[0].Text, "keypoint_attribute")
	require.Contains(t, plan.Steps[0].Body,
		`"hypothesis":{"annotations":[{"type":"point","label":"dog","uuid":"`+adapter.UUID("points", "0")+`","x":1,"y":2}],"global_attributes":{"time":"dog"}}`)
}

func TestTaskOptions(t *testing.T) {
	t.Parallel()
	plan, err := adaptertest.Collect(newAdapter(t, options("batch", func(o *scale.Options) {
		o.Instruction, o.CallbackURL, o.Callback, o.ClearOnFail, o.Priority = "Look.", "https://gw.example.com/t", "me@example.com", true, "low"
	})), frame())
	require.NoError(t, err)
	require.Contains(t, plan.Steps[0].Body, `"name":"p 0123456789ab","calibration_batch":false,"self_label_batch":false,"callback":"me@example.com"`)
	require.Contains(t, plan.Steps[1].Body, `"instruction":"Look.","callback_url":"https://gw.example.com/t"`)
	require.Contains(t, plan.Steps[1].Body, `"priority":10,"unique_id":"`+adaptertest.Key+`-f","clear_unique_id_on_error":true`)
	require.NotContains(t, plan.Steps[1].Body, "hypothesis")
	require.NotContains(t, plan.Steps[1].Body, "null")
}
