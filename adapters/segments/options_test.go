package segments_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/segments"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// mistakes are the options that errors name, in order, with the texts.
func mistakes(t *testing.T, all []error) (names, texts []string) {
	t.Helper()
	for _, err := range all {
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake)
		names, texts = append(names, mistake.Option), append(texts, mistake.Err.Error())
	}
	return names, texts
}

func TestOptionMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*segments.Options)
		option, text string
	}{
		{func(o *segments.Options) { o.Mode = "rework" }, "mode", "use batch or relabel"},
		{func(o *segments.Options) { o.Dataset = "pets" }, "dataset", "OWNER/NAME"},
		{func(o *segments.Options) { o.Dataset = "acme/" }, "dataset", "OWNER/NAME"},
		{func(o *segments.Options) { o.Dataset = "a/b/c" }, "dataset", "OWNER/NAME"},
		{func(o *segments.Options) { o.Dataset = "acme/.." }, "dataset", "OWNER/NAME"},
		{func(o *segments.Options) { o.Labelset = "a/b" }, "labelset", "is no name"},
		{func(o *segments.Options) { o.Labelset = "" }, "labelset", "ground-truth"},
		{func(o *segments.Options) { o.Status = "REVIEWED" }, "label_status", "REJECTED"},
		{func(o *segments.Options) { o.Priority = "7" }, "priority", "low,normal,high"},
		{func(o *segments.Options) { o.IDs = "label" }, "ids", "a sample is an image"},
		{func(o *segments.Options) { o.IDs = "uuid" }, "ids", "is not known"},
		{func(o *segments.Options) { o.Names = "" }, "names", "is not known"},
		{func(o *segments.Options) { o.Anchor, o.Issue = true, false }, "issue_anchor", "needs issue"},
		{func(o *segments.Options) { o.Classes = map[string]string{"a": ""} }, "classes.a", "is empty"},
	} {
		_, err := segments.Factory().New(options("batch", c.edit))
		require.Error(t, err, c.option)
		names, texts := mistakes(t, adapter.Mistakes(err))
		require.Equal(t, []string{c.option}, names)
		require.Contains(t, texts[0], c.text)
	}
	_, err := segments.Factory().New(&segments.Options{Priority: "x"})
	names, _ := mistakes(t, adapter.Mistakes(err))
	require.Equal(t, []string{"mode", "dataset", "labelset", "priority", "names"}, names, "all at once")
}

