package encord_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func cut(text string) (before, after string) {
	before, after, _ = strings.Cut(text, ": ")
	return before, after
}

func state(t *testing.T, stand *sandboxtest.Stand) encordsandbox.State {
	t.Helper()
	var s encordsandbox.State
	stand.ReadState(t, &s)
	return s
}

// unitsOf are the data units with a title, in the order made.
func unitsOf(s encordsandbox.State, title string) []encordsandbox.StateUnit {
	var found []encordsandbox.StateUnit
	for _, u := range s.Units {
		if u.Title == title {
			found = append(found, u)
		}
	}
	return found
}

func reasons(out adaptertest.Outcome) []string {
	var all []string
	for _, r := range out.Refused {
		all = append(all, fmt.Sprintf("%d %s: %s", r.Index, r.Item, r.Reason))
	}
	return all
}

func stepIDs(out adaptertest.Outcome) []string {
	var all []string
	for _, s := range out.Steps {
		all = append(all, s.ID)
	}
	return all
}

func TestRowsAreReopened(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	before := state(t, stand)
	out := stand.Deliver(t, newAdapter(t, highPriority), sandboxtest.Event(t, "mixed"))
	require.Equal(t, []string{"project", "rows/0001", "rows/0002", "reopen/0001", "priority/0001"}, stepIDs(out))
	require.Empty(t, out.Refused)
	after := state(t, stand)
	require.Equal(t, map[export.ItemID]adapter.Receipt{
		"frame-070021": {ID: unitsOf(after, "frame-070021")[0].LabelHash}, "frame-070011": {ID: unitsOf(after, "frame-070011")[0].LabelHash},
	}, out.Taken)
	for i, u := range after.Units {
		was := before.Units[i]
		if u.Title == "frame-070021" || u.Title == "frame-070011" {
			was.Stage, was.Status, was.Reopened, was.Priority = "Annotate 1", "REOPENED", 1, 0.9
		}
		require.Equal(t, was, u)
	}
	require.Zero(t, after.Twice)
}

func TestTasksAreMoved(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	out := stand.Deliver(t, newAdapter(t, byMove), sandboxtest.Event(t, "crops"))
	require.Equal(t, []string{"tasks/0001", "tasks/0002", "tasks/0003", "tasks/0004", "move/0001"}, stepIDs(out))
	for _, title := range []string{"frame-070011", "frame-070012"} {
		u := unitsOf(state(t, stand), title)[0]
		require.Equal(t, []any{"Annotate 1", "REOPENED", 0, 0.5}, []any{u.Stage, u.Status, u.Reopened, u.Priority})
		require.Equal(t, u.DataHash, out.Taken[export.ItemID(title)].ID)
	}
	// Where they are now is no stage of from: nothing is moved, and no call with an empty selection is made.
	again := stand.Deliver(t, newAdapter(t, byMove, highPriority), sandboxtest.Event(t, "crops"))
	require.Equal(t, []string{"tasks/0001", "tasks/0002", "tasks/0003", "tasks/0004"}, stepIDs(again))
	require.ElementsMatch(t, []string{
		`0 frame-070011: no task of "frame-070011" is in a stage of from`, `2 frame-070012: no task of "frame-070012" is in a stage of from`,
	}, reasons(again))
}

// frameOf is a frame whose metadata names it at Encord.
func frameOf(id string, metadata map[string]any) export.Element {
	return export.Element{ID: id, Type: export.ElementFrame, FrameID: id, Frame: &export.Frame{Metadata: metadata}}
}

func input(elements ...export.Element) adapter.Input {
	return adaptertest.Elements(&export.Event{Type: "issue-exported", Project: "rarepets", Issue: export.Issue{Name: "bad"}}, elements...)
}

func byHash(match string) func(*encord.Options) {
	return func(o *encord.Options) { o.IDs, o.Match = "user__encord", match }
}

