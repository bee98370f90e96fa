package store

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/labelgate/labelgate/pkg/store/internal/commit"
)

// maxFresh bounds the accepted deliveries that Take finds without reading them; later ones it reads. It is at least what
// the engine keeps in memory (pkg/delivery).
const maxFresh = 16384

// claim is what the process knows of a delivery that it works on.
type claim struct {
	id          int64
	token       int64
	route       int64
	state       stateCode    // on disk
	attempts    int          // highest number of an attempt
	settled     settled      // by all steps so far
	begun       int          // steps begun under this claim
	planned     bool         // there are pages of an earlier plan
	stepsBefore bool         // there were steps before this claim
	ending      bool         // its last write is under way
	late        *commit.Late // the last record, where nobody has waited for it
	internal    bool         // held for a moment by a redrive or discard, so nobody is working on it

	// steps are those of this claim, and whether they were recorded; nil until the first one.
	steps map[string]bool
}

// maxSteps bounds the steps that a claim remembers; those after them are looked for on disk.
const maxSteps = 4096

// begin counts a step; again says that there may be one of its name on disk.
func (cl *claim) begin(step string) (seq int, again bool) {
	cl.begun++
	_, again = cl.steps[step]
	if again || len(cl.steps) >= maxSteps {
		return cl.begun, true
	}
	if cl.steps == nil {
		cl.steps = map[string]bool{}
	}
	cl.steps[step] = false
	return cl.begun, cl.stepsBefore
}

// record counts an attempt; again says that there may be one of the same step on disk.
func (cl *claim) record(step string) (number int, again bool) {
	cl.attempts++
	recorded, known := cl.steps[step]
	if known {
		cl.steps[step] = true
	}
	return cl.attempts, recorded || !known || cl.stepsBefore
}

// claims are the claims of the process that owns the store. Whoever reads rows in order to claim them holds mu from
// before the read until the claim is there: otherwise a claim could end in between, and the row read would be old.
type claims struct {
	mu    sync.Mutex
	token int64
	byID  map[int64]*claim
	fresh map[int64]int64 // route of deliveries that were accepted and neither claimed nor changed since
}

func newClaims() *claims {
	// Tokens start anywhere, so that one of an earlier life of the process is never taken for one of this.
	var seed [8]byte
	_, _ = rand.Read(seed[:]) // it never fails, see crypto/rand
	return &claims{
		token: int64(binary.LittleEndian.Uint64(seed[:]) >> 2),
		byID:  map[int64]*claim{},
		fresh: map[int64]int64{},
	}
}

// accepted remembers a delivery that Take may ask for. Nobody else can see it yet.
func (c *claims) accepted(id, route int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fresh) < maxFresh {
		c.fresh[id] = route
	}
}

// forget undoes accepted.
func (c *claims) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.fresh, id)
}

// add makes a claim; mu is held and the delivery is not claimed.
func (c *claims) add(cl claim) *claim {
	c.token++
	cl.token = c.token
	c.byID[cl.id] = &cl
	delete(c.fresh, cl.id)
	return &cl
}

// hold keeps everybody else from claiming a delivery while a person's wish is written. ok is false when it is claimed.
func (c *claims) hold(id int64) (held *claim, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, claimed := c.byID[id]; claimed {
		return nil, false
	}
	return c.add(claim{id: id, internal: true}), true
}

// use calls change under the lock with the claim that d is worked on under; ErrLost when there is none such.
func (c *claims) use(d *Delivery, change func(*claim)) (*claim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cl := c.byID[d.ID]
	if cl == nil || cl.token != d.Token || cl.ending {
		return nil, ErrLost
	}
	change(cl)
	return cl, nil
}

// recorded counts what the steps of a claim have settled; late is the write of the last one where nobody has waited for it.
func (c *claims) recorded(cl *claim, now settled, late *commit.Late) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cl.settled, cl.late = now, late
}

// end removes a claim, or takes its ending back when the last write failed.
func (c *claims) end(cl *claim, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && !cl.internal {
		cl.ending = false
		return
	}
	delete(c.byID, cl.id)
}

// running are the claimed deliveries, in order, with their states on disk and routes.
func (c *claims) running() []claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]claim, 0, len(c.byID))
	for _, cl := range c.byID {
		if !cl.internal {
			list = append(list, *cl)
		}
	}
	slices.SortFunc(list, func(a, b claim) int { return int(a.id - b.id) })
	return list
}
