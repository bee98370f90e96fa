package cvat_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// frameOf is a frame of one image, with boxes of the classes given.
func frameOf(id, link string, classes ...string) export.Element {
	el := export.Element{
		ID: id, Type: export.ElementFrame, FrameID: id,
		Frame: &export.Frame{ImageURL: link, Sensors: []export.Sensor{{ID: "cam", Type: "IMAGE_V0", URLs: map[string]string{"image_url": link}}}},
	}
	for i, class := range classes {
		el.Frame.Labels = append(el.Frame.Labels, export.Label{
			ID: fmt.Sprintf("%s-label-%d", id, i), Class: class, Type: string(export.TypeBox),
			Attributes: map[string]any{"left": 10.5, "top": 20.0, "width": 30.0, "height": 40.0},
		})
	}
	return el
}

func event() *export.Event {
	return &export.Event{Type: "issue-exported", Project: "street", Issue: export.Issue{Name: "night"}}
}

// deliver delivers frames to a fresh stand.
func deliver(t *testing.T, o *cvat.Options, frames ...export.Element) (adaptertest.Outcome, cvatsandbox.State) {
	t.Helper()
	stand := sandboxtest.Start(t, setup())
	out := stand.Deliver(t, made(t, o), adaptertest.Elements(event(), frames...))
	return out, state(t, stand)
}

// TestBatchMakesTasks: what the vendor holds in the end, whole.
func TestBatchMakesTasks(t *testing.T) {
	t.Parallel()
	o := options(batch, func(o *cvat.Options) {
		o.Task.Size, o.Task.SegmentSize, o.Task.Subset, o.ImageQuality = 2, 1, "Train", 90
	})
	out, held := deliver(t, o,
		frameOf("f1", "https://images.example.com/a/one.jpg?sig=1", "cat"),
		frameOf("f2", "https://images.example.com/a/two%20words.png"),
		frameOf("f3", "https://images.example.com/b/one.jpg", "dog", "cat"), // the name of f1's file
		frameOf("f4", "https://images.example.com/a/three.jpg", "dog"),
	)
	box := []float64{10.5, 20, 40.5, 60}
	shape := func(label, uuid string) cvatsandbox.ShapeState {
		return cvatsandbox.ShapeState{Label: label, Type: "rectangle", Points: box, Attributes: map[string]string{"label_uuid": uuid}}
	}
	job := func(id, frame int, shapes ...cvatsandbox.ShapeState) cvatsandbox.JobState {
		for i := range shapes {
			shapes[i].Frame = frame
		}
		return cvatsandbox.JobState{ID: id, Start: frame, Stop: frame, Stage: "annotation", State: "new", Shapes: shapes}
	}
	task := func(id int, frames []string, jobs ...cvatsandbox.JobState) cvatsandbox.TaskState {
		return cvatsandbox.TaskState{
			ID: id, Name: fmt.Sprintf("night #%d", id), Project: 1, Tracker: fmt.Sprintf("labelgate:%s/%04d", adaptertest.Key, id),
			Subset: "Train", Quality: 90, Frames: frames, Jobs: jobs,
		}
	}
	require.Equal(t, cvatsandbox.State{
		Tasks: []cvatsandbox.TaskState{
			task(1, []string{"one.jpg", "two words.png"}, job(1, 0, shape("cat", "f1-label-0")), job(2, 1)),
			task(2, []string{"three.jpg"}, job(3, 0, shape("dog", "f4-label-0"))),
			task(3, []string{"one.jpg"}, job(4, 0, shape("dog", "f3-label-0"), shape("cat", "f3-label-1"))),
		},
		Issues: []cvatsandbox.IssueState{},
	}, held)
	require.Equal(t, map[export.ItemID]adapter.Receipt{
		"f1": {ID: "1/0", Link: "/tasks/1"}, "f2": {ID: "1/1", Link: "/tasks/1"},
		"f4": {ID: "2/0", Link: "/tasks/2"}, "f3": {ID: "3/0", Link: "/tasks/3"},
	}, out.Taken)
	require.Empty(t, out.Failed)
	require.Empty(t, out.Refused)
}

