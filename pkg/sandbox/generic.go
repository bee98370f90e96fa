package sandbox

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// The vendor's headers for requests that may be sent twice, see
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ and https://docs.stripe.com/api/idempotent_requests.
const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed"
)

// generic is the vendor that both generic adapters are written for: a batch is made by a POST to any path, labels are
// relabelled at relabelPath.
type generic struct {
	book    *book
	relabel *relabel
}

func (g *generic) serve(c *call) answer {
	if c.request.URL.Path == relabelPath {
		return g.relabel.serve(c)
	}
	return g.createBatch(c)
}

// batch is the body of a batch creation, as far as it is kept.
type batch struct {
	name, project string
	frames        int
	// repeated counts the frames that were in the list before.
	repeated int
}

// createBatch makes a batch of the request's frames. The same idempotency key again gets the first answer again.
func (g *generic) createBatch(c *call) answer {
	b, err := readBatch(c.json())
	if drained := c.body.drain(); drained != nil {
		return unreadable(drained)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, err.Error())
	}
	return g.book.once(c.request.Header.Get(keyHeader), c.body.digest(), func(l *effects) answer {
		id, repeats := l.createBatch(b, c.body.digest())
		effect := fmt.Sprintf("%s created: %q of project %q, %d frames", id, b.name, b.project, b.frames)
		if repeats > 0 {
			effect += fmt.Sprintf(" (%d repeated effects)", repeats)
		}
		reply := struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			Frames int    `json:"frames"`
		}{id, b.name, b.frames}
		return answer{status: http.StatusCreated, body: marshal(reply), effect: effect}
	})
}

func readBatch(d *jsontext.Decoder) (batch, error) {
	r := batchReader{reader: reader{d}, seen: map[uint64]struct{}{}}
	if err := r.read(); err != nil {
		return batch{}, err
	}
	switch {
	case r.name == "":
		return batch{}, errors.New("name: is missing")
	case r.project == "":
		return batch{}, errors.New("project: is missing")
	case r.frames == 0:
		return batch{}, errors.New("frames: is missing")
	}
	return r.batch, nil
}

// batchReader reads a batch as it streams by: a frame is checked, counted and forgotten.
type batchReader struct {
	reader
	batch
	seen map[uint64]struct{}

	// frameID and frameURL say what the frame at hand has.
	frameID  uint64
	frameURL bool
}

func (r *batchReader) read() error {
	if err := r.object("the body", r.member); err != nil {
		return err
	}
	return r.end()
}

// member reads one member of the body. Members that the vendor does not know are let by, as most vendors do.
func (r *batchReader) member(name []byte) (err error) {
	switch string(name) {
	case "name":
		r.name, err = r.someText("name")
	case "project":
		r.project, err = r.someText("project")
	case "frames":
		err = r.readFrames()
	default:
		err = r.skip()
	}
	return err
}

func (r *batchReader) readFrames() error {
	frame := r.frameMember // one closure for all frames
	err := r.list("frames", func(int) error {
		r.frameID, r.frameURL = 0, false
		if err := r.object(r.place(""), frame); err != nil {
			return err
		}
		switch {
		case r.frameID == 0:
			return errors.New(r.place(".id") + ": is missing")
		case !r.frameURL:
			return errors.New(r.place(".url") + ": is missing")
		}
		if _, again := r.seen[r.frameID]; again {
			r.repeated++
		}
		r.seen[r.frameID] = struct{}{}
		r.frames++
		return nil
	})
	if err == nil && r.frames == 0 {
		return errors.New("frames: is empty")
	}
	return err
}

func (r *batchReader) frameMember(name []byte) error {
	switch string(name) {
	case "id":
		id, err := r.bytes()
		if err != nil || len(id) == 0 {
			return problem(r.place(".id"), err)
		}
		r.frameID = digest(id)
	case "url":
		url, err := r.bytes()
		if err != nil || len(url) == 0 {
			return problem(r.place(".url"), err)
		}
		r.frameURL = true
	default:
		return r.skip()
	}
	return nil
}

// place names a part of the frame at hand.
func (r *batchReader) place(part string) string { return fmt.Sprintf("frames[%d]%s", r.frames, part) }
