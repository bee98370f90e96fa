package adapters_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/graphql"
	"github.com/labelgate/labelgate/adapters/rest"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

func newREST(edit func(*rest.Options)) (adapter.Adapter, error) {
	o := rest.Factory().Options().(*rest.Options)
	o.Each, o.Item = "frames", ".id"
	edit(o)
	return rest.Factory().New(o)
}

func newGraphQL(edit func(*graphql.Options)) (adapter.Adapter, error) {
	o := graphql.Factory().Options().(*graphql.Options)
	o.Each, o.Item, o.Variables = "labels", ".id", "{ids: $items}"
	o.Document = "mutation($ids: [ID!]!) { relabel(ids: $ids) { count } }"
	edit(o)
	return graphql.Factory().New(o)
}

func requireMistake(t *testing.T, err error, option, text string) {
	t.Helper()
	var mistake *adapter.OptionError
	require.ErrorAs(t, err, &mistake)
	require.Equal(t, option, mistake.Option)
	require.ErrorContains(t, err, text)
}

func TestRESTMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*rest.Options)
		option, text string
	}{
		{func(o *rest.Options) { o.Each = "" }, "each", "use labels, frames or elements"},
		{func(o *rest.Options) { o.Item = ".x" }, "item", "no field"},
		{func(o *rest.Options) { o.Item = "{" }, "item", "line 1, column 2"},
		{func(o *rest.Options) { o.Require = []string{"id"} }, "require", "entry 1"},
		{func(o *rest.Options) { o.Body = "{}" }, "body", "$items must stand exactly once"},
		{func(o *rest.Options) { o.Path = "https://evil/" }, "path", "must not hold a host"},
		{func(o *rest.Options) { o.Path = `a/\(.x` }, "path", "expression"},
		{func(o *rest.Options) { o.Headers = map[string]string{"Authorization": "x"} }, "headers.Authorization", "remove it"},
		{func(o *rest.Options) { o.Headers = map[string]string{"a b": "x"} }, "headers.a b", "not the name"},
		{func(o *rest.Options) { o.Keep = map[string]string{"id": "."}; o.Keep["n"] = "now" }, "keep.n", "cannot be used"},
		{func(o *rest.Options) { o.Batch.Items = -1 }, "batch.items", "negative"},
		{func(o *rest.Options) { o.Batch.Bytes = -1 }, "batch.bytes", "negative"},
		{func(o *rest.Options) { o.Repeat = "often" }, "repeat", "use keyed, safe or never"},
	} {
		_, err := newREST(c.edit)
		requireMistake(t, err, c.option, c.text)
	}
}

func TestGraphQLMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edit         func(*graphql.Options)
		option, text string
	}{
		{func(o *graphql.Options) { o.Each = "label" }, "each", "use labels"},
		{func(o *graphql.Options) { o.Item = "" }, "item", "is empty"},
		{func(o *graphql.Options) { o.Require = []string{"."} }, "require", "not a path"},
		{func(o *graphql.Options) { o.Variables = "$items" }, "variables", "must be an object"},
		{func(o *graphql.Options) { o.Variables = "{id: $items}" }, "variables", "id is not a variable"},
		{func(o *graphql.Options) {
			o.Document = "mutation($ids: [ID!]!, $p: ID!) { relabel(ids: $ids, p: {a: [$p]}) { count } }"
		}, "variables", "p is missing; the document declares it as ID!"},
		{func(o *graphql.Options) { o.Document = "mutation { a(" }, "document", "line 1, column"},
		{func(o *graphql.Options) { o.Document = "mutation($ids: [ID]) { a }" }, "document", "$ids is declared and not used"},
		{func(o *graphql.Options) { o.Document = "mutation { a(b: $ids) }" }, "document", "$ids is used and not declared"},
		{func(o *graphql.Options) { o.Document = "subscription { a }" }, "document", "subscription"},
		{func(o *graphql.Options) { o.Document = "fragment f on T { a }" }, "document", "no operation"},
		{func(o *graphql.Options) { o.Document = "query a { a } query b { b }" }, "operation", "a, b"},
		{func(o *graphql.Options) { o.Operation = "x" }, "operation", "not in the document"},
		{func(o *graphql.Options) { o.Batch.Items = -1 }, "batch.items", "negative"},
		{func(o *graphql.Options) { o.Repeat = "" }, "repeat", "use keyed"},
		{func(o *graphql.Options) { o.Keep = map[string]string{"a": "{"} }, "keep.a", "expression"},
	} {
		_, err := newGraphQL(c.edit)
		requireMistake(t, err, c.option, c.text)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := newREST(func(o *rest.Options) {
		o.Item, o.Body, o.Repeat, o.Keep = "{", "1", "x", map[string]string{"b": "{", "a": "{"}
	})
	var options []string
	for _, mistake := range adapter.Mistakes(err) {
		var option *adapter.OptionError
		require.ErrorAs(t, mistake, &option)
		options = append(options, option.Option)
	}
	require.Equal(t, []string{"item", "body", "repeat", "keep.a", "keep.b"}, options)
}

