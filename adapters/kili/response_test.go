package kili_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/kili"
	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
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
func deliver(t *testing.T, edit func(*kili.Options), labels ...export.Label) (adaptertest.Outcome, kilisandbox.AssetState) {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	f := frame("f1", "")
	f.Frame.Labels = labels
	out := stand.Deliver(t, newAdapter(t, withJobs, edit), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, f))
	_, assets := state(t, stand)
	return out, assets[adaptertest.Key+"-f1"]
}

func nothing(*kili.Options) {}

func TestEachLabelHasItsForm(t *testing.T) {
	t.Parallel()
	const square = `{"polygons": [{"vertices": [[0,0],[100,0],[100,50],[0,50],[0,0]]}]}`
	for name, c := range map[string]struct {
		label    export.Label
		response string
		notes    []string
	}{
		"box": {
			label("dog", export.TypeBox, `{"left":0,"top":0,"width":100,"height":50}`),
			`{"BOXES":{"annotations":[{"mid":"u","type":"rectangle","categories":[{"name":"dog"}],"children":{},"boundingPoly":[
				{"normalizedVertices":[{"x":0,"y":0.5},{"x":0,"y":0},{"x":0.5,"y":0},{"x":0.5,"y":0.5}]}]}]}}`, nil,
		},
		"polygon": {
			label("dog", export.TypePolygons, square),
			`{"POLYGONS":{"annotations":[{"mid":"u","type":"polygon","categories":[{"name":"dog"}],"children":{},"boundingPoly":[
				{"normalizedVertices":[{"x":0,"y":0},{"x":0.5,"y":0},{"x":0.5,"y":0.5},{"x":0,"y":0.5}]}]}]}}`, nil,
		},
		"line": {
			label("leash", export.TypeSegment, `{"x1":0,"y1":0,"x2":200,"y2":100,"confidence":0.5}`),
			`{"LINES":{"annotations":[{"mid":"u","type":"polyline","categories":[{"name":"leash","confidence":50}],"children":{},
				"polyline":[{"x":0,"y":0},{"x":1,"y":1}]}]}}`, nil,
		},
		"keypoints": {
			label("cat", export.TypeKeypoints, `{"keypoints":[{"x":20,"y":10,"name":"nose"},{"x":200,"y":100,"name":"tail"}]}`),
			`{"POINTS":{"annotations":[
				{"mid":"u-1","type":"marker","categories":[{"name":"cat"}],"children":{},"point":{"x":0.1,"y":0.1}},
				{"mid":"u-2","type":"marker","categories":[{"name":"cat"}],"children":{},"point":{"x":1,"y":1}}]}}`,
			[]string{"sent as 2 single points, without their names and box"},
		},
		"classification": {
			label("indoor", export.TypeClassification, `{"light":"dim","count":2,"boxes":[1],"confidence":1,"user__by":"me"}`),
			`{"SCENE":{"categories":[{"name":"indoor","confidence":100}]},"LIGHT":{"categories":[{"name":"dim"}]}}`,
			[]string{
				`its answer "boxes" is not sent: the option jobs.answers names no job for it`,
				`its answer "count" is not sent: the option jobs.answers names no job for it`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, asset := deliver(t, nothing, c.label)
			require.Empty(t, out.Refused)
			require.Len(t, asset.Labels, 1)
			require.JSONEq(t, c.response, string(asset.Labels[0].Response))
			var notes []string
			for _, n := range out.Notes {
				require.Equal(t, export.ItemID("u"), n.Item)
				notes = append(notes, n.Text)
			}
			require.Equal(t, c.notes, notes)
		})
	}
}

// TestMidsTellLabelsApart: labels without an id get one that is the same every time.
func TestMidsTellLabelsApart(t *testing.T) {
	t.Parallel()
	mids := func() (all []string) {
		_, asset := deliver(t, nothing, box("", "dog"), box("", "dog"))
		var response struct {
			Boxes struct {
				Annotations []struct {
					Mid string `json:"mid"`
				} `json:"annotations"`
			} `json:"BOXES"`
		}
		require.NoError(t, json.Unmarshal(asset.Labels[0].Response, &response))
		for _, a := range response.Boxes.Annotations {
			all = append(all, a.Mid)
		}
		return all
	}
	first := mids()
	require.Len(t, first, 2)
	require.NotEqual(t, first[0], first[1])
	require.Equal(t, first, mids())
}

func TestUnmappedClasses(t *testing.T) {
	t.Parallel()
	labels := []export.Label{box("u1", "Dog"), box("u2", "Unicorn")}
	mapped := func(rule string) func(*kili.Options) {
		return func(o *kili.Options) { o.Classes, o.Unmapped = map[string]string{"Dog": "dog"}, rule }
	}
	out, _ := deliver(t, mapped("fail"), labels...)
	require.Empty(t, out.Steps)
	require.Contains(t, out.Refused[0].Reason, `class "Unicorn" is not in classes`)

	out, asset := deliver(t, mapped("skip"), labels...)
	require.Len(t, out.Notes, 1)
	require.Equal(t, 1, strings.Count(string(asset.Labels[0].Response), `"mid"`))
}

func TestBareAssetsAreNoted(t *testing.T) {
	t.Parallel()
	out, asset := deliver(t, func(o *kili.Options) { o.Jobs = kili.Jobs{} }, box("u1", "dog"))
	require.Empty(t, asset.Labels)
	require.Len(t, out.Notes, 1)
	require.Equal(t, "sent without its labels: the option jobs names no job", out.Notes[0].Text)
}

// TestLargePredictionsAreSplit: a call holds about 2 MB, as the client's own.
func TestLargePredictionsAreSplit(t *testing.T) {
	t.Parallel()
	ring := make([]string, 55_000)
	for i := range ring {
		ring[i] = fmt.Sprintf("[%d,%d]", i%200, i%100)
	}
	attributes := `{"polygons":[{"vertices":[` + strings.Join(ring, ",") + `]}]}`
	var frames []export.Element
	for n := range 2 {
		f := frame(fmt.Sprint("f", n), "")
		f.Frame.Labels = []export.Label{label("dog", export.TypePolygons, attributes)}
		frames = append(frames, f)
	}
	plan := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t, withJobs),
		adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, frames...)).Plan
	var sizes []int
	for _, s := range plan.Steps {
		if strings.HasPrefix(s.ID, "predictions/") {
			sizes = append(sizes, len(s.Refs))
		}
	}
	require.Equal(t, []int{1, 1}, sizes)
}

func TestIDsOfOddFrames(t *testing.T) {
	t.Parallel()
	odd := frame("a/b?c", "")
	out := sandboxtest.Start(t, setup()).Deliver(t, newAdapter(t), adaptertest.Elements(&export.Event{Issue: export.Issue{Name: "i"}}, odd))
	require.Regexp(t, "^"+adaptertest.Key+"-[0-9a-f]{32}$", out.Steps[1].Refs[0])
	require.Regexp(t, "^c[0-9a-z]{24}$", out.Taken["a/b?c"].ID)
	require.Equal(t, adapter.RepeatCheckFirst, out.Steps[1].Repeat)
}
