package supervisely

import (
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// mostPoints is how many points the annotations of one call may have: about 2 MB.
const mostPoints = 50_000

// frame is a frame that is to be added.
type frame struct {
	item       itemID
	index      int
	el         string
	image      newImage
	annotation *annotation // nil for none
	id         string      // Supervisely's, once it is there
}

// points counts what is drawn.
func (f frame) points() (n int) {
	if f.annotation == nil {
		return 0
	}
	for _, o := range f.annotation.Objects {
		n += len(o.Points.Exterior)
	}
	return n
}

// newImage is an image by link.
type newImage struct {
	Title string   `json:"title"`
	Link  string   `json:"link"`
	Meta  metadata `json:"meta"`
}

// metadata is what people see beside an image.
type metadata struct {
	Frame    string `json:"frame_id"`
	Dataset  string `json:"dataset,omitempty"`
	Issue    string `json:"issue,omitempty"`
	Delivery string `json:"labelgate_delivery"`
}

// planBatch adds images, then their labels, then a labeling job of all.
func (s *supervisely) planBatch(in adapter.Input, out adapter.Output) error {
	p := batching{supervisely: s, in: in, out: out}
	p.images.Size, p.images.Flush = chunk, p.emitImages
	p.labelled.Size, p.labelled.Flush = chunk, p.emitAnnotations
	p.images.Weigh, p.images.Most = frame.points, mostPoints
	p.labelled.Weigh, p.labelled.Most = frame.points, mostPoints
	p.bare.Size, p.bare.Flush = pageSize, p.emitThere
	err := adapter.EachSubject(in, out, adapter.AnnotationFields, p.add)
	for _, flush := range []func() error{p.images.Close, p.labelled.Close, p.bare.Close, p.emitJob} {
		if err == nil {
			err = flush()
		}
	}
	return err
}

// batching is a plan being made.
type batching struct {
	*supervisely
	in       adapter.Input
	out      adapter.Output
	images   adapter.Chunks[frame]
	labelled adapter.Chunks[frame]
	bare     adapter.Chunks[frame]
	made     []int // ids of all images that are there
	waiting  bool  // not everything of them is known
	asked    bool  // where the dataset is
}

// emitDataset reads where the dataset is, for links and the new job.
func (p *batching) emitDataset() error {
	read, err := call(p.out, "datasets.info", byNumber{p.options.Dataset})
	if err != nil {
		return err
	}
	return p.out.Emit(adapter.Step{ID: stepDataset, Call: read, Repeat: adapter.RepeatSafe})
}

// add makes a frame ready.
func (p *batching) add(s *export.Subject) error {
	ready, ok, err := p.annotator.Prepare(s, p.out)
	if err != nil || !ok {
		return err
	}
	if len(ready.Annotations) > 0 && !ready.Image.Size.Known() {
		return adapter.RefuseSubject(p.out, s, "no image size; send width and height in sensor_metadata, or set the option image_size")
	}
	if !p.asked {
		p.asked = true
		if err := p.emitDataset(); err != nil {
			return err
		}
	}
	f := frame{item: s.Item(), index: s.Elements[0].Index, el: s.Elements[0].ID}
	f.image = newImage{
		Title: adapter.ItemKey(p.in.Key, s.Item(), nameLimit) + extension(ready.Image.URL), Link: ready.Image.URL,
		Meta: metadata{s.Element.FrameID, p.in.Event.Issue.Dataset, p.in.Event.Issue.Name, p.in.Key},
	}
	if f.annotation, err = p.annotate(p.out, ready); err != nil {
		return err
	}
	return p.images.Add(f)
}

// imagesAdd are the arguments of images.bulk.add.
type imagesAdd struct {
	Dataset        int        `json:"datasetId"`
	Images         []newImage `json:"images"`
	ForceMetadata  bool       `json:"forceMetadataForLinks"`
	SkipValidation bool       `json:"skipValidation"`
}

// emitImages adds images. Their names are theirs alone in the dataset and hold the delivery's key: where Supervisely refuses
// them as already there, they are ours. It refuses the whole call then, so the others are sent once more.
func (p *batching) emitImages(number int, frames []frame) error {
	ids, done, err := p.emitAdd(adapter.StepID(stepImages, number), frames)
	if err != nil || !done {
		return err
	}
	var rest []frame
	for i := range frames {
		if frames[i].id = ids[i]; ids[i] == "" {
			rest = append(rest, frames[i])
		}
	}
	if len(rest) > 0 {
		ids, done, err = p.emitAdd(adapter.StepID(stepRest, number), rest)
		if err != nil || !done {
			return err
		}
	}
	for _, f := range frames {
		if f.id == "" && len(ids) > 0 {
			f.id, ids = ids[0], ids[1:]
		}
		if err := p.goOn(f); err != nil {
			return err
		}
	}
	return nil
}

// emitAdd emits a call that adds images, and returns Supervisely's ids of them where it is done.
func (p *batching) emitAdd(id string, frames []frame) (ids []string, done bool, err error) {
	args := imagesAdd{Dataset: p.options.Dataset, ForceMetadata: true}
	step := adapter.Step{ID: id, Repeat: adapter.RepeatKeyed}
	for _, f := range frames {
		args.Images = append(args.Images, f.image)
		step.Refs = append(step.Refs, f.image.Title)
	}
	if step.Call, err = call(p.out, "images.bulk.add", args); err != nil {
		return nil, false, err
	}
	if err := p.out.Emit(step); err != nil || !p.in.Done(id) {
		p.waiting = true
		return nil, false, err
	}
	ids = strings.Split(p.in.Kept(id, keptIDs), ",")
	for len(ids) < len(frames) {
		ids = append(ids, "")
	}
	return ids, true, nil
}

// goOn hands on a frame whose image was added.
func (p *batching) goOn(f frame) error {
	if f.id == "" {
		return p.out.Refuse(adapter.Refusal{Index: f.index, ElementID: f.el, Item: f.item, Reason: "supervisely did not add the image and did not say why"})
	}
	if f.annotation != nil {
		return p.labelled.Add(f)
	}
	return p.bare.Add(f)
}

// emitThere settles images that nothing is drawn on: they are looked up by their names.
func (p *batching) emitThere(number int, frames []frame) error {
	names := make([]string, len(frames))
	step := p.settling(adapter.StepID(stepThere, number), frames)
	step.Repeat = adapter.RepeatSafe
	for i, f := range frames {
		names[i] = f.image.Title
	}
	var err error
	if step.Call, err = listNamed(p.out, p.options.Dataset, names); err != nil {
		return err
	}
	return p.settle(step, frames)
}

// annotationsAdd are the arguments of annotations.bulk.add.
type annotationsAdd struct {
	Dataset     int               `json:"datasetId"`
	Annotations []imageAnnotation `json:"annotations"`
	SkipBounds  bool              `json:"skipBoundsValidation"`
}

type imageAnnotation struct {
	Image      int         `json:"imageId"`
	Annotation *annotation `json:"annotation"`
}

// annotationsInfo are the arguments of annotations.bulk.info.
type annotationsInfo struct {
	Dataset       int   `json:"datasetId"`
	Images        []int `json:"imageIds"`
	WithCustom    bool  `json:"withCustomBigData"`
	ForceMetadata bool  `json:"forceMetadataForLinks"`
	Integers      bool  `json:"integerCoords"`
}

// emitAnnotations adds labels. Whether a second time replaces them or adds them again is not known, so they are read first.
func (p *batching) emitAnnotations(number int, frames []frame) error {
	step := p.settling(adapter.StepID(stepAnnotations, number), frames)
	step.Repeat = adapter.RepeatCheckFirst
	args, info := annotationsAdd{Dataset: p.options.Dataset}, annotationsInfo{Dataset: p.options.Dataset, ForceMetadata: true}
	for _, f := range frames {
		id, _ := strconv.Atoi(f.id) // it was a number when it was kept
		args.Annotations = append(args.Annotations, imageAnnotation{id, f.annotation})
		info.Images = append(info.Images, id)
	}
	check, err := call(p.out, "annotations.bulk.info", info)
	if err != nil {
		return err
	}
	step.Check = &check
	if step.Call, err = call(p.out, "annotations.bulk.add", args); err != nil {
		return err
	}
	return p.settle(step, frames)
}

// settling is a step that settles frames, whose images are named by their addresses.
func (p *batching) settling(id string, frames []frame) adapter.Step {
	step := adapter.Step{ID: id}
	for _, f := range frames {
		step.Items = append(step.Items, f.item)
		step.Refs = append(step.Refs, p.in.Kept(stepDataset, keptPlace)+f.id)
	}
	return step
}

// settle emits a step that settles frames, and takes note of those that are there.
func (p *batching) settle(step adapter.Step, frames []frame) error {
	if err := p.out.Emit(step); err != nil || !p.in.Done(step.ID) {
		p.waiting = true
		return err
	}
	for _, f := range frames {
		if _, failed := p.in.Results[step.ID].Failed[f.item]; failed {
			continue
		}
		if id, err := strconv.Atoi(f.id); err == nil {
			p.made = append(p.made, id)
		}
	}
	return nil
}

// jobsAdd are the arguments of jobs.add.
type jobsAdd struct {
	Name     string  `json:"name"`
	Dataset  int     `json:"datasetId"`
	Users    []int   `json:"userIds"`
	Meta     jobMeta `json:"meta"`
	Reviewer *int    `json:"reviewerId,omitempty"`
}

// jobMeta says what a job is about. Empty lists stand for all classes and tags.
type jobMeta struct {
	Classes      []string `json:"classes"`
	Tags         []string `json:"projectTags"`
	ImageTags    []string `json:"imageTags"`
	FiguresLimit int      `json:"imageFiguresLimit"`
	TagsLimit    int      `json:"imageTagsLimit"`
	Images       []int    `json:"entityIds"`
	NewClasses   bool     `json:"dynamicClasses"`
	NewTags      bool     `json:"dynamicTags"`
	AllowRestore bool     `json:"allowRestore"`
}

// emitJob makes a labeling job of the images. It is found again by the delivery's key in its name.
func (p *batching) emitJob() error {
	if len(p.options.Labelers) == 0 || p.waiting || len(p.made) == 0 {
		return nil // a job of no images would be one of the whole dataset
	}
	args := jobsAdd{
		Name: jobName(p.in), Dataset: p.options.Dataset, Users: p.options.Labelers,
		Meta: jobMeta{Classes: []string{}, Tags: []string{}, ImageTags: []string{}, Images: p.made},
	}
	if p.options.Reviewer > 0 {
		args.Reviewer = &p.options.Reviewer
	}
	team, _ := strconv.Atoi(p.in.Kept(stepDataset, keptTeam)) // 0 is refused by the server
	step := adapter.Step{ID: jobStep(stepNewJob, p.in), Repeat: adapter.RepeatCheckFirst}
	var err error
	if step.Check, err = checkJob(p.out, team, p.options.Dataset); err != nil {
		return err
	}
	if step.Call, err = call(p.out, "jobs.add", args); err != nil {
		return err
	}
	return p.out.Emit(step)
}
