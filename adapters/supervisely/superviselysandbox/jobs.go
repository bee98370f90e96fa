package superviselysandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// job is a labeling job: images of a dataset that one person labels and another reviews.
type job struct {
	ID          int
	Name        string
	Readme      string
	Description string
	TeamID      int
	DatasetID   int
	UserID      int
	ReviewerID  int
	CreatedBy   int
	Status      string
	Meta        jobMeta
	Entities    []entity
}

// entity is an image of a job. Moved says that a restart has put it into another job.
type entity struct {
	ID           int    `json:"id"`
	Name         string `json:"name"`
	ReviewStatus string `json:"reviewStatus"`
	Moved        bool   `json:"-"`
}

type jobMeta struct {
	Classes      []string   `json:"classes"`
	ProjectTags  []string   `json:"projectTags"`
	ImageTags    []imageTag `json:"imageTags"`
	FiguresLimit int        `json:"imageFiguresLimit"`
	TagsLimit    int        `json:"imageTagsLimit"`
	EntityIDs    []int      `json:"entityIds"`
	DynClasses   bool       `json:"dynamicClasses"`
	DynTags      bool       `json:"dynamicTags"`
	AllowRestore bool       `json:"allowRestore"`
}

type imageTag struct {
	Name     string `json:"name"`
	Positive bool   `json:"positive"`
}

type addJobs struct {
	Name        string  `json:"name"`
	DatasetID   int     `json:"datasetId"`
	UserIDs     []int   `json:"userIds"`
	ReviewerID  int     `json:"reviewerId"`
	Meta        jobMeta `json:"meta"`
	Readme      string  `json:"readme"`
	Description string  `json:"description"`
}

// addJobs makes a job for each of the users and deals the images out to them.
func (s *store) addJobs(args addJobs) (any, string, error) {
	if args.Name == "" || len([]rune(args.Name)) > 255 || len(args.UserIDs) == 0 {
		return nil, "", invalid("name and userIds must be given")
	}
	if err := s.users(append(slices.Clone(args.UserIDs), args.ReviewerID)); err != nil {
		return nil, "", err
	}
	images, err := s.inDataset(args.DatasetID, args.Meta.EntityIDs)
	if err != nil {
		return nil, "", err
	}
	if len(images) == 0 {
		for _, i := range s.images {
			if i.dataset.id == args.DatasetID {
				images = append(images, i)
			}
		}
	}
	for _, c := range args.Meta.Classes {
		if _, there := s.meta.class(c); !there {
			return nil, "", invalid("meta.classes: the project has no class %q", c)
		}
	}
	made := s.deal(job{
		Name: args.Name, Readme: args.Readme, Description: args.Description, DatasetID: args.DatasetID, ReviewerID: args.ReviewerID, Meta: args.Meta,
	}, args.UserIDs, images)
	return made, fmt.Sprintf("%d jobs %q created with %d images", len(made), args.Name, len(images)), nil
}

// deal makes a job like the template for each user.
func (s *store) deal(like job, users []int, images []*image) []jobRef {
	if slices.ContainsFunc(s.jobs, func(j *job) bool { return j.DatasetID == like.DatasetID && j.Name == like.Name }) {
		s.twice++
	}
	refs := make([]jobRef, len(users))
	for n, user := range users {
		j := like
		j.ID, j.UserID, j.TeamID, j.CreatedBy, j.Status, j.Entities = s.newID(), user, teamID, reviewerID, "pending", nil
		for at, i := range images {
			if at%len(users) == n {
				j.Entities = append(j.Entities, entity{ID: i.id, Name: i.name, ReviewStatus: "none"})
			}
		}
		s.jobs = append(s.jobs, &j)
		refs[n] = jobRef{ID: j.ID, UserID: user, Type: "annotation", Name: j.Name}
	}
	return refs
}

type jobRef struct {
	ID     int    `json:"id"`
	UserID int    `json:"userId"`
	Type   string `json:"type"`
	Name   string `json:"name"`
}

// users checks that all are known; 0 is nobody.
func (*store) users(ids []int) error {
	for _, id := range ids {
		if id != labelerID && id != reviewerID && id != 0 {
			return missing("User", id)
		}
	}
	return nil
}

func (s *store) job(id int) (*job, error) {
	for _, j := range s.jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return nil, missing("Labeling job", id)
}

func (s *store) jobInfo(args byID) (any, string, error) {
	j, err := s.job(args.ID)
	if err != nil {
		return nil, "", err
	}
	view := s.viewJob(j)
	view["entities"] = j.Entities
	return view, "", nil
}

func (s *store) viewJob(j *job) map[string]any {
	return map[string]any{
		"id": j.ID, "name": j.Name, "readme": j.Readme, "description": j.Description, "teamId": j.TeamID, "workspaceId": workspaceID,
		"workspaceTitle": "Rehearsal", "projectId": projectID, "projectTitle": "Rehearsal", "datasetId": j.DatasetID, "datasetTitle": "frames",
		"createdBy": j.CreatedBy, "managerLogin": "reviewer", "userId": j.UserID, "labelerLogin": "labeler", "reviewerId": j.ReviewerID,
		"reviewerLogin": "reviewer", "createdAt": stamp(s.now), "status": j.Status, "disabled": false, "labelingQueueId": nil,
		"imagesCount": len(j.Entities), "priority": 2,
		"meta": map[string]any{
			"classes": named(j.Meta.Classes), "projectTags": named(j.Meta.ProjectTags), "imageTags": j.Meta.ImageTags,
			"imageFiguresLimit": j.Meta.FiguresLimit, "imageTagsLimit": j.Meta.TagsLimit, "range": map[string]int{"start": 1, "end": len(j.Entities)},
		},
	}
}

