package mapping

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/export"
)

// nativeItems are expressions that must not need gojq.
var nativeItems = []string{
	".id", ".image_url", `{id, url: .image_url}`, `{id: .id, "a b": 1, c: [.id, null, true, 1.50, "x"]}`, `[]`, `{}`,
	`"\(.id)-\($event.issue.name)!"`, `{m: .metadata.user__n}`, `.metadata`, `.element.index`, `.element.extra.deep.er`,
	`$event.issue.elements`, `$key`, `{b: "two", a: ("é\n")}`, `.metadata.user__n.no`, `.geo.lat`, `-1`, `[[.id], {a: {b: .id}}]`,
}

// slowItems are those that gojq evaluates; the differential test takes them for the analysis of what they read.
var slowItems = []string{
	".labels.class",
	`{id: .id, n: (.labels | length)}`, `[.labels[] | .id]`, `.labels[0].class`, `.labels[].attributes.top?`,
	`.`, `keys`, `[..] | length`, `to_entries`, `.element[]`, `{(.id): 1}`, `. as {id: $i} | $i`, `. as $f | {id: $f.id}`,
	`if .geo then .task_id else .device_id end`, `if .geo then 1 end`, `.dataset // .id`, `[.sensors[].urls.image_url]`,
	`reduce .labels[] as $l (0; . + ($l.attributes.top // 0))`, `[.labels | map(select(.class == "dog")) | .[] | {id, type}]`,
	`[limit(1; .labels[])]`, `.metadata | with_entries(.value |= tostring)`, `[.labels[] | {id} + .extra]`, `@json`,
	`def f: .labels[].class; [f]`, `.labels as [$a, $b] | $b.id`, `[foreach .labels[] as $l (0; . + 1; [$l.class, .])]`,
	`.["id"]`, `."image_url"`, `.extra[.id]`, `label $out | .labels[] | .class, break $out`, `try error(.id) catch .`,
	`[.labels[]? | .linked[]?]`, `(.id, .task_id)`, `empty`, `"\(.labels[0].id)"`, `@uri "a/\(.image_url)"`, `.labels |= length`,
	`{id, $key}`, `{"id"}`, `{"x\(.id)": .task_id}`, `.coordinate_frames[].type`, `[.labels[].id] | join(",")`, `.labels | last | .class`,
}

func fullScope() *scope {
	attributes := map[string]any{"top": json.Number("9007199254740993"), "user__": nil, "list": []any{json.Number("1.0")}}
	labels := []export.Label{
		{ID: "l1", Class: "dog", Type: "BBOX_2D", Attributes: attributes, Linked: []string{"l2"}},
		{ID: "l2", Class: "cat \"q\" \x7f é", CoordinateFrame: "cam", Extra: map[string]any{"k": true}},
	}
	frame := &export.Frame{
		ImageURL: "https://x/<é>&.jpg", TaskID: "t", Labels: labels,
		Sensors:          []export.Sensor{{ID: "s", URLs: map[string]string{"image_url": "u"}}},
		CoordinateFrames: []export.CoordinateFrame{{ID: "cam", Type: "IMAGE"}},
		Metadata:         map[string]any{"user__n": json.Number("123456789012345678901"), "user__z": nil},
		Extra:            map[string]any{"f": "v"},
	}
	return &scope{
		key:   "key",
		event: &export.Event{Type: "e", Project: "p \"1\"", Issue: export.Issue{Name: "n\n", Elements: 3}},
		el: &export.Element{
			Index: 2, ID: "e1", Type: export.ElementFrame, FrameID: "f", Frame: frame,
			Extra: map[string]any{"deep": map[string]any{"er": json.Number("1")}},
		},
	}
}

func emptyScope() *scope {
	return &scope{key: "key", event: &export.Event{}, el: &export.Element{}, label: &export.Label{}}
}

// reference evaluates with gojq on the whole document.
func reference(it *Item, s *scope) (string, error) {
	var out []string
	event := &eventDoc{}
	doc := build(it.fields, s, wholeReads)
	err := it.program.run(doc, []any{event.get(s), s.key}, func(v any) error {
		out = append(out, string(appendJSON(nil, v)))
		return nil
	})
	return strings.Join(out, ","), err
}

// requireSame compares an item with the reference, a null that items refuse counted in.
func requireSame(t *testing.T, it *Item, s *scope) {
	t.Helper()
	want, wantErr := reference(it, s)
	got, err := it.appendTo(nil, s, &eventDoc{})
	if err == errNull {
		require.Contains(t, ","+want+",", ",null,")
		return
	}
	if wantErr != nil {
		require.Error(t, err)
		require.Equal(t, withoutExcerpt(wantErr), withoutExcerpt(err))
		return
	}
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// withoutExcerpt is jq's error up to the excerpt of the value that it is about: of a document that is decoded in part, the
// excerpt shows that part.
func withoutExcerpt(err error) string {
	text, _, _ := strings.Cut(err.Error(), " (")
	return text
}

func TestItemsEqualGojqOnTheWholeDocument(t *testing.T) {
	t.Parallel()
	for _, src := range append(append([]string(nil), nativeItems...), slowItems...) {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			it, err := NewItem(EachFrames, src, []string{})
			require.NoError(t, err)
			requireSame(t, it, fullScope())
			requireSame(t, it, emptyScope())
		})
	}
}

func TestSimpleItemsAreNative(t *testing.T) {
	t.Parallel()
	for _, src := range nativeItems {
		it, err := NewItem(EachFrames, src, nil)
		require.NoError(t, err)
		if src != "-1" {
			require.NotNil(t, it.native, src)
		}
	}
}

func FuzzItem(f *testing.F) {
	for _, src := range append(nativeItems, slowItems...) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 200 || strings.Contains(src, "def ") || strings.Contains(src, "repeat") {
			return // loops are bounded, and a bounded loop takes too long for a fuzzer
		}
		it, err := NewItem(EachFrames, src, []string{})
		if err != nil {
			require.NotContains(t, err.Error(), "panic")
			return
		}
		requireSame(t, it, fullScope())
		requireSame(t, it, emptyScope())
	})
}
