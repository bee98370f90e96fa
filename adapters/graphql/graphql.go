// Package graphql is the generic GraphQL adapter: any vendor with a GraphQL API, by a document and jq mappings written in
// config.
package graphql

import (
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// Factory returns the adapter's factory.
func Factory() adapter.Factory {
	return adapter.Factory{
		Name:    "graphql",
		Summary: "Any vendor with a GraphQL API, by a document and jq mappings in the config.",
		Options: func() any { return defaults() },
		New:     func(options any) (adapter.Adapter, error) { return newAdapter(options.(*Options)) },
		Auth:    adapter.Auth{Header: "Authorization", Scheme: "Bearer"},
	}
}

type graphql struct {
	mapping             *mapping.Mapping
	document, operation string
	repeat              adapter.Repeat
	keep                map[string]*mapping.Picker
}

// Plan makes the calls, one after another; none waits for another's result.
func (a *graphql) Plan(in adapter.Input, out adapter.Output) (bool, error) {
	return false, mapping.Plan(a.mapping,
		mapping.Input{Key: in.Key, Event: in.Event, Elements: in.Elements},
		mapping.Output[*adapter.Body]{
			NewBody: out.NewBody,
			Emit:    func(c mapping.Call[*adapter.Body]) error { return out.Emit(a.step(in.Key, c)) },
			Refuse:  func(r mapping.Refusal) error { return out.Refuse(adapter.Refusal(r)) },
		})
}

func (a *graphql) step(key string, c mapping.Call[*adapter.Body]) adapter.Step {
	id := c.StepID()
	return adapter.Step{
		ID: id,
		Call: adapter.Call{
			Document:  a.document,
			Operation: a.operation,
			Header:    map[string]string{"Idempotency-Key": adapter.IdempotencyKey(key, id)},
			Body:      c.Body,
		},
		Items:  c.Items,
		Repeat: a.repeat,
		Last:   c.Last,
	}
}

// Judge goes by the errors' codes: HTTP 200 is no success by itself.
func (a *graphql) Judge(step adapter.Step, resp adapter.Response) adapter.Verdict {
	v := adapter.Doubt(step, resp, adapter.JudgeGraphQL(resp))
	if v.Kind == adapter.Done {
		v.Kept = mapping.PickAll(a.keep, resp.Body)
	}
	return v
}
