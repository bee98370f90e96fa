package segmentssandbox

import (
	"net/http"
	"slices"
)

// groundTruth is the labelset that every dataset has.
const groundTruth = "ground-truth"

// dataset is a dataset.
type dataset struct {
	name       string
	taskType   string
	category   string
	created    string
	attributes taskAttributes
	samples    []*sample
	byName     map[string]*sample
	issues     []*issue
}

// taskAttributes say what is to be annotated.
type taskAttributes struct {
	FormatVersion string         `json:"format_version,omitzero"`
	Categories    []category     `json:"categories"`
	Image         []any          `json:"image_attributes,omitzero"`
	Extra         map[string]any `json:",embed"`
}

type category struct {
	ID    int            `json:"id"`
	Name  string         `json:"name"`
	Extra map[string]any `json:",embed"`
}

func (d *dataset) fullName() string { return user + "/" + d.name }

func (d *dataset) hasCategory(id int) bool {
	return slices.ContainsFunc(d.attributes.Categories, func(c category) bool { return c.ID == id })
}

// addDemo is what there is to rehearse with.
func (a *api) addDemo() {
	d := &dataset{name: "pets", taskType: "vector", category: "other", created: a.time(), byName: map[string]*sample{}}
	d.attributes.FormatVersion = "0.1"
	for i, name := range []string{"dog", "cat", "rabbit", "ferret", "hamster", "leash", "person"} {
		d.attributes.Categories = append(d.attributes.Categories, category{ID: i + 1, Name: name})
	}
	a.datasets = append(a.datasets, d)
	for _, name := range []string{
		"frame-070001", "frame-070002", "frame-070003", "frame-070011", "frame-070012", "frame-070021", "frame-070051",
	} {
		body := sampleBody{Name: name, Attributes: &imageAttributes{Image: imageFile{URL: "https://images.example.com/rarepets/" + name + ".jpg"}}}
		s := a.addSample(d, &body)
		s.labels[groundTruth] = &label{status: "LABELED", attributes: &labelAttributes{
			FormatVersion: "0.1", Annotations: []annotation{{ID: 1, CategoryID: 1, Type: "bbox", Points: [][]float64{{10, 20}, {110, 220}}}},
		}}
	}
}

// theDataset is the dataset that the path names; nil when it was refused.
func (a *api) theDataset(c *call) *dataset {
	name := c.r.PathValue("owner") + "/" + c.r.PathValue("name")
	i := slices.IndexFunc(a.datasets, func(d *dataset) bool { return d.fullName() == name })
	if i < 0 {
		c.notFound()
		return nil
	}
	return a.datasets[i]
}

func (a *api) getDataset(c *call) {
	if d := a.theDataset(c); d != nil {
		c.answer(http.StatusOK, d.told())
	}
}

func (a *api) listLabelsets(c *call) {
	if d := a.theDataset(c); d != nil {
		c.answer(http.StatusOK, []any{map[string]any{"name": groundTruth, "description": "", "is_groundtruth": true, "created_at": d.created}})
	}
}

// told is the dataset in the form that the API answers; the client is strict about it.
func (d *dataset) told() map[string]any {
	stats := map[string]int{"TOTAL": len(d.samples)}
	for _, s := range d.samples {
		stats[s.status()]++
	}
	told := map[string]any{
		"name": d.name, "full_name": d.fullName(), "description": "", "category": d.category, "public": false, "archived": false,
		"owner": map[string]any{"username": user, "created_at": d.created}, "created_at": d.created, "task_type": d.taskType,
		"task_attributes": d.attributes, "label_stats": stats, "samples_count": len(d.samples), "metadata": map[string]any{},
	}
	for _, flag := range []string{
		"enable_ratings", "enable_skip_labeling", "enable_skip_reviewing", "enable_save_button", "enable_label_status_verified",
		"enable_same_dimensions_track_constraint", "enable_3d_region_of_interest", "enable_interpolation",
		"use_timestamps_for_interpolation", "enable_object_linking",
	} {
		told[flag] = false
	}
	return told
}

// createDataset takes what the client sends; all but name, type and attributes is not looked at.
func (a *api) createDataset(c *call) {
	var body struct {
		Name       string          `json:"name"`
		TaskType   string          `json:"task_type"`
		Category   string          `json:"category"`
		Attributes *taskAttributes `json:"task_attributes"`
		Rest       map[string]any  `json:",embed"`
	}
	if !c.decode(&body) {
		return
	}
	switch {
	case body.Name == "":
		c.invalid("name", "This field may not be blank.")
	case body.TaskType != "vector" && body.TaskType != "bboxes":
		c.invalid("task_type", "%q is not played here: vector and bboxes are.", body.TaskType)
	case body.Attributes == nil || len(body.Attributes.Categories) == 0:
		c.invalid("task_attributes", "This field is required.")
	case slices.ContainsFunc(a.datasets, func(d *dataset) bool { return d.name == body.Name }):
		c.answer(http.StatusBadRequest, []string{"You already have a dataset with this name."})
	default:
		d := &dataset{
			name: body.Name, taskType: body.TaskType, category: body.Category, created: a.time(), attributes: *body.Attributes,
			byName: map[string]*sample{},
		}
		a.datasets = append(a.datasets, d)
		c.effect("dataset %s created", d.fullName())
		c.answer(http.StatusCreated, d.told())
	}
}
