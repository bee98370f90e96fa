package sandbox

import (
	"fmt"
	"hash/maphash"
	"sync"
)

// maxKept bounds what the vendor remembers, so that a long load test does not fill the memory.
const maxKept = 2_000_000

// Summary is what the vendor holds.
type Summary struct {
	// Batches are those created, the last thousand; BatchCount and Frames count all.
	Batches    []Batch `json:"batches"`
	BatchCount int     `json:"batch_count"`
	Frames     int     `json:"frames"`
	// Labels counts labels sent back to be redone, by project.
	Labels map[string]int `json:"labels"`
	// Repeats counts effects that were made before: a label sent back twice, an equal batch without a key.
	Repeats int `json:"repeats"`
	// Replays counts calls answered from memory because of their Idempotency-Key.
	Replays int `json:"replays"`
	// MatchedEverything counts mutations whose selection was empty. At a real vendor they could match every label.
	MatchedEverything int `json:"matched_everything"`
}

// Batch is one batch of frames to be labelled.
type Batch struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Project string `json:"project"`
	Frames  int    `json:"frames"`
}

// ledger is the vendor's state.
type ledger struct {
	mu      sync.Mutex // guards everything below
	summary Summary
	seed    maphash.Seed
	labels  map[uint64]struct{} // of project and label id
	bodies  map[[32]byte]struct{}
	keys    map[string]keyed
}

// keyed is the answer that was given to an Idempotency-Key.
type keyed struct {
	digest [32]byte
	reply  reply
}

func newLedger() *ledger {
	l := &ledger{seed: maphash.MakeSeed()}
	l.reset()
	return l
}

func (l *ledger) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.summary = Summary{Batches: []Batch{}, Labels: map[string]int{}}
	l.labels, l.bodies, l.keys = map[uint64]struct{}{}, map[[32]byte]struct{}{}, map[string]keyed{}
}

func (l *ledger) snapshot() Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.summary
	s.Batches = append([]Batch{}, s.Batches...)
	s.Labels = make(map[string]int, len(l.summary.Labels))
	for project, n := range l.summary.Labels {
		s.Labels[project] = n
	}
	return s
}

// once makes an effect unless the call's Idempotency-Key has made it before. A key that comes back with another body is
// refused.
func (l *ledger) once(rec *recorder, digest [32]byte, effect func() reply) reply {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := rec.request.Header.Get("Idempotency-Key")
	if key == "" {
		return effect()
	}
	if before, ok := l.keys[key]; ok {
		if before.digest != digest {
			return reply{status: 422, body: map[string]string{"error": "the Idempotency-Key was used with another body"}}
		}
		l.summary.Replays++
		rec.effect = "nothing: the same Idempotency-Key as before, so the same answer"
		again := before.reply
		again.replayed = true
		return again
	}
	r := effect()
	if len(l.keys) < maxKept {
		l.keys[key] = keyed{digest, r}
	}
	return r
}

// maxBatches bounds the batches that are listed.
const maxBatches = 1000

// addBatch creates a batch. The lock is held.
func (l *ledger) addBatch(b Batch, digest [32]byte) Batch {
	l.summary.BatchCount++
	b.ID = fmt.Sprintf("batch-%04d", l.summary.BatchCount)
	l.summary.Frames += b.Frames
	if _, again := l.bodies[digest]; again {
		l.summary.Repeats++
	} else if len(l.bodies) < maxKept {
		l.bodies[digest] = struct{}{}
	}
	if len(l.summary.Batches) >= maxBatches {
		l.summary.Batches = l.summary.Batches[1:]
	}
	l.summary.Batches = append(l.summary.Batches, b)
	return b
}

// sendBack sends labels of a project back to be redone. The lock is held.
func (l *ledger) sendBack(project string, labels []uint64) {
	l.summary.Labels[project] += len(labels)
	for _, label := range labels {
		if _, again := l.labels[label]; again {
			l.summary.Repeats++
		} else if len(l.labels) < maxKept {
			l.labels[label] = struct{}{}
		}
	}
}

// labelHash stands for a label.
func (l *ledger) labelHash(id string) uint64 { return maphash.String(l.seed, id) }