// TestAnImageThatCannotBeFetched costs the others one more task, and itself alone its place.
func TestAnImageThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	out, held := deliver(t, options(batch),
		frameOf("f1", "https://images.example.com/1.jpg", "cat"),
		frameOf("f2", "https://images.example.com/missing/2.jpg", "cat"),
		frameOf("f3", "https://images.example.com/3.jpg"),
		frameOf("f4", "https://images.example.com/internal/4.jpg"),
	)
	require.Len(t, held.Tasks, 3)
	require.Empty(t, held.Tasks[0].Frames)
	require.Empty(t, held.Tasks[1].Frames)
	require.Equal(t, []string{"1.jpg", "3.jpg"}, held.Tasks[2].Frames)
	require.Equal(t, "labelgate:"+adaptertest.Key+"/0001.3", held.Tasks[2].Tracker)
	require.Len(t, out.Taken, 2)
	require.Equal(t, map[export.ItemID]string{
		"f2": "CVAT could not fetch its image: Exception: Failed to download https://images.example.com/missing/2.jpg; HTTP error 404",
		"f4": "CVAT could not fetch its image: Exception: Failed to download https://images.example.com/internal/4.jpg; likely attempt to access internal host",
	}, reasons(out))
	require.Equal(t, 3, out.Refused[1].Index)
	require.Zero(t, held.Twice)
}

// TestTooManyImagesCannotBeFetched: at some time it is enough, and what is left is refused by name.
func TestTooManyImagesCannotBeFetched(t *testing.T) {
	t.Parallel()
	var frames []export.Element
	for i := range 6 {
		frames = append(frames, frameOf(fmt.Sprint("f", i), fmt.Sprintf("https://images.example.com/missing/%d.jpg", i)))
	}
	frames = append(frames, frameOf("good", "https://images.example.com/good.jpg"))
	out, held := deliver(t, options(batch), frames...)
	require.Len(t, held.Tasks, 5)
	require.Empty(t, out.Taken)
	require.Len(t, out.Refused, 7)
	require.Contains(t, reasons(out)["f4"], "CVAT could not fetch its image: ")
	require.Contains(t, reasons(out)["f5"], "5 tasks with other images that cannot be fetched have failed")
	require.Contains(t, reasons(out)["good"], "5 tasks with other images that cannot be fetched have failed; lately: Exception: Failed to download")
}

// failing is a stand whose requests fail, so many times, with a message.
type failing struct {
	*sandboxtest.Stand
	times   int
	message string
}

func (f *failing) Do(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	if f.times > 0 && strings.HasPrefix(call.Path, "/api/requests/") {
		f.times--
		return adapter.Response{Status: 200, Body: []byte(`{"status":"failed","message":"` + f.message + `"}`)}, nil
	}
	return f.Stand.Do(ctx, call)
}

// TestFailuresThatNameNoImage may go well the next time, once; and where one URL begins with another, the right one is blamed.
func TestFailuresThatNameNoImage(t *testing.T) {
	t.Parallel()
	try := func(times int, message string) map[export.ItemID]string {
		stand := &failing{sandboxtest.Start(t, setup()), times, message}
		out, err := adaptertest.Deliver(t.Context(), made(t, options(batch)), adaptertest.Elements(event(),
			frameOf("f1", link("a.jpg")), frameOf("f2", link("b.jpg")), frameOf("f3", link("b.jpg.png"))), stand)
		require.NoError(t, err)
		return reasons(out)
	}
	require.Empty(t, try(1, "Work-horse terminated unexpectedly"))
	require.Len(t, try(2, "Work-horse terminated unexpectedly"), 3)
	require.Len(t, try(1, "No media data found"), 3)
	require.Equal(t, map[export.ItemID]string{
		"f3": "CVAT could not fetch its image: Failed to download " + link("b.jpg.png") + "; HTTP error 403",
	}, try(1, "Failed to download "+link("b.jpg.png")+"; HTTP error 403"))
}

// TestPollsDoNotReadTheEvent: while CVAT fetches, the results tell what to ask for.
func TestPollsDoNotReadTheEvent(t *testing.T) {
	t.Parallel()
	request := adapter.Result{Kept: map[string]string{"request": "r", "task": "7"}}
	in := adapter.Input{Key: adaptertest.Key, Event: event(), Results: map[string]adapter.Result{
		"labels/0001": {}, "create/0001": request, "create/0002": request, "create/10000": request, "attach/0002": request,
		"attach/10000": request, "attach/0001": request, "fetch/0002": {Kept: map[string]string{"state": "finished"}},
	}}
	in.Elements = func(export.Fields) iter.Seq2[*export.Element, error] {
		t.Error("the event was read")
		return func(func(*export.Element, error) bool) {}
	}
	plan, err := adaptertest.Collect(made(t, options(batch)), in)
	require.NoError(t, err)
	require.True(t, plan.More)
	require.Equal(t, []string{"fetch/0001", "fetch/10000"}, []string{plan.Steps[0].ID, plan.Steps[1].ID})
}

