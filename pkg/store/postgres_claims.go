package store

import (
	"errors"
	"sync"
	"time"
)

// pgClaim is what this replica knows of a delivery that it works on. Who holds it is decided by the database alone.
type pgClaim struct {
	token    int64
	attempts int // highest number of an attempt
	begun    int // steps begun under this claim
	planned  bool
	again    bool // steps may have been begun before
	ending   bool // its last write is under way
}

// shareAfter is how long an accepted delivery may wait here before the other replicas are told of it.
const shareAfter = 200 * time.Millisecond

// pgClaims are the claims of this replica, and the deliveries that it accepted and did not take yet.
type pgClaims struct {
	// claiming is held for reading while a claim is made, from the database's grant until it is known here.
	claiming sync.RWMutex

	mu    sync.Mutex // guards everything below
	byID  map[int64]*pgClaim
	fresh map[int64]time.Time
	doubt bool // the database may hold claims of this replica that are not known here
}

func newPGClaims() *pgClaims {
	return &pgClaims{byID: map[int64]*pgClaim{}, fresh: map[int64]time.Time{}}
}

func (c *pgClaims) accepted(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fresh) < maxFresh {
		c.fresh[id] = time.Now()
	}
}

// waiting reports whether a delivery that was accepted here waits for too long, and forgets those that do.
func (c *pgClaims) waiting() (long bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, since := range c.fresh {
		if time.Since(since) > shareAfter {
			delete(c.fresh, id)
			long = true
		}
	}
	return long
}

// add makes a claim that the database has granted.
func (c *pgClaims) add(d *Delivery, planned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.fresh, d.ID)
	c.byID[d.ID] = &pgClaim{token: d.Token, attempts: d.Attempts, planned: planned, again: !d.Fresh}
}

// use calls change under the lock with the claim that d is worked on under; ErrLost when there is none such.
func (c *pgClaims) use(d *Delivery, change func(*pgClaim)) (pgClaim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cl := c.byID[d.ID]
	if cl == nil || cl.token != d.Token || cl.ending {
		return pgClaim{}, ErrLost
	}
	change(cl)
	return *cl, nil
}

// end removes a claim, or takes its ending back when its last write failed.
func (c *pgClaims) end(d *Delivery, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cl := c.byID[d.ID]
	if cl == nil || cl.token != d.Token {
		return
	}
	if err != nil && !errors.Is(err, ErrLost) {
		cl.ending = false
		return
	}
	delete(c.byID, d.ID)
}

// doubted notes that an answer of the database was lost: what it granted is not known here.
func (c *pgClaims) doubted(err error) {
	if isUnavailable(err) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.doubt = true
	}
}

// drop forgets a claim that could not be given back; the database still has it.
func (c *pgClaims) drop(d *Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, d.ID)
	c.doubt = true
}

// settle calls free with the claims that are known, when there may be others. No claim is made meanwhile.
func (c *pgClaims) settle(free func(known []int64) error) error {
	c.mu.Lock()
	doubt := c.doubt
	c.mu.Unlock()
	if !doubt {
		return nil
	}
	c.claiming.Lock()
	defer c.claiming.Unlock()
	c.mu.Lock()
	known := make([]int64, 0, len(c.byID))
	for id := range c.byID {
		known = append(known, id)
	}
	c.mu.Unlock()
	if err := free(known); err != nil {
		return err
	}
	c.mu.Lock()
	c.doubt = false
	c.mu.Unlock()
	return nil
}

// clear forgets all claims: the others have taken them over.
func (c *pgClaims) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byID)
}
