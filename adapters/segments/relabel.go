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
// their labels' status is set, then an issue is made of each. A stage begins when the one before it is done, and leaves out
// what that could not do; the last one settles.
func (a *segments) planRelabel(in adapter.Input, out adapter.Output) (more bool, err error) {
	r := relabeling{segments: a, in: in, out: out}
	stages := r.stages()
	for i, stage := range stages {
		r.last, r.waiting, r.number = i == len(stages)-1, false, 0
		plan := func(s *export.Subject) error { return r.each(s, stage) }
		if err := adapter.EachSubject(in, r.out, r.fields(), plan); err != nil {
			return false, err
		}
		if r.waiting {
			return true, nil
		}
		r.out = quiet{out} // every stage refuses the same
		r.before = append(r.before, stage.kind)
	}
	return false, nil
}

// stage is a part of the plan: a step of each sample, by the name of its kind of step.
type stage struct {
	kind string
	plan func(target) error
}

func (r *relabeling) stages() []stage {
	var all []stage
	o := r.options
	if o.IDs == "" {
		all = append(all, stage{stepFind, r.find})
	}
	if o.Priority != "" || o.Labeler != "" || o.Reviewer != "" {
		all = append(all, stage{stepSample, r.update})
	}
	all = append(all, stage{stepStatus, r.reopen})
	if o.Issue {
		all = append(all, stage{stepIssue, r.remark})
	}
	return all
}

// target is a sample that is to be done over.
type target struct {
	subject *export.Subject
	// number counts the targets of the plan, from 1; it is the same in every stage.
	number int
	// name is the sample's, where it is found by that; uuid is there once it is known.
	name, uuid string
}

// relabeling is a round of a plan in mode relabel.
type relabeling struct {
	*segments
	in  adapter.Input
	out adapter.Output

	before  []string // the stages that are done
	last    bool     // this is the last stage: it settles
	waiting bool     // for steps of this stage that are not recorded yet
	number  int      // of the samples of this stage
}

func (r *relabeling) fields() export.Fields {
	source := export.IDSource(r.options.IDs)
	if r.options.IDs == "" {
		source = export.IDSource(r.options.Names)
	}
	return source.Fields() | adapter.AnnotationFields
}

// each finds out which sample a frame is, and plans a stage of it unless a stage before has failed.
func (r *relabeling) each(s *export.Subject, stage stage) error {
	t := target{subject: s}
	option, source, id := "names", export.IDSource(r.options.Names), &t.name
	if r.options.IDs != "" {
		option, source, id = "ids", export.IDSource(r.options.IDs), &t.uuid
	}
	if *id = idOf(source, s); *id == "" {
		return adapter.RefuseSubject(r.out, s, fmt.Sprintf("%s, which the option %s names", source.Lack(), option))
	}
	r.number++
	t.number = r.number
	if r.failed(t) {
		return nil
	}
	if stage.kind != stepFind && t.uuid == "" {
		if t.uuid = r.found(t.number); t.uuid == "" {
			return fmt.Errorf("step %q is done and has kept no uuid of sample %q", findID(t.number, 1), t.name)
		}
	}
	return stage.plan(t)
}

// idOf reads an id of a frame, or where it has none of its first label that has one.
func idOf(source export.IDSource, s *export.Subject) string {
	id := source.Of(s.Element, nil)
	for i := 0; id == "" && i < len(s.Labels); i++ {
		id = source.Of(s.Element, &s.Labels[i])
	}
	return id
}

// found is the uuid that a look-up has kept; "" when none has.
func (r *relabeling) found(number int) (uuid string) {
	for page := 1; uuid == "" && r.in.Done(findID(number, page)); page++ {
		uuid = r.in.Kept(findID(number, page), keptUUID)
	}
	return uuid
}

// failed reports whether a stage before has given a sample up.
func (r *relabeling) failed(t target) bool {
	item := t.subject.Item()
	for _, kind := range r.before {
		id := adapter.StepID(kind, t.number)
		for page := 2; kind == stepFind && r.in.Done(findID(t.number, page)); page++ {
			id = findID(t.number, page) // the last page says that there is none
		}
		if _, failed := r.in.Results[id].Failed[item]; failed {
			return true
		}
	}
	return false
}

