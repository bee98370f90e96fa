package labelstudio

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// newReview rejects an annotation. Whether the task goes back to its annotator is a setting of the project.
type newReview struct {
	Annotation int64  `json:"annotation"`
	Accepted   bool   `json:"accepted"`
	Comment    string `json:"comment"`
}

// review rejects the annotations of every task, one by one; the last one of a task settles it. A review has no key, so it is
// looked for, by its comment, before it is made again.
func (p *relabeling) review() error {
	for _, t := range p.tasks {
		for i, annotation := range t.annotations {
			id := strconv.FormatInt(annotation, 10)
			call, err := adapter.RESTCall(p.out, "POST", "/api/annotation-reviews/", newReview{annotation, false, p.comment()})
			if err != nil {
				return err
			}
			step := adapter.Step{
				ID: fmt.Sprintf("%s/%s/%s", stepReview, id, p.short()), Call: call, Repeat: adapter.RepeatCheckFirst,
				Check: &adapter.Call{Method: "GET", Path: "/api/annotation-reviews/?annotation=" + id},
			}
			if i == len(t.annotations)-1 {
				for _, item := range t.items {
					step.Items, step.Refs = append(step.Items, item), append(step.Refs, strconv.FormatInt(t.id, 10))
				}
			}
			if err := p.emit(step); err != nil {
				return err
			}
		}
	}
	return nil
}

// comment says what is asked for, and by which delivery.
func (p *relabeling) comment() string {
	text := p.options.Comment
	if text == "" {
		text = "Please look again: " + p.value()
	}
	return text + " " + signature(p.short())
}

// short is enough of the delivery's key to know its reviews by.
func (p *relabeling) short() string { return p.in.Key[:min(len(p.in.Key), 12)] }

func signature(delivery string) string { return "(labelgate " + delivery + ")" }

// judgeReview: the answer is the review.
func (a *labelStudio) judgeReview(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := judgeID(resp)
	if v.Kind == adapter.Done {
		v.Taken = a.taken(step)
	}
	return v
}

// checkReview looks for the delivery's own review among those of the annotation.
func (a *labelStudio) checkReview(step adapter.Step, resp adapter.Response) adapter.Verdict {
	var reviews []struct {
		ID       int64  `json:"id"`
		Accepted bool   `json:"accepted"`
		Comment  string `json:"comment"`
	}
	if json.Unmarshal(resp.Body, &reviews) != nil || reviews == nil {
		return badAnswer(resp, "no list of reviews")
	}
	parts := strings.Split(step.ID, "/")
	for _, r := range reviews {
		if !r.Accepted && strings.HasSuffix(r.Comment, signature(parts[len(parts)-1])) {
			return adapter.Verdict{Kind: adapter.Done, Taken: a.taken(step), Kept: map[string]string{"id": strconv.FormatInt(r.ID, 10)}}
		}
	}
	return adapter.Verdict{Kind: adapter.Absent}
}
