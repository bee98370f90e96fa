package cvat_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/delivery"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestMistakesInOptions are all told at once, each at its option.
func TestMistakesInOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  []func(*cvat.Options)
		want []string
	}{
		"no mode":      {nil, []string{"mode: is missing; set it to relabel or batch"}},
		"unknown mode": {[]func(*cvat.Options){func(o *cvat.Options) { o.Mode = "both" }}, []string{`mode: "both" is not known; use relabel or batch`}},
		"batch": {[]func(*cvat.Options){batch, func(o *cvat.Options) {
			o.Project, o.ImageQuality, o.Classes = 0, 101, map[string]string{"cat": ""}
			o.Task = cvat.TaskOptions{Size: 5001, SegmentSize: -1, Subset: strings.Repeat("x", 65)}
			o.ImageSize.Width = 3
		}}, []string{
			"classes.cat: is empty; name the vendor's class",
			"image_size: needs a width and a height, in pixels",
			"project: is needed to make tasks; it is the number in the project's address, /projects/NUMBER",
			"task.size: must be from 1 to 5000",
			"task: segment_size and assignee must not be negative",
			"image_quality: must be from 1 to 100",
			"task.subset: must have at most 64 letters",
			"task.tracker: must have 1 to 1936 letters; repeats are found by it",
		}},
		"project":     {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Project = 0 }}, []string{"project: is needed to find frames in its tasks; it is the number in the project's address, /projects/NUMBER"}},
		"tasks":       {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find = "tasks" }}, []string{"task_ids: is needed with find tasks"}},
		"no task":     {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find, o.Tasks = "tasks", []int{3, 0} }}, []string{"task_ids: must be tasks' numbers, from 1"}},
		"ids":         {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find = "ids" }}, []string{"ids: needs task or job with find ids"}},
		"name":        {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find = "name" }}, []string{"ids.task: is needed with find name"}},
		"unknown ids": {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find, o.IDs.Task, o.IDs.Name = "ids", "uuid", "url" }}, []string{"ids.task: \"uuid\" is not known; use label, frame, element, task, or a metadata field such as user__vendor_id", "ids.name: \"url\" is not known; use label, frame, element, task, or a metadata field such as user__vendor_id"}},
		"job alone":   {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find, o.IDs.Job = "ids", "user__job" }}, []string{"ids.job: goes with find ids, without ids.task, and for issues with ids.frame"}},
		"unread":      {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.IDs.Frame = "user__f" }}, []string{"ids: task and frame are not looked at with find project"}},
		"assignee":    {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Job.Assignee = -1 }}, []string{"job: assignees must not be negative"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cvat.Factory().New(options(c.set...))
			require.Error(t, err)
			var said []string
			for _, mistake := range adapter.Mistakes(err) {
				var option *adapter.OptionError
				require.ErrorAs(t, mistake, &option)
				said = append(said, mistake.Error())
			}
			require.Equal(t, c.want, said)
		})
	}
	_, err := cvat.Factory().New(struct{}{})
	require.ErrorContains(t, err, "want *cvat.Options")
}

// TestInspection compares the options with what is at CVAT.
func TestInspection(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	bare := project(t, stand, map[string]any{"name": "car"})
	three := makeTask(t, stand, "one", "", []string{link("a.jpg")})
	for name, c := range map[string]struct {
		set  []func(*cvat.Options)
		want []string
	}{
		"good":       {[]func(*cvat.Options){batch, func(o *cvat.Options) { o.Classes = map[string]string{"kitten": "cat"} }}, nil},
		"class":      {[]func(*cvat.Options){batch, func(o *cvat.Options) { o.Classes = map[string]string{"kitten": "Cat"} }}, []string{`classes.kitten: "Cat" is no label of project 1 at CVAT; it has ["animal" "cat" "dog" "ferret" "indoor" "leash" "rabbit" "truck"]`}},
		"attribute":  {[]func(*cvat.Options){batch, func(o *cvat.Options) { o.Project = bare }}, []string{`attribute: no label of project 3 at CVAT has a text attribute "label_uuid"; add one, or set attribute to ""`}},
		"none asked": {[]func(*cvat.Options){batch, func(o *cvat.Options) { o.Project, o.Attribute = bare, "" }}, nil},
		"project":    {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Project = 99 }}, []string{"project: CVAT has no projects/99 that this key sees; is the organization right?"}},
		"elsewhere":  {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Organization = "acme" }}, []string{"project: CVAT has no projects/1 that this key sees; is the organization right?"}},
		"tasks":      {[]func(*cvat.Options){relabel, func(o *cvat.Options) { o.Find, o.Tasks = "tasks", []int{three, 99} }}, []string{"task_ids: CVAT has no tasks/99 that this key sees; is the organization right?"}},
	} {
		mistakes, err := delivery.Inspection{Caller: told{stand}, Timeout: time.Minute}.Run(context.Background(), made(t, options(c.set...)))
		require.NoError(t, err, name)
		var said []string
		for _, mistake := range mistakes {
			said = append(said, mistake.Error())
		}
		require.Equal(t, c.want, said, name)
	}
}

// told is a stand as the gateway's caller.
type told struct{ *sandboxtest.Stand }

// Redact has nothing to hide.
func (told) Redact(text string) string { return text }
