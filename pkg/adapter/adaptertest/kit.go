package adaptertest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Vendor is a vendor, or one that plays it, to deliver to.
type Vendor interface {
	Caller
	// State is what the vendor holds now, as JSON that is equal for equal effects: without times, counters of requests and
	// the like.
	State() (json.RawMessage, error)
}

// Case is one way to use an adapter.
type Case struct {
	// Name names the case in the test's output.
	Name string
	// Options are the adapter's, of the type that Factory.Options returns.
	Options any
	// Vendor returns a vendor that has seen nothing yet.
	Vendor func(t *testing.T) Vendor
	// Events are the inputs to try: by name, so that a breach says which it was.
	Events map[string]adapter.Input
	// AnyBody says that the adapter looks at statuses alone, so that a page with status 200, or an error in one, is a success
	// for it.
	AnyBody bool
}

// Run holds an adapter to the contract, in every case and with every event:
//
//   - equal input gives equal plans, one after another and at once, and is not changed;
//   - step ids are well formed and stand once; what is recorded stays planned, with the same call;
//   - every item is settled in exactly one step or refused by name, and every element is accounted for;
//   - calls keep the declared limits and hold no host and no credential; GraphQL documents parse, and their variables are
//     those declared;
//   - Judge holds, for every status and every broken body;
//   - stopping after any step and going on gives the same rest;
//   - a lost reply at any call makes no second effect, where the step's rule does not leave it to a person.
//
// It fails with the first breach of each rule.
func Run(t *testing.T, f adapter.Factory, cases ...Case) {
	t.Helper()
	require.NotEmpty(t, cases, "a case says with which options, events and vendor to try the adapter")
	for _, breach := range FactoryBreaches(f) {
		t.Error(breach)
	}
	for _, c := range cases {
		require.NotEmpty(t, c.Events, "case %q has no events", c.Name)
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			for _, name := range sorted(c.Events) {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					for _, breach := range Breaches(t, f, c, name) {
						t.Error(breach)
					}
				})
			}
		})
	}
}

// Breaches returns what breaks the contract in a case with one of its events, for kits' own tests: the first breach of each
// rule. An event that cannot be delivered at all is one.
func Breaches(t *testing.T, f adapter.Factory, c Case, event string) []string {
	t.Helper()
	a, err := f.New(c.Options)
	if err != nil {
		return []string{fmt.Sprintf("the adapter cannot be made: %v", err)}
	}
	in, vendor := c.Events[event], c.Vendor(t)
	return breaches(delivery{t: t, factory: f, adapter: a, kase: c, in: in}, vendor)
}

// breaches delivers once, and holds that delivery to every rule.
func breaches(tried delivery, vendor Vendor) []string {
	out, err := deliver(tried, vendor)
	if err != nil {
		return []string{fmt.Sprintf("the event cannot be delivered: %v", err)}
	}
	tried.outcome = out
	if tried.state, err = vendor.State(); err != nil {
		return []string{fmt.Sprintf("the vendor's state has no JSON form: %v", err)}
	}
	var found []string
	for _, rule := range []func(delivery) error{
		delivery.pure, delivery.wellFormed, delivery.settled, delivery.accounted, delivery.limited, delivery.clean,
		delivery.documents, delivery.judged, delivery.resumed, delivery.repeated,
	} {
		if err := rule(tried); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// deliver delivers, and takes a panic of the plan for an error.
func deliver(d delivery, vendor Vendor) (out Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("plan panicked: %v", p)
		}
	}()
	return Deliver(d.t.Context(), d.adapter, d.in, vendor)
}

// delivery is a delivery that went well, with all that it was made from.
type delivery struct {
	t       *testing.T
	factory adapter.Factory
	adapter adapter.Adapter
	kase    Case
	in      adapter.Input
	outcome Outcome
	state   json.RawMessage
}

// inputAfter is the input with the results of the first n steps that were made.
func (d delivery) inputAfter(n int) adapter.Input {
	in := d.in
	in.Results = map[string]adapter.Result{}
	for _, s := range d.outcome.Steps[:n] {
		in.Results[s.ID] = d.outcome.Results[s.ID]
	}
	return in
}
