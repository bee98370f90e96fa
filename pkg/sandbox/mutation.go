package sandbox

import (
	"fmt"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// schema is the part of the published vendor schema that the bulk-relabel mutation uses.
const schema = `
type Query { project(where: ProjectWhere!): Project }
type Mutation { project(where: ProjectWhere!): ProjectMutation }
type Project { id: ID! }
type ProjectMutation {
	bulkDeleteLabels(where: LabelWhere, makeTemplates: Boolean, waitForQueue: Boolean): BulkResult
}
type BulkResult { count: Int! }
input ProjectWhere { id: ID! }
input LabelWhere { id_in: [ID!] }
`

// maxMutations bounds the documents that are kept compiled: a client sends one or two, over and over.
const maxMutations = 64

// mutation is a compiled document.
type mutation struct {
	projectAlias, deleteAlias  string
	projectFilter, labelFilter *ast.Value
	resultFields               []*ast.Field
}

// literalKinds are the JSON kinds of the literals that hold no text.
var literalKinds = map[ast.ValueKind]jsontext.Kind{ //nolint:gochecknoglobals // a constant table
	ast.IntValue: '0', ast.FloatValue: '0', ast.BooleanValue: 't', ast.NullValue: 'n', ast.EnumValue: '{',
}

// mutations compiles documents, each once.
type mutations struct {
	schema *ast.Schema

	mu       sync.Mutex // guards compiled
	compiled map[document]*mutation
}

type document struct{ query, operation string }

func newMutations() *mutations {
	return &mutations{
		schema:   gqlparser.MustLoadSchema(&ast.Source{Name: "sandbox", Input: schema}),
		compiled: map[document]*mutation{},
	}
}

func (s *mutations) compile(query, operation string) (*mutation, error) {
	key := document{query, operation}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.compiled[key]; ok {
		return m, nil
	}
	m, err := compile(s.schema, query, operation)
	if err != nil {
		return nil, err
	}
	if len(s.compiled) >= maxMutations {
		clear(s.compiled)
	}
	s.compiled[key] = m
	return m, nil
}

func compile(schema *ast.Schema, query, operation string) (*mutation, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil, &gqlError{codeParseFailed, message(gqlerror.WrapIfUnwrapped(err))}
	}
	if errs := validator.ValidateWithRules(schema, doc, nil); len(errs) > 0 {
		return nil, &gqlError{codeInvalid, message(errs[0])}
	}
	op := doc.Operations.ForName(operation)
	switch {
	case op == nil && operation != "":
		return nil, &gqlError{codeInvalid, fmt.Sprintf("operationName: the document has no operation %q", operation)}
	case op == nil:
		return nil, &gqlError{codeInvalid, "operationName: is missing, and the document has several operations"}
	case op.Operation != ast.Mutation:
		return nil, &gqlError{codeInvalid, "the operation is no mutation"}
	}
	return mutationOf(op)
}

// mutationOf takes an operation apart, which must be one project(where) { bulkDeleteLabels(where, ...) { count } }.
func mutationOf(op *ast.OperationDefinition) (*mutation, error) {
	project, err := onlyField(op.SelectionSet, "project")
	if err != nil {
		return nil, err
	}
	bulkDelete, err := onlyField(project.SelectionSet, "bulkDeleteLabels")
	if err != nil {
		return nil, err
	}
	m := &mutation{
		projectAlias: project.Alias, projectFilter: argument(project, "where"),
		deleteAlias: bulkDelete.Alias, labelFilter: argument(bulkDelete, "where"),
	}
	for _, selection := range bulkDelete.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok {
			return nil, &gqlError{codeInvalid, "bulkDeleteLabels: fragments are not taken here"}
		}
		m.resultFields = append(m.resultFields, field)
	}
	return m, nil
}

func onlyField(set ast.SelectionSet, name string) (*ast.Field, error) {
	if len(set) == 1 {
		if field, ok := set[0].(*ast.Field); ok && field.Name == name {
			return field, nil
		}
	}
	return nil, &gqlError{codeInvalid, "the mutation must select " + name + ", once and nothing else beside it"}
}

func argument(field *ast.Field, name string) *ast.Value {
	if arg := field.Arguments.ForName(name); arg != nil {
		return arg.Value
	}
	return nil
}

// message is a parser's message with its place in the document.
func message(err *gqlerror.Error) string {
	if len(err.Locations) == 0 {
		return err.Message
	}
	return fmt.Sprintf("%d:%d: %s", err.Locations[0].Line, err.Locations[0].Column, err.Message)
}
