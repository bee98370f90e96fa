package cvat_test

import (
	"fmt"
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

// at adds what a frame says about its place at CVAT.
func at(el export.Element, says map[string]any) export.Element {
	el.Frame.Metadata = says
	return el
}

func link(name string) string { return "https://images.example.com/" + name }

// three is a stand with a task of three images in two jobs, by tracker "t/1" and name "one".
func three(t *testing.T) *sandboxtest.Stand {
	t.Helper()
	s := sandboxtest.Start(t, setup())
	makeTask(t, s, "one", "t/1", []string{link("a.jpg"), link("b.jpg"), link("c.jpg")})
	return s
}

// TestFindingFrames: each way to find a frame leads to the same job, with the calls that it needs and no others.
func TestFindingFrames(t *testing.T) {
	t.Parallel()
	lookups := []string{"look/1", "jobs/1.1"}
	for name, c := range map[string]struct {
		set   func(*cvat.Options)
		says  map[string]any
		steps []string
	}{
		"project": {func(*cvat.Options) {}, nil, append([]string{"find/0001"}, lookups...)},
		"tasks":   {func(o *cvat.Options) { o.Find, o.Tasks = "tasks", []int{1, 1} }, nil, lookups},
		"ids":     {func(o *cvat.Options) { o.Find, o.IDs.Task = "ids", "user__task" }, map[string]any{"user__task": "1"}, lookups},
		"ids and number": {
			func(o *cvat.Options) { o.Find, o.IDs.Task, o.IDs.Frame = "ids", "user__task", "user__frame" },
			map[string]any{"user__task": "1", "user__frame": "2"},
			lookups,
		},
		"job and number": {
			func(o *cvat.Options) { o.Find, o.IDs.Job, o.IDs.Frame = "ids", "user__job", "user__frame" },
			map[string]any{"user__job": "2", "user__frame": "2"},
			nil,
		},
		"name": {
			func(o *cvat.Options) { o.Find, o.IDs.Task = "name", "user__task" },
			map[string]any{"user__task": "one"},
			append([]string{"find/0001"}, lookups...),
		},
		"tracker": {
			func(o *cvat.Options) { o.Find, o.IDs.Task, o.Project = "tracker", "user__task", 0 },
			map[string]any{"user__task": "t/1"},
			append([]string{"find/0001"}, lookups...),
		},
		"file name": {
			func(o *cvat.Options) { o.IDs.Name = "user__file" },
			map[string]any{"user__file": "c.jpg"},
			append([]string{"find/0001"}, lookups...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "c.jpg"
			if name == "file name" {
				file = "elsewhere.png"
			}
			stand := three(t)
			out := stand.Deliver(t, made(t, options(relabel, c.set)), adaptertest.Elements(event(), at(frameOf("f", link(file), "cat"), c.says)))
			var steps []string
			for _, s := range out.Steps {
				steps = append(steps, s.ID)
			}
			require.Equal(t, append(c.steps, "issue/0001", "job/2"), steps)
			held := state(t, stand)
			require.Equal(t, []cvatsandbox.IssueState{{
				Job: 2, Frame: 2, Position: []float64{10.5, 20, 40.5, 60},
				Messages: []string{"These labels look wrong (issue \"night\"). Please check them.\n- cat f-label-0\nlabelgate " + adaptertest.Key + "-f"},
			}}, held.Issues)
			jobs := held.Tasks[0].Jobs
			require.Equal(t, []string{"new", "rejected"}, []string{jobs[0].State, jobs[1].State})
			require.Equal(t, "1", out.Taken["f"].ID)
		})
	}
}

// TestFramesThatAreNowhere are refused by name, and the others go on.
func TestFramesThatAreNowhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*cvat.Options)
		says map[string]any
		want string
	}{
		"project":     {func(*cvat.Options) {}, nil, `file "x.jpg" is in no task of project 1 at CVAT`},
		"tasks":       {func(o *cvat.Options) { o.Find, o.Tasks = "tasks", []int{1, 77} }, nil, `file "x.jpg" is in none of the tasks of task_ids at CVAT`},
		"no id":       {func(o *cvat.Options) { o.Find, o.IDs.Task = "ids", "user__task" }, nil, "no user__task"},
		"no number":   {func(o *cvat.Options) { o.Find, o.IDs.Task = "ids", "user__task" }, map[string]any{"user__task": "x"}, `user__task "x" is no number`},
		"no task":     {func(o *cvat.Options) { o.Find, o.IDs.Task = "ids", "user__task" }, map[string]any{"user__task": "77"}, `file "x.jpg" is not in task "77" at CVAT, or there is no such task`},
		"no such job": {func(o *cvat.Options) { o.Find, o.IDs.Job, o.IDs.Frame = "ids", "user__job", "user__frame" }, map[string]any{"user__job": "77", "user__frame": "1"}, `400: job: Invalid pk "77" - object does not exist.`},
		"beyond":      {func(o *cvat.Options) { o.Find, o.IDs.Task, o.IDs.Frame = "ids", "user__task", "user__frame" }, map[string]any{"user__task": "1", "user__frame": "9"}, `frame 9 is not in task "1" at CVAT, or there is no such task`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := map[string]any{"user__task": "1", "user__job": "1", "user__frame": "0"}
			stand := three(t)
			out := stand.Deliver(t, made(t, options(relabel, c.set)), adaptertest.Elements(event(),
				at(frameOf("x", link("x.jpg"), "cat"), c.says), at(frameOf("f", link("a.jpg"), "cat"), good)))
			said := out.Failed["x"]
			for _, r := range out.Refused {
				said += r.Reason
			}
			require.Equal(t, c.want, said)
			require.Contains(t, out.Taken, export.ItemID("f"))
			held := state(t, stand)
			require.Len(t, held.Issues, 1)
			require.Equal(t, "rejected", held.Tasks[0].Jobs[0].State)
		})
	}
}