func TestFramesAreFoundByTheirHashes(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	units := state(t, stand).Units
	named := func(of func(encordsandbox.StateUnit) string) adapter.Input {
		return input(
			frameOf("a", map[string]any{"user__encord": strings.ToUpper(of(units[0]))}),
			frameOf("b", map[string]any{"user__encord": of(units[1])}),
			frameOf("c", map[string]any{"user__encord": of(units[0])}),
			frameOf("d", map[string]any{"user__encord": someUUID}),
			frameOf("e", map[string]any{"user__encord": "frame-070001"}),
			frameOf("f", nil),
		)
	}
	refused := func(what string) []string {
		return []string{
			`2 c: has the same name at Encord as frame "a": ` + "%s", `4 e: "frame-070001" is not a UUID, so it is no ` + what, `5 f: no user__encord`,
		}
	}
	fill := func(all []string, hash string) []string {
		all[0] = fmt.Sprintf(all[0], hash)
		return all
	}

	out := stand.Deliver(t, newAdapter(t, byHash("label_hash")), named(func(u encordsandbox.StateUnit) string { return u.LabelHash }))
	require.Equal(t, []string{"project", "rows/0001", "reopen/0001"}, stepIDs(out))
	require.Equal(t, append(fill(refused("label_hash"), units[0].LabelHash), `3 d: the project has no label row with the label hash "`+someUUID+`"`), reasons(out))

	out = stand.Deliver(t, newAdapter(t, byHash("data_hash"), byMove, func(o *encord.Options) { o.From, o.To = []string{annotate}, review }),
		named(func(u encordsandbox.StateUnit) string { return u.DataHash }))
	require.Equal(t, []string{"tasks/0001", "move/0001"}, stepIDs(out))
	require.Equal(t, append(fill(refused("data_hash"), units[0].DataHash), `3 d: no task of "`+someUUID+`" is in a stage of from`), reasons(out))

	out = stand.Deliver(t, newAdapter(t, byHash("data_hash")), named(func(u encordsandbox.StateUnit) string { return u.DataHash }))
	require.Len(t, out.Taken, 2)
	require.Equal(t, 2, state(t, stand).Units[0].Reopened)
}

func TestBatchWithLabels(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	a := newAdapter(t, inBatches, withLabels, highPriority)
	out := stand.Deliver(t, a, sandboxtest.Event(t, "geometry-2d"))
	require.Equal(t, []string{
		"upload/0001", "project", "ontology", "job/0001", "link/0001", "task/0001", "start/0001", "save/0001", "priority/0001",
	}, stepIDs(out))
	s := state(t, stand)
	u := unitsOf(s, "frame-070051")[0]
	require.Equal(t, map[export.ItemID]adapter.Receipt{"frame-070051": {ID: u.DataHash}}, out.Taken)
	require.Equal(t, []any{"Annotate 1", "NEW", 0.9}, []any{u.Stage, u.Status, u.Priority})
	require.Len(t, u.Objects, 4)
	require.Len(t, u.Classifications, 1)
	require.Equal(t, adaptertest.Key+"-frame-070051", s.Items[len(s.Items)-1].Metadata["labelgate_key"])
	require.Equal(t, []string{
		"0 298cb3a5-70cc-4c31-b571-810afc132d0d: the vendor has no form for labels of type SEMANTIC_LABEL_URL_2D",
		"0 0d75985d-99c9-4309-970d-c1951c2442f9: the vendor has no form for labels of type INSTANCE_LABEL_URL_2D",
		"0 0d75985d-99c9-4309-970d-c1951c2442f9_1: the vendor has no form for labels of type INSTANCE_LABEL_2D",
		"0 0d75985d-99c9-4309-970d-c1951c2442f9_2: the vendor has no form for labels of type INSTANCE_LABEL_2D",
	}, reasons(out))
	var notes []string
	for _, n := range out.Notes {
		notes = append(notes, n.Text)
	}
	require.ElementsMatch(t, []string{
		"clamped to the image (1920x1080)", "left out: the box or outline of the keypoints; a skeleton has points alone",
		"left out: the secondary labels count, light",
	}, notes)

	// Another delivery of the same frame finds the image, and leaves the labels that are there.
	next := sandboxtest.Event(t, "geometry-2d")
	next.Key = strings.Repeat("f", 32)
	again := stand.Deliver(t, a, next)
	require.Equal(t, []string{
		"upload/0001", "project", "ontology", "job/0001", "find/0001", "link/0001", "task-of/0001", "priority/0001",
	}, stepIDs(again))
	require.Contains(t, fmt.Sprint(again.Notes), "its label row was started before")
	require.Equal(t, s, state(t, stand))
}

