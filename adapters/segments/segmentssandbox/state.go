package segmentssandbox

// State is what the account holds.
type State struct {
	// Datasets are in the order of their creation.
	Datasets []DatasetState `json:"datasets"`
	// Repeats counts issues that say the very same of the same sample as one before.
	Repeats int `json:"repeated_effects"`
}

// DatasetState is a dataset with its samples and issues, in the order of their creation.
type DatasetState struct {
	Name    string        `json:"full_name"`
	Samples []SampleState `json:"samples"`
	Issues  []IssueState  `json:"issues"`
}

// SampleState is a sample with its ground truth.
type SampleState struct {
	UUID     string         `json:"uuid"`
	Name     string         `json:"name"`
	Image    string         `json:"image"`
	Metadata map[string]any `json:"metadata"`
	Priority float64        `json:"priority"`
	Labeler  *string        `json:"assigned_labeler"`
	Reviewer *string        `json:"assigned_reviewer"`
	// Status is that of the ground truth, "UNLABELED" where there is none.
	Status string `json:"label_status"`
	// Label is the ground truth, null where there is none.
	Label any      `json:"label"`
	Score *float64 `json:"score"`
}

// IssueState is an issue.
type IssueState struct {
	Sample      string `json:"sample_name"`
	Description string `json:"description"`
	Status      string `json:"status"`
	Anchor      any    `json:"anchor"`
}

// Twice implements sandbox.API.
func (a *api) Twice() int { return a.repeats }

// State implements sandbox.API.
func (a *api) State() any {
	s := State{Datasets: []DatasetState{}, Repeats: a.repeats}
	for _, d := range a.datasets {
		s.Datasets = append(s.Datasets, d.state())
	}
	return s
}

func (d *dataset) state() DatasetState {
	told := DatasetState{Name: d.fullName(), Samples: []SampleState{}, Issues: []IssueState{}}
	for _, s := range d.samples {
		one := SampleState{
			UUID: s.uuid, Name: s.name, Image: s.attributes.Image.URL, Metadata: s.metadata, Priority: s.priority, Labeler: s.labeler,
			Reviewer: s.reviewer, Status: s.status(),
		}
		if l := s.labels[groundTruth]; l != nil {
			one.Label, one.Score = l.attributes, l.score
		}
		told.Samples = append(told.Samples, one)
	}
	for _, i := range d.issues {
		told.Issues = append(told.Issues, IssueState{i.SampleName, i.Description, i.Status, i.Anchor})
	}
	return told
}