func findID(number, page int) string {
	id := adapter.StepID(stepFind, number)
	if page > 1 {
		id += fmt.Sprintf("/page-%d", page)
	}
	return id
}

// find looks a sample up by its name. The vendor finds every name that holds it, so that the one may be on a later page.
func (r *relabeling) find(t target) error {
	for page := 1; page <= maxPages; page++ {
		id := findID(t.number, page)
		step := adapter.Step{
			ID: id, Repeat: adapter.RepeatSafe, Refs: []string{t.name, string(t.subject.Item())},
			Call: adapter.Call{Method: "GET", Path: fmt.Sprintf("%ssamples/?per_page=%d&page=%d&name__contains=%s&sort=name", r.dataset, perPage, page, quote(t.name))},
		}
		if page == maxPages {
			step.Refs = append(step.Refs, lastPage)
		}
		if err := r.out.Emit(step); err != nil {
			return err
		}
		if !r.in.Done(id) {
			r.waiting = true
			return nil
		}
		if r.in.Kept(id, keptMore) == "" {
			return nil
		}
	}
	return nil
}

// update sets priority and people. What is not said stays as it is.
func (r *relabeling) update(t target) error {
	body := struct {
		Priority *int   `json:"priority,omitempty"`
		Labeler  string `json:"assigned_labeler,omitempty"`
		Reviewer string `json:"assigned_reviewer,omitempty"`
	}{Labeler: r.options.Labeler, Reviewer: r.options.Reviewer}
	if r.options.Priority != "" {
		priority := r.options.priority()
		body.Priority = &priority
	}
	return r.set(t, stepSample, samplePath(t.uuid), body)
}

// reopen sets the status of the label.
func (r *relabeling) reopen(t target) error {
	body := struct {
		Status string `json:"label_status"`
	}{r.options.status()}
	return r.set(t, stepStatus, r.labelPath(t.uuid), body)
}

// set plans a PATCH: the same twice has the effect of one.
func (r *relabeling) set(t target, kind, path string, body any) error {
	step := adapter.Step{ID: adapter.StepID(kind, t.number), Repeat: adapter.RepeatSafe}
	r.settle(&step, t)
	var err error
	if step.Call, err = adapter.RESTCall(r.out, "PATCH", path, body); err != nil {
		return err
	}
	return r.emit(step)
}

// settle makes a step settle the sample in the last stage, and name it in the others.
func (r *relabeling) settle(step *adapter.Step, t target) {
	if r.last {
		step.Items, step.Refs = []export.ItemID{t.subject.Item()}, []string{t.uuid}
	} else {
		step.Refs = []string{t.uuid, string(t.subject.Item())}
	}
}

func (r *relabeling) emit(step adapter.Step) error {
	if !r.last && !r.in.Done(step.ID) {
		r.waiting = true
	}
	return r.out.Emit(step)
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
func (r *relabeling) remark(t target) error {
	step := adapter.Step{
		ID: adapter.StepID(stepIssue, t.number), Repeat: adapter.RepeatCheckFirst,
		Items: []export.ItemID{t.subject.Item()}, Refs: []string{t.uuid + " " + r.in.Key},
		Check: &adapter.Call{Method: "GET", Path: r.dataset + "issues/"},
	}
	body := issue{Description: r.text(t.subject), Status: "OPEN", Anchor: r.anchor(t.subject)}
	var err error
	if step.Call, err = adapter.RESTCall(r.out, "POST", samplePath(t.uuid)+"issues/", body); err != nil {
		return err
	}
	return r.out.Emit(step)
}

// maxListed is how many labels an issue lists.
const maxListed = 20

// text is what the issue says, with the delivery's key at its end.
func (r *relabeling) text(s *export.Subject) string {
	var b strings.Builder
	if b.WriteString(r.options.IssueText); b.Len() == 0 {
		b.WriteString(r.in.Event.Issue.Name)
		if s.Element.Type == export.ElementCrop { // a whole frame is about all of its labels
			listLabels(&b, s.Labels)
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString("labelgate " + r.in.Key)
	return b.String()
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
	if !r.options.Anchor || s.Element.Type != export.ElementCrop || len(s.Labels) != 1 || s.Element.Frame.Elsewhere(&s.Labels[0]) != "" {
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
