// Package store is the journal (accepted payloads) and the ledger (deliveries, steps, attempts, refusals). The ledger is
// the queue: there is no other. Implementations must pass storetest.Run.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

// The errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: there is no such delivery or payload.
	ErrNotFound = errors.New("not found")
	// ErrLost: the claim is not ours any more, nothing was written. Stop working on the delivery.
	ErrLost = errors.New("the claim on the delivery is lost")
	// ErrState: the delivery's state does not allow it, such as a redrive of one that is running.
	ErrState = errors.New("the delivery's state does not allow it")
	// ErrUnsettled: a step's outcome is unknown, and a person must say first whether its call was made. It is an ErrState.
	ErrUnsettled = fmt.Errorf("the outcome of a step is unknown: %w", ErrState)
	// ErrUnavailable: the database is not reached, or cannot write now; the same may work later.
	ErrUnavailable = errors.New("the database is not available")
	// ErrLocked: another process holds the store. A *LockedError says which.
	ErrLocked = errors.New("the store is held by another process")
)

// Store keeps accepted events and what became of them. All methods are safe for concurrent use. A write that returns
// nil is on disk. Times are kept to the millisecond and returned in UTC.
type Store interface {
	// NewPayload starts a payload of unknown size. It must be closed, accepted or not.
	NewPayload() (Payload, error)

	// Accept journals a written payload and queues its delivery, or finds the delivery of an identical body of the
	// same route that was accepted inside the dedup window (Accepted.Duplicate; nothing is written).
	Accept(ctx context.Context, a Accept) (Accepted, error)
	// Take claims one delivery that Accept has just returned, without reading it again; it sets d's token and state.
	// ErrLost when somebody else has claimed, finished or discarded it since.
	Take(ctx context.Context, d *Delivery) error

	// Claim takes up to limit deliveries of the routes that are due (queued, or waiting with NextAt not after now),
	// earliest first, for the caller alone.
	Claim(ctx context.Context, routes []string, now time.Time, limit int) ([]Delivery, error)
	// NextDue is the time the next unclaimed delivery of the routes is due; ok is false when there is none.
	NextDue(ctx context.Context, routes []string) (at time.Time, ok bool, err error)

	// OpenPayload reads a delivery's journaled payload. A payload that is damaged or missing is an error, from here or
	// from Read.
	OpenPayload(ctx context.Context, d *Delivery) (io.ReadCloser, error)
	// Steps are the recorded steps of a delivery, in the order they were begun.
	Steps(ctx context.Context, delivery int64) ([]Step, error)
	// Told is what the plan of a delivery refused and noted, all of it, when the delivery last stopped.
	Told(ctx context.Context, delivery int64) (refused []adapter.Refusal, notes []adapter.Note, err error)

	// Begin records that a step's call is about to be made. ErrLost when the claim is not ours.
	Begin(ctx context.Context, d *Delivery, b Begin) error
	// Record records a call's outcome. With a non-nil finish it also does what Finish does, in the same write.
	Record(ctx context.Context, d *Delivery, r Record, finish *Finish) error
	// Finish ends the claim and sets the delivery's state.
	Finish(ctx context.Context, d *Delivery, f Finish) error
	// Release gives a claim back unchanged, so that the delivery is due as before.
	Release(ctx context.Context, d *Delivery) error

	// List returns deliveries, newest first unless the filter says otherwise.
	List(ctx context.Context, f Filter) ([]Delivery, error)
	// Get returns one delivery with all that is recorded of it but its items.
	Get(ctx context.Context, id int64) (*Detail, error)
	// Items returns a page of a delivery's items.
	Items(ctx context.Context, id int64, f ItemFilter) (ItemPage, error)
	// Unindexed returns up to limit deliveries, oldest first, whose payloads' words Filter.Search does not find yet; their
	// envelopes' are always found.
	Unindexed(ctx context.Context, limit int) ([]Delivery, error)
	// Index makes deliveries be found by words of their payloads. Documents come in the order of Unindexed, delivery by
	// delivery; those of a delivery that was purged meanwhile are passed over.
	Index(ctx context.Context, docs []Document) error
	// Redrive queues a delivery again that is waiting, partial or dead. Recorded Done steps stay done. Where it waits for
	// a person because of an unknown outcome (ReasonOutcomeUnknown), every step of that kind must have been settled:
	// ErrUnsettled else. ErrState where the state does not allow it. A delivery that is over (see Delivery.Over) begins its
	// next pass: what vendors refused is pending again and no more a part of the steps that it was refused in.
	Redrive(ctx context.Context, id int64, now time.Time) error
	// Settle writes down a person's word about a step whose outcome is unknown (started, unknown, or settled before), of a
	// delivery that is queued, waiting or dead. ErrState else; ErrNotFound when there is no such step.
	Settle(ctx context.Context, id int64, s Settlement) error
	// Discard closes a delivery that is queued, waiting, partial or dead for good. ErrState else.
	Discard(ctx context.Context, id int64, now time.Time) error
	// Counts is the number of deliveries by route and state.
	Counts(ctx context.Context) (map[RouteState]int64, error)

	// BeginPause pauses a destination; begun is false, and nothing is written, where it is paused already. But a person's
	// pause takes over a breaker's: By, Reason, Detail and ProbeAt become those of p, Since stays, and begun is true.
	BeginPause(ctx context.Context, p Pause) (begun bool, err error)
	// EndPause resumes a destination that is paused by that one, or by anyone when by is empty; ended is false when it is
	// not. The last hundred pauses of a destination are kept.
	EndPause(ctx context.Context, destination string, by PausedBy, at time.Time) (ended bool, err error)
	// Probe takes the probe of a paused destination whose time has come: one caller alone gets true, and ProbeAt is next.
	Probe(ctx context.Context, destination string, now, next time.Time) (mine bool, err error)
	// Pauses are the pauses that last and those that ended after a time, oldest first.
	Pauses(ctx context.Context, endedAfter time.Time) ([]Pause, error)

	// Purge deletes up to limit finished deliveries (with their payloads and steps) that have not changed since before.
	Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error)
	// Ping writes to the store and reports whether it could.
	Ping(ctx context.Context) error
	// SpillDir is a folder for temporary files of running deliveries; they are deleted when the store opens.
	SpillDir() string
	// ID names this store for ever; delivery keys are made from it.
	ID() string
	// Close waits for running writes and closes.
	Close() error
}

