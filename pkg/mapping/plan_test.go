package mapping_test

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// planned is a plan as text.
type planned struct {
	bodies  []string
	steps   []string
	items   [][]export.ItemID
	last    []bool
	refused []mapping.Refusal
}

func run(m *mapping.Mapping, elements ...export.Element) (planned, error) {
	var p planned
	in := mapping.Input{
		Key:   "key",
		Event: &export.Event{Project: "p", Issue: export.Issue{Name: "n", Dataset: "d", Elements: len(elements)}},
		Elements: func(export.Fields) iter.Seq2[*export.Element, error] {
			return func(yield func(*export.Element, error) bool) {
				for i := range elements {
					elements[i].Index = i
					if !yield(&elements[i], nil) {
						return
					}
				}
			}
		},
	}
	err := mapping.Plan(m, in, mapping.Output[*bytes.Buffer]{
		NewBody: func() *bytes.Buffer { return &bytes.Buffer{} },
		Emit: func(c mapping.Call[*bytes.Buffer]) error {
			p.bodies, p.steps = append(p.bodies, c.Body.String()), append(p.steps, c.StepID())
			p.items, p.last = append(p.items, c.Items), append(p.last, c.Last)
			return nil
		},
		Refuse: func(r mapping.Refusal) error {
			p.refused = append(p.refused, r)
			return nil
		},
	})
	return p, err
}

func frame(id string) export.Element {
	return export.Element{ID: "e-" + id, Type: export.ElementFrame, FrameID: id, Frame: &export.Frame{ImageURL: "u/" + id}}
}

func crop(label string) export.Element {
	return export.Element{ID: label, Type: export.ElementCrop, FrameID: "f", Crop: &export.Label{ID: label, Class: "dog"}}
}

func TestBatchesByItems(t *testing.T) {
	t.Parallel()
	m := newMapping(t, mapping.EachFrames, ".id", "{n: $batch, ids: $items}")
	m.MaxItems = 2
	p, err := run(m, frame("a"), frame("b"), frame("a"), frame("c"))
	require.NoError(t, err)
	require.Equal(t, []string{`{"ids":["a","b"],"n":1}`, `{"ids":["c"],"n":2}`}, p.bodies)
	require.Equal(t, []string{"call/0001", "call/0002"}, p.steps)
	require.Equal(t, []bool{false, true}, p.last)
	require.Equal(t, [][]export.ItemID{{"a", "b"}, {"c"}}, p.items)
}

func TestBatchesByBytes(t *testing.T) {
	t.Parallel()
	m := newMapping(t, mapping.EachFrames, ".id", "{ids: $items}")
	m.MaxBytes = int64(len(`{"ids":["aa","bb"]}`))
	p, err := run(m, frame("aa"), frame("bb"), frame("cc"), frame(strings.Repeat("d", 20)))
	require.NoError(t, err)
	require.Equal(t, []string{`{"ids":["aa","bb"]}`, `{"ids":["cc"]}`}, p.bodies)
	require.Equal(t, []mapping.Refusal{{
		Index: 3, ElementID: "e-" + strings.Repeat("d", 20), Item: export.ItemID(strings.Repeat("d", 20)),
		Reason: "a call with it alone has 32 bytes, over the limit of 19",
	}}, p.refused)
}

func TestLabelsAreASet(t *testing.T) {
	t.Parallel()
	whole := frame("f")
	whole.Frame.Labels = []export.Label{{ID: "1"}, {ID: "2"}, {}, {ID: "1"}}
	p, err := run(newMapping(t, mapping.EachLabels, ".id", "$items"), crop("2"), whole, crop("3"), crop("3"), frame("no-labels"))
	require.NoError(t, err)
	require.Equal(t, []string{`["2","1","3"]`}, p.bodies)
	require.Equal(t, []string{"call"}, p.steps)
	require.Equal(t, []mapping.Refusal{{Index: 1, ElementID: "e-f", Reason: "label 2: no uuid"}}, p.refused)
}

func TestAFrameIsTakenFromTheElementThatHasItsPicture(t *testing.T) {
	t.Parallel()
	bare := frame("f")
	bare.Frame = &export.Frame{}
	p, err := run(newMapping(t, mapping.EachFrames, "{id, u: .image_url}", "$items"), bare, frame("f"), frame("f"))
	require.NoError(t, err)
	require.Equal(t, []string{`[{"id":"f","u":"u/f"}]`}, p.bodies)
	require.Equal(t, []mapping.Refusal{{Index: 0, ElementID: "e-f", Reason: "no image_url"}}, p.refused)
}

func TestExpressionsDecidePerItem(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]struct {
		bodies  []string
		refused string
	}{
		`select(.id == "2") | .id`:  {[]string{`["2"]`}, ""},
		"empty":                     {nil, ""},
		"(.id, .class)":             {[]string{`["1","dog","2","dog"]`}, ""},
		"null":                      {nil, "item: the expression gives null"},
		".coordinate_frame // null": {nil, "item: the expression gives null"},
		".id | tonumber + \"x\"":    {nil, "item: cannot add: number (1) and string (\"x\")"},
		".type":                     {nil, "no type"},
		"error(\"bad \" + .id)":     {nil, "item: error: bad 1"},
	} {
		p, err := run(newMapping(t, mapping.EachLabels, src, "$items"), crop("1"), crop("2"))
		require.NoError(t, err)
		require.Equal(t, want.bodies, p.bodies, src)
		if want.refused != "" {
			require.Equal(t, want.refused, p.refused[0].Reason, src)
		} else {
			require.Empty(t, p.refused, src)
		}
	}
}

func TestEndlessExpressionsEndThePlan(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"[repeat(1)]", "last(range(infinite))", `until(false; .)`, "try repeat(empty)"} {
		_, err := run(newMapping(t, mapping.EachLabels, src, "$items"), crop("1"), crop("2"))
		require.ErrorContains(t, err, "item: takes more than 2,000,000 steps", src)
	}
}

func TestElementsNeedTheirID(t *testing.T) {
	t.Parallel()
	p, err := run(newMapping(t, mapping.EachElements, "{id, frame: .frame.image_url}", "$items"),
		frame("a"), export.Element{Type: "video"}, export.Element{ID: "x"}, export.Element{Broken: "not an object"})
	require.NoError(t, err)
	require.Equal(t, []string{`[{"frame":"u/a","id":"e-a"}]`}, p.bodies)
	require.Equal(t, []mapping.Refusal{
		{Index: 1, Reason: "no element_id"},
		{Index: 2, ElementID: "x", Reason: "no frame_data"},
		{Index: 3, Reason: "not an object"},
	}, p.refused)
}

func TestASenderCannotBreakOutOfTheEnvelope(t *testing.T) {
	t.Parallel()
	evil := "\x00items of key"
	p, err := run(newMapping(t, mapping.EachFrames, ".id", `{a: $key, b: [$event.project], c: $items}`), frame(evil), frame(`"]}`))
	require.NoError(t, err)
	require.Equal(t, []string{`{"a":"key","b":["p"],"c":["\u0000items of key","\"]}"]}`}, p.bodies)
}

func TestErrorsOfTheSourceComeBackAsTheyAre(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk")
	m := newMapping(t, mapping.EachFrames, ".id", "$items")
	err := mapping.Plan(m, mapping.Input{Event: &export.Event{}, Elements: func(export.Fields) iter.Seq2[*export.Element, error] {
		return func(yield func(*export.Element, error) bool) { yield(nil, broken) }
	}}, mapping.Output[*bytes.Buffer]{})
	require.Equal(t, broken, err)
}
