// Package adapter is the contract between Labelgate and a labeling vendor.
//
// An adapter is a pure mapping: it computes the calls to make and says what their answers mean, and never acts. It has
// no network, clock, randomness, environment or shared state, and its calls carry no host and no secret. The host sends,
// paces, retries, records and redacts. So every adapter can be previewed, golden-tested, resumed and rehearsed.
package adapter

import (
	"iter"
	"time"

	"github.com/labelgate/labelgate/pkg/export"
)

// Adapter maps exports to one vendor's calls.
//
// Both methods may be called from several goroutines at once and must not keep state between calls.
type Adapter interface {
	// Plan emits the calls to make, in order, given the results recorded so far. more says: plan again once the emitted
	// calls are recorded, because later calls depend on their results. Plan is called again from the start after every
	// such round, retry and restart; equal input must emit equal steps with equal ids. Steps that are already recorded as
	// done are not sent again: emit them all the same, so that the host sees when one has become another call. Only a round
	// that returns more may leave them out, and refusals and notes too: asking for a vendor's job once more need not read the
	// event again. A call whose arguments come from an earlier result belongs into a later round: it is equal for ever,
	// because a recorded result never changes.
	//
	// Within a round a step is made only when those before it are done.
	//
	// An error ends the delivery as dead with the error's text as its reason, so it must name what is wrong and where.
	// Errors that come from Output or from Input.Elements must be returned as they are.
	Plan(in Input, out Output) (more bool, err error)

	// Judge says what a vendor's answer to a step means. It never panics, whatever the answer's status and body.
	Judge(step Step, resp Response) Verdict
}

// Input is what a plan is made from.
type Input struct {
	// Key names the delivery for ever: stable over retries, restarts and redrives, different for every delivery of
	// every store. Vendor idempotency keys are built from it. It is 32 lower-case hexadecimal digits. Only where everything is
	// done and some was refused, a redrive is a further pass: a plan with a key and results of its own, of what is left.
	Key string
	// Event is the envelope.
	Event *export.Event
	// Elements iterates the elements in order, decoding the fields asked for. It can be called several times.
	// The yielded element is valid until the next one. An error ends the iteration. In a further pass elements and labels that
	// the vendor took in earlier ones are not among them; Index is always the place in the whole issue.
	Elements func(export.Fields) iter.Seq2[*export.Element, error]
	// Results are the results by step id that were recorded before this round. They do not change while Plan runs.
	Results map[string]Result
}

// Done reports whether a step's result is recorded.
func (in Input) Done(step string) bool {
	_, ok := in.Results[step]
	return ok
}

// Kept returns a value that a recorded step has kept; "" when there is none.
func (in Input) Kept(step, name string) string { return in.Results[step].Kept[name] }

// Result is what the host has recorded of a done step.
type Result struct {
	// Kept are the values that Verdict.Kept named.
	Kept map[string]string
	// Failed are the items that Verdict.Failed named, with the reasons. Later steps must leave them out.
	Failed map[export.ItemID]string
}

// Output receives a plan, as it is made.
type Output interface {
	// NewBody returns an empty body for a call. Large bodies go to disk, not to memory.
	NewBody() *Body
	// Emit hands over the next step. The host may make the call before it returns. An error must be returned from Plan.
	Emit(Step) error
	// Refuse reports an item that will not be sent, or a part of one, such as a label that the vendor has no shape for. The
	// rest of the plan goes on, and the delivery ends partial. Refusals count in the last round.
	Refuse(Refusal) error
	// Note reports what was changed about an item that is sent, such as a box that was clamped to its image. Notes count in
	// the last round. Deliveries end no other way for them.
	Note(Note) error
}

// Refusal names an item that the adapter or the vendor did not take, so that a person can find and mend it.
type Refusal struct {
	// Index is the element's place in the issue, from 0; -1 when the item is known by its id only.
	Index int `json:"index"`
	// ElementID is the source's id of the element, empty when it has none.
	ElementID string `json:"element_id,omitempty"`
	// Item is the id of the refused item, empty when it has none.
	Item export.ItemID `json:"item,omitempty"`
	// Reason says what is missing or wrong, such as "no image_url".
	Reason string `json:"reason"`
}

// Note says what was changed about an item that is sent all the same.
type Note struct {
	// Index is the element's place in the issue, from 0; ElementID is the source's id of it, empty when it has none.
	Index     int    `json:"index"`
	ElementID string `json:"element_id,omitempty"`
	// Item is the item that it is about; a label's id where it is about one label of a frame.
	Item export.ItemID `json:"item,omitempty"`
	// Text says what was changed and why: "box clamped to the image (1920x1080)".
	Text string `json:"text"`
}

// Step is one call with everything the host needs to make it once.
type Step struct {
	// ID is stable for equal input: "create-batch", "relabel/0003". Lower-case letters, digits, '-', '_', '.' and '/'.
	ID string
	// Call is the call, as data.
	Call Call
	// Items are what the step settles: once it is done, the vendor has them all but those in Verdict.Failed. Every item of a
	// delivery is in exactly one step or is refused. Look-ups, polls, uploads and finalising calls settle none.
	Items []export.ItemID
	// Refs are the vendor's names of what the call is about (keys, external ids, task ids), in the order of Items where it
	// settles some. They are for Judge, which sees the step again and no other state.
	Refs []string
	// Repeat says what to do when the outcome is unknown: the call may have reached the vendor, its answer never came.
	Repeat Repeat
	// Check is the read that RepeatCheckFirst makes before sending again.
	Check *Call
	// Last promises that no step and no refusal follows and that Plan returns more=false. It saves the host a write.
	Last bool
}

