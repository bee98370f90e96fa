package labelstudiosandbox

import (
	"fmt"
	"net/http"
)

// createReview is POST /api/annotation-reviews/, which Enterprise has alone: at a Community project the path is not there.
// It was read in the published OpenAPI document and was not seen at a running server.
func (a *api) createReview(c *call) {
	sent := c.object()
	id, isWhole := whole(sent["annotation"])
	if !isWhole {
		c.invalid("annotation", []string{"This field is required."})
		return
	}
	one := a.annotationOf(id)
	switch {
	case one == nil:
		c.invalid("annotation", []string{fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, id)})
		return
	case !a.projectOf(fmt.Sprint(one.Project)).enterprise:
		notFoundPage(c.w)
		return
	}
	a.next.review++
	accepted, _ := sent["accepted"].(bool)
	comment, _ := sent["comment"].(string)
	remove, _ := sent["remove_from_queue"].(bool)
	r := &Review{
		ID: a.next.review, Annotation: id, Accepted: accepted, Comment: comment, RejectAction: sent["reject_action"],
		RemoveFromQueue: remove, CreatedBy: 1, CreatedAt: isoTime(a.now()),
	}
	a.reviews = append(a.reviews, r)
	c.effect("annotation %d reviewed: accepted %t", id, accepted)
	c.answer(http.StatusCreated, r.show())
}

func (a *api) listReviews(c *call) {
	all := []map[string]any{}
	for _, r := range a.reviews {
		if asked := c.query().Get("annotation"); asked == "" || asked == fmt.Sprint(r.Annotation) {
			all = append(all, r.show())
		}
	}
	c.answer(http.StatusOK, all)
}

func (a *api) annotationOf(id int) *Annotation {
	for _, p := range a.projects {
		for _, t := range p.tasks {
			for _, one := range t.Annotations {
				if one.ID == id {
					return one
				}
			}
		}
	}
	return nil
}

func (r *Review) show() map[string]any {
	return map[string]any{
		"id": r.ID, "annotation": r.Annotation, "accepted": r.Accepted, "comment": r.Comment, "reject_action": r.RejectAction,
		"remove_from_queue": r.RemoveFromQueue, "created_by": r.CreatedBy, "created_at": r.CreatedAt, "result": nil,
		"started_at": nil, "last_annotation_history": nil, "previous_annotation_history": nil, "fixed_annotation_history": nil,
	}
}
