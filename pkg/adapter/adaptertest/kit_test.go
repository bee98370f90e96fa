package adaptertest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

// options are those of the adapter of these tests.
type options struct {
	Project string `yaml:"project" doc:"Project to send to."`
}

// good is an adapter that keeps the contract: it looks its project up, creates one task a frame with a key, and finishes.
// Each of the tests breaks it in one way.
type good struct {
	plan  func(in adapter.Input, out adapter.Output) (bool, error)
	judge func(s adapter.Step, r adapter.Response) adapter.Verdict
}

func (a good) Plan(in adapter.Input, out adapter.Output) (bool, error) {
	if a.plan != nil {
		return a.plan(in, out)
	}
	return plan(in, out, func(s adapter.Step) adapter.Step { return s })
}

func (a good) Judge(s adapter.Step, r adapter.Response) adapter.Verdict {
	if a.judge != nil {
		return a.judge(s, r)
	}
	return judge(s, r)
}

// plan is the good plan, with each step changed on its way.
func plan(in adapter.Input, out adapter.Output, change func(adapter.Step) adapter.Step) (bool, error) {
	if err := out.Emit(change(adapter.Step{ID: "project", Call: adapter.Call{Method: "GET", Path: "/project"}, Repeat: adapter.RepeatSafe})); err != nil {
		return false, err
	}
	if !in.Done("project") {
		return true, nil
	}
	n := 0
	err := adapter.EachSubject(in, out, 0, func(s *export.Subject) error {
		n++
		key := adapter.ItemKey(in.Key, s.Item(), 200)
		call, err := adapter.RESTCall(out, "POST", "/tasks", map[string]string{"key": key, "project": in.Kept("project", "id")})
		if err != nil {
			return err
		}
		return out.Emit(change(adapter.Step{ID: adapter.StepID("task", n), Call: call, Items: []export.ItemID{s.Item()}, Refs: []string{key}}))
	})
	return false, err
}

func judge(s adapter.Step, r adapter.Response) adapter.Verdict {
	v := adapter.JudgeStatus(r)
	var answer struct {
		ID string `json:"id"`
	}
	if v.Kind == adapter.Done && (json.Unmarshal(r.Body, &answer) != nil || answer.ID == "") {
		return adapter.Verdict{Kind: adapter.Retry, Reason: adapter.ReasonBadAnswer}
	}
	if v.Kind == adapter.Done {
		v.Kept = map[string]string{"id": answer.ID}
		for _, item := range s.Items {
			v.Taken = map[export.ItemID]adapter.Receipt{item: {ID: answer.ID}}
		}
	}
	return v
}

// shop is a vendor that tells repeats by a task's key, where it has one.
type shop struct {
	Tasks []map[string]string `json:"tasks"`
}

func (s *shop) State() (json.RawMessage, error) { return json.Marshal(s) }

func (s *shop) Do(_ context.Context, call adapter.Call) (adapter.Response, error) {
	if call.Body == nil {
		return adapter.Response{Status: 200, Body: []byte(`{"id":"p1"}`)}, nil
	}
	text, _ := call.Body.Bytes()
	var task map[string]string
	if err := json.Unmarshal(text, &task); err != nil {
		return adapter.Response{Status: 400}, nil //nolint:nilerr // it is the answer
	}
	for i, old := range s.Tasks {
		if old["key"] == task["key"] && task["key"] != "" {
			return adapter.Response{Status: 200, Body: fmt.Appendf(nil, `{"id":"t%d"}`, i)}, nil
		}
	}
	s.Tasks = append(s.Tasks, task)
	return adapter.Response{Status: 200, Body: fmt.Appendf(nil, `{"id":"t%d"}`, len(s.Tasks)-1)}, nil
}

func factory(a adapter.Adapter) adapter.Factory {
	return adapter.Factory{
		Name: "shop", Summary: "A shop.", Options: func() any { return &options{} },
		New: func(any) (adapter.Adapter, error) { return a, nil }, Limits: adapter.Limits{Items: 2, Bytes: 200},
	}
}

func input() adapter.Input {
	return adaptertest.Elements(&export.Event{Project: "pets"},
		export.Element{ID: "e0", FrameID: "f0", Type: export.ElementFrame},
		export.Element{ID: "e1", FrameID: "f1", Type: export.ElementFrame},
		export.Element{ID: "e2", Type: export.ElementFrame})
}

