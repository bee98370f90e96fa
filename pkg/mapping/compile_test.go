package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/mapping"
)

func TestItemMistakesAreFoundAtLoad(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"":                       "is empty; a jq expression is needed",
		"{id: .id":               "line 1, column 9 of the expression: unexpected EOF",
		"{\n  id: .id,,\n}":      `line 2, column 11 of the expression: unexpected token ","`,
		".idd":                   `a frame has no field "idd"; it has id, image_url, dataset`,
		".labels[].uuid":         `a frame.labels has no field "uuid"; it has id, class`,
		".element.name":          `a frame.element has no field "name"`,
		"$event.name":            `$event has no field "name"; it has event, project, issue, extra`,
		"$event.issue.title":     `$event.issue has no field "title"`,
		"$item.id":               "variable not defined: $item; it can use $event, $key",
		"$items":                 "variable not defined: $items",
		"now":                    "now cannot be used: it reaches the time",
		"{t: (.id | localtime)}": "localtime cannot be used",
		"$ENV.HOME":              "$ENV cannot be used: it reaches the environment",
		"[.labels[] | env]":      "env cannot be used",
		"input":                  "input cannot be used",
		`import "a" as a; .id`:   "modules cannot be used",
		"nosuch(.id)":            "function not defined: nosuch/1",
	} {
		_, err := mapping.NewItem(mapping.EachFrames, src, nil)
		require.ErrorContains(t, err, want, "item %q", src)
	}
	_, err := mapping.NewItem("labelz", ".id", nil)
	require.EqualError(t, err, `"labelz" is not known; use labels, frames or elements`)
}

func TestRequiredPathsAreInferred(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		"{id: .id, url: .image_url}":                     {".id", ".image_url"},
		".metadata.user__batch":                          {".metadata.user__batch"},
		".task_id // .id":                                {},
		"{a: .task_id?, b: .device_id}":                  {".device_id"},
		"if .task_id then .device_id else .id end":       {},
		`select(.dataset == "train") | .id`:              {".id"},
		"try .task_id":                                   {},
		`"\(.id)/\(.task_id)"`:                           {".id", ".task_id"},
		"[.labels[].id]":                                 {},
		".labels | length":                               {".labels"},
		". as $f | {id: $f.id, x: ($f.task_id // \"\")}": {".id"},
		"$event.project":                                 {},
	} {
		it, err := mapping.NewItem(mapping.EachFrames, src, nil)
		require.NoError(t, err)
		require.Equal(t, want, it.Required(), src)
	}
}

func TestRequireReplacesWhatIsInferred(t *testing.T) {
	t.Parallel()
	it, err := mapping.NewItem(mapping.EachFrames, "{id, u: .image_url}", []string{".metadata.user__a"})
	require.NoError(t, err)
	require.Equal(t, []string{".metadata.user__a"}, it.Required())
	require.True(t, it.Fields().Has(export.FieldFrame), "what is required is decoded as well")
	for _, bad := range []string{"image_url", ".labels[]", ".imageurl", ""} {
		_, err := mapping.NewItem(mapping.EachFrames, ".id", []string{bad})
		require.ErrorAs(t, err, new(*mapping.RequireError), bad)
	}
}

func TestOnlyWhatIsReadIsDecoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		each mapping.Each
		src  string
		want export.Fields
	}{
		{mapping.EachFrames, ".id", 0},
		{mapping.EachFrames, "{id, url: .image_url}", export.FieldImage},
		{mapping.EachFrames, "[.labels[].id]", export.FieldLabels},
		{mapping.EachFrames, "[.labels[] | {id, class}]", export.FieldLabels | export.FieldLabelDetails},
		{mapping.EachFrames, ".metadata.user__a", export.FieldFrame},
		{mapping.EachFrames, ".element.id", 0},
		{mapping.EachFrames, ".", export.AllFields},
		{mapping.EachFrames, "keys", export.AllFields},
		{mapping.EachLabels, ".id", export.FieldLabels},
		{mapping.EachLabels, "{id, url: .image_url}", export.FieldLabels | export.FieldImage},
		{
			mapping.EachElements, "{id, i: .frame.image_url, c: .crop.class}",
			export.FieldImage | export.FieldLabels | export.FieldLabelDetails,
		},
	} {
		it, err := mapping.NewItem(c.each, c.src, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, it.Fields(), c.src)
	}
}

func TestItemsStandOnceAsAValue(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"$items", "{$items}", "{a: {b: [1, $items]}}", "{a: 1} + {b: $items}", "(1 as $x | {a: $x, b: $items})",
		`{name: $event.issue.name, n: $batch} | {name, n, k: $key, frames: $items}`,
	} {
		_, err := mapping.NewEnvelope(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{
		"{a: 1}", "{a: $items, b: $items}", "{a: ($items | length)}", `{a: "\($items)"}`, "{a: $items[0]}", "{a: $items[:10]}",
		"$items | map(.)", "{($items | tostring): 1}", "[1] + $items", "$items | {a: .}", "{a: $items} | .a", "{a: $items} | {b: 1}",
		"if ($items | length) > 0 then {a: 1} else {} end", "($items, 1)", "empty | $items", "{a: ($items // 1)}",
		"try {a: $items}", "reduce 1 as $x ($items; .)", "def f: $items; f",
	} {
		_, err := mapping.NewEnvelope(bad)
		require.Error(t, err, bad)
	}
}

func TestTextsTakeEventValues(t *testing.T) {
	t.Parallel()
	text, err := mapping.NewText(`projects/\($event.project|@uri)/batches/\($batch)`)
	require.NoError(t, err)
	got, err := text.Render(&export.Event{Project: "a/b c"}, "key", 2)
	require.NoError(t, err)
	require.Equal(t, "projects/a%2Fb%20c/batches/2", got)
	text, err = mapping.NewText(`plain "text" \n`)
	require.NoError(t, err)
	got, err = text.Render(&export.Event{}, "", 1)
	require.NoError(t, err)
	require.Equal(t, `plain "text" \n`, got)
	_, err = mapping.NewText(`a/\($event.nam)`)
	require.ErrorContains(t, err, "no field")
}

func TestPickersNeverFail(t *testing.T) {
	t.Parallel()
	pickers := map[string]*mapping.Picker{}
	for name, src := range map[string]string{"id": ".id", "n": ".n", "none": ".none", "loop": "last(repeat(1))", "error": ".id.x"} {
		p, err := mapping.NewPicker(src)
		require.NoError(t, err)
		pickers[name] = p
	}
	require.Equal(t, map[string]string{"id": "a", "n": "9007199254740993"},
		mapping.PickAll(pickers, []byte(`{"id": "a", "n": 9007199254740993}`)))
	for _, answer := range []string{"", "{", "<html>", "[]", "null", "12"} {
		require.Nil(t, mapping.PickAll(pickers, []byte(answer)), answer)
	}
}
