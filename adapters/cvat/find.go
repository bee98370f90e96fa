package cvat

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// The sizes of pages that are asked for.
const (
	taskPage = 100
	jobPage  = 500
)

// findTasks finds the tasks to look in.
func (s *search) findTasks() error {
	switch s.options.Find {
	case findProject:
		return s.listProject()
	case findTasks:
		s.tasks = unique(s.options.Tasks)
		return nil
	case findIDs:
		s.said = map[string][]int{}
		for _, said := range s.refs {
			id, _ := strconv.Atoi(said)
			s.said[said] = []int{id}
			s.tasks = append(s.tasks, id)
		}
		s.tasks = unique(s.tasks)
		return nil
	default:
		return s.searchTasks()
	}
}

// listProject reads all tasks of the project, page by page.
func (s *search) listProject() error {
	for page := 1; ; page++ {
		step := adapter.Step{
			ID:     adapter.StepID("find", page),
			Call:   s.get(fmt.Sprintf("/api/tasks?project_id=%d&page=%d&page_size=%d", s.options.Project, page, taskPage)),
			Repeat: adapter.RepeatSafe,
		}
		done, err := s.emit(step)
		if err != nil || !done {
			return err
		}
		s.tasks = append(s.tasks, numbers(s.in.Kept(step.ID, keptTasks))...)
		if s.in.Kept(step.ID, keptNext) == "" {
			s.tasks = unique(s.tasks) // a task that was made meanwhile moves the pages
			return nil
		}
	}
}

// searchTasks asks for the tasks of each name or tracker link that frames say. CVAT compares whole names.
func (s *search) searchTasks() error {
	query := "name"
	if s.options.Find == findTracker {
		query = "tracker_link"
	}
	s.said = map[string][]int{}
	for n, said := range s.refs {
		path := fmt.Sprintf("/api/tasks?%s=%s&page=1&page_size=%d", query, url.QueryEscape(said), taskPage)
		if s.options.Project > 0 {
			path += "&project_id=" + strconv.Itoa(s.options.Project)
		}
		step := adapter.Step{ID: adapter.StepID("find", n+1), Call: s.get(path), Refs: []string{said}, Repeat: adapter.RepeatSafe}
		if _, err := s.emit(step); err != nil {
			return err
		}
		s.said[said] = numbers(s.in.Kept(step.ID, keptTasks))
		s.tasks = append(s.tasks, s.said[said]...)
	}
	s.tasks = unique(s.tasks)
	return nil
}

// judgeFind keeps the ids of the tasks that have images and, where there is a ref, that for a name or tracker link.
func judgeFind(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var page struct {
		list
		Results []taskRead `json:"results"`
	}
	if v := judgeRead(resp, &page); v.Kind != adapter.Done {
		return v
	}
	if page.Results == nil {
		return strange(resp, "a list of tasks")
	}
	var ids []string
	for _, t := range page.Results {
		said := ref(step, 0)
		if (t.Size == nil || *t.Size > 0) && (said == "" || said == t.Name || said == t.Tracker) {
			ids = append(ids, strconv.Itoa(t.ID))
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptTasks: strings.Join(ids, " "), keptNext: page.more()}}
}

// tasksOf are the tasks that a frame can be in.
func (s *search) tasksOf(w *want) []int {
	if s.options.Find == findProject || s.options.Find == findTasks {
		return s.tasks
	}
	return s.said[w.task]
}

// findFrames looks for the frames in each task.
func (s *search) findFrames() error {
	s.frames = map[int]map[int]frame{}
	for _, task := range s.tasks {
		step := adapter.Step{
			ID: fmt.Sprintf("look/%d", task), Call: s.get(fmt.Sprintf("/api/tasks/%d/data/meta", task)),
			Refs: s.names, Repeat: adapter.RepeatSafe,
		}
		done, err := s.emit(step)
		if err != nil {
			return err
		}
		if done {
			s.frames[task] = unpackFrames(s.in.Kept(step.ID, keptFrames))
		}
	}
	return nil
}

// numbered is put before a frame's number, which no file name looks like.
const numbered = "#/"

// judgeLook keeps which of the wanted frames a task has. Refs are their names. A task that is not there, or has no images,
// has none of them.
func judgeLook(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if (resp.Status == statusNotFound || resp.Status == statusBadRequest) && isJSON(resp) {
		return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptState: stateGone}, Detail: said(resp.Body)}
	}
	var meta metaRead
	if v := judgeRead(resp, &meta); v.Kind != adapter.Done {
		return v
	}
	if meta.Frames == nil {
		return strange(resp, "a list of frames")
	}
	frames := meta.byName()
	var found packing
	for place, name := range step.Refs {
		if text, ok := strings.CutPrefix(name, numbered); ok {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < len(meta.Frames) {
				found.add(place, frame{n, meta.Frames[n].Width, meta.Frames[n].Height})
			}
			continue
		}
		if f, ok := frames[name]; ok && name != "" {
			found.add(place, f)
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptFrames: found.String()}}
}

// findJobs reads the jobs of the tasks that have wanted frames: the first page of all, then the second, and so on.
func (s *search) findJobs() error {
	s.jobs = map[int][]span{}
	var open []int
	for _, task := range s.tasks {
		if len(s.frames[task]) > 0 {
			open = append(open, task)
		}
	}
	for page := 1; len(open) > 0 && !s.more; page++ {
		var longer []int
		for _, task := range open {
			step := adapter.Step{
				ID:     fmt.Sprintf("jobs/%d.%d", task, page),
				Call:   s.get(fmt.Sprintf("/api/jobs?task_id=%d&page=%d&page_size=%d", task, page, jobPage)),
				Repeat: adapter.RepeatSafe,
			}
			if _, err := s.emit(step); err != nil {
				return err
			}
			s.jobs[task] = append(s.jobs[task], spans(s.in.Kept(step.ID, keptJobs))...)
			if s.in.Kept(step.ID, keptNext) != "" {
				longer = append(longer, task)
			}
		}
		open = longer
	}
	return nil
}

// span is a job with its first and last frame.
type span struct{ id, start, stop int }

// judgeJobs keeps the jobs that people annotate in; ground truth and replicas are for measuring.
func judgeJobs(resp adapter.Response) adapter.Verdict {
	var page struct {
		list
		Results []struct {
			ID    int    `json:"id"`
			Type  string `json:"type"`
			Start *int   `json:"start_frame"`
			Stop  *int   `json:"stop_frame"`
		} `json:"results"`
	}
	if v := judgeRead(resp, &page); v.Kind != adapter.Done {
		return v
	}
	if page.Results == nil {
		return strange(resp, "a list of jobs")
	}
	var kept []string
	for _, j := range page.Results {
		if j.Start != nil && j.Stop != nil && (j.Type == "" || j.Type == "annotation") {
			kept = append(kept, fmt.Sprintf("%d:%d-%d", j.ID, *j.Start, *j.Stop))
		}
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{keptJobs: strings.Join(kept, " "), keptNext: page.more()}}
}

func spans(kept string) []span {
	var list []span
	for part := range strings.SplitSeq(kept, " ") {
		var s span
		if n, _ := fmt.Sscanf(part, "%d:%d-%d", &s.id, &s.start, &s.stop); n == 3 {
			list = append(list, s)
		}
	}
	return list
}

// numbers reads a list of ids.
func numbers(kept string) []int {
	var list []int
	for part := range strings.FieldsSeq(kept) {
		if n, err := strconv.Atoi(part); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// unique keeps the first of each, in order.
func unique(list []int) []int {
	seen := map[int]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(n int) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}