// TestJobsWithoutIssues: a job that CVAT does not know is the fault of its frames alone; a job is sent back once.
func TestJobsWithoutIssues(t *testing.T) {
	t.Parallel()
	stand := three(t)
	o := options(relabel, func(o *cvat.Options) {
		o.Issue.Open, o.Find, o.IDs.Job = false, "ids", "user__job"
		o.Job = cvat.JobOptions{Stage: "validation", State: "in progress", Assignee: 2}
	})
	frame := func(id, job string) export.Element {
		return at(export.Element{ID: id, FrameID: id, Type: export.ElementFrame, Frame: &export.Frame{}}, map[string]any{"user__job": job})
	}
	out := stand.Deliver(t, made(t, o), adaptertest.Elements(event(), frame("a", "1"), frame("b", "1"), frame("x", "77")))
	require.Len(t, out.Steps, 2)
	require.Equal(t, []export.ItemID{"a", "b"}, out.Steps[0].Items)
	require.Equal(t, map[export.ItemID]string{"x": "404: No Job matches the given query."}, out.Failed)
	job := state(t, stand).Tasks[0].Jobs[0]
	require.Equal(t, []any{"validation", "in progress", 2}, []any{job.Stage, job.State, job.Assignee})
}

// TestTheNewestTask is the one that is sent back, and the others are noted.
func TestTheNewestTask(t *testing.T) {
	t.Parallel()
	stand := three(t)
	makeTask(t, stand, "two", "t/2", []string{link("other.jpg"), link("a.jpg")})
	out := stand.Deliver(t, made(t, options(relabel)), adaptertest.Elements(event(), frameOf("f", link("a.jpg"), "cat")))
	require.Equal(t, "sent back in task 2, the newest that has it; it is also in 1", out.Notes[0].Text)
	held := state(t, stand)
	require.Equal(t, []int{3, 1}, []int{held.Issues[0].Job, held.Issues[0].Frame})
	require.Equal(t, "/tasks/2/jobs/3?frame=1", out.Taken["f"].Link)
}

// TestManyTasksAndJobs: lists go over several pages.
func TestManyTasksAndJobs(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	var task struct{ ID int }
	for i := range 101 {
		do(t, stand, "POST /api/tasks", map[string]any{"name": fmt.Sprint("empty ", i), "project_id": 1}, &task)
	}
	urls := make([]string, 1002)
	for i := range urls {
		urls[i] = link(fmt.Sprintf("%04d.jpg", i))
	}
	makeTask(t, stand, "many jobs", "", urls) // two images a job
	out := stand.Deliver(t, made(t, options(relabel)), adaptertest.Elements(event(), frameOf("f", link("1001.jpg")), frameOf("g", link("0000.jpg"))))
	require.Len(t, out.Taken, 2)
	var steps []string
	for _, s := range out.Steps {
		steps = append(steps, s.ID)
	}
	require.Equal(t, []string{"find/0001", "find/0002", "look/102", "jobs/102.1", "jobs/102.2", "issue/0001", "issue/0002", "job/1", "job/501"}, steps)
	require.Equal(t, "0+1>1001@1280x720 1+1>0@1280x720", out.Results["look/102"].Kept["frames"])
}