// TestFilesThatCVATTakesForNoImages are missed by name, whether others are there or not.
func TestFilesThatCVATTakesForNoImages(t *testing.T) {
	t.Parallel()
	out, held := deliver(t, options(batch),
		frameOf("f1", "https://images.example.com/1.jpg"),
		frameOf("f2", "https://images.example.com/api/image?id=2", "cat"),
	)
	require.Len(t, held.Tasks, 1)
	require.Equal(t, adapter.Receipt{ID: "1/0", Link: "/tasks/1"}, out.Taken["f1"])
	require.Equal(t, `CVAT has left the file "image" out of task 1: it takes it for no image`, out.Failed["f2"])
	require.Equal(t, "confirm/0001", out.Steps[len(out.Steps)-1].ID, "an empty replacement is never sent")

	out, held = deliver(t, options(batch), frameOf("f2", "https://images.example.com/api/image?id=2", "cat"))
	require.Len(t, held.Tasks, 1)
	require.Equal(t, "CVAT could not fetch the images of its task: Exception: No media data found", reasons(out)["f2"])
}

// TestWhatSpoilsATask is refused before.
func TestWhatSpoilsATask(t *testing.T) {
	t.Parallel()
	out, held := deliver(t, options(batch),
		frameOf("ftp", "ftp://images.example.com/1.jpg"),
		frameOf("long", "https://images.example.com/"+strings.Repeat("x", 1024)+".jpg"),
		frameOf("folder", "https://images.example.com/folder/"),
		frameOf("host", "https://images.example.com"),
		frameOf("name", "https://images.example.com/"+strings.Repeat("x", 252)+".jpg"),
		frameOf("video", "https://images.example.com/1.MP4?x=.jpg"),
		frameOf("good", "https://images.example.com/a%2fb%zz;v=1.jpg/c.jpg;v=2#x"),
	)
	require.Equal(t, map[export.ItemID]string{
		"ftp":    "image_url is no http or https link, and CVAT fetches nothing else",
		"long":   "image_url has 1055 letters; CVAT keeps 1024",
		"folder": "image_url ends in a folder; CVAT needs the name of a file",
		"host":   "image_url ends in a folder; CVAT needs the name of a file",
		"name":   "the file name of image_url has 256 bytes; CVAT's disk takes 255",
		"video":  `CVAT takes "1.MP4" for no image, by its ending`,
	}, reasons(out))
	require.Equal(t, []string{"c.jpg"}, held.Tasks[0].Frames)
}

// project makes a project of a stand with labels of its own.
func project(t *testing.T, s *sandboxtest.Stand, labels ...map[string]any) int {
	t.Helper()
	var p struct{ ID int }
	do(t, s, "POST /api/projects", map[string]any{"name": "own", "labels": labels}, &p)
	return p.ID
}

func attribute(name, input string, values ...string) map[string]any {
	return map[string]any{"name": name, "mutable": false, "input_type": input, "values": append([]string{}, values...)}
}

