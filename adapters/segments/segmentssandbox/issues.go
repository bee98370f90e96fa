package segmentssandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
)

// issue is a remark on a sample. Nothing keeps the same one from being made twice.
type issue struct {
	UUID        string  `json:"uuid"`
	Description string  `json:"description"`
	Status      string  `json:"status"`
	Anchor      *anchor `json:"anchor"`
	SampleUUID  string  `json:"sample_uuid"`
	SampleName  string  `json:"sample_name"`
	CreatedAt   string  `json:"created_at"`
	UpdatedAt   string  `json:"updated_at"`
	CreatedBy   string  `json:"created_by"`
	UpdatedBy   string  `json:"updated_by"`
	Comments    []any   `json:"comments"`
}

// anchor says where on the sample it is (typing.py, IssueAnchor).
type anchor struct {
	Type           string    `json:"type"`
	Sensor         *string   `json:"sensor,omitzero"`
	Frame          *int      `json:"frame,omitzero"`
	TrackNumber    *int      `json:"trackNumber,omitzero"`
	TrackAttribute *string   `json:"trackAttribute,omitzero"`
	SceneAttribute *string   `json:"sceneAttribute,omitzero"`
	Location       *location `json:"location,omitzero"`
}

type location struct {
	Type string   `json:"type"`
	X    *float64 `json:"x"`
	Y    *float64 `json:"y"`
	Z    *float64 `json:"z,omitzero"`
}

func (a *anchor) check() error {
	ok := false
	switch a.Type {
	case "basic":
		ok = a.Location == nil
	case "track":
		ok = a.TrackNumber != nil
	case "sceneAttribute":
		ok = a.SceneAttribute != nil
	case "location":
		at := a.Location
		ok = at != nil && at.X != nil && at.Y != nil && (at.Type == "2d" && at.Z == nil || at.Type == "3d" && at.Z != nil)
	default:
		return fmt.Errorf("the type %q is not known", a.Type)
	}
	if !ok {
		return errors.New("these are not the fields of an anchor of type " + a.Type)
	}
	return nil
}

// issueBody is what POST and PATCH say.
type issueBody struct {
	Description *string `json:"description"`
	Status      *string `json:"status"`
	Anchor      *anchor `json:"anchor"`
}

// good reports whether the body is right; it was refused when it is not.
func (b *issueBody) good(c *call) bool {
	if b.Status != nil && *b.Status != "OPEN" && *b.Status != "CLOSED" {
		c.invalid("status", "%q is not a valid choice.", *b.Status)
		return false
	}
	if b.Anchor != nil {
		if err := b.Anchor.check(); err != nil {
			c.invalid("anchor", "%s", err)
			return false
		}
	}
	return true
}

func (a *api) createIssue(c *call) {
	s := a.theSample(c)
	var body issueBody
	if s == nil || !c.decode(&body) {
		return
	}
	if body.Description == nil || *body.Description == "" {
		c.invalid("description", "This field is required.")
		return
	}
	if !body.good(c) {
		return
	}
	i := &issue{Description: *body.Description, Status: "OPEN", Anchor: body.Anchor, SampleUUID: s.uuid, SampleName: s.name, Comments: []any{}}
	if body.Status != nil {
		i.Status = *body.Status
	}
	text, _ := json.Marshal(i, json.Deterministic(true)) // it came from JSON
	if a.issued[string(text)] {
		a.repeats++
	}
	a.issued[string(text)] = true
	i.UUID, i.CreatedAt, i.UpdatedAt, i.CreatedBy, i.UpdatedBy = a.uuid(), a.time(), a.time(), user, user
	s.dataset.issues = append(s.dataset.issues, i)
	c.effect("an issue of sample %q: %q", s.name, i.Description)
	c.answer(http.StatusCreated, i)
}

func (a *api) listIssues(c *call) {
	if d := a.theDataset(c); d != nil {
		if d.issues == nil {
			d.issues = []*issue{}
		}
		c.answer(http.StatusOK, d.issues)
	}
}

func (a *api) updateIssue(c *call) {
	var body issueBody
	i := a.issue(c.r.PathValue("uuid"))
	if i == nil {
		c.notFound()
		return
	}
	if !c.decode(&body) || !body.good(c) {
		return
	}
	if body.Description != nil {
		i.Description = *body.Description
	}
	if body.Status != nil {
		i.Status = *body.Status
	}
	if body.Anchor != nil {
		i.Anchor = body.Anchor
	}
	i.UpdatedAt = a.time()
	c.effect("the issue %s is %s", i.UUID, i.Status)
	c.answer(http.StatusOK, i)
}

func (a *api) issue(uuid string) *issue {
	for _, d := range a.datasets {
		if at := slices.IndexFunc(d.issues, func(i *issue) bool { return i.UUID == uuid }); at >= 0 {
			return d.issues[at]
		}
	}
	return nil
}
