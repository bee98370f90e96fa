package supervisely

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

type itemID = export.ItemID

// wanted is an image that is to be labelled again.
type wanted struct {
	item   itemID
	id     string   // as the option ids gives it
	names  []string // what it may be called
	index  int
	el     string
	number int // its place among the wanted, from 1
}

// planRelabel finds the images, rejects each in the job, and restarts the job with them.
func (s *supervisely) planRelabel(in adapter.Input, out adapter.Output) error {
	p := relabeling{supervisely: s, in: in, out: out, seen: map[string]itemID{}}
	p.find.Size, p.find.Flush = pageSize/2, p.emitFind // each may have two names
	err := adapter.EachSubject(in, out, s.ids.Fields()|export.FieldImage, p.want)
	if err == nil {
		err = p.find.Close()
	}
	if err != nil || len(p.restart.Items) == 0 {
		return err // a job is never restarted for nothing
	}
	return p.emitRestart()
}

// relabeling is a plan being made.
type relabeling struct {
	*supervisely
	in      adapter.Input
	out     adapter.Output
	find    adapter.Chunks[wanted]
	seen    map[string]itemID // images by id
	number  int
	restart adapter.Step
}

// emitJob reads who has the job: a new one goes to the same people, as the client does it.
func (p *relabeling) emitJob() error {
	read, err := call(p.out, "jobs.info", byNumber{p.options.Job})
	if err != nil {
		return err
	}
	return p.out.Emit(adapter.Step{ID: stepJob, Call: read, Repeat: adapter.RepeatSafe})
}

// want takes a frame that is to be labelled again.
func (p *relabeling) want(s *export.Subject) error {
	id := p.ids.Of(s.Element, nil)
	if id == "" {
		return adapter.RefuseSubject(p.out, s, p.ids.Lack())
	}
	if p.number++; p.number == 1 {
		if err := p.emitJob(); err != nil {
			return err
		}
	}
	w := wanted{item: s.Item(), id: id, index: s.Elements[0].Index, el: s.Elements[0].ID, number: p.number}
	if p.options.By == byID {
		n, err := strconv.Atoi(id)
		if err != nil || n <= 0 {
			return adapter.RefuseSubject(p.out, s, fmt.Sprintf("%s %q is no id of Supervisely", p.options.IDs, id))
		}
		return p.reject(w, strconv.Itoa(n))
	}
	w.names = []string{id}
	if s.Element.Frame != nil {
		if ext := extension(s.Element.Frame.ImageURL); ext != "" && !strings.HasSuffix(id, ext) {
			w.names = append(w.names, id+ext)
		}
	}
	return p.find.Add(w)
}

// extension is that of the file that a URL names, with its dot; empty where there is none to speak of.
func extension(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	const longest = 6
	ext := path.Ext(at.Path)
	if len(ext) < 2 || len(ext) > longest || strings.ContainsFunc(ext[1:], func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		return ""
	}
	return ext
}

// imagesList are the arguments of images.list.
type imagesList struct {
	Project       *int     `json:"projectId"`
	Dataset       int      `json:"datasetId"`
	Filter        []filter `json:"filter"`
	Sort          string   `json:"sort"`
	Order         string   `json:"sort_order"`
	ForceMetadata bool     `json:"forceMetadataForLinks"`
	Recursive     bool     `json:"recursive"`
}

// listNamed is the call that finds images by their names.
func listNamed(out adapter.Output, dataset int, names []string) (adapter.Call, error) {
	return call(out, "images.list", imagesList{
		Dataset: dataset, Filter: []filter{{"name", "in", names}}, Sort: "id", Order: "asc", ForceMetadata: true,
	})
}

// emitFind looks a chunk of images up, and hands over what was found.
func (p *relabeling) emitFind(number int, images []wanted) error {
	var names []string
	for _, w := range images {
		names = append(names, w.names...)
	}
	if !p.in.Done(stepJob) {
		return nil
	}
	dataset, err := strconv.Atoi(p.in.Kept(stepJob, keptDataset))
	if err != nil {
		return fmt.Errorf("job %d: supervisely says of no dataset that it is its own", p.options.Job)
	}
	read, err := listNamed(p.out, dataset, names)
	if err != nil {
		return err
	}
	step := adapter.StepID(stepFind, number)
	if err := p.out.Emit(adapter.Step{ID: step, Call: read, Refs: names, Repeat: adapter.RepeatSafe}); err != nil || !p.in.Done(step) {
		return err
	}
	ids := strings.Split(p.in.Kept(step, keptIDs), ",")
	for _, w := range images {
		id := ""
		for range w.names { // the first one that is there
			if id == "" && len(ids) > 0 {
				id = ids[0]
			}
			ids = ids[min(1, len(ids)):]
		}
		if err := p.found(w, id); err != nil {
			return err
		}
	}
	return nil
}