// TestShapesOfEveryKind: skeletons with all their points, attributes that fit, and types that labels do not take.
func TestShapesOfEveryKind(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	id := project(t, stand,
		map[string]any{"name": "cat", "type": "skeleton", "attributes": []any{attribute("label_uuid", "text", "")}, "sublabels": []any{
			map[string]any{"name": "nose", "type": "points"}, map[string]any{"name": "left_ear", "type": "points"}, map[string]any{"name": "tail", "type": "points"},
		}},
		map[string]any{"name": "indoor", "type": "tag", "attributes": []any{
			attribute("light", "select", "dim", "bright"), attribute("count", "number", "0", "9", "1"), attribute("other", "checkbox", "false"),
		}},
		map[string]any{"name": "dog", "type": "polygon"},
	)
	in := sandboxtest.Event(t, "geometry-2d")
	out := stand.Deliver(t, made(t, options(batch, func(o *cvat.Options) { o.Project = id })), in)
	job := state(t, stand).Tasks[0].Jobs[0]
	require.Len(t, job.Shapes, 3, "two rings of a polygon and a skeleton")
	require.Equal(t, []int{1, 1, 0}, []int{job.Shapes[0].Group, job.Shapes[1].Group, job.Shapes[2].Group})
	skeleton := job.Shapes[2]
	require.Equal(t, "skeleton", skeleton.Type)
	require.Empty(t, skeleton.Points)
	var names []string
	for _, e := range skeleton.Elements {
		names = append(names, fmt.Sprintf("%s %v %v", e.Label, e.Points, e.Outside))
	}
	require.Equal(t, []string{"nose [30 15] false", "left_ear [70.25 35] true", "tail [110.5 55] false"}, names)
	require.Equal(t, "indoor", job.Tags[0].Label)
	require.Equal(t, map[string]string{"light": "dim", "count": "2"}, job.Tags[0].Attributes)
	refused := map[string]int{}
	for _, r := range out.Refused {
		refused[r.Reason]++
	}
	require.Equal(t, 1, refused[`label "dog" is for polygon at CVAT, not for a rectangle`])
	require.Equal(t, 1, refused[fmt.Sprintf(`class "leash" is no label of project %d at CVAT; add it there or map it by classes`, id)])
}

// TestLabelsOfTheSecondPage: a project can have more labels than CVAT gives at once.
func TestLabelsOfTheSecondPage(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	labels := make([]map[string]any, 501)
	for i := range labels {
		labels[i] = map[string]any{"name": fmt.Sprint("class ", i)}
	}
	id := project(t, stand, labels...)
	o := options(batch, func(o *cvat.Options) { o.Project, o.Classes = id, map[string]string{"cat": "class 500"} })
	out := stand.Deliver(t, made(t, o), adaptertest.Elements(event(), frameOf("f1", "https://images.example.com/1.jpg", "cat")))
	require.True(t, out.Taken["f1"].ID == "1/0" && len(out.Refused) == 0)
	require.Equal(t, "class 500", state(t, stand).Tasks[0].Jobs[0].Shapes[0].Label)
	require.Equal(t, []string{"labels/0001", "create/0001", "labels/0002", "attach/0001"},
		[]string{out.Steps[0].ID, out.Steps[1].ID, out.Steps[2].ID, out.Steps[3].ID}, "tasks need not wait for labels")
}

// TestConfidence becomes a score where CVAT takes it.
func TestConfidence(t *testing.T) {
	t.Parallel()
	sure, unsure := frameOf("f1", "https://images.example.com/1.jpg", "cat"), frameOf("f2", "https://images.example.com/2.jpg", "cat")
	sure.Frame.Labels[0].Attributes["confidence"] = 0.25
	unsure.Frame.Labels[0].Attributes["confidence"] = 25.0
	out, held := deliver(t, options(batch), sure, unsure)
	shapes := held.Tasks[0].Jobs[0].Shapes
	require.InDelta(t, 0.25, *shapes[0].Score, 0)
	require.Nil(t, shapes[1].Score)
	require.Equal(t, []string{"auto", "auto"}, []string{shapes[0].Source, shapes[1].Source})
	require.Equal(t, "confidence 25 is left out: CVAT takes 0 to 1", out.Notes[0].Text)
}

// TestNothingToSend makes no call at all, in either mode.
func TestNothingToSend(t *testing.T) {
	t.Parallel()
	for _, mode := range []func(*cvat.Options){batch, relabel} {
		stand := sandboxtest.Start(t, setup())
		none := stand.Deliver(t, made(t, options(mode)), adaptertest.Elements(event()))
		bare := stand.Deliver(t, made(t, options(mode)), adaptertest.Elements(event(),
			export.Element{ID: "f1", FrameID: "f1", Type: export.ElementFrame, Frame: &export.Frame{}}, export.Element{ID: "e2"}))
		require.Empty(t, none.Refused)
		require.Len(t, bare.Refused, 2)
		require.Contains(t, bare.Refused[0].Reason, "no image_url")
		require.Equal(t, "no frame_id", bare.Refused[1].Reason)
		require.Empty(t, stand.Server.Requests())
	}
}
