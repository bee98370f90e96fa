package adaptertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// page is what proxies and login pages answer.
const page = "<html><head><title>Sign in</title></head><body></body></html>"

// bodies are answers that no vendor means, and those that all know.
var bodies = []string{ //nolint:gochecknoglobals // constant
	"", "null", "true", "7", `"text"`, "[]", "{}", "[null]", `{"data":`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, "\xff\xfe", page,
	`{"errors":[{"message":"no"}]}`, `{"data":null,"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`,
	`{"error":"no"}`, `{"detail":"no"}`, `{"message":["no"]}`, `{"error":{"message":{"deep":[1,2,3]}}}`,
	`{"id":{},"status":[],"tasks":7,"results":"x","docs":null,"count":"many"}`, "[" + strings.Repeat("[", 500),
	strings.Repeat("x", 1<<20), `{"a":"` + strings.Repeat("y", 1<<20) + `"}`,
}

// judged: Judge never panics; its verdicts are whole; a key that is refused, a vendor that is busy and a page instead of an
// answer are told for what they are.
func (d delivery) judged() error {
	seen := map[string]bool{} // steps of one kind are judged alike
	for _, s := range d.outcome.Plan.Steps {
		kind, _, _ := strings.Cut(s.ID, "/")
		if seen[kind] {
			continue
		}
		seen[kind] = true
		for _, check := range []bool{false, true} {
			if check && s.Check == nil {
				continue
			}
			for status := range 600 {
				if err := d.judgeAll(s.Step, status, check); err != nil {
					return fmt.Errorf("step %s: status %d: %w", s.ID, status, err)
				}
			}
		}
	}
	return nil
}

// short bodies are tried with every status, the others with those that are looked into.
func (d delivery) judgeAll(s adapter.Step, status int, check bool) error { //nolint:revive // it is a part of the answer
	for _, body := range bodies {
		if len(body) > 1000 && status != 200 && status != 201 && status != 400 && status != 500 {
			continue
		}
		resp := adapter.Response{Status: status, Header: map[string]string{}, Body: []byte(body), Check: check}
		if s.Call.GraphQL() && !check || check && s.Check.GraphQL() {
			resp = adapter.ReadGraphQL(resp)
		}
		v, err := judge(d.adapter, s, resp)
		if err == nil {
			err = d.sensible(s, resp, v)
		}
		if err != nil {
			return fmt.Errorf("body %.40q: %w", body, err)
		}
	}
	return nil
}

func judge(a adapter.Adapter, s adapter.Step, resp adapter.Response) (v adapter.Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("judge panicked: %v", p)
		}
	}()
	return a.Judge(s, resp), nil
}

// sensible reports what a verdict must not be.
func (d delivery) sensible(s adapter.Step, resp adapter.Response, v adapter.Verdict) error {
	status := resp.Status
	switch {
	case v.Kind < adapter.Done || v.Kind > adapter.Exists:
		return fmt.Errorf("judge gave the kind %d", int(v.Kind))
	case v.Kind != adapter.Done && v.Kind != adapter.Absent && v.Reason == adapter.ReasonNone:
		return fmt.Errorf("judge gave %s without a reason", v.Kind)
	case v.Reason != adapter.ReasonNone && !slices.Contains(adapter.Reasons(), v.Reason):
		return fmt.Errorf("judge gave the reason %q, which is not in the list", v.Reason)
	case v.Kind == adapter.Absent && !resp.Check:
		return errors.New("judge gave absent to an answer that is not a check's")
	case v.Kind == adapter.Exists && s.Check == nil:
		return errors.New("judge gave exists to a step that has no check")
	case v.Kind == adapter.Done && (status < 200 || status >= 300 && status < 400 || status >= 500):
		return errors.New("judge gave done")
	case v.Kind == adapter.Done && string(resp.Body) == page && !d.kase.AnyBody:
		return errors.New("judge takes a web page for a success")
	case v.Kind == adapter.Done && status == 200 && adapter.SaysError(resp.Body) && s.Call.Link == "" && !d.kase.AnyBody:
		return errors.New("judge takes an answer that tells of an error for a success")
	}
	return d.sensibleStatus(resp, v)
}

// sensibleStatus: what a status alone says, where the body does not say more.
func (d delivery) sensibleStatus(resp adapter.Response, v adapter.Verdict) error {
	if len(resp.Errors) > 0 || resp.Check && v.Kind == adapter.Absent {
		return nil
	}
	want := map[int][]adapter.Kind{
		401: {adapter.Reject}, 429: {adapter.Retry}, 408: {adapter.Retry, adapter.Unknown},
		500: {adapter.Retry, adapter.Unknown}, 502: {adapter.Retry, adapter.Unknown}, 503: {adapter.Retry, adapter.Unknown},
		504: {adapter.Retry, adapter.Unknown},
	}[resp.Status]
	if want != nil && !slices.Contains(want, v.Kind) {
		return fmt.Errorf("judge gave %s (%s)", v.Kind, v.Reason)
	}
	if resp.Status == 401 && v.Reason != adapter.ReasonUnauthorized || resp.Status == 429 && v.Reason != adapter.ReasonRateLimited {
		return fmt.Errorf("judge gave the reason %q", v.Reason)
	}
	return nil
}
