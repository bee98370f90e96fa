package encord_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// pictures are n frames with a picture and a box each.
func pictures(n int) []export.Element {
	all := make([]export.Element, n)
	for i := range all {
		id := fmt.Sprintf("many-%04d", i)
		all[i] = picture(id, "https://images.example.com/"+id+".jpg", export.Label{
			ID: "label-" + id, Class: "dog", Type: string(export.TypeBox),
			Attributes: map[string]any{"left": 10.0, "top": 20.0, "width": 30.0, "height": 40.0},
		})
	}
	return all
}

func picture(id, url string, labels ...export.Label) export.Element {
	el := frameOf(id, nil)
	el.Frame.Labels = labels
	el.Frame.Sensors = []export.Sensor{{
		ID: "camera", URLs: map[string]string{"image_url": url}, Metadata: map[string]any{"width": 1920.0, "height": 1080.0},
	}}
	return el
}

// counts are how many steps there are of each kind.
func counts(out adaptertest.Outcome) map[string]int {
	all := map[string]int{}
	for _, s := range out.Steps {
		kind, _, _ := strings.Cut(s.ID, "/")
		all[kind]++
	}
	return all
}

func TestManyFramesGoInTheClientsBundles(t *testing.T) {
	t.Parallel()
	const n = 1001
	stand := sandboxtest.Start(t, setup(t))
	out := stand.Deliver(t, newAdapter(t, inBatches, withLabels, highPriority), input(pictures(n)...))
	require.Empty(t, out.Refused)
	require.Equal(t, map[string]int{
		"project": 1, "ontology": 1, "upload": 2, "job": 2, "link": 2, "task": 2, "start": 11, "save": 11, "priority": 2,
	}, counts(out))
	s := state(t, stand)
	require.Zero(t, s.Twice)
	hashes := map[string]bool{}
	var frames []export.Element
	var rows []string
	for _, u := range s.Units[6:] { // six are there at the start
		require.Len(t, u.Objects, 1)
		hashes[u.Objects[0].ObjectHash] = true
		frames = append(frames, frameOf(u.Title, map[string]any{"user__encord": u.DataHash}))
		rows = append(rows, u.LabelHash)
	}
	require.Len(t, hashes, n, "no two labels have one hash")

	completeRows(t, stand, rows)
	moved := stand.Deliver(t, newAdapter(t, byHash("data_hash"), byMove, highPriority), input(frames...))
	require.Equal(t, map[string]int{"tasks": 11 + 11 + 10, "move": 3, "priority": 2}, counts(moved), "two stages, ten of the pages go on")
	require.Len(t, moved.Taken, n)

	completeRows(t, stand, rows)
	reopened := stand.Deliver(t, newAdapter(t, byHash("data_hash")), input(frames...))
	require.Equal(t, map[string]int{"project": 1, "rows": 2, "reopen": 2}, counts(reopened))
	for _, u := range state(t, stand).Units[6:] {
		require.Equal(t, []any{"Annotate 1", "REOPENED", 1}, []any{u.Stage, u.Status, u.Reopened})
	}
	require.Zero(t, state(t, stand).Twice)
}