// TestPositions: an issue is where the labels are, inside of the image; else it is on all of it.
func TestPositions(t *testing.T) {
	t.Parallel()
	label := func(kind export.LabelType, attributes map[string]any) export.Label {
		return export.Label{ID: string(kind), Class: "cat", Type: string(kind), Attributes: attributes}
	}
	box := label(export.TypeBox, map[string]any{"left": 1200.0, "top": 10.0, "width": 200.0, "height": 10.0})
	line := label(export.TypeSegment, map[string]any{"x1": 1000.0, "y1": 700.0, "x2": 1100.0, "y2": 30.0})
	ring := map[string]any{"vertices": []any{[]any{5.0, 6.0}, []any{9.0, 6.0}, []any{9.0, 8.0}}}
	for name, c := range map[string]struct {
		labels []export.Label
		want   []float64
	}{
		"two":       {[]export.Label{box, line}, []float64{1000, 10, 1280, 700}},
		"outside":   {[]export.Label{label(export.TypeBox, map[string]any{"left": 2000.0, "top": 10.0, "width": 2.0, "height": 2.0})}, []float64{0, 0, 1280, 720}},
		"tag":       {[]export.Label{label(export.TypeClassification, nil)}, []float64{0, 0, 1280, 720}},
		"polygon":   {[]export.Label{label(export.TypePolygons, map[string]any{"polygons": []any{ring}})}, []float64{5, 6, 9, 8}},
		"keypoints": {[]export.Label{label(export.TypeKeypoints, map[string]any{"keypoints": []any{map[string]any{"x": 3.0, "y": 4.0}, map[string]any{"x": 1.0, "y": 9.0}}})}, []float64{1, 4, 3, 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			el := frameOf("f", link("a.jpg"))
			el.Frame.Labels = c.labels
			stand := three(t)
			stand.Deliver(t, made(t, options(relabel)), adaptertest.Elements(event(), el))
			require.Equal(t, c.want, state(t, stand).Issues[0].Position)
		})
	}
}

// TestLongMessages name twenty labels, and say how many more there are.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	classes := make([]string, 25)
	for i := range classes {
		classes[i] = "cat\n" + strings.Repeat("x", 200)
	}
	stand := three(t)
	o := options(relabel, func(o *cvat.Options) { o.Issue.Message = "Look!" })
	stand.Deliver(t, made(t, o), adaptertest.Elements(event(), frameOf("f", link("a.jpg"), classes...)))
	lines := strings.Split(state(t, stand).Issues[0].Messages[0], "\n")
	require.Len(t, lines, 1+20+1+1)
	require.Equal(t, "Look!", lines[0])
	require.Equal(t, "- cat "+strings.Repeat("x", 96)+" f-label-0", lines[1])
	require.Equal(t, "... and 5 more", lines[21])
}

// TestAnIssueIsLookedForAmongItsFramesComments: another message is not ours, and a list that goes on tells nothing.
func TestAnIssueIsLookedForAmongItsFramesComments(t *testing.T) {
	t.Parallel()
	a := made(t, options(relabel))
	step := adapter.Step{ID: "issue/0001", Items: []export.ItemID{"f"}, Refs: []string{"labelgate k-f at /tasks/1"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{}}
	judge := func(body string) adapter.Verdict {
		return a.Judge(step, adapter.Response{Status: 200, Body: []byte(body), Check: true})
	}
	require.Equal(t, adapter.Absent, judge(`{"next":null,"results":[{"issue":3,"message":"x\nlabelgate k-f2"},{"issue":4,"message":"labelgate k-f?"}]}`).Kind)
	require.Equal(t, adapter.Unknown, judge(`{"next":"http://x/?page=2","results":[]}`).Kind)
	v := judge(`{"next":"http://x/?page=2","results":[{"issue":3,"message":"x\nlabelgate k-f"}]}`)
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, adapter.Receipt{ID: "3", Link: "/tasks/1"}, v.Taken["f"])
}
