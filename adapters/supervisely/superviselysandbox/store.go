package superviselysandbox

import (
	"encoding/json"
	"slices"
	"time"
)

// The ids of what is there from the start.
const (
	teamID      = 4
	workspaceID = 3
	projectID   = 5
	datasetID   = 7
	jobID       = 31
	labelerID   = 2
	reviewerID  = 8
)

// store is what Supervisely holds.
type store struct {
	now      func() time.Time
	last     int
	meta     meta
	datasets []*dataset
	images   []*image
	jobs     []*job
	twice    int
}

type dataset struct {
	id   int
	name string
}

// image is an image by link, with what is drawn on it.
type image struct {
	id      int
	dataset *dataset
	name    string
	link    string
	meta    json.RawMessage
	ann     annotation
}

// State is what people and tests see of Supervisely.
type State struct {
	Images []ImageState `json:"images"`
	Jobs   []JobState   `json:"jobs"`
	// Twice counts what was made a second time: an image whose link its dataset has already, a job of a name that its
	// dataset has already.
	Twice int `json:"twice"`
}

// ImageState is an image. Its objects have no ids: those of an annotation that is sent again are others.
type ImageState struct {
	ID         int             `json:"id"`
	Dataset    int             `json:"dataset"`
	Name       string          `json:"name"`
	Link       string          `json:"link"`
	Meta       json.RawMessage `json:"meta"`
	Annotation annotation      `json:"annotation"`
}

// JobState is a labeling job.
type JobState struct {
	ID       int      `json:"id"`
	Name     string   `json:"name"`
	Status   string   `json:"status"`
	Labeler  int      `json:"labeler"`
	Reviewer int      `json:"reviewer"`
	Entities []entity `json:"entities"`
}

func (s *store) state() State {
	state := State{Images: []ImageState{}, Jobs: []JobState{}, Twice: s.twice}
	for _, i := range s.images {
		state.Images = append(state.Images, ImageState{i.id, i.dataset.id, i.name, i.link, i.meta, i.ann.withoutIDs()})
	}
	for _, j := range s.jobs {
		state.Jobs = append(state.Jobs, JobState{j.ID, j.Name, j.Status, j.UserID, j.ReviewerID, j.Entities})
	}
	return state
}

// newStore returns a Supervisely with a dataset that holds the frames of the sample events, in a job that is in review.
func newStore(now func() time.Time) *store {
	s := &store{now: now, last: 1000, meta: firstMeta()}
	d := &dataset{datasetID, "frames"}
	s.datasets = append(s.datasets, d)
	j := &job{
		ID: jobID, Name: "first labelling", TeamID: teamID, DatasetID: datasetID, UserID: labelerID, ReviewerID: reviewerID,
		CreatedBy: reviewerID, Status: "on_review", Meta: jobMeta{Classes: []string{}, ProjectTags: []string{}, ImageTags: []imageTag{}},
	}
	for _, name := range []string{"frame-070001", "frame-070002", "frame-070003", "frame-070011", "frame-070012", "frame-070021"} {
		i := &image{
			id: s.newID(), dataset: d, name: name + ".jpg", link: "https://images.example.com/" + name + ".jpg", meta: json.RawMessage("{}"),
			ann: annotation{Tags: []tag{}, Objects: []object{}},
		}
		s.images = append(s.images, i)
		j.Entities = append(j.Entities, entity{ID: i.id, Name: i.name, ReviewStatus: "done"})
	}
	s.jobs = append(s.jobs, j)
	return s
}

func (s *store) newID() int {
	s.last++
	return s.last
}

func (s *store) dataset(id int) (*dataset, error) {
	for _, d := range s.datasets {
		if d.id == id {
			return d, nil
		}
	}
	return nil, missing("Dataset", id)
}

func (s *store) image(id int) (*image, error) {
	for _, i := range s.images {
		if i.id == id {
			return i, nil
		}
	}
	return nil, missing("Image", id)
}

// inDataset finds images of a dataset by their ids, all or none.
func (s *store) inDataset(datasetID int, ids []int) ([]*image, error) {
	if _, err := s.dataset(datasetID); err != nil {
		return nil, err
	}
	found := make([]*image, len(ids))
	for n, id := range ids {
		i, err := s.image(id)
		if err != nil || i.dataset.id != datasetID {
			return nil, missing("Image", id)
		}
		found[n] = i
	}
	return found, nil
}

func (s *store) named(d *dataset, name string) *image {
	at := slices.IndexFunc(s.images, func(i *image) bool { return i.dataset == d && i.name == name })
	if at < 0 {
		return nil
	}
	return s.images[at]
}
