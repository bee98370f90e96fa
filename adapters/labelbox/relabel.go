package labelbox

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The steps by which data rows are moved to a queue, and what they keep.
const (
	stepQueues      = "queues"      // reads the project's queues; keeps keptQueues
	stepMove        = "move"        // /0001..: starts to move data rows; keep keptID of the task
	stepMoved       = "moved"       // /0001..: waits for the task, and settles the rows
	stepPriority    = "priority"    // /0001..: starts to set the priority; keep keptID of the task
	stepPrioritised = "prioritised" // /0001..: waits for the task

	keptQueues = "queues" // JSON: the list of taskQueue
)

// moveRows is how many data rows are moved at once. The client has no limit; what the vendor's is, is not known.
const moveRows = 1000

// reworkQueue is the type of queues for labels that were sent back (labelbox-python, tests/integration/test_task_queue.py).
const reworkQueue = "MANUAL_REWORK_QUEUE"

// taskQueue is a queue of the project.
type taskQueue struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	QueueType string `json:"queueType"`
}

// relabelRows names the data row of each frame, and asks who we are and what queues there are.
func (p *plan) relabelRows() (ready bool, err error) {
	fields := p.options.IDs.Fields()
	taken := map[string]bool{}
	err = adapter.EachSubject(p.in, p.out, fields, func(s *export.Subject) error {
		id := p.options.IDs.Of(s.Element, firstLabel(s))
		switch {
		case id == "":
			return adapter.RefuseSubject(p.out, s, p.options.IDs.Lack())
		case taken[id]:
			return adapter.RefuseSubject(p.out, s, fmt.Sprintf("another frame of the export has the data row %q too", id))
		}
		taken[id] = true
		r := row{item: s.Item(), index: s.Elements[0].Index, element: s.Elements[0].ID, key: id}
		if p.options.IDType == byID {
			r.id = id
		}
		p.rows = append(p.rows, r)
		return nil
	})
	if err == nil && len(p.rows) == 0 {
		err = errNothing
	}
	if err != nil {
		return false, err
	}
	return p.askFirst()
}

// firstLabel is where a metadata field of labels is looked for; nil where there is none.
func firstLabel(s *export.Subject) *export.Label {
	if len(s.Labels) == 0 {
		return nil
	}
	return &s.Labels[0]
}

func (p *plan) askFirst() (ready bool, err error) {
	user, err := p.read(stepUser, userDocument, struct{}{})
	if err != nil {
		return false, err
	}
	call, err := p.experiment(queuesDocument, struct {
		ProjectID string `json:"projectId"`
	}{p.options.Project})
	if err != nil {
		return false, err
	}
	known, err := p.emit(user)
	if err != nil {
		return false, err
	}
	listed, err := p.emit(adapter.Step{ID: stepQueues, Call: call, Repeat: adapter.RepeatSafe})
	return known && listed, err
}

// queue chooses the queue to move to.
func (p *plan) queue() (string, error) {
	var all []taskQueue
	if err := json.Unmarshal([]byte(p.in.Kept(stepQueues, keptQueues)), &all); err != nil {
		return "", fmt.Errorf("task queues of project %s: %w", p.options.Project, err)
	}
	return p.options.choose(all)
}

// choose finds the queue that the option names, else the only rework queue. The error says what there is.
func (o Options) choose(all []taskQueue) (id string, err error) {
	var fit []taskQueue
	names := make([]string, len(all))
	for i, q := range all {
		names[i] = fmt.Sprintf("%q (%s)", q.Name, q.QueueType)
		if o.Queue != "" && (q.Name == o.Queue || q.ID == o.Queue) || o.Queue == "" && q.QueueType == reworkQueue {
			fit = append(fit, q)
		}
	}
	there := "it has " + strings.Join(names, ", ")
	if len(all) == 0 {
		there = "it has none"
	}
	switch {
	case len(fit) == 1:
		return fit[0].ID, nil
	case o.Queue != "" && len(fit) == 0:
		return "", fmt.Errorf("project %s has no task queue %q; %s", o.Project, o.Queue, there)
	case len(fit) == 0:
		return "", fmt.Errorf("project %s has no rework queue; %s; name one by the option queue", o.Project, there)
	default:
		return "", fmt.Errorf("project %s has several queues that fit; %s; name one by the option queue", o.Project, there)
	}
}

// identifiers are how data rows are named to a queue.
type identifiers struct {
	IDs    []string `json:"ids"`
	IDType string   `json:"idType"`
}

func (p *plan) identifiers(rows []row) identifiers {
	list := identifiers{IDs: make([]string, len(rows)), IDType: "GKEY"}
	if p.options.IDType == byID {
		list.IDType = "ID"
	}
	for i, r := range rows {
		list.IDs[i] = r.key
	}
	return list
}

// move starts to move the data rows to the queue. They are never none: what an empty list selects is not known.
func (p *plan) move() (ready bool, err error) {
	queue, err := p.queue()
	if err != nil {
		return false, err
	}
	return chunks(p.rows, moveRows, func(n int, rows []row) (bool, error) {
		call, err := p.experiment(moveDocument, struct {
			ProjectID   string      `json:"projectId"`
			QueueID     string      `json:"queueId"`
			Identifiers identifiers `json:"dataRowIdentifiers"`
		}{p.options.Project, queue, p.identifiers(rows)})
		if err != nil {
			return false, err
		}
		return p.emit(adapter.Step{ID: adapter.StepID(stepMove, n), Call: call, Repeat: adapter.RepeatSafe})
	})
}

// moved waits for the moves, and settles the rows.
func (p *plan) moved() (ready bool, err error) {
	return chunks(p.rows, moveRows, func(n int, rows []row) (bool, error) {
		step, err := p.poll(adapter.StepID(stepMoved, n), p.in.Kept(adapter.StepID(stepMove, n), keptID))
		if err != nil {
			return false, err
		}
		step.Items, step.Refs = items(rows), ids(rows)
		return p.emit(step)
	})
}

// prioritise starts to set the priority of the data rows in their queue, where the option says so.
func (p *plan) prioritise() (ready bool, err error) {
	if p.options.Priority == "" {
		return true, nil
	}
	return chunks(p.rows, moveRows, func(n int, rows []row) (bool, error) {
		call, err := adapter.GraphQLCall(p.out, plainPath, priorityDocument, struct {
			Priority    int         `json:"priority"`
			ProjectID   string      `json:"projectId"`
			Identifiers identifiers `json:"dataRowIdentifiers"`
		}{p.options.priority(), p.options.Project, p.identifiers(rows)})
		if err != nil {
			return false, err
		}
		return p.emit(adapter.Step{ID: adapter.StepID(stepPriority, n), Call: call, Repeat: adapter.RepeatSafe})
	})
}

// prioritised waits until the priority is set.
func (p *plan) prioritised() (ready bool, err error) {
	if p.options.Priority == "" {
		return true, nil
	}
	return chunks(p.rows, moveRows, func(n int, _ []row) (bool, error) {
		step, err := p.poll(adapter.StepID(stepPrioritised, n), p.in.Kept(adapter.StepID(stepPriority, n), keptID))
		if err != nil {
			return false, err
		}
		return p.emit(step)
	})
}
