// Package rest is the generic REST adapter: any vendor with a JSON API, by jq mappings written in config.
package rest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "rest",
		Summary: "Any vendor with a JSON REST API, by jq mappings in the config.",
		Options: func() any { return defaults() },
		New:     func(options any) (adapter.Adapter, error) { return newAdapter(options.(*Options)) },
		Auth:    adapter.Auth{Header: "Authorization", Scheme: "Bearer"},
	}
}

type rest struct {
	mapping *mapping.Mapping
	method  string
	path    *mapping.Text
	headers map[string]*mapping.Text
	repeat  adapter.Repeat
	keep    map[string]*mapping.Picker
}

// Plan makes the calls, one after another; none waits for another's result.
func (a *rest) Plan(in adapter.Input, out adapter.Output) (bool, error) {
	return false, mapping.Plan(a.mapping,
		mapping.Input{Key: in.Key, Event: in.Event, Elements: in.Elements},
		mapping.Output[*adapter.Body]{
			NewBody: out.NewBody,
			Emit:    func(c mapping.Call[*adapter.Body]) error { return a.emit(in, out, c) },
			Refuse:  func(r mapping.Refusal) error { return out.Refuse(adapter.Refusal(r)) },
		})
}

func (a *rest) emit(in adapter.Input, out adapter.Output, c mapping.Call[*adapter.Body]) error {
	id := c.StepID()
	path, err := a.path.Render(in.Event, in.Key, c.Number)
	if err == nil && (strings.Contains(path, "://") || strings.HasPrefix(path, "//")) {
		err = fmt.Errorf("%q holds a host; put texts of the event in by @uri", path)
	}
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	header, err := a.header(in, id, c.Number)
	if err != nil {
		return err
	}
	return out.Emit(adapter.Step{
		ID:     id,
		Call:   adapter.Call{Method: a.method, Path: path, Header: header, Body: c.Body},
		Items:  c.Items,
		Repeat: a.repeat,
		Last:   c.Last,
	})
}

func (a *rest) header(in adapter.Input, step string, batch int) (map[string]string, error) {
	header := map[string]string{"Idempotency-Key": adapter.IdempotencyKey(in.Key, step)}
	for _, name := range slices.Sorted(maps.Keys(a.headers)) {
		value, err := a.headers[name].Render(in.Event, in.Key, batch)
		if err == nil && strings.ContainsAny(value, "\r\n\x00") {
			err = fmt.Errorf("the value has a line break in it; put texts of the event in by @uri")
		}
		if err != nil {
			return nil, fmt.Errorf("headers.%s: %w", name, err)
		}
		header[name] = value
	}
	return header, nil
}

// Judge goes by the status. A success that tells of an error is none: a person must see it, and nothing is sent again on a
// guess. The answer's body is read for nothing else but what is kept.
func (a *rest) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.Doubt(step, resp, adapter.JudgeStatus(resp))
	switch {
	case v.Kind != adapter.Done:
	case adapter.SaysError(resp.Body):
		return adapter.Verdict{
			Kind: adapter.Reject, Reason: adapter.ReasonInvalid,
			Detail: fmt.Sprintf("%d with an error in it: %s", resp.Status, adapter.Said(resp.Body)),
		}
	default:
		v.Kept = mapping.PickAll(a.keep, resp.Body)
	}
	return v
}
