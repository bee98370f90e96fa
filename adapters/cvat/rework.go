package cvat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// rework opens the issues and, once they are recorded, sends the jobs back that hold them. Without issues the jobs settle
// their frames.
func (s *search) rework() (more bool, err error) {
	jobs := jobList{}
	n := -1
	err = adapter.EachSubject(s.in, s.out, s.fields(), func(subject *export.Subject) error {
		n++
		w := &s.wanted[n]
		if w.lack != "" {
			return adapter.RefuseSubject(s.out, subject, w.lack)
		}
		if err := s.noteOthers(subject, w); err != nil {
			return err
		}
		if !s.options.Issue.Open {
			jobs.add(w.place, subject.Item())
			return nil
		}
		return s.issue(n, subject, w, jobs)
	})
	if err != nil || s.more {
		return s.more, err
	}
	for _, id := range jobs.ids() {
		if err := s.job(id, jobs[id]); err != nil {
			return false, err
		}
	}
	return false, nil
}

// noteOthers says where else a frame is.
func (s *search) noteOthers(subject *export.Subject, w *want) error {
	if len(w.place.others) == 0 {
		return nil
	}
	first := subject.Elements[0]
	return s.out.Note(adapter.Note{
		Index: first.Index, ElementID: first.ID, Item: subject.Item(),
		Text: fmt.Sprintf("sent back in task %d, the newest that has it; it is also in %s", w.place.task, strings.Trim(fmt.Sprint(w.place.others), "[]")),
	})
}

// issueWrite is CVAT's IssueWriteRequest.
type issueWrite struct {
	Frame    int       `json:"frame"`
	Position []float64 `json:"position"`
	Job      int       `json:"job"`
	Message  string    `json:"message"`
	Assignee int       `json:"assignee,omitempty"`
}

// issue opens an issue on a frame. CVAT has no key for it; its first comment is the message, whose last line names the
// delivery and the frame, so that it can be found again.
func (s *search) issue(n int, subject *export.Subject, w *want, jobs jobList) error {
	mark := "labelgate " + adapter.ItemKey(s.in.Key, subject.Item(), 200)
	call, err := s.send(s.out, "POST", "/api/issues", issueWrite{
		Frame: w.place.number, Position: position(subject, w.place), Job: w.place.job,
		Message: s.message(subject) + "\n" + mark, Assignee: s.options.Issue.Assignee,
	})
	if err != nil {
		return err
	}
	check := s.get(fmt.Sprintf("/api/comments?job_id=%d&frame_id=%d&page=1&page_size=%d", w.place.job, w.place.number, commentPage))
	step := adapter.Step{
		ID: adapter.StepID("issue", n+1), Call: call, Items: []export.ItemID{subject.Item()}, Refs: []string{mark + at + w.place.link()},
		Repeat: adapter.RepeatCheckFirst, Check: &check,
	}
	done, err := s.emit(step)
	if err != nil || !done {
		return err
	}
	if _, failed := s.in.Results[step.ID].Failed[subject.Item()]; !failed {
		jobs.add(w.place, subject.Item())
	}
	return nil
}

// at stands between a mark and a link in a ref.
const at = " at "

// commentPage is how many comments of a frame are read when a repeat is looked for.
const commentPage = 500

// link is where people see the frame.
func (p place) link() string {
	if p.task == 0 {
		return ""
	}
	return fmt.Sprintf("/tasks/%d/jobs/%d?frame=%d", p.task, p.job, p.number)
}

// position is the area of the frame that the issue is about, by two of its corners: what the exported labels cover, or all.
func position(subject *export.Subject, p place) []float64 {
	size := export.Size{Width: float64(p.width), Height: float64(p.height)}
	if image, ok := subject.Element.Frame.Image(); ok && !size.Known() {
		size = image.Size
	}
	area, drawn := cover(subject)
	if drawn && size.Known() {
		clamped, _, inside := export.Clamp(area, size)
		area, drawn = clamped.(export.Box), inside
	}
	if !drawn {
		area = export.Box{Width: max(size.Width, 1), Height: max(size.Height, 1)}
	}
	return []float64{area.Left, area.Top, area.Right(), area.Bottom()}
}

// cover is the box around all that is drawn on the frame's picture.
func cover(subject *export.Subject) (area export.Box, drawn bool) {
	var points []export.Point
	for i := range subject.Labels {
		l := &subject.Labels[i]
		g, err := l.Geometry()
		if err != nil || subject.Element.Frame.Elsewhere(l) != "" {
			continue
		}
		points = append(points, corners(g)...)
	}
	if len(points) == 0 {
		return export.Box{}, false
	}
	from, to := points[0], points[0]
	for _, p := range points {
		from = export.Point{X: min(from.X, p.X), Y: min(from.Y, p.Y)}
		to = export.Point{X: max(to.X, p.X), Y: max(to.Y, p.Y)}
	}
	return export.Box{Left: from.X, Top: from.Y, Width: to.X - from.X, Height: to.Y - from.Y}, true
}

func corners(g export.Geometry) []export.Point {
	switch g := g.(type) {
	case export.Box:
		c := g.Corners()
		return c[:]
	case export.Segment:
		return []export.Point{g.From, g.To}
	case export.Polygons:
		return slices.Concat(g.Rings...)
	case export.Keypoints:
		points := make([]export.Point, len(g.Points))
		for i := range g.Points {
			points[i] = g.Points[i].Point
		}
		return points
	default:
		return nil
	}
}

