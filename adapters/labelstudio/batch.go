package labelstudio

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// planBatch imports the frames in chunks, waits for the imports that are made in the background (Enterprise), makes what the
// first try did not make, reads the tasks back, and deletes what two tries have both made. Each is a round of its own, because
// it needs the answers of the one before.
func (a *labelStudio) planBatch(in adapter.Input, out adapter.Output) (more bool, err error) {
	p := &batching{labelStudio: a, in: in, out: out}
	if err := p.read(p.out, p.add); err != nil {
		return false, err
	}
	if err := p.close(); err != nil {
		return false, err
	}
	for _, phase := range []func() error{p.poll(stepImport, stepPoll), p.again, p.poll(stepAgain, stepRepoll), p.readBack, p.surplus} {
		if p.open > 0 {
			return true, nil
		}
		if err := phase(); err != nil {
			return false, err
		}
	}
	return p.open > 0, nil
}

// batching is a round of a plan in batch mode.
type batching struct {
	*labelStudio
	in  adapter.Input
	out adapter.Output

	chunks []chunk
	body   *adapter.Body // of the import that is being filled
	open   int           // steps that are not recorded as done
}

// chunk is an import: what became of each of its frames is known by its place in it.
type chunk struct {
	number int
	items  []export.ItemID
	keys   []string
	// made are the places that an earlier try has made, wrong those that the vendor has refused.
	made  map[int]bool
	wrong map[int]string
}

// fields are the parts of elements that tasks are made of.
const fields = adapter.AnnotationFields | export.FieldFrame

// read hands over every frame that a task can be made of.
func (p *batching) read(out adapter.Output, take func(*export.Subject, newTask) error) error {
	p.out = out
	return adapter.EachSubject(p.in, out, fields, func(s *export.Subject) error {
		t, ok, err := p.makeTask(s)
		if err != nil || !ok {
			return err
		}
		return take(s, t)
	})
}

// add puts a task into the chunk that is being filled, and begins another when that is full.
func (p *batching) add(s *export.Subject, t newTask) error {
	made := p.encode(t, p.number())
	if len(made)+2 > maxBytes {
		return adapter.RefuseSubject(p.out, s, fmt.Sprintf("its task is larger than an import may be (%d bytes)", maxBytes))
	}
	if p.body != nil && (len(p.last().items) >= p.options.Batch || p.body.Len()+int64(len(made))+2 > maxBytes) {
		if err := p.close(); err != nil {
			return err
		}
		made = p.encode(t, p.number())
	}
	if p.body == nil {
		p.body = p.out.NewBody()
		p.chunks = append(p.chunks, p.outcome(chunk{number: len(p.chunks) + 1}))
	}
	c := p.last()
	if reason, refused := c.wrong[len(c.items)]; refused {
		if err := adapter.RefuseSubject(p.out, s, reason); err != nil {
			return err
		}
	}
	c.items = append(c.items, s.Item())
	c.keys = append(c.keys, adapter.ItemKey(p.in.Key, s.Item(), maxKey))
	return appendTask(p.body, made)
}

// number is that of the chunk that is being filled, or comes next.
func (p *batching) number() int {
	if p.body != nil {
		return len(p.chunks)
	}
	return len(p.chunks) + 1
}

func (p *batching) last() *chunk { return &p.chunks[len(p.chunks)-1] }

// encode makes a task's JSON, as one of that import.
func (p *batching) encode(t newTask, number int) []byte {
	t.Data[columnImport] = text(p.importKey(number))
	return text(t)
}

// importKey is what the tasks of an import are found by.
func (p *batching) importKey(number int) string { return fmt.Sprintf("%s-%04d", p.in.Key, number) }

func appendTask(to *adapter.Body, made []byte) error {
	before := ","
	if to.Len() == 0 {
		before = "["
	}
	if _, err := to.WriteString(before); err != nil {
		return err
	}
	_, err := to.Write(made)
	return err
}

// close sends the chunk that was filled.
func (p *batching) close() error {
	if p.body == nil {
		return nil
	}
	c, body := p.last(), p.body
	p.body = nil
	return p.send(stepImport, c, body, c.keys)
}

