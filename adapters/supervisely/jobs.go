package supervisely

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// What the steps job and dataset keep.
const (
	keptTeam     = "team"
	keptDataset  = "dataset"
	keptLabeler  = "labeler"
	keptReviewer = "reviewer" // empty for none
	keptPlace    = "place"    // where images of the dataset are seen
	keptProject  = "project"
	keptMissing  = "missing" // there is no such thing
	keptJobs     = "jobs"
)

// byNumber are the arguments of the methods that look one thing up.
type byNumber struct {
	ID int `json:"id"`
}

// filter is a condition of a list.
type filter struct {
	Field    string `json:"field"`
	Operator string `json:"operator"`
	Value    any    `json:"value"` // texts or numbers, as the field wants them
}

// jobsList are the arguments of jobs.list: the newest jobs of a dataset that are in no queue.
type jobsList struct {
	Team         int      `json:"teamId"`
	ShowDisabled bool     `json:"showDisabled"`
	Filter       []filter `json:"filter"`
	Sort         string   `json:"sort"`
	Order        string   `json:"sort_order"`
}

// checkJob is the read that tells whether a job of our name was made.
func checkJob(out adapter.Output, team, dataset int) (*adapter.Call, error) {
	read, err := call(out, "jobs.list", jobsList{
		Team: team, Filter: []filter{{"datasetId", "=", dataset}, {"labelingQueueId", "=", nil}}, Sort: "id", Order: "desc",
	})
	return &read, err
}

// jobName is what a new job is called: people see the issue, and its key tells it from every other.
func jobName(in adapter.Input) string {
	const most = 200 // characters, of 255 with the mark
	issue := []rune(in.Event.Issue.Name)
	issue = issue[:min(len(issue), most)]
	return strings.TrimSpace(string(issue)) + " " + mark(in.Key)
}

// mark is the part of a job's name that is ours.
func mark(key string) string { return "(labelgate " + key + ")" }

// jobStep is the id of a step that makes a job. It holds the key, by which Judge knows the job.
func jobStep(name string, in adapter.Input) string { return name + "/" + in.Key }

// job is a labeling job, as jobs.info, jobs.list and the methods that make one answer it.
type job struct {
	ID        int    `json:"id"`
	Name      string `json:"name"`
	Team      int    `json:"teamId"`
	Workspace int    `json:"workspaceId"`
	Project   int    `json:"projectId"`
	Dataset   int    `json:"datasetId"`
	Labeler   int    `json:"userId"`
	Reviewer  int    `json:"reviewerId"`
}

// place is the address of a dataset's images for people, below the server's, as the client writes it. An image's is this and its id.
func place(team, workspace, project, dataset int) string {
	return fmt.Sprintf("/app/images/%d/%d/%d/%d#image-", team, workspace, project, dataset)
}

// receipt is that of an image, whose address is a step's ref.
func receipt(ref string) adapter.Receipt {
	at := strings.LastIndex(ref, "#image-")
	if at < 0 {
		return adapter.Receipt{ID: ref}
	}
	return adapter.Receipt{ID: ref[at+len("#image-"):], Link: ref}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func judgeJob(resp adapter.Response) adapter.Verdict {
	var j job
	if json.Unmarshal(resp.Body, &j) != nil || j.ID == 0 {
		return badAnswer()
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{
		keptTeam: number(j.Team), keptDataset: number(j.Dataset), keptLabeler: number(j.Labeler), keptReviewer: number(j.Reviewer),
		keptPlace: place(j.Team, j.Workspace, j.Project, j.Dataset),
	}}
}

func judgeDataset(resp adapter.Response) adapter.Verdict {
	var d struct {
		ID        int `json:"id"`
		Team      int `json:"teamId"`
		Workspace int `json:"workspaceId"`
		Project   int `json:"projectId"`
	}
	if json.Unmarshal(resp.Body, &d) != nil || d.ID == 0 {
		return badAnswer()
	}
	return adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{
		keptTeam: number(d.Team), keptProject: number(d.Project), keptPlace: place(d.Team, d.Workspace, d.Project, d.ID),
	}}
}

// judgeJobs keeps the jobs that were made. A check finds them by the mark in their names.
func judgeJobs(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var jobs []job
	if resp.Check {
		var page struct {
			Entities *[]job `json:"entities"`
		}
		if json.Unmarshal(resp.Body, &page) != nil || page.Entities == nil {
			return badAnswer()
		}
		_, key, _ := strings.Cut(step.ID, "/")
		for _, j := range *page.Entities {
			if strings.Contains(j.Name, mark(key)) {
				jobs = append(jobs, j)
			}
		}
		if len(jobs) == 0 {
			return adapter.Verdict{Kind: adapter.Absent}
		}
	} else if json.Unmarshal(resp.Body, &jobs) != nil || len(jobs) == 0 {
		return badAnswer()
	}
	v := adapter.Verdict{Kind: adapter.Done, Taken: map[itemID]adapter.Receipt{}}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = number(j.ID)
	}
	v.Kept = map[string]string{keptJobs: strings.Join(ids, ",")}
	for i, item := range step.Items {
		v.Taken[item] = receipt(step.Refs[i])
	}
	return v
}