func TestAnImageThatCannotBeFetchedIsRefused(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	out := stand.Deliver(t, newAdapter(t, inBatches), input(
		picture("gone", "https://images.example.com/missing/1.jpg"), picture("here", "https://images.example.com/2.jpg"),
		picture("same", "https://images.example.com/2.jpg"), picture("file", "file:///tmp/3.jpg"), frameOf("bare", nil),
		picture("frame-070001", "https://images.example.com/4.jpg"),
	))
	require.Equal(t, []string{"upload/0001", "job/0001", "find/0003", "link/0001"}, stepIDs(out))
	require.Equal(t, []string{
		"4 bare: no image_url",
		"0 gone: Encord could not take the image: Object not found: 404",
		"3 file: Encord could not take the image: Unsupported object URL",
		`2 same: Encord has added no item, and the folder has none that is called "same" with this image`,
	}, reasons(out))
	require.Len(t, out.Taken, 2)
	require.Len(t, unitsOf(state(t, stand), "frame-070001"), 2, "another image with the title of one that is there")
}

func TestNothingUsableMakesNoCall(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	for _, a := range []adapter.Adapter{newAdapter(t, highPriority), newAdapter(t, byMove), newAdapter(t, inBatches), newAdapter(t, inBatches, withLabels)} {
		out := stand.Deliver(t, a, input(export.Element{ID: "x"}, export.Element{ID: "y", Broken: "not an object"}))
		require.Empty(t, out.Steps)
		require.Len(t, out.Refused, 2)
	}
}

// TestNothingIsMadeTwice: some servers answer 500 after they have done their work, others answer by half.
func TestNothingIsMadeTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		adapter adapter.Adapter
		event   string
	}{
		"reopen": {newAdapter(t, highPriority), "mixed"},
		"move":   {newAdapter(t, byMove, highPriority), "crops"},
		"batch":  {newAdapter(t, inBatches, withLabels, highPriority), "geometry-2d"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stand := sandboxtest.Start(t, setup(t))
			calls := len(stand.Deliver(t, c.adapter, sandboxtest.Event(t, c.event)).Steps)
			want := state(t, stand)
			require.Zero(t, want.Twice)
			for _, fault := range []string{"500-after", "reset", "429"} {
				for after := range calls + 1 {
					stand := sandboxtest.Start(t, setup(t))
					stand.Fault(t, fmt.Sprintf("%s,after=%d", fault, after))
					stand.Deliver(t, c.adapter, sandboxtest.Event(t, c.event))
					require.Equal(t, want, state(t, stand), "%s after %d calls", fault, after)
				}
			}
		})
	}
}

func TestARowWithoutLabelsIsNotReopened(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	stand.Deliver(t, newAdapter(t, inBatches), sandboxtest.Event(t, "geometry-2d"))
	var out adaptertest.Outcome
	for range 3 { // until the project has the task
		out = stand.Deliver(t, newAdapter(t), sandboxtest.Event(t, "geometry-2d"))
	}
	require.Equal(t, []string{"project", "rows/0001"}, stepIDs(out))
	require.Equal(t, []string{"0 frame-070051: nobody has labelled it yet: it waits in the first stage, there is nothing to reopen"}, reasons(out))
}

func TestATitleOfSeveralUnitsNamesNone(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup(t))
	stand.Deliver(t, newAdapter(t, inBatches, highPriority), sandboxtest.Event(t, "frames")) // other images of the same titles
	out := stand.Deliver(t, newAdapter(t), sandboxtest.Event(t, "frames"))
	require.Equal(t, []string{"project", "rows/0001", "rows/0002", "rows/0003"}, stepIDs(out))
	require.Contains(t, reasons(out)[0], "the project has several data units with the title")
	out = stand.Deliver(t, newAdapter(t, byMove, func(o *encord.Options) { o.From, o.To = []string{annotate, complete}, review }), sandboxtest.Event(t, "frames"))
	require.Empty(t, out.Taken)
	require.Contains(t, reasons(out)[0], "several tasks have the title")
}
