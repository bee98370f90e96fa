package encordsandbox

import (
	"fmt"
	"slices"
	"time"
)

// What is there at the start. docs/vendors/encord.md tells people.
const (
	projectHash  = "aaaaaaaa-0000-4000-8000-000000000001"
	ontologyHash = "eeeeeeee-0000-4000-8000-000000000001"
	datasetHash  = "dddddddd-0000-4000-8000-000000000001"
	folderUUID   = "ffffffff-0000-4000-8000-000000000001"

	annotateStage = "55555555-0000-4000-8000-000000000001"
	reviewStage   = "55555555-0000-4000-8000-000000000002"
	doneStage     = "55555555-0000-4000-8000-000000000003"

	owner = "owner@example.com"
)

// stage is a stage of the project's workflow.
type stage struct{ UUID, Title, Type string }

func stages() []stage {
	return []stage{
		{annotateStage, "Annotate 1", "ANNOTATION"},
		{reviewStage, "Review 1", "REVIEW"},
		{doneStage, "Complete", "DONE"},
	}
}

// world is all that Encord holds.
type world struct {
	now    func() time.Time
	items  []*item
	jobs   []*job
	units  []*unit
	twice  int
	serial map[string]int
}

// item is a file in the folder.
type item struct {
	UUID, Name, URL string
	Metadata        map[string]any
	Width, Height   int
	created         time.Time
}

// unit is an item in the dataset, with its label row and its task in the project.
type unit struct {
	DataHash, Title, TaskUUID string
	item                      *item
	linked                    time.Time
	// arrives is how many requests it takes until the project has its task.
	arrives int

	Stage    string
	Status   string // of its task: NEW, ASSIGNED, REOPENED
	Assignee string
	Priority float64

	LabelHash   string // empty until its labels are initialised
	Branch      string
	labelStatus string
	created     time.Time
	edited      time.Time
	labels      labels
	reopened    int
}

// newWorld has a project with an empty folder and the frames of the sample events, labelled and complete.
func newWorld(now func() time.Time) *world {
	w := &world{now: now, serial: map[string]int{}}
	for _, frame := range []string{"frame-070001", "frame-070002", "frame-070003", "frame-070011", "frame-070012", "frame-070021"} {
		it := w.addItem(upload{ObjectURL: "s3://rarepets/camera_front/" + frame + ".jpg", Title: frame})
		u := w.link(it)
		u.arrives = 0
		w.initialise(u, "main")
		u.labels = seedLabels(u)
		u.Stage, u.Status, u.labelStatus = doneStage, "COMPLETED", "LABELLED"
	}
	return w
}

// id makes the next id of a kind, equal in every run.
func (w *world) id(kind string) string {
	w.serial[kind]++
	return fmt.Sprintf("%s-0000-4000-8000-%012x", kind, w.serial[kind])
}

// tick lets the background work go on by a turn.
func (w *world) tick() {
	for _, j := range w.jobs {
		j.turn(w)
	}
	for _, u := range w.units {
		if u.arrives > 0 {
			u.arrives--
		}
	}
}

func (w *world) addItem(u upload) *item {
	it := &item{
		UUID: w.id("17e00000"), Name: u.name(), URL: u.ObjectURL, Metadata: u.ClientMetadata, Width: 1920, Height: 1080, created: w.now(),
	}
	if u.ImageMetadata != nil {
		it.Width, it.Height = u.ImageMetadata.Width, u.ImageMetadata.Height
	}
	w.items = append(w.items, it)
	return it
}

// arrival is how many requests pass between a link and the task of it.
const arrival = 2

func (w *world) link(it *item) *unit {
	u := &unit{
		DataHash: w.id("cccccccc"), Title: it.Name, TaskUUID: w.id("7a5c0000"), item: it, linked: w.now(), arrives: arrival + 1,
		Stage: annotateStage, Status: "NEW", Priority: 0.5, labelStatus: "NOT_LABELLED",
	}
	w.units = append(w.units, u)
	return u
}

func (w *world) initialise(u *unit, branch string) {
	u.LabelHash, u.Branch, u.labelStatus = w.id("1abe1000"), branch, "LABEL_IN_PROGRESS"
	u.created, u.edited = w.now(), w.now()
	u.labels = emptyLabels()
}

// here are the units whose tasks the project has.
func (w *world) here() []*unit {
	return slices.DeleteFunc(slices.Clone(w.units), func(u *unit) bool { return u.arrives > 0 })
}

func (w *world) itemBy(match func(*item) bool) *item {
	for _, it := range w.items {
		if match(it) {
			return it
		}
	}
	return nil
}

func (w *world) unitBy(match func(*unit) bool) *unit {
	for _, u := range w.units {
		if u.arrives == 0 && match(u) {
			return u
		}
	}
	return nil
}

func contains(list []string, one string) bool { return slices.Contains(list, one) }