// found goes on with an image that was looked up.
func (p *relabeling) found(w wanted, id string) error {
	if id == "" {
		quoted := make([]string, len(w.names))
		for i, name := range w.names {
			quoted[i] = strconv.Quote(name)
		}
		return p.refuse(w, "the dataset has no image "+strings.Join(quoted, " or "))
	}
	return p.reject(w, id)
}

func (p *relabeling) refuse(w wanted, reason string) error {
	return p.out.Refuse(adapter.Refusal{Index: w.index, ElementID: w.el, Item: w.item, Reason: reason})
}

// review are the arguments of jobs.entities.update-review-status.
type review struct {
	Job    int    `json:"jobId"`
	Entity int    `json:"entityId"`
	Status string `json:"status"`
}

// reject says that the labels of an image are not good. It is one image a call.
func (p *relabeling) reject(w wanted, id string) error {
	if other, twice := p.seen[id]; twice {
		return p.refuse(w, fmt.Sprintf("is the same image %s as frame %q, which is sent", id, other))
	}
	p.seen[id] = w.item
	entity, err := strconv.Atoi(id)
	if err != nil {
		return p.refuse(w, fmt.Sprintf("supervisely gave the image the id %q, which is no number", id))
	}
	step := adapter.Step{ID: adapter.StepID(stepReject, w.number), Refs: []string{id, string(w.item)}, Repeat: adapter.RepeatSafe}
	if step.Call, err = call(p.out, "jobs.entities.update-review-status", review{p.options.Job, entity, "rejected"}); err != nil {
		return err
	}
	if err := p.out.Emit(step); err != nil || !p.in.Done(step.ID) {
		return err
	}
	if _, failed := p.in.Results[step.ID].Failed[w.item]; !failed {
		p.restart.Items = append(p.restart.Items, w.item)
		p.restart.Refs = append(p.restart.Refs, p.in.Kept(stepJob, keptPlace)+id)
	}
	return nil
}

// restart are the arguments of jobs.restart.
type restart struct {
	ID       int    `json:"id"`
	Complete bool   `json:"completeExisting"`
	Users    []int  `json:"userIds"`
	Reviewer *int   `json:"reviewerId"`
	Name     string `json:"name"`
}

// emitRestart makes a new job of the rejected images. A second time it would make another, or find none rejected, so the
// jobs are read first: the new one's name holds the delivery's key.
func (p *relabeling) emitRestart() error {
	args := restart{ID: p.options.Job, Complete: p.options.Complete, Users: p.options.Labelers, Name: jobName(p.in)}
	if n, err := strconv.Atoi(p.in.Kept(stepJob, keptLabeler)); err == nil && len(args.Users) == 0 {
		args.Users = []int{n}
	}
	if len(args.Users) == 0 {
		return fmt.Errorf("job %d: supervisely says of nobody that it is theirs; set the option labelers", p.options.Job)
	}
	args.Reviewer = p.reviewer()
	team, dataset := p.in.Kept(stepJob, keptTeam), p.in.Kept(stepJob, keptDataset)
	teamID, _ := strconv.Atoi(team) // 0 is refused by the server
	datasetID, _ := strconv.Atoi(dataset)
	step := p.restart
	step.ID, step.Repeat = jobStep(stepRestart, p.in), adapter.RepeatCheckFirst
	var err error
	if step.Check, err = checkJob(p.out, teamID, datasetID); err != nil {
		return err
	}
	if step.Call, err = call(p.out, "jobs.restart", args); err != nil {
		return err
	}
	return p.out.Emit(step)
}

// reviewer is the option's, else the old job's, else nobody, which the client sends as null.
func (p *relabeling) reviewer() *int {
	if p.options.Reviewer > 0 {
		return &p.options.Reviewer
	}
	if n, err := strconv.Atoi(p.in.Kept(stepJob, keptReviewer)); err == nil {
		return &n
	}
	return nil
}