func kase() adaptertest.Case {
	return adaptertest.Case{
		Name: "case", Options: &options{}, Events: map[string]adapter.Input{"event": input()},
		Vendor: func(*testing.T) adaptertest.Vendor { return &shop{} },
	}
}

func TestAGoodAdapterPasses(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, factory(good{}), kase())
}

// TestTheKitFails breaks the good adapter in one way each time. The kit must say so, by name.
func TestTheKitFails(t *testing.T) {
	t.Parallel()
	steps := func(change func(adapter.Step) adapter.Step) good {
		return good{plan: func(in adapter.Input, out adapter.Output) (bool, error) { return plan(in, out, change) }}
	}
	var count atomic.Int64
	for name, c := range map[string]struct {
		broken adapter.Adapter
		says   string
	}{
		"state": {steps(func(s adapter.Step) adapter.Step {
			if s.ID == "project" {
				s.Call.Path = "/project?unused"
				s.Call.Path += strings.Repeat("x", int(count.Add(1)%7))
			}
			return s
		}), "plan drift"},
		"random order": {good{plan: func(_ adapter.Input, out adapter.Output) (bool, error) {
			for id := range map[string]bool{"a": true, "b": true, "c": true, "d": true, "e": true} {
				if err := out.Emit(adapter.Step{ID: id, Call: adapter.Call{Path: id}}); err != nil {
					return false, err
				}
			}
			return false, nil
		}}, "equal input gave another plan"},
		"plan panics": {good{plan: func(in adapter.Input, _ adapter.Output) (bool, error) {
			return in.Event.Extra["x"].(bool), nil
		}}, "plan panicked"},
		"ids": {steps(func(s adapter.Step) adapter.Step { s.ID = strings.ReplaceAll(s.ID, "task", "Task"); return s }), "lower-case letters"},
		"one id for all": {steps(func(s adapter.Step) adapter.Step {
			if s.ID != "project" {
				s.ID = "task"
			}
			return s
		}), "plan drift"},
		"last":     {steps(func(s adapter.Step) adapter.Step { s.Last = true; return s }), "says that it is the last"},
		"no check": {steps(func(s adapter.Step) adapter.Step { s.Repeat = adapter.RepeatCheckFirst; return s }), "has no check"},
		"refs":     {steps(func(s adapter.Step) adapter.Step { s.Refs = []string{"a", "b", "c"}; return s }), "refs for them"},
		"twice":    {steps(func(s adapter.Step) adapter.Step { s.Items = []export.ItemID{"f0"}; s.Refs = nil; return s }), "settled twice"},
		"too many": {steps(func(s adapter.Step) adapter.Step {
			s.Items, s.Refs = append(s.Items, "x", export.ItemID(s.ID)), nil
			return s
		}), "declared limit is 2"},
		"host":        {steps(func(s adapter.Step) adapter.Step { s.Call.Path = "https://vendor.example" + s.Call.Path; return s }), "holds a host"},
		"credentials": {steps(func(s adapter.Step) adapter.Step { s.Call.Header = map[string]string{"Authorization": "x"}; return s }), `"Authorization"`},
		"link":        {steps(func(s adapter.Step) adapter.Step { s.Call.Link = "https://elsewhere.example"; return s }), "not given by the vendor"},
		"document":    {steps(func(s adapter.Step) adapter.Step { s.Call.Document = "mutation($a: ID) { a }"; return s }), "declared and not used"},
		"dropped": {good{plan: func(_ adapter.Input, out adapter.Output) (bool, error) {
			return false, out.Refuse(adapter.Refusal{Index: 1, Reason: "no"})
		}}, "is dropped"},
		"no reason": {good{plan: func(_ adapter.Input, out adapter.Output) (bool, error) {
			return false, out.Refuse(adapter.Refusal{Index: 1, Item: "f1"})
		}}, "without a reason"},
		"forgets": {good{plan: func(in adapter.Input, out adapter.Output) (bool, error) {
			if in.Done("project") {
				return plan(adapter.Input{Key: in.Key, Event: in.Event, Elements: in.Elements, Results: in.Results}, skipFirst{out}, same)
			}
			return plan(in, out, same)
		}}, "is not planned any more"},
		"no key":       {steps(func(s adapter.Step) adapter.Step { return withoutKey(s) }), "holds something else"},
		"panics":       {good{judge: func(s adapter.Step, r adapter.Response) adapter.Verdict { _ = r.Body[0]; return judge(s, r) }}, "panicked"},
		"any page":     {good{judge: func(_ adapter.Step, r adapter.Response) adapter.Verdict { return keep(adapter.JudgeStatus(r)) }}, "web page"},
		"any status":   {good{judge: func(adapter.Step, adapter.Response) adapter.Verdict { return keep(adapter.Verdict{}) }}, "judge gave done"},
		"own reasons":  {good{judge: renamed("because")}, "not in the list"},
		"no reasons":   {good{judge: renamed(adapter.ReasonNone)}, "without a reason"},
		"retries keys": {good{judge: retried}, "judge gave retry"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, strings.Join(adaptertest.Breaches(t, factory(c.broken), kase(), "event"), "\n"), c.says)
		})
	}
}