// Payload is a body on its way to the journal: small ones stay in memory, large ones stream to disk.
type Payload interface {
	io.Writer
	// Size is the number of bytes written.
	Size() int64
	// Bytes returns the body when it is still in memory, nil otherwise. It must not be changed.
	Bytes() []byte
	// Close gives back what the payload holds. After a successful Accept that made a delivery it does nothing.
	Close() error
}

// Accept is an event to journal.
type Accept struct {
	// Source, Route and Destination are names from the config.
	Source, Route, Destination string
	// Event is the envelope.
	Event *export.Event
	// Payload is the body, completely written.
	Payload Payload
	// Now is the time of acceptance.
	Now time.Time
	// Window is how long an identical body counts as a duplicate; 0 for never.
	Window time.Duration
}

// Accepted is what Accept did.
type Accepted struct {
	// Delivery is the new delivery, or the first one of an identical body.
	Delivery Delivery
	// Duplicate says that it is the first one, and nothing was written.
	Duplicate bool
}

// Delivery is an accepted event on its way through one route.
type Delivery struct {
	// ID is the delivery's number in this store, from 1.
	ID int64 `json:"id"`
	// Key is the delivery's name for vendors, see adapter.Input.Key.
	Key string `json:"key"`
	// Source, Route and Destination are names from the config at the time of acceptance.
	Source      string `json:"source"`
	Route       string `json:"route"`
	Destination string `json:"destination"`
	// State is where it stands.
	State State `json:"state"`
	// Reason and Detail say why it is not delivered (yet).
	Reason adapter.Reason `json:"reason,omitempty"`
	Detail string         `json:"detail,omitempty"`
	// Attempts counts calls made, Accepted and Refused items settled.
	Attempts int `json:"attempts"`
	Accepted int `json:"items_accepted"`
	Refused  int `json:"items_refused"`
	// AcceptedAt, UpdatedAt and NextAt: NextAt is when it is due, zero when it is not waiting for a time.
	AcceptedAt time.Time `json:"accepted_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	NextAt     time.Time `json:"next_at,omitzero"`
	// RetryingSince is when the first call of the present run of failures was made; give_up_after counts from it.
	RetryingSince time.Time `json:"retrying_since,omitzero"`
	// Failures counts the failures in a row, for the retry schedule.
	Failures int `json:"failures"`
	// Pass counts from 1. A redrive of a delivery of which everything is done and some was refused begins the next one, see
	// Store.Redrive.
	Pass int `json:"pass"`
	// Size is the payload's size in bytes, Digest its SHA-256 in hexadecimal.
	Size   int64  `json:"size"`
	Digest string `json:"digest"`
	// Event is the envelope.
	Event *export.Event `json:"event"`

	// Fresh says that no step was ever begun, so that Steps need not be asked.
	Fresh bool `json:"-"`
	// Token fences the claim: every write of a claim names it.
	Token int64 `json:"-"`
}

// Begin is the intent of a call.
type Begin struct {
	// Step is the step's id.
	Step string
	// Digest is the SHA-256 of the whole call in hexadecimal: the same step must always be the same call.
	Digest string
	// Items are what the step settles; they replace those of an earlier Begin of the step.
	Items []export.ItemID
	// At is when.
	At time.Time
}

// Record is a call's outcome.
type Record struct {
	// Step is the step's id.
	Step string
	// State is what is now known of the step.
	State StepState
	// Verdict, Reason and Detail are the attempt's, Status the HTTP status (0 for no answer).
	Verdict string
	Reason  adapter.Reason
	Detail  string
	Status  int
	// Kept are the values that the step's result keeps.
	Kept map[string]string
	// Items is the number of items that the step settles; Refused are those of them that the vendor did not take.
	Items   int
	Refused []adapter.Refusal
	// IDs are the items of Begin: Refused and Taken are kept in their order.
	IDs []export.ItemID
	// Taken are the vendor's ids of items that it took.
	Taken map[export.ItemID]adapter.Receipt
	// Started and Ended bound the attempt.
	Started, Ended time.Time
	// Soon says that the outcome need not be on disk yet when Record returns, if it ends no claim: the claim's next write does
	// not return before it is, and fails where it has failed. It is for steps that may be repeated. A store may wait all the same.
	Soon bool
}

// Finish is the end of a claim.
type Finish struct {
	// State is the delivery's new state, Reason and Detail say why.
	State  State
	Reason adapter.Reason
	Detail string
	// NextAt is when a queued or waiting delivery is due; zero when it waits for a person.
	NextAt time.Time
	// Failures and RetryingSince are the schedule's, see Delivery.
	Failures      int
	RetryingSince time.Time
	// Refused are the items that the plan refused; they replace those of an earlier plan.
	Refused []adapter.Refusal
	// Notes are what the plan changed about items that were sent; they replace those of an earlier plan.
	Notes []adapter.Note
	// Pending are the items of the plan that no step was ever begun for; they replace those of before.
	Pending []export.ItemID
	// At is when.
	At time.Time
}

// Filter chooses deliveries. Zero fields choose all.
type Filter struct {
	// State, Route and Destination are exact.
	State       []State
	Route       string
	Destination string
	// Since and Until bound the time of acceptance: not before Since, before Until.
	Since, Until time.Time
	// Search is words: each must begin a word of the envelope (project, issue id and name, dataset) or of what Index was
	// given, without regard to case. See Words.
	Search string
	// Before and After are ids: only older, only newer deliveries. Limit is 50 when zero.
	Before, After int64
	Limit         int
	// OldestFirst turns the order round.
	OldestFirst bool
}

// Detail is a delivery with its history.
type Detail struct {
	Delivery
	// Steps are in the order they were begun, Tries in the order they were made.
	Steps []Step    `json:"steps"`
	Tries []Attempt `json:"attempts_made"`
	// Refusals are the items that were refused, by plan or vendor, at most 1,000 of them; Refused counts all.
	Refusals []adapter.Refusal `json:"refusals"`
	// Notes say what was changed about items that were sent, at most 1,000 of them.
	Notes []adapter.Note `json:"notes,omitempty"`
	// Items counts the items by state; Store.Items lists them.
	Items ItemCounts `json:"items"`
}

// Step is what is recorded of a step.
type Step struct {
	// ID and Digest are those of Begin.
	ID     string `json:"id"`
	Digest string `json:"digest"`
	// State is what is known of it.
	State StepState `json:"state"`
	// Kept are the values that its result keeps.
	Kept map[string]string `json:"kept,omitempty"`
	// Items is the number of items it settles, Refused how many of them the vendor did not take.
	Items   int `json:"items"`
	Refused int `json:"refused,omitempty"`
	// Failed are the items that the vendor did not take, with the reasons, as Store.Steps returns them for planning.
	Failed map[export.ItemID]string `json:"-"`
	// Begun is when it was first begun.
	Begun time.Time `json:"begun"`
}

// Settlement is what a person says of a step whose outcome is unknown.
type Settlement struct {
	// Step is the step's id.
	Step string
	// Outcome is StepSettled when the vendor has it, StepFailed when it does not.
	Outcome StepState
	// Kept are values that the vendor's answer would have brought, for later steps, and Refused the items of the step that
	// the vendor did not take. Both are for StepSettled only.
	Kept    map[string]string
	Refused []adapter.Refusal
	// Now is when.
	Now time.Time
}

// String is what a delivery's detail says once it is settled.
func (s Settlement) String() string {
	word := "has it"
	if s.Outcome != StepSettled {
		word = "does not have it"
	}
	return fmt.Sprintf("step %q: a person said that the vendor %s; redrive goes on from there", s.Step, word)
}

// Attempt is one call that was made.
type Attempt struct {
	// Number counts from 1 within the delivery.
	Number int `json:"number"`
	// Step is the step's id.
	Step string `json:"step"`
	// Verdict, Reason, Detail and Status are those of Record.
	Verdict string         `json:"verdict"`
	Reason  adapter.Reason `json:"reason,omitempty"`
	Detail  string         `json:"detail,omitempty"`
	Status  int            `json:"status,omitempty"`
	// Started is when the call was begun, Duration how long it took.
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration"`
}

// RouteState is a key of Counts.
type RouteState struct {
	Route string
	State State
}

// LockedError says who holds a store.
type LockedError struct {
	// Path is the lock file.
	Path string
	// Holder is what the holder wrote there: its process id and, once it serves, its address ("pid=12 addr=127.0.0.1:8080").
	Holder string
}

// Addr is the address that the holder serves on; empty while it does not.
func (e *LockedError) Addr() string {
	for field := range strings.FieldsSeq(e.Holder) {
		if addr, ok := strings.CutPrefix(field, "addr="); ok {
			return addr
		}
	}
	return ""
}

// Error names the file and the holder.
func (e *LockedError) Error() string {
	return e.Path + ": " + ErrLocked.Error() + " (" + e.Holder + ")"
}

// Unwrap returns ErrLocked.
func (e *LockedError) Unwrap() error { return ErrLocked }
