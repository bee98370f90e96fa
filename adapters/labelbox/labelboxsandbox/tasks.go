package labelboxsandbox

import (
	"encoding/json"

	"github.com/graph-gophers/graphql-go"
)

// The statuses of a task (labelbox/schema/taskstatus.py).
const (
	inProgress = "IN_PROGRESS"
	complete   = "COMPLETE"
	failed     = "FAILED"
)

// task is a job in the background.
type task struct {
	id, kind, name, status string
	result                 *string
	made, changed          stamp
	polls                  int
	run                    func() error // the work; an error fails the task

	// What an upsert of data rows came to.
	created []*dataRow
	refused []refusedRow
}

type refusedRow struct {
	message string
	payload rowPayload
}

// start queues a job. It is done at the second poll of it, or of one that was started later: nothing depends on who polls.
func (s *store) start(kind, name string, run func() error) *task {
	t := &task{id: s.newID("task"), kind: kind, name: name, status: inProgress, made: s.stamp(), changed: s.stamp(), run: run}
	s.tasks = append(s.tasks, t)
	return t
}

// poll is a look at a task.
func (s *store) poll(id string) *task {
	for i, t := range s.tasks {
		if t.id != id {
			continue
		}
		t.polls++
		if t.polls > 1 {
			for _, earlier := range s.tasks[:i+1] {
				s.finish(earlier)
			}
		}
		return t
	}
	return nil
}

func (s *store) finish(t *task) {
	if t.status != inProgress {
		return
	}
	t.status, t.changed = complete, s.stamp()
	if err := t.run(); err != nil {
		t.status = failed
		// The client decodes the result of a failed task as JSON (labelbox/schema/task.py, errors).
		text, _ := json.Marshal(map[string]string{"error": err.Error()})
		result := string(text)
		t.result = &result
	}
}

// userNode is the key's owner.
type userNode struct {
	a                                     *api
	ID                                    graphql.ID
	Email                                 string
	Name, Nickname, Picture, IntercomHash *string
	IsViewer, IsExternalUser              *bool
	CreatedAt, UpdatedAt                  stamp
	LastLoginAt                           *stamp
}

// User answers the key's owner, who alone is known.
func (q plainQuery) User(args struct{ Where *idInput }) *userNode {
	if args.Where != nil && args.Where.ID != UserID {
		return nil
	}
	name, no := "Rehearsal", false
	made := q.a.store.datasets[0].made
	return &userNode{
		a: q.a, ID: UserID, Email: "rehearsal@example.com", Name: &name, Nickname: &name,
		IsViewer: &no, IsExternalUser: &no, CreatedAt: made, UpdatedAt: made, LastLoginAt: &made,
	}
}

type taskNode struct {
	ID                   graphql.ID
	Name, Type           *string
	Status               string
	CompletionPercentage *float64
	Result, Errors       *string
	Metadata             *document
	CreatedAt, UpdatedAt stamp
}

func newTaskNode(t *task) taskNode {
	done := 0.0
	if t.status != inProgress {
		done = 100
	}
	return taskNode{
		ID: graphql.ID(t.id), Name: &t.name, Type: &t.kind, Status: t.status, CompletionPercentage: &done,
		Result: t.result, CreatedAt: t.made, UpdatedAt: t.changed,
	}
}

// CreatedTasks lists the user's tasks; asked for one it is a poll of it.
func (u *userNode) CreatedTasks(args struct {
	Where       *idInput
	Skip, First *int32
},
) []taskNode {
	nodes := []taskNode{}
	if args.Where != nil {
		if t := u.a.store.poll(string(args.Where.ID)); t != nil {
			nodes = append(nodes, newTaskNode(t))
		}
	} else {
		for _, t := range u.a.store.tasks {
			nodes = append(nodes, newTaskNode(t))
		}
	}
	return window(nodes, args.Skip, args.First)
}

// window is a page of a list by how many to skip and how many to take; the client takes 100.
func window[T any](list []T, skip, first *int32) []T {
	if skip != nil && *skip > 0 {
		list = list[min(len(list), int(*skip)):]
	}
	if first != nil && *first >= 0 {
		list = list[:min(len(list), int(*first))]
	}
	return list
}