func same(s adapter.Step) adapter.Step { return s }

// skipFirst leaves the first step out.
type skipFirst struct{ adapter.Output }

func (o skipFirst) Emit(s adapter.Step) error {
	if s.ID == "project" {
		return nil
	}
	return o.Output.Emit(s)
}

func withoutKey(s adapter.Step) adapter.Step {
	if s.Call.Body != nil {
		s.Call.Body = adapter.BytesBody([]byte(`{"project":"p1"}`))
	}
	return s
}

func keep(v adapter.Verdict) adapter.Verdict {
	if v.Kind == adapter.Done {
		v.Kept = map[string]string{"id": "p1"}
	}
	return v
}

func renamed(reason adapter.Reason) func(adapter.Step, adapter.Response) adapter.Verdict {
	return func(s adapter.Step, r adapter.Response) adapter.Verdict {
		v := judge(s, r)
		if v.Kind != adapter.Done {
			v.Reason = reason
		}
		return v
	}
}

func retried(s adapter.Step, r adapter.Response) adapter.Verdict {
	v := judge(s, r)
	if v.Kind == adapter.Reject {
		v.Kind = adapter.Retry
	}
	return v
}

func TestTheKitLooksAtFactories(t *testing.T) {
	t.Parallel()
	f := factory(good{})
	require.Empty(t, adaptertest.FactoryBreaches(f))
	shared := &struct {
		Project string
	}{}
	f.Name, f.Summary, f.Options = "The Shop", "", func() any { return shared }
	all := strings.Join(adaptertest.FactoryBreaches(f), "\n")
	for _, says := range []string{"lower-case letters", "no summary", "the same pointer twice", "Project has no `yaml`"} {
		require.Contains(t, all, says)
	}
	f.Options = func() any { return options{} }
	require.Contains(t, strings.Join(adaptertest.FactoryBreaches(f), "\n"), "pointer to a struct")
}

func TestDeliverGoesByTheRules(t *testing.T) {
	t.Parallel()
	var asked []string
	check := adapter.Call{Method: "GET", Path: "/check"}
	answers := map[string][]int{"/a": {202, 500, 200}, "/b": {409}, "/check": {200}}
	out, err := adaptertest.Deliver(t.Context(), good{
		plan: func(_ adapter.Input, out adapter.Output) (bool, error) {
			if err := out.Emit(adapter.Step{ID: "a", Call: adapter.Call{Method: "POST", Path: "/a"}}); err != nil {
				return false, err
			}
			return false, out.Emit(adapter.Step{ID: "b", Call: adapter.Call{Method: "POST", Path: "/b"}, Check: &check, Repeat: adapter.RepeatCheckFirst})
		},
		judge: func(_ adapter.Step, r adapter.Response) adapter.Verdict {
			switch r.Status {
			case 202:
				return adapter.Verdict{Kind: adapter.Wait, Reason: adapter.ReasonUnavailable}
			case 409:
				return adapter.Verdict{Kind: adapter.Exists, Reason: adapter.ReasonConflict}
			default:
				return adapter.JudgeStatus(r)
			}
		},
	}, input(), callerFunc(func(c adapter.Call) adapter.Response {
		asked = append(asked, c.Path)
		status := answers[c.Path][0]
		answers[c.Path] = answers[c.Path][1:]
		return adapter.Response{Status: status}
	}))
	require.NoError(t, err)
	require.Equal(t, []string{"/a", "/a", "/a", "/b", "/check"}, asked)
	require.Len(t, out.Steps, 2)
}

type callerFunc func(adapter.Call) adapter.Response

func (f callerFunc) Do(_ context.Context, c adapter.Call) (adapter.Response, error) { return f(c), nil }
