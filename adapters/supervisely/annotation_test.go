package supervisely_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/supervisely"
	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// label is the label u of a frame of 200 by 100 pixels, whose attributes are JSON.
func label(class string, kind export.LabelType, attributes string) export.Label {
	l := export.Label{ID: "u", Class: class, Type: string(kind)}
	d := json.NewDecoder(strings.NewReader(attributes))
	d.UseNumber()
	if err := d.Decode(&l.Attributes); err != nil {
		panic(err)
	}
	return l
}

// deliver sends one frame with these labels, and returns what the vendor has of it.
func deliver(t *testing.T, edit func(*supervisely.Options), labels ...export.Label) (adaptertest.Outcome, superviselysandbox.ImageState) {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	f := frame("f1", "")
	f.Frame.Labels = labels
	out := stand.Deliver(t, newAdapter(t, withJob, edit), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, f))
	_, images := state(t, stand)
	return out, images[adaptertest.Key+"-f1.jpg"]
}

func nothing(*supervisely.Options) {}

func TestEachLabelHasItsForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		label         export.Label
		objects, tags string
		notes         []string
	}{
		"box": {
			label("dog", export.TypeBox, `{"left":-10,"top":0,"width":20.5,"height":50}`),
			`[{"classTitle":"dog","geometryType":"rectangle","points":{"exterior":[[0,0],[10.5,50]],"interior":[]},"tags":[]}]`, `[]`,
			[]string{"clamped to the image (200x100)"},
		},
		"polygons": {
			label("dog", export.TypePolygons, `{"polygons":[{"vertices":[[0,0],[10,0],[5.5,5]]},{"vertices":[[20,0],[30,0],[25,5],[20,0]]}]}`),
			`[{"classTitle":"dog","geometryType":"polygon","points":{"exterior":[[0,0],[10,0],[5.5,5]],"interior":[]},"tags":[]},
			  {"classTitle":"dog","geometryType":"polygon","points":{"exterior":[[20,0],[30,0],[25,5]],"interior":[]},"tags":[]}]`, `[]`,
			[]string{"sent as 2 objects, one for each part"},
		},
		"line": {
			label("leash", export.TypeSegment, `{"x1":0,"y1":0,"x2":200,"y2":100}`),
			`[{"classTitle":"leash","geometryType":"line","points":{"exterior":[[0,0],[200,100]],"interior":[]},"tags":[]}]`, `[]`, nil,
		},
		"keypoints": {
			label("cat", export.TypeKeypoints, `{"keypoints":[{"x":20,"y":10,"name":"nose"}]}`),
			`[{"classTitle":"cat","geometryType":"point","points":{"exterior":[[20,10]],"interior":[]},"tags":[]}]`, `[]`,
			[]string{"sent as 1 single points, without their names and box"},
		},
		"classification": {
			label("indoor", export.TypeClassification, `{"light":"dim","count":2,"mood":"good","boxes":[1],"confidence":1}`),
			`[]`, `[{"name":"indoor"},{"name":"count","value":2},{"name":"light","value":"dim"}]`,
			[]string{
				`its answer "boxes" is not sent: the option answers names no tag for it`,
				`its answer "mood" is not sent: the option answers names no tag for it`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, image := deliver(t, nothing, c.label)
			require.Empty(t, out.Refused)
			objects, err := json.Marshal(image.Annotation.Objects)
			require.NoError(t, err)
			require.JSONEq(t, c.objects, string(objects))
			tags, err := json.Marshal(image.Annotation.Tags)
			require.NoError(t, err)
			require.JSONEq(t, c.tags, string(tags))
			var notes []string
			for _, n := range out.Notes {
				require.Equal(t, export.ItemID("u"), n.Item)
				notes = append(notes, n.Text)
			}
			require.Equal(t, c.notes, notes)
		})
	}
}

func TestUnmappedClasses(t *testing.T) {
	t.Parallel()
	labels := []export.Label{box("u1", "Dog"), box("u2", "Unicorn")}
	mapped := func(rule string) func(*supervisely.Options) {
		return func(o *supervisely.Options) { o.Classes, o.Unmapped = map[string]string{"Dog": "dog"}, rule }
	}
	out, _ := deliver(t, mapped("fail"), labels...)
	require.Empty(t, out.Steps)
	require.Contains(t, out.Refused[0].Reason, `class "Unicorn" is not in classes`)
	out, image := deliver(t, mapped("skip"), labels...)
	require.Len(t, out.Notes, 1)
	require.Len(t, image.Annotation.Objects, 1)
}

// TestNames: an image has its frame's id where that is fit for a name, and the extension of its URL where there is one.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ frame, url, name string }{
		{"f1", "https://a.example/x/y.png", "-f1.png"},
		{"f1", "https://a.example/y.jpeg?sig=a.b/c.zip#z", "-f1.jpeg"},
		{"f1", "https://a.example/y", "-f1"},
		{"f1", "https://a.example/y.", "-f1"},
		{"f1", "https://a.example/y.notanextension", "-f1"},
		{"f1", "https://a.example/v1.2/y.j%20g", "-f1"},
		{"a/b", "https://a.example/y.png", "-[0-9a-f]{32}.png"},
	} {
		f := frame(c.frame, "")
		f.Frame.Sensors[0].URLs["image_url"] = c.url
		out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, f))
		require.Regexp(t, "^"+adaptertest.Key+c.name+"$", out.Steps[1].Refs[0], c.url)
		require.Len(t, out.Taken, 1)
	}
}

// TestJobsOfLongIssues: a job's name is at most 255 characters and holds the key whole.
func TestJobsOfLongIssues(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	event := &export.Event{Issue: export.Issue{Name: strings.Repeat("é", 300)}}
	stand.Deliver(t, newAdapter(t, relabel), adaptertest.Elements(event, frame("frame-070001", "")))
	s, _ := state(t, stand)
	require.Equal(t, strings.Repeat("é", 200)+" (labelgate "+adaptertest.Key+")", s.Jobs[1].Name)
}

// TestMuchThatIsDrawnIsSplit: a call holds about 2 MB of points, and what waits for a call does too.
func TestMuchThatIsDrawnIsSplit(t *testing.T) {
	t.Parallel()
	ring := strings.TrimSuffix(strings.Repeat("[1,1],[5,1],[5,5],", 10_000), ",")
	var frames []export.Element
	for _, id := range []string{"a", "b", "c"} {
		f := frame(id, "")
		f.Frame.Labels = []export.Label{label("dog", export.TypePolygons, `{"polygons":[{"vertices":[`+ring+`]}]}`)}
		frames = append(frames, f)
	}
	frames[2].Frame.Labels = []export.Label{box("u", "dog")}
	out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, frames...))
	var sizes []int
	for _, s := range out.Steps[1:] {
		sizes = append(sizes, len(s.Refs))
	}
	require.Equal(t, []int{1, 2, 1, 2}, sizes, "images, then annotations")
	require.Len(t, out.Taken, 3)
}