// Call is one request, as data, without host and credentials.
type Call struct {
	// Method is the HTTP method of a REST call; a GraphQL call is always a POST.
	Method string
	// Path is appended to the destination's URL, with its query; empty for the URL itself. It may not hold a host.
	Path string
	// Link is an absolute URL that the vendor itself gave in an earlier answer, such as that of a file of errors: the call is
	// a GET of it, without credentials and configured headers. Nothing else but Header may be set with it. It must be https
	// unless the destination is not.
	Link string
	// Header are extra headers, such as Idempotency-Key.
	Header map[string]string
	// Document is a GraphQL document. Where it is set the call is GraphQL and Body is the JSON object of its variables.
	Document string
	// Operation is the name of the document's operation; needed when it has several.
	Operation string
	// ContentType of a REST body; "application/json" when empty.
	ContentType string
	// Body is the request body of a REST call or the variables of a GraphQL call; nil for none.
	Body *Body
}

// GraphQL reports whether the call is GraphQL, not REST.
func (c Call) GraphQL() bool { return c.Document != "" }

// Repeat says what to do with a step whose outcome is unknown.
type Repeat int

// The repeat rules.
const (
	// RepeatKeyed: send again, the vendor (or the path to it) tells repeats by a key that the call carries.
	RepeatKeyed Repeat = iota
	// RepeatSafe: send again, the same call twice has the effect of one.
	RepeatSafe
	// RepeatCheckFirst: make Step.Check and judge its answer (Response.Check is true) before sending again.
	RepeatCheckFirst
	// RepeatNever: wait for a person to say whether it was done.
	RepeatNever
)

// Response is a vendor's answer.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header are the answer's headers, canonical names, first values only.
	Header map[string]string
	// Body is the answer's body. An answer over the host's limit never gets here.
	Body []byte
	// Data and Errors are the two halves of a GraphQL answer; both empty where the call was REST, or the answer no GraphQL.
	Data   []byte
	Errors []GraphQLError
	// Check says that this is the answer to Step.Check.
	Check bool
}

// OK reports whether the status is a 2xx.
func (r Response) OK() bool { return r.Status >= 200 && r.Status < 300 }

// GraphQLError is one of the errors of a GraphQL answer.
type GraphQLError struct {
	// Message is for people, Code is extensions.code ("" when there is none), Path is the failed field ("project.bulkDeleteLabels").
	Message, Code, Path string
}

// Kind says what a verdict asks of the host.
type Kind int

// The kinds of verdict.
const (
	// Done: the vendor took the step. Recorded, never sent again.
	Done Kind = iota
	// Wait: the vendor is still working on it. Ask again, later; it does not count as a failure.
	Wait
	// Retry: it did not work this time. Send again on the host's schedule.
	Retry
	// Reject: the vendor will never take it. The delivery ends dead.
	Reject
	// Absent: the answer to Step.Check says that the step has had no effect. Send it.
	Absent
	// Unknown: the answer does not tell whether the step had its effect; the step's Repeat rule decides.
	Unknown
	// Exists: the vendor says that it has this already, which may be this very step's doing. Step.Check is made at once and
	// its answer judged: Done when what is there is ours, Reject when it is not. Only for steps with a Check.
	Exists
)

// String returns the kind's lower-case name, as used in logs, metrics and the ledger.
func (k Kind) String() string {
	return [...]string{"done", "wait", "retry", "reject", "absent", "unknown", "exists"}[k]
}

// Verdict is what an answer means.
type Verdict struct {
	// Kind is what the host does next.
	Kind Kind
	// Reason is one of the fixed Reasons; empty for Done.
	Reason Reason
	// Detail is a short text for people, such as the vendor's own message. The host redacts and shortens it.
	Detail string
	// After is the vendor's own hint when to ask again; the host also reads Retry-After itself.
	After time.Duration
	// Taken says by what id the vendor knows the items that it took, where it says so. Items of the step that are in neither
	// Taken nor Failed were taken without a word about their ids.
	Taken map[export.ItemID]Receipt
	// Failed are the items that the vendor refused while it took the rest, with the reason. They may be items that a later
	// step would have settled, such as an image that could not be fetched; later steps must leave them out.
	Failed map[export.ItemID]string
	// Kept are values to record with the step, for later steps and for people: ids, links.
	Kept map[string]string
}

// Receipt is what the vendor said of an item that it took.
type Receipt struct {
	// ID is the vendor's id of what it made or changed for the item.
	ID string `json:"id,omitempty"`
	// Link is where people see it: a path below the destination's URL, or empty.
	Link string `json:"link,omitempty"`
}

// Inspector is implemented by adapters that can compare their options with what is at the vendor: that the project is
// there, that every class of a class map is one of its classes. `labelgate check --online` calls it.
type Inspector interface {
	// Inspect emits reads (never anything with an effect) as Plan does, round by round, and returns the mistakes that their
	// results show, each an *OptionError where it is about an option. Mistakes are looked at once more is false.
	Inspect(results map[string]Result, emit func(Step) error) (mistakes []error, more bool, err error)
}