// named is how the server gives back the names of classes and tags.
func named(names []string) []map[string]string {
	list := []map[string]string{}
	for _, name := range names {
		list = append(list, map[string]string{"name": name})
	}
	return list
}

type listJobs struct {
	TeamID       int      `json:"teamId"`
	ShowDisabled bool     `json:"showDisabled"`
	Filter       []filter `json:"filter"`
	Sort         string   `json:"sort"`
	SortOrder    string   `json:"sort_order"`
	Fields       []string `json:"fields"`
	page
}

func (s *store) listJobs(args listJobs) (any, string, error) {
	if args.TeamID != teamID {
		return nil, "", missing("Team", args.TeamID)
	}
	var found []any
	for _, j := range s.jobs {
		fits, err := all(args.Filter, map[string]any{
			"id": j.ID, "name": j.Name, "datasetId": j.DatasetID, "projectId": projectID, "userId": j.UserID, "reviewerId": j.ReviewerID,
			"createdBy": j.CreatedBy, "status": j.Status, "labelingQueueId": nil,
		})
		if err != nil {
			return nil, "", err
		}
		if fits {
			found = append(found, s.viewJob(j))
		}
	}
	return args.of(found, args.Sort, args.SortOrder)
}

type reviewEntity struct {
	JobID    int    `json:"jobId"`
	EntityID int    `json:"entityId"`
	Status   string `json:"status"`
}

// reviewEntity says what the review of one image of a job came to.
func (s *store) reviewEntity(args reviewEntity) (any, string, error) {
	j, err := s.job(args.JobID)
	if err != nil {
		return nil, "", err
	}
	if !slices.Contains([]string{"none", "done", "accepted", "rejected"}, args.Status) {
		return nil, "", invalid("status %q is not known", args.Status)
	}
	at := slices.IndexFunc(j.Entities, func(e entity) bool { return e.ID == args.EntityID })
	if at < 0 {
		return nil, "", missing("Entity", args.EntityID)
	}
	j.Entities[at].ReviewStatus = args.Status
	return map[string]bool{"success": true}, fmt.Sprintf("image %d of job %d is %s", args.EntityID, j.ID, args.Status), nil
}

type rejectJob struct {
	ID   int    `json:"id"`
	Mode string `json:"mode"`
}

func (s *store) rejectJob(args rejectJob) (any, string, error) {
	j, err := s.job(args.ID)
	if err != nil {
		return nil, "", err
	}
	if args.Mode != "all" && args.Mode != "unmarked" {
		return nil, "", invalid("mode %q is not known", args.Mode)
	}
	for n, e := range j.Entities {
		if args.Mode == "all" || e.ReviewStatus == "none" || e.ReviewStatus == "done" {
			j.Entities[n].ReviewStatus = "rejected"
		}
	}
	return map[string]bool{"success": true}, fmt.Sprintf("job %d: %s images rejected", j.ID, args.Mode), nil
}

type restartJob struct {
	ID               int    `json:"id"`
	CompleteExisting bool   `json:"completeExisting"`
	UserIDs          []int  `json:"userIds"`
	ReviewerID       int    `json:"reviewerId"`
	Name             string `json:"name"`
}

// restartJob makes a new job of the rejected images of a job. An image is moved once.
func (s *store) restartJob(args restartJob) (any, string, error) {
	j, err := s.job(args.ID)
	if err != nil {
		return nil, "", err
	}
	if len(args.UserIDs) == 0 || len([]rune(args.Name)) > 255 {
		return nil, "", invalid("userIds must be given, and name be at most 255 characters")
	}
	if err := s.users(append(slices.Clone(args.UserIDs), args.ReviewerID)); err != nil {
		return nil, "", err
	}
	var images []*image
	for n, e := range j.Entities {
		if i, err := s.image(e.ID); err == nil && e.ReviewStatus == "rejected" && !e.Moved {
			images = append(images, i)
			j.Entities[n].Moved = true
		}
	}
	if len(images) == 0 {
		return nil, "", refusal{Status: http.StatusBadRequest, Message: "No images found"}
	}
	if args.CompleteExisting {
		j.Status = "completed"
	}
	if args.Name == "" {
		args.Name = j.Name + " (#2)"
	}
	made := s.deal(job{Name: args.Name, DatasetID: j.DatasetID, ReviewerID: args.ReviewerID, Meta: j.Meta}, args.UserIDs, images)
	return made, fmt.Sprintf("job %d restarted with %d images", j.ID, len(images)), nil
}

type jobStatus struct {
	ID     int    `json:"id"`
	Status string `json:"status"`
}

func (s *store) setJobStatus(args jobStatus) (any, string, error) {
	j, err := s.job(args.ID)
	if err != nil {
		return nil, "", err
	}
	if !slices.Contains([]string{"pending", "in_progress", "on_review", "completed", "review_completed"}, args.Status) {
		return nil, "", invalid("status %q is not known", args.Status)
	}
	j.Status = args.Status
	return map[string]bool{"success": true}, fmt.Sprintf("job %d is %s", j.ID, j.Status), nil
}

func (s *store) stopJob(args byID) (any, string, error) {
	return s.setJobStatus(jobStatus{args.ID, "completed"})
}

type editJob struct {
	ID         int  `json:"id"`
	UserID     *int `json:"userId"`
	ReviewerID *int `json:"reviewerId"`
}

func (s *store) editJob(args editJob) (any, string, error) {
	j, err := s.job(args.ID)
	if err != nil {
		return nil, "", err
	}
	if args.UserID != nil {
		j.UserID = *args.UserID
	}
	if args.ReviewerID != nil {
		j.ReviewerID = *args.ReviewerID
	}
	return s.viewJob(j), fmt.Sprintf("job %d has another labeler or reviewer", j.ID), nil
}