// send is an import. An import has no key by which the vendor tells a repeat, and can be made though its reply is lost or
// is a 500: it is looked for before it is made again.
func (p *batching) send(step string, c *chunk, body *adapter.Body, keys []string) error {
	if _, err := body.WriteString("]"); err != nil {
		return err
	}
	check := p.tasksOf(c)
	return p.emit(adapter.Step{
		ID: adapter.StepID(step, c.number), Refs: keys, Repeat: adapter.RepeatCheckFirst, Check: &check,
		Call: adapter.Call{Method: "POST", Path: "/api/projects/" + p.project() + "/import?commit_to_project=true&return_task_ids=true", Body: body},
	})
}

// tasksOf reads the tasks of a chunk, up to twice as many as there should be.
func (p *batching) tasksOf(c *chunk) adapter.Call {
	return p.list(withColumn(columnImport, p.importKey(c.number)), 2*max(len(c.items), p.options.Batch))
}

func (p *batching) emit(s adapter.Step) error {
	if !p.in.Done(s.ID) {
		p.open++
	}
	return p.out.Emit(s)
}

// outcome adds what the steps of a chunk have found out about its frames.
func (p *batching) outcome(c chunk) chunk {
	c.made, c.wrong = map[int]bool{}, map[int]string{}
	for _, step := range []string{stepImport, stepPoll} {
		id := adapter.StepID(step, c.number)
		var wrong map[string]string
		_ = json.Unmarshal([]byte(p.in.Kept(id, keptWrong)), &wrong) // nothing was refused
		for place, reason := range wrong {
			if i, err := strconv.Atoi(place); err == nil {
				c.wrong[i] = reason
			}
		}
		var made []int
		_ = json.Unmarshal([]byte(p.in.Kept(id, keptMade)), &made) // nothing was found
		for _, i := range made {
			c.made[i] = true
		}
	}
	return c
}

// poll waits for the imports that are made in the background.
func (p *batching) poll(of, step string) func() error {
	return func() error {
		for i := range p.chunks {
			c := &p.chunks[i]
			job := p.in.Kept(adapter.StepID(of, c.number), keptImport)
			if job == "" {
				continue
			}
			err := p.emit(adapter.Step{
				ID: adapter.StepID(step, c.number), Refs: c.keys, Repeat: adapter.RepeatSafe,
				Call: adapter.Call{Method: "GET", Path: "/api/projects/" + p.project() + "/imports/" + job + "/"},
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// again makes the tasks that an import has not made: those beside one that the vendor refused, because an import is all or
// nothing, and those that are missing where an import was made in part.
func (p *batching) again() error {
	left := 0
	for _, c := range p.chunks {
		if len(c.made)+len(c.wrong) > 0 && len(c.made)+len(c.wrong) < len(c.items) {
			left++
		}
	}
	if left == 0 {
		return nil
	}
	second := &secondTry{batching: *p}
	second.chunks = nil
	if err := second.read(quiet{p.out}, second.add); err != nil {
		return err
	}
	if err := second.close(); err != nil {
		return err
	}
	p.open += second.open
	return nil
}

// readBack reads what is there, and settles the frames.
func (p *batching) readBack() error {
	for i := range p.chunks {
		c := &p.chunks[i]
		step := adapter.Step{ID: adapter.StepID(stepRead, c.number), Call: p.tasksOf(c), Repeat: adapter.RepeatSafe}
		for place, item := range c.items {
			if _, refused := c.wrong[place]; !refused {
				step.Items, step.Refs = append(step.Items, item), append(step.Refs, c.keys[place])
			}
		}
		if len(step.Items) == 0 {
			continue
		}
		if err := p.emit(step); err != nil {
			return err
		}
	}
	return nil
}

// surplus deletes tasks that were made twice: an import that was still at work when it was looked for has been made again.
// It is checked first: a server that uses ids again could have given them to other tasks since.
func (p *batching) surplus() error {
	for i := range p.chunks {
		c := &p.chunks[i]
		ids := numbers(p.in.Kept(adapter.StepID(stepRead, c.number), keptSurplus))
		if len(ids) == 0 {
			continue
		}
		call, err := p.act(p.out, "delete_tasks", these(ids))
		if err != nil {
			return err
		}
		check := p.tasksOf(c)
		err = p.emit(adapter.Step{
			ID: adapter.StepID(stepSurplus, c.number), Call: call, Refs: texts(ids), Repeat: adapter.RepeatCheckFirst, Check: &check,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
