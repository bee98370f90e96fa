package labelstudio

import (
	"encoding/json"
	"strconv"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// secondTry goes over the frames once more, puts each where it was put the first time, and sends what is left of the chunks
// whose first try did not make everything.
type secondTry struct {
	batching
	size int64    // of the import as it was the first time
	kept []string // keys of the tasks that are sent
}

// add keeps to the first try's chunks: they end where they ended then.
func (p *secondTry) add(s *export.Subject, t newTask) error {
	made := p.encode(t, p.number())
	if len(made)+2 > maxBytes {
		return nil // it was refused
	}
	if p.body != nil && (len(p.last().items) >= p.options.Batch || p.size+int64(len(made))+2 > maxBytes) {
		if err := p.close(); err != nil {
			return err
		}
		made = p.encode(t, p.number())
	}
	if p.body == nil {
		p.body, p.size, p.kept = p.out.NewBody(), 0, nil
		p.chunks = append(p.chunks, p.outcome(chunk{number: len(p.chunks) + 1}))
	}
	c := p.last()
	place := len(c.items)
	c.items = append(c.items, s.Item())
	p.size += int64(len(made)) + 1
	if _, refused := c.wrong[place]; refused || c.made[place] || len(c.made)+len(c.wrong) == 0 {
		return nil
	}
	p.kept = append(p.kept, adapter.ItemKey(p.in.Key, s.Item(), maxKey))
	return appendTask(p.body, made)
}

// close sends what is left of a chunk.
func (p *secondTry) close() error {
	if p.body == nil {
		return nil
	}
	body := p.body
	p.body = nil
	if len(p.kept) == 0 {
		return body.Close()
	}
	return p.send(stepAgain, p.last(), body, p.kept)
}

// quiet is an Output that has heard of refusals and notes already.
type quiet struct{ adapter.Output }

// Refuse says nothing.
func (quiet) Refuse(adapter.Refusal) error { return nil }

// Note says nothing.
func (quiet) Note(adapter.Note) error { return nil }

// numbers reads a list of ids that was kept.
func numbers(kept string) []int64 {
	var ids []int64
	_ = json.Unmarshal([]byte(kept), &ids) // nothing was kept
	return ids
}

func texts(ids []int64) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = strconv.FormatInt(id, 10)
	}
	return all
}