func TestRESTCall(t *testing.T) {
	t.Parallel()
	a, err := newREST(func(o *rest.Options) {
		o.Method, o.Path = "PUT", `projects/\($event.project|@uri)/batches`
		o.Headers = map[string]string{"X-Batch": `\($batch)`}
		o.Keep = map[string]string{"batch": ".data.id"}
		o.Batch.Items, o.Repeat = 1, "never"
	})
	require.NoError(t, err)
	in := adaptertest.Elements(&export.Event{Project: "a b/c"}, export.Element{ID: "1", FrameID: "f1"}, export.Element{ID: "2", FrameID: "f2"})
	plan := adaptertest.Rules(t, a, in)
	require.Len(t, plan.Steps, 2)
	step := plan.Steps[1]
	require.Equal(t, "call/0002", step.ID)
	require.Equal(t, adapter.RepeatNever, step.Repeat)
	require.Equal(t, "PUT", step.Call.Method)
	require.Equal(t, "projects/a%20b%2Fc/batches", step.Call.Path)
	require.Equal(t, map[string]string{"Idempotency-Key": adaptertest.Key + "-call-0002", "X-Batch": "2"}, step.Call.Header)
	require.Equal(t, `["f2"]`, step.Body)
	v := a.Judge(step.Step, adapter.Response{Status: 201, Body: []byte(`{"data": {"id": 7}}`)})
	require.Equal(t, adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"batch": "7"}}, v)
}

func TestRESTTextsOfTheEventCannotAddHostsOrHeaders(t *testing.T) {
	t.Parallel()
	event := func() *export.Event { return &export.Event{Project: "//evil/\r\nX: y"} }
	for _, edit := range []func(*rest.Options){
		func(o *rest.Options) { o.Path = `\($event.project)` },
		func(o *rest.Options) { o.Headers = map[string]string{"X-P": `\($event.project)`} },
	} {
		a, err := newREST(edit)
		require.NoError(t, err)
		_, err = adaptertest.Collect(a, adaptertest.Elements(event(), export.Element{FrameID: "f"}))
		require.ErrorContains(t, err, "put texts of the event in by @uri")
	}
}

func TestGraphQLCall(t *testing.T) {
	t.Parallel()
	a, err := newGraphQL(func(o *graphql.Options) {
		o.Document = "query Other { a } mutation Relabel($ids: [ID!]!, $n: Int = 1) { relabel(ids: $ids, n: $n) { count } }"
		o.Operation = "Relabel"
		o.Keep = map[string]string{"count": ".data.relabel.count"}
	})
	require.NoError(t, err)
	crop := export.Element{ID: "1", Type: export.ElementCrop, Crop: &export.Label{ID: "l1"}}
	plan := adaptertest.Rules(t, a, adaptertest.Elements(&export.Event{}, crop))
	require.Len(t, plan.Steps, 1)
	require.Equal(t, "Relabel", plan.Steps[0].Call.Operation)
	require.True(t, plan.Steps[0].Call.GraphQL())
	require.Equal(t, `{"ids":["l1"]}`, plan.Steps[0].Body)
	body := []byte(`{"data": {"relabel": {"count": 1}}}`)
	v := a.Judge(plan.Steps[0].Step, adapter.Response{Status: 200, Body: body, Data: []byte(`{"relabel": {"count": 1}}`)})
	require.Equal(t, adapter.Verdict{Kind: adapter.Done, Kept: map[string]string{"count": "1"}}, v)
}

func TestRESTSuccessThatTellsOfAnError(t *testing.T) {
	t.Parallel()
	a, err := newREST(func(o *rest.Options) { o.Keep = map[string]string{"id": ".id"} })
	require.NoError(t, err)
	for body, kind := range map[string]adapter.Kind{
		`{"id":7,"errors":[]}`:                                adapter.Done,
		`{"id":7,"error":null}`:                               adapter.Done,
		`{"data":null,"errors":[{"message":"no project p"}]}`: adapter.Reject,
		`{"error":"no project p"}`:                            adapter.Reject,
	} {
		v := a.Judge(adapter.Step{}, adapter.Response{Status: 200, Body: []byte(body)})
		require.Equal(t, kind, v.Kind, body)
		if kind == adapter.Reject {
			require.Equal(t, "200 with an error in it: no project p", v.Detail)
		}
	}
}