// inspect asks the stand-in as `labelgate check --online` does.
func inspect(t *testing.T, stand *sandboxtest.Stand, o *segments.Options) []error {
	t.Helper()
	a := newAdapter(t, o)
	results := map[string]adapter.Result{}
	for range 4 {
		found, more, err := a.(adapter.Inspector).Inspect(results, func(s adapter.Step) error {
			require.Equal(t, "GET", s.Call.Method)
			resp, err := stand.Do(t.Context(), s.Call)
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
	for name, c := range map[string]struct {
		mode         string
		edit         func(*segments.Options)
		option, text string
	}{
		"well":          {"batch", func(o *segments.Options) { o.Classes = map[string]string{"Hund": "dog"} }, "", ""},
		"no dataset":    {"batch", func(o *segments.Options) { o.Dataset = "acme/boats" }, "dataset", "no dataset acme/boats"},
		"no category":   {"batch", func(o *segments.Options) { o.Classes = map[string]string{"Hund": "hound"} }, "classes", `"hound" is not a category of the dataset: cat, dog`},
		"no labelset":   {"relabel", func(o *segments.Options) { o.Labelset = "predictions" }, "labelset", "ground-truth"},
		"relabel, well": {"relabel", func(*segments.Options) {}, "", ""},
	} {
		found := inspect(t, stand, options(c.mode, c.edit))
		if c.option == "" {
			require.Empty(t, found, name)
			continue
		}
		names, texts := mistakes(t, found)
		require.Equal(t, []string{c.option}, names, name)
		require.Contains(t, texts[0], c.text, name)
	}
}

func TestADatasetOfAnotherType(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, options("batch"))
	dataset := adapter.Response{Status: 200, Body: []byte(`{"task_type":"segmentation-bitmap","task_attributes":{"categories":[{"id":1,"name":"dog"}]}}`)}
	kept := a.Judge(adapter.Step{ID: "dataset-there"}, dataset).Kept
	found, more, err := a.(adapter.Inspector).Inspect(map[string]adapter.Result{
		"dataset-there": {Kept: kept}, "labelsets": {Kept: map[string]string{"names": "ground-truth"}},
	}, nil)
	require.NoError(t, err)
	require.False(t, more)
	names, texts := mistakes(t, found)
	require.Equal(t, []string{"dataset"}, names)
	require.Contains(t, texts[0], "segmentation-bitmap")
}

// TestADatasetOfBoxes takes nothing else, and says so of each label.
func TestADatasetOfBoxes(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	ask(t, stand, "POST", "/user/datasets/", `{"name":"boxes","task_type":"bboxes","category":"other","task_attributes":{"categories":[{"id":5,"name":"dog"}]}}`)
	line := label("line", export.TypeSegment, map[string]any{"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0})
	in := adaptertest.Elements(&export.Event{},
		frame("f1", "https://i.example.com/1.jpg", box("b"), line), frame("f2", "https://i.example.com/2.jpg", line))
	out := stand.Deliver(t, newAdapter(t, options("batch", func(o *segments.Options) { o.Dataset = "acme/boxes" })), in)
	require.Len(t, out.Taken, 2)
	require.Len(t, out.Refused, 2)
	require.Equal(t, "a dataset of type bboxes takes no polyline", out.Refused[0].Reason)
	samples := state(t, stand).Datasets[1].Samples
	require.Equal(t, "PRELABELED", samples[0].Status)
	require.Equal(t, "UNLABELED", samples[1].Status, "a label of nothing is not made")
}

func TestWhatALabelCannotHoldIsSaid(t *testing.T) {
	t.Parallel()
	keypoints := map[string]any{"keypoints": []any{map[string]any{"x": 1.0, "y": 2.0, "name": "nose"}}}
	in := adaptertest.Elements(&export.Event{}, frame("f", "https://i.example.com/1.jpg",
		label("points", export.TypeKeypoints, keypoints), label("day", export.TypeClassification, nil),
		label("night", export.TypeClassification, nil), label("odd", export.TypeClassification, map[string]any{"list": []any{1.0}}),
	))
	out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, options("batch", func(o *segments.Options) {
		o.Global, o.Keypoint, o.LabelID = "time", "", ""
	})), in)
	require.Len(t, out.Refused, 2)
	require.Contains(t, out.Refused[0].Reason, `attribute "time" already`)
	require.Len(t, out.Notes, 1)
	require.Contains(t, out.Notes[0].Text, "keypoint_attribute")
	require.JSONEq(t, `{"label_status":"PRELABELED","attributes":{"format_version":"0.1",
		"annotations":[{"id":1,"category_id":1,"type":"point","points":[[1,2]]}],"image_attributes":{"time":"dog"}}}`, out.Steps[2].Body)
}

func TestIssueTexts(t *testing.T) {
	t.Parallel()
	uuid := "00000000-0000-4000-8000-000000000001"
	many := frame("frame-070001", "")
	for i := range 25 {
		l := box("l")
		l.ID += string(rune('a' + i))
		many.Frame.Labels = append(many.Frame.Labels, l)
	}
	for name, c := range map[string]struct {
		edit func(*segments.Options)
		want string
	}{
		"own":     {func(o *segments.Options) { o.IssueText = "Look again." }, "Look again.\nlabelgate " + adaptertest.Key},
		"default": {func(*segments.Options) {}, "loose\nlabelgate " + adaptertest.Key},
	} {
		stand := sandboxtest.Start(t, setup())
		in := adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "loose"}}, many)
		stand.Deliver(t, newAdapter(t, options("relabel", c.edit)), in)
		require.Equal(t, c.want, state(t, stand).Datasets[0].Issues[0].Description, name)
	}
	crops := make([]export.Element, 25)
	for i := range crops {
		l := many.Frame.Labels[i]
		crops[i] = export.Element{ID: l.ID, FrameID: "frame-070001", Type: export.ElementCrop, Frame: &export.Frame{}, Crop: &l}
	}
	stand := sandboxtest.Start(t, setup())
	stand.Deliver(t, newAdapter(t, options("relabel")), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "loose"}}, crops...))
	got := state(t, stand).Datasets[0].Issues[0]
	require.Contains(t, got.Description, "loose\ndog la\n")
	require.Contains(t, got.Description, "\nand 5 more\n")
	require.Equal(t, "frame-070001", got.Sample)
	require.Equal(t, uuid, state(t, stand).Datasets[0].Samples[0].UUID)
}
