package segments

import (
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The pages of a look-up by name.
const (
	perPage  = 1000 // the client's own
	maxPages = 20
)

// planRelabel sends the labels of samples back, stage by stage: the samples are found, then prioritised and assigned, then
// their labels' status is set, then an issue is made of each. A stage leaves out what the one before it could not do; the last
// one settles.
func (a *segments) planRelabel(in adapter.Input, out adapter.Output) (more bool, err error) {
	stages := adapter.Stages{{stepFind}, {stepSample}, {stepStatus}, {stepIssue}}
	return stages.Plan(in, out, func(out adapter.Output) error {
		r := relabeling{segments: a, in: in, out: out}
		return adapter.EachSubject(in, out, r.fields(), r.each)
	})
}

// relabeling is a walk over an event in mode relabel.
type relabeling struct {
	*segments
	in     adapter.Input
	out    adapter.Output
	number int // of the samples so far
}

// target is a sample that is to be done over.
type target struct {
	subject *export.Subject
	// number counts the targets of the plan, from 1.
	number int
	// name is the sample's, where it is found by that; uuid is there once it is known.
	name, uuid string
}

func (r *relabeling) fields() export.Fields {
	source := export.IDSource(r.options.IDs)
	if r.options.IDs == "" {
		source = export.IDSource(r.options.Names)
	}
	return source.Fields() | adapter.AnnotationFields
}

// each plans what can be known of a frame's sample, up to the first step that is not recorded or has given it up.
func (r *relabeling) each(s *export.Subject) error {
	t := target{subject: s}
	option, source, id := "names", export.IDSource(r.options.Names), &t.name
	if r.options.IDs != "" {
		option, source, id = "ids", export.IDSource(r.options.IDs), &t.uuid
	}
	if *id = idOf(source, s); *id == "" {
		return adapter.RefuseSubject(r.out, s, fmt.Sprintf("%s, which the option %s names", source.Lack(), option))
	}
	if t.uuid != "" && !isSegment(t.uuid) {
		return adapter.RefuseSubject(r.out, s, fmt.Sprintf("%q, which the option ids names, is no uuid", t.uuid))
	}
	r.number++
	t.number = r.number
	for _, plan := range r.steps() {
		goOn, err := plan(&t)
		if err != nil || !goOn {
			return err
		}
	}
	return nil
}

// steps plan a sample's steps, in order. Each says whether the next can be known.
func (r *relabeling) steps() []func(*target) (goOn bool, err error) {
	var all []func(*target) (bool, error)
	if r.options.IDs == "" {
		all = append(all, r.find)
	}
	if r.options.updates() {
		all = append(all, r.update)
	}
	all = append(all, r.reopen)
	if r.options.Issue {
		all = append(all, r.remark)
	}
	return all
}

// updates reports whether samples themselves are changed.
func (o *Options) updates() bool { return o.Priority != "" || o.Labeler != "" || o.Reviewer != "" }

// idOf reads an id of a frame, or where it has none of its first label that has one.
func idOf(source export.IDSource, s *export.Subject) string {
	id := source.Of(s.Element, nil)
	for i := 0; id == "" && i < len(s.Labels); i++ {
		id = source.Of(s.Element, &s.Labels[i])
	}
	return id
}

func findID(number, page int) string {
	id := adapter.StepID(stepFind, number)
	if page > 1 {
		id += fmt.Sprintf("/page-%d", page)
	}
	return id
}

// find looks a sample up by its name. The vendor finds every name that holds it, so that the one may be on a later page.
func (r *relabeling) find(t *target) (goOn bool, err error) {
	for page := 1; page <= maxPages; page++ {
		step := adapter.Step{
			ID: findID(t.number, page), Repeat: adapter.RepeatSafe, Refs: []string{t.name, string(t.subject.Item())},
			Call: adapter.Call{Method: "GET", Path: fmt.Sprintf("%ssamples/?per_page=%d&page=%d&name__contains=%s&sort=name", r.dataset, perPage, page, quote(t.name))},
		}
		if page == maxPages {
			step.Refs = append(step.Refs, lastPage)
		}
		if goOn, err = r.emit(step, t); err != nil || !goOn {
			return false, err
		}
		if r.in.Kept(step.ID, keptMore) == "" {
			t.uuid = r.in.Kept(step.ID, keptUUID)
			return t.uuid != "", nil
		}
	}
	return false, nil
}

// update sets priority and people. What is not said stays as it is.
func (r *relabeling) update(t *target) (goOn bool, err error) {
	body := struct {
		Priority *int   `json:"priority,omitempty"`
		Labeler  string `json:"assigned_labeler,omitempty"`
		Reviewer string `json:"assigned_reviewer,omitempty"`
	}{Labeler: r.options.Labeler, Reviewer: r.options.Reviewer}
	if r.options.Priority != "" {
		priority := r.options.priority()
		body.Priority = &priority
	}
	step := adapter.Step{ID: adapter.StepID(stepSample, t.number), Refs: []string{t.uuid, string(t.subject.Item())}}
	return r.set(step, t, samplePath(t.uuid), body)
}

// reopen sets the status of the label. Without an issue that is all, and settles the sample.
func (r *relabeling) reopen(t *target) (goOn bool, err error) {
	body := struct {
		Status string `json:"label_status"`
	}{r.options.status()}
	step := adapter.Step{ID: adapter.StepID(stepStatus, t.number), Refs: []string{t.uuid, string(t.subject.Item())}}
	if !r.options.Issue {
		step.Items, step.Refs = []export.ItemID{t.subject.Item()}, []string{t.uuid}
	}
	return r.set(step, t, r.labelPath(t.uuid), body)
}

// set plans a PATCH: the same twice has the effect of one.
func (r *relabeling) set(step adapter.Step, t *target, path string, body any) (goOn bool, err error) {
	step.Repeat = adapter.RepeatSafe
	if step.Call, err = adapter.RESTCall(r.out, "PATCH", path, body); err != nil {
		return false, err
	}
	return r.emit(step, t)
}

// emit emits a step. goOn says that it is recorded, and has not given the sample up.
func (r *relabeling) emit(step adapter.Step, t *target) (goOn bool, err error) {
	if err := r.out.Emit(step); err != nil {
		return false, err
	}
	result, done := r.in.Results[step.ID]
	_, failed := result.Failed[t.subject.Item()]
	return done && !failed, nil
}

// issue is a new issue of a sample.
type issue struct {
	Description string  `json:"description"`
	Status      string  `json:"status"`
	Anchor      *anchor `json:"anchor,omitempty"`
}

// anchor says where on the sample an issue is.
type anchor struct {
	Type     string   `json:"type"`
	Location location `json:"location"`
}

type location struct {
	Type string  `json:"type"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// remark makes an issue. Issues have no key at the vendor, and the same one is made twice: before it is sent again, those of
// the dataset are read for one of this sample that carries the delivery's key.
func (r *relabeling) remark(t *target) (goOn bool, err error) {
	step := adapter.Step{
		ID: adapter.StepID(stepIssue, t.number), Repeat: adapter.RepeatCheckFirst,
		Items: []export.ItemID{t.subject.Item()}, Refs: []string{t.uuid + " " + r.in.Key},
		Check: &adapter.Call{Method: "GET", Path: r.dataset + "issues/"},
	}
	body := issue{Description: r.text(t.subject), Status: "OPEN", Anchor: r.anchor(t.subject)}
	if step.Call, err = adapter.RESTCall(r.out, "POST", samplePath(t.uuid)+"issues/", body); err != nil {
		return false, err
	}
	return r.emit(step, t)
}

// maxListed is how many labels an issue lists.
const maxListed = 20

// text is what the issue says, with the delivery's key at its end.
func (r *relabeling) text(s *export.Subject) string {
	var b strings.Builder
	if b.WriteString(r.options.IssueText); b.Len() == 0 {
		b.WriteString(r.in.Event.Issue.Name)
		if isCrop(s.Element) { // a whole frame is about all of its labels
			listLabels(&b, s.Labels)
		}
	}
	b.WriteString("\nlabelgate " + r.in.Key)
	return strings.TrimPrefix(b.String(), "\n")
}

// isCrop reports whether an element is a crop, as export.Subjects does.
func isCrop(el *export.Element) bool {
	return el.Type == export.ElementCrop || el.Type != export.ElementFrame && el.Crop != nil
}

func listLabels(b *strings.Builder, labels []export.Label) {
	for i := range labels {
		if i == maxListed {
			fmt.Fprintf(b, "\nand %d more", len(labels)-i)
			return
		}
		fmt.Fprintf(b, "\n%s %s", labels[i].Class, labels[i].ID)
	}
}

// anchor is the centre of the label that the issue is about, where it is about one that has a place in the picture.
func (r *relabeling) anchor(s *export.Subject) *anchor {
	if !r.options.Anchor || !isCrop(s.Element) || len(s.Labels) != 1 || s.Element.Frame.Elsewhere(&s.Labels[0]) != "" {
		return nil
	}
	g, err := s.Labels[0].Geometry()
	if err != nil {
		return nil
	}
	_, shapes := shapesOf(g)
	if len(shapes) == 0 {
		return nil
	}
	x, y, n := 0.0, 0.0, 0.0
	for _, shape := range shapes {
		for _, p := range shape {
			x, y, n = x+p[0], y+p[1], n+1
		}
	}
	return &anchor{Type: "location", Location: location{Type: "2d", X: x / n, Y: y / n}}
}