// completeRows is what reviewers do.
func completeRows(t *testing.T, stand *sandboxtest.Stand, rows []string) {
	t.Helper()
	uid, err := json.Marshal(rows)
	require.NoError(t, err)
	resp, err := stand.Do(t.Context(), adapter.Call{
		Method: "POST", Path: "/public", Header: map[string]string{"ResourceType": "project", "ResourceID": project},
		Body: adapter.BytesBody(fmt.Appendf(nil,
			`{"query_type": "labelworkflowgraphnode", "query_method": "POST", "values": {"uid": %s, "payload": {"action": "complete"}}}`, uid)),
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"status": 200, "response": true}`, string(resp.Body))
}

func TestWaitingForJobsReadsNoEvent(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 1000, 1001, 2000} {
		in := input(pictures(n)...)
		a := newAdapter(t, inBatches)
		plan, err := adaptertest.Collect(a, in)
		require.NoError(t, err)
		jobs := (n + 999) / 1000
		require.Len(t, plan.Steps, jobs)

		// The uploads are recorded as Judge has them.
		in.Results = map[string]adapter.Result{}
		for _, s := range plan.Steps {
			v := a.Judge(s.Step, adapter.Response{Status: 200, Body: []byte(`"` + someUUID + `"`)})
			in.Results[s.ID] = adapter.Result{Kept: v.Kept}
		}
		in.Elements = func(export.Fields) iter.Seq2[*export.Element, error] {
			require.FailNow(t, "the event is read")
			return nil
		}
		plan, err = adaptertest.Collect(a, in)
		require.NoError(t, err)
		require.True(t, plan.More)
		require.Len(t, plan.Steps, jobs)
		require.Equal(t, "/v2/public/storage/folders/"+folder+"/data-upload-jobs/"+someUUID+"?timeoutSeconds=15", plan.Steps[0].Call.Path)
	}
}

func TestTitlesAreFoundOnFurtherPages(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	// A title that is a part of many others: the stand-in has them on several pages, the one that is meant comes last.
	frames := append(pictures(120), picture("many", "https://images.example.com/many.jpg"))
	stand.Deliver(t, newAdapter(t, inBatches, highPriority), input(frames...))
	toReview := func(o *encord.Options) { o.From, o.To = []string{annotate}, review }
	out := stand.Deliver(t, newAdapter(t, byMove, toReview), input(frameOf("many", nil)))
	require.Equal(t, []string{"tasks/0001", "tasks/0001.2", "tasks/0001.3", "move/0001"}, stepIDs(out))
	require.Contains(t, out.Steps[1].Call.Path, "?pageToken=50&dataTitleContains=many")
	require.Equal(t, "Review 1", unitsOf(state(t, stand), "many")[0].Stage)
	require.Equal(t, "Annotate 1", unitsOf(state(t, stand), "many-0000")[0].Stage)
}

func TestItemsAreFoundOnFurtherPages(t *testing.T) {
	t.Parallel()
	find := lookupPlan(t)
	a := newAdapter(t, inBatches)
	plan, err := adaptertest.Collect(a, find)
	require.NoError(t, err)
	last := plan.Steps[len(plan.Steps)-1]
	require.Equal(t, "find/0001", last.ID)
	require.Equal(t, "/v2/public/storage/folders/"+folder+"/items?search=a+b%2Fc&isRecursive=False&order=name&desc=False&pageSize=1000"+
		"&signUrls=False&includeClientMetadata=True&clientMetadataAsSignedUrl=False", last.Call.Path)

	find.Results["find/0001"] = adapter.Result{Kept: map[string]string{"next": "p&2"}}
	plan, err = adaptertest.Collect(a, find)
	require.NoError(t, err)
	last = plan.Steps[len(plan.Steps)-1]
	require.Equal(t, "find/0001.2", last.ID)
	require.Contains(t, last.Call.Path, "/items?pageToken=p%262&search=a+b%2Fc&")

	find.Results["find/0001.2"] = adapter.Result{Kept: map[string]string{"item": someUUID}}
	plan, err = adaptertest.Collect(a, find)
	require.NoError(t, err)
	last = plan.Steps[len(plan.Steps)-1]
	require.Equal(t, "link/0001", last.ID)
	require.Contains(t, last.Body, `"item_uuids":["`+someUUID+`"]`)
	require.Equal(t, []export.ItemID{"a b/c"}, last.Items)
}

// lookupPlan is the input of a delivery whose job has ended and has not added its image.
func lookupPlan(t *testing.T) adapter.Input {
	t.Helper()
	in := input(picture("a b/c", "https://images.example.com/1.jpg"))
	in.Results = map[string]adapter.Result{
		"upload/0001": {Kept: map[string]string{"job": someUUID, "last": "last"}},
		"job/0001":    {Kept: map[string]string{"items": "{}"}},
	}
	return in
}

func TestLargeOutlinesGoInSmallerCalls(t *testing.T) {
	t.Parallel()
	outline := func(id string, corners int) export.Element {
		vertices := make([]any, corners)
		for i := range vertices {
			vertices[i] = []any{float64(i % 1920), float64(i % 1080)}
		}
		return picture(id, "https://images.example.com/"+id+".jpg", export.Label{
			ID: "l" + id, Class: "dog", Type: string(export.TypePolygons),
			Attributes: map[string]any{"polygons": []any{map[string]any{"vertices": vertices}}},
		})
	}
	stand := sandboxtest.Start(t, setup(t))
	out := stand.Deliver(t, newAdapter(t, inBatches, withLabels), input(
		outline("a", 9000), outline("b", 9000), outline("c", 9000), outline("d", 25000), outline("e", 3)))
	require.Equal(t, []string{"start/0001", "start/0002", "start/0003", "start/0004", "save/0001", "save/0002", "save/0003", "save/0004"}, stepIDs(out)[6:])
	var sizes []int
	for _, s := range out.Steps[6:10] {
		sizes = append(sizes, len(s.Refs))
	}
	require.Equal(t, []int{2, 1, 1, 1}, sizes)
	units := state(t, stand).Units
	require.Len(t, units[len(units)-2].Objects[0].Polygon, 25000)
}
