package labelstudio_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/labelstudio"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func TestMistakesInOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode         string
		edit         func(*labelstudio.Options)
		option, says string
	}{
		{"sideways", func(*labelstudio.Options) {}, "mode", "use batch or relabel"},
		{"batch", func(o *labelstudio.Options) { o.Project = 0 }, "project", "not the id of a project"},
		{"batch", func(o *labelstudio.Options) { o.Batch = 0 }, "batch", "not from 1 to 1000"},
		{"batch", func(o *labelstudio.Options) { o.Batch = 1001 }, "batch", "not from 1 to 1000"},
		{"batch", func(o *labelstudio.Options) { o.Priority = "urgent" }, "priority", "use low,normal,high"},
		{"batch", func(o *labelstudio.Options) { o.Image = "" }, "image", "is empty"},
		{"batch", func(o *labelstudio.Options) { o.Image = "labelgate_key" }, "image", "Labelgate's own"},
		{"batch", func(o *labelstudio.Options) { o.Column = "image" }, "column", "that of image"},
		{"batch", func(o *labelstudio.Options) { o.Column = "a.b" }, "column", "cannot be filtered"},
		{"batch", func(o *labelstudio.Options) { o.Controls.Image = "" }, "controls.image", "is empty"},
		{"batch", func(o *labelstudio.Options) { o.Columns = map[string]string{"w": "weather"} }, "columns.w", "begin with user__"},
		{"batch", func(o *labelstudio.Options) { o.Columns = map[string]string{"a__b": "user__x"} }, "columns.a__b", "cannot be filtered"},
		{"batch", func(o *labelstudio.Options) { o.Priority, o.Columns = "low", map[string]string{"priority": "user__p"} }, "columns.priority", "that of priority"},
		{"batch", func(o *labelstudio.Options) { o.ImageSize.Width = 5 }, "image_size", "width and a height"},
		{"batch", func(o *labelstudio.Options) { o.Classes = map[string]string{"dog": ""} }, "classes.dog", "is empty"},
		{"relabel", func(o *labelstudio.Options) { o.IDs = "nobody" }, "ids", "is not known"},
		{"relabel", func(o *labelstudio.Options) { o.Reopen = "gently" }, "reopen", "use draft, delete, review or mark"},
		{"relabel", func(o *labelstudio.Options) { o.Mark = "" }, "mark", "is empty"},
		{"relabel", func(o *labelstudio.Options) { o.Mark = "frame_id" }, "mark", "what tasks are found by"},
		{"relabel", func(o *labelstudio.Options) { o.Column = "x y" }, "column", "cannot be filtered"},
	} {
		_, err := labelstudio.Factory().New(options(c.mode, community, c.edit))
		var mistake *adapter.OptionError
		require.ErrorAs(t, err, &mistake, c.says)
		require.Equal(t, c.option, mistake.Option)
		require.ErrorContains(t, err, c.says)
	}
	_, err := labelstudio.Factory().New(options("batch", 0, func(o *labelstudio.Options) { o.Batch, o.Image = 0, "" }))
	require.Len(t, adapter.Mistakes(err), 3, "all at once: %v", err)
}

func TestKeysThatAreExchanged(t *testing.T) {
	t.Parallel()
	const personal = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"
	for key, traded := range map[string]bool{personal: true, "legacytoken": false, "a.b.c": false, "": false, "a.bnVsbA.c": false} {
		exchange, ok := labelstudio.Factory().Auth.Exchange(key)
		require.Equal(t, traded, ok, key)
		require.Equal(t, "/api/token/refresh/", exchange.Path)
	}
	require.Equal(t, "Token", labelstudio.Factory().Auth.Scheme)
}

// TestPersonalAccessToken delivers with a key that is exchanged for access tokens, which the stand-in forgets once.
func TestPersonalAccessToken(t *testing.T) {
	t.Parallel()
	s := setup()
	s.Key = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"
	stand := sandboxtest.Start(t, s)
	stand.Deliver(t, newAdapter(t, options("batch", community, known)), sandboxtest.Event(t, "frames"))
	require.Len(t, tasksOf(t, stand), 3)
	stand.Fault(t, "401")
	stand.Deliver(t, newAdapter(t, options("batch", community, known)), sandboxtest.Event(t, "sample-shape"))
	require.Len(t, tasksOf(t, stand), 5)
	exchanges := 0
	for _, r := range stand.Server.Requests() {
		if r.Path == "/api/token/refresh/" {
			exchanges++
		}
	}
	require.Equal(t, 2, exchanges, "one at the start, one for the 401")
}

func TestInspect(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    *labelstudio.Options
		want map[string]string
	}{
		"good":       {options("batch", community, known), nil},
		"no project": {options("batch", 99), map[string]string{"project": "no project 99"}},
		"relabel":    {options("relabel", community), nil},
		"controls": {options("batch", community, func(o *labelstudio.Options) {
			o.Controls.Box, o.Controls.Polygon, o.Controls.Answers = "boxes", "kp", map[string]string{"light": "lights"}
		}), map[string]string{"controls.box": `no tag "boxes"`, "controls.polygon": "is a KeyPointLabels", "controls.answers.light": `no tag "lights"`}},
		"image":   {options("batch", community, func(o *labelstudio.Options) { o.Image = "picture" }), map[string]string{"image": "shows $image"}},
		"to name": {options("batch", community, func(o *labelstudio.Options) { o.Controls.Image = "img" }), map[string]string{"controls.image": "is for image"}},
		"classes": {options("batch", community, func(o *labelstudio.Options) { o.Classes = map[string]string{"ferret": "ferret"} }), map[string]string{"classes": `"ferret" is no label`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mistakes := inspect(t, sandboxtest.Start(t, setup()), newAdapter(t, c.o).(adapter.Inspector))
			for option, says := range c.want {
				require.Contains(t, mistakes[option], says)
			}
			require.Len(t, mistakes, len(c.want))
		})
	}
}

// inspect returns the mistakes that an inspection finds, by option.
func inspect(t *testing.T, v vendor, i adapter.Inspector) map[string]string {
	t.Helper()
	results := map[string]adapter.Result{}
	for {
		mistakes, more, err := i.Inspect(results, func(s adapter.Step) error {
			resp, err := v.Do(t.Context(), s.Call)
			if err == nil {
				results[s.ID] = adapter.Result{Kept: i.(adapter.Adapter).Judge(s, resp).Kept}
			}
			return err
		})
		require.NoError(t, err)
		if more {
			continue
		}
		found := map[string]string{}
		for _, m := range mistakes {
			var mistake *adapter.OptionError
			require.ErrorAs(t, m, &mistake)
			found[mistake.Option] = m.Error()
		}
		return found
	}
}
