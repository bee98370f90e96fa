package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// The bounds of what is remembered. What comes later still has its effect, but repeats of it are not noticed.
const (
	maxSeen     = 4 << 20 // labels and batch bodies, some 20 bytes each
	maxReplies  = 50_000  // idempotency keys with their answers; the oldest is forgotten first
	maxProjects = 1000
)

// otherProjects counts the labels of all projects over maxProjects.
const otherProjects = "(others)"

// Summary is what all requests came to.
type Summary struct {
	// Requests counts the vendor requests, Refusals those of them that were answered 4xx or 5xx, by status.
	Requests int64         `json:"requests"`
	Refusals map[int]int64 `json:"refusals"`
	// Batches counts the batches created and Frames the frames in them. Latest are the newest batches, newest first.
	Batches int64   `json:"batches"`
	Frames  int64   `json:"frames"`
	Latest  []Batch `json:"latest_batches"`
	// LabelsDeleted counts the labels sent to be relabelled, by project.
	LabelsDeleted map[string]int64 `json:"labels_deleted"`
	// Repeats counts the effects that were made before: a label deleted twice, a frame twice in a batch, a batch of the very
	// same body. Replays counts the requests that were answered from memory, because their Idempotency-Key was known.
	Repeats int64 `json:"repeated_effects"`
	Replays int64 `json:"replays"`
	// MatchedEverything counts the mutations whose set of labels was empty or null: a real vendor deletes all labels then.
	MatchedEverything int64 `json:"matched_everything"`
	// Faults counts the faults that were given, by kind.
	Faults map[string]int64 `json:"faults"`
}

// Batch is a batch that was created.
type Batch struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Project string `json:"project"`
	Frames  int    `json:"frames"`
}

// book remembers effects, and the answers to idempotency keys.
type book struct {
	keep int

	mu      sync.Mutex // guards everything below
	effects effects
	replies map[string]reply
	order   []string // keys of replies in the order they came, a ring once it is full
	oldest  int
}

type reply struct {
	digest uint64
	answer answer
}

// effects are what requests changed. They are touched under the book's lock only.
type effects struct {
	Summary
	keep int
	seen map[uint64]struct{}
}

func newBook(keep int) *book {
	b := &book{keep: keep}
	b.reset()
	return b
}

func (b *book) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replies, b.order, b.oldest = map[string]reply{}, nil, 0
	b.effects = effects{keep: b.keep, seen: map[uint64]struct{}{}, Summary: Summary{
		Refusals: map[int]int64{}, LabelsDeleted: map[string]int64{}, Faults: map[string]int64{},
	}}
}

// once makes an effect and remembers its answer by the key; a known key gets its first answer again. An empty key is none.
func (b *book) once(key string, digest uint64, effect func(*effects) answer) answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if key == "" {
		return effect(&b.effects)
	}
	if known, ok := b.replies[key]; ok {
		if known.digest != digest {
			return refuse(http.StatusUnprocessableEntity, keyHeader+": was used before with another body")
		}
		b.effects.Replays++
		return known.answer.again()
	}
	ans := effect(&b.effects)
	if ans.taken() {
		b.remember(key, reply{digest, ans})
	}
	return ans
}

func (b *book) remember(key string, r reply) {
	b.replies[key] = r
	if len(b.order) < maxReplies {
		b.order = append(b.order, key)
		return
	}
	delete(b.replies, b.order[b.oldest])
	b.order[b.oldest] = key
	b.oldest = (b.oldest + 1) % maxReplies
}

// again marks an answer as one that was given before.
func (a answer) again() answer {
	a.header = map[string]string{replayedHeader: "true"}
	a.effect = "none, replayed: " + a.effect
	return a
}

// count counts a request by its answer; status 0 is none.
func (b *book) count(status int, fault string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.effects.Requests++
	if status >= http.StatusBadRequest {
		b.effects.Refusals[status]++
	}
	if fault != "" {
		b.effects.Faults[fault]++
	}
}

// matchedEverything counts a mutation that would have deleted all labels.
func (b *book) matchedEverything() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.effects.MatchedEverything++
}

func (b *book) summary() Summary {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.effects.Summary
	s.Latest = slices.Clone(s.Latest)
	slices.Reverse(s.Latest)
	if s.Latest == nil {
		s.Latest = []Batch{}
	}
	s.Refusals, s.LabelsDeleted, s.Faults = maps.Clone(s.Refusals), maps.Clone(s.LabelsDeleted), maps.Clone(s.Faults)
	return s
}

// createBatch makes a batch and returns its id, and how many of its effects are repeats.
func (e *effects) createBatch(b batch, digest uint64) (id string, repeats int) {
	e.Batches++
	e.Frames += int64(b.frames)
	repeats = b.repeated
	if e.again(digest) {
		repeats++
	}
	e.Repeats += int64(repeats)
	id = fmt.Sprintf("batch-%04d", e.Batches)
	if len(e.Latest) >= 2*e.keep { // the older half goes at once, so that this is rare
		e.Latest = append(e.Latest[:0], e.Latest[e.keep:]...)
	}
	e.Latest = append(e.Latest, Batch{ID: id, Name: b.name, Project: b.project, Frames: b.frames})
	return id, repeats
}

// deleteLabels deletes labels of a project and returns how many of them were deleted before.
func (e *effects) deleteLabels(project string, labels []uint64) (repeats int) {
	scope := digest([]byte(strconv.Quote(project)))
	for _, label := range labels {
		if e.again(label ^ scope) {
			repeats++
		}
	}
	e.Repeats += int64(repeats)
	if _, known := e.LabelsDeleted[project]; !known && len(e.LabelsDeleted) >= maxProjects {
		project = otherProjects
	}
	e.LabelsDeleted[project] += int64(len(labels))
	return repeats
}

// again reports whether an effect was made before, and remembers it.
func (e *effects) again(effect uint64) bool {
	if _, known := e.seen[effect]; known {
		return true
	}
	if len(e.seen) < maxSeen {
		e.seen[effect] = struct{}{}
	}
	return false
}
