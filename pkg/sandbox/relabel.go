package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// relabelPath is the path of the GraphQL API.
const relabelPath = "/graphql"

// The error codes, see https://www.apollographql.com/docs/apollo-server/data/errors#built-in-error-codes.
const (
	codeBadRequest      = "BAD_REQUEST"
	codeParseFailed     = "GRAPHQL_PARSE_FAILED"
	codeInvalid         = "GRAPHQL_VALIDATION_FAILED"
	codeBadInput        = "BAD_USER_INPUT"
	codeUnauthenticated = "UNAUTHENTICATED"
)

// relabel plays the bulk-relabel mutation.
type relabel struct {
	book      *book
	mutations *mutations
}

func newRelabel(b *book) *relabel { return &relabel{book: b, mutations: newMutations()} }

// gqlError is a refusal with its code.
type gqlError struct{ code, message string }

// Error returns the message.
func (e *gqlError) Error() string { return e.message }

func badInput(format string, args ...any) error {
	return &gqlError{codeBadInput, fmt.Sprintf(format, args...)}
}

func (r *relabel) serve(c *call) answer {
	request, err := readGraphQL(c.json())
	if drained := c.body.drain(); drained != nil {
		return unreadable(drained)
	}
	if err != nil {
		return refuseGraphQL(http.StatusBadRequest, codeBadRequest, err.Error())
	}
	ans, err := r.run(c, request)
	var refused *gqlError
	if errors.As(err, &refused) {
		return refuseGraphQL(http.StatusBadRequest, refused.code, refused.message)
	}
	return ans
}

func (r *relabel) run(c *call, request graphqlRequest) (answer, error) {
	m, err := r.mutations.compile(request.query, request.operation)
	if err != nil {
		return answer{}, err
	}
	project, err := m.project(request.variables)
	if err != nil {
		return answer{}, err
	}
	labels, err := r.labels(m, request.variables)
	if err != nil {
		return answer{}, err
	}
	return r.book.once(c.request.Header.Get(keyHeader), c.body.digest(), func(e *effects) answer {
		repeats := e.deleteLabels(project, labels)
		effect := fmt.Sprintf("%d labels of project %q deleted to be relabelled", len(labels), project)
		if repeats > 0 {
			effect += fmt.Sprintf(" (%d repeated effects)", repeats)
		}
		return answer{status: http.StatusOK, body: m.answer(len(labels)), effect: effect}
	}), nil
}

// labels returns the labels that a mutation names. A set that is empty or null would match every label: it is refused.
func (r *relabel) labels(m *mutation, variables map[string]value) ([]uint64, error) {
	set := m.resolve(m.labelFilter, variables).fields["id_in"]
	switch {
	case set.kind == kindAbsent || set.kind == 'n':
		r.book.matchedEverything()
		return nil, badInput("bulkDeleteLabels: where.id_in is missing or null, which matches every label of the project")
	case set.kind != '[':
		return nil, badInput("bulkDeleteLabels: where.id_in must be a list of texts, not %s", kindNames[set.kind])
	case set.odd != "":
		return nil, badInput("bulkDeleteLabels: where.id_in%s", set.odd)
	case len(set.list) == 0:
		r.book.matchedEverything()
		return nil, badInput("bulkDeleteLabels: where.id_in is empty, which matches every label of the project")
	}
	return set.list, nil
}

// project returns the project that the mutation names.
func (m *mutation) project(variables map[string]value) (string, error) {
	id := m.resolve(m.projectFilter, variables).fields["id"]
	switch {
	case id.kind == kindAbsent:
		return "", badInput("project: where.id is missing")
	case id.kind != '"':
		return "", badInput("project: where.id must be a text, not %s", kindNames[id.kind])
	case strings.TrimSpace(id.text) == "":
		return "", badInput("project: where.id is empty")
	}
	return id.text, nil
}

// answer is the mutation's data, under the names that the document gives its fields.
func (m *mutation) answer(count int) []byte {
	result := map[string]any{}
	for _, field := range m.resultFields {
		if field.Name == "__typename" {
			result[field.Alias] = "BulkResult"
			continue
		}
		result[field.Alias] = count
	}
	return marshal(map[string]any{"data": map[string]any{m.projectAlias: map[string]any{m.deleteAlias: result}}})
}

// resolve gives an argument its value: literals as they stand, variables as they were sent, or else their default.
func (m *mutation) resolve(v *ast.Value, variables map[string]value) value {
	switch {
	case v == nil:
		return value{}
	case v.Kind == ast.Variable:
		if sent := variables[v.Raw]; sent.kind != kindAbsent || v.VariableDefinition == nil {
			return sent
		}
		return m.resolve(v.VariableDefinition.DefaultValue, variables)
	case v.Kind == ast.ObjectValue:
		object := value{kind: '{', fields: map[string]value{}}
		for _, child := range v.Children {
			object.fields[child.Name] = m.resolve(child.Value, variables)
		}
		return object
	case v.Kind == ast.ListValue:
		list := value{kind: '['}
		for i, child := range v.Children {
			list.add(i, m.resolve(child.Value, variables))
		}
		return list
	case v.Kind == ast.StringValue || v.Kind == ast.BlockValue:
		return textValue([]byte(v.Raw))
	default:
		return value{kind: literalKinds[v.Kind]}
	}
}