// The bounds of a message: labels that are named, and letters of a class and of the text that people give.
const (
	maxNamed   = 20
	maxClass   = 100
	maxMessage = 2000
)

// message says what to look at: the labels that were exported, by class and uuid.
func (s *search) message(subject *export.Subject) string {
	text := s.options.Issue.Message
	if text == "" {
		text = fmt.Sprintf("These labels look wrong (issue %q). Please check them.", s.in.Event.Issue.Name)
		if len(subject.Labels) == 0 {
			text = fmt.Sprintf("The labels of this image look wrong (issue %q). Please check them.", s.in.Event.Issue.Name)
		}
	}
	lines := []string{cutTo(text, maxMessage)}
	for i := range subject.Labels {
		if i == maxNamed {
			lines = append(lines, fmt.Sprintf("... and %d more", len(subject.Labels)-maxNamed))
			break
		}
		l := &subject.Labels[i]
		words := strings.Fields(cutTo(l.Class, maxClass))
		lines = append(lines, strings.Join(append(append([]string{"-"}, words...), cutTo(l.ID, maxClass)), " "))
	}
	return strings.Join(lines, "\n")
}

// judgeIssue reads the new issue's id or, as a check, looks for the message that carries the mark. A frame or job that CVAT
// does not know is that item's fault alone. The ref is the mark and the frame's link.
func judgeIssue(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if !resp.Check && (resp.Status == statusBadRequest || resp.Status == statusNotFound) && isJSON(resp) {
		return declined(step, resp)
	}
	var made struct {
		ID      int `json:"id"`
		Results []struct {
			Issue   int    `json:"issue"`
			Message string `json:"message"`
		} `json:"results"`
		list
	}
	if v := judgeRead(resp, &made); v.Kind != adapter.Done {
		return v
	}
	if !resp.Check {
		return opened(step, resp, made.ID)
	}
	if made.Results == nil {
		return strange(resp, "a list of comments")
	}
	mark, _, _ := strings.Cut(ref(step, 0), at)
	for _, m := range made.Results {
		if strings.HasSuffix(m.Message, "\n"+mark) {
			return opened(step, resp, m.Issue)
		}
	}
	if made.more() != "" {
		return adapter.Verdict{Kind: adapter.Unknown, Reason: adapter.ReasonOutcomeUnknown, Detail: "the frame has more comments at CVAT than can be looked through"}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}

func opened(step adapter.Step, resp adapter.Response, id int) adapter.Verdict {
	if id <= 0 {
		return strange(resp, "an issue")
	}
	_, link, _ := strings.Cut(ref(step, 0), at)
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[export.ItemID]adapter.Receipt{}, Kept: map[string]string{"issue": strconv.Itoa(id)}}
	for _, item := range step.Items {
		v.Taken[item] = adapter.Receipt{ID: strconv.Itoa(id), Link: link}
	}
	return v
}

// declined is the verdict on a step whose items CVAT does not take, while others may go on.
func declined(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.Verdict{Kind: adapter.Done, Failed: map[export.ItemID]string{}, Detail: judgeStatus(resp).Detail}
	for _, item := range step.Items {
		v.Failed[item] = v.Detail
	}
	return v
}

// jobList are the frames to send back, by job.
type jobList map[int]*held

// held are the frames that a job holds. Without issues they are items of the job's step.
type held struct {
	items []export.ItemID
	links []string
}

func (l jobList) add(p place, item export.ItemID) {
	if l[p.job] == nil {
		l[p.job] = &held{}
	}
	to := l[p.job]
	to.items, to.links = append(to.items, item), append(to.links, p.link())
}

func (l jobList) ids() []int { return sortedKeys(l) }

// jobWrite is CVAT's PatchedJobWriteRequest. A stage alone would make the state new.
type jobWrite struct {
	Stage    string `json:"stage"`
	State    string `json:"state"`
	Assignee int    `json:"assignee,omitempty"`
}

// job sends a job back. The same twice changes nothing more.
func (s *search) job(id int, of *held) error {
	call, err := s.send(s.out, "PATCH", fmt.Sprintf("/api/jobs/%d", id), jobWrite(s.options.Job))
	if err != nil {
		return err
	}
	step := adapter.Step{ID: fmt.Sprintf("job/%d", id), Call: call, Repeat: adapter.RepeatSafe}
	if !s.options.Issue.Open {
		step.Items, step.Refs = of.items, of.links
	}
	return s.out.Emit(step)
}

// judgeJob: the job is sent back. Where it settles frames, a job that CVAT does not know is the fault of those alone.
func judgeJob(step adapter.Step, resp adapter.Response) adapter.Verdict {
	if (resp.Status == statusBadRequest || resp.Status == statusNotFound) && len(step.Items) > 0 && isJSON(resp) {
		return declined(step, resp)
	}
	var job struct {
		ID int `json:"id"`
	}
	if v := judgeRead(resp, &job); v.Kind != adapter.Done {
		return v
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[export.ItemID]adapter.Receipt{}}
	for i, item := range step.Items {
		v.Taken[item] = adapter.Receipt{ID: strconv.Itoa(job.ID), Link: ref(step, i)}
	}
	return v
}
