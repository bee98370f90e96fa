// Package document checks GraphQL documents against themselves and against the variables that are sent with them. It knows
// no schema: that a server has the fields is for the server to say.
package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// ErrOperation is the error of a document whose operation cannot be told; all others are about the document itself.
var ErrOperation = errors.New("operation")

// Operation is the operation of a document that is to be run.
type Operation struct {
	definition *ast.OperationDefinition
}

// Parse reads a document and finds its operation; operation may be empty where the document has only one. It checks that
// the variables used are those declared. The error says line and column where it is one of syntax.
func Parse(text, operation string) (Operation, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return Operation{}, place(err)
	}
	op, err := choose(doc, operation)
	if err != nil {
		return Operation{}, err
	}
	return Operation{op}, checkUsed(op, doc)
}

// Name is the operation's name, "" when it has none.
func (o Operation) Name() string { return o.definition.Name }

// CheckVariables compares the keys of a JSON object of variables with those that the operation declares.
func (o Operation) CheckVariables(variables []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(variables, &values); err != nil {
		return errors.New("must be an object: {projectId: $event.project, ids: $items}")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if o.definition.VariableDefinitions.ForName(name) == nil {
			return fmt.Errorf("%s is not a variable of the document", name)
		}
	}
	for _, v := range o.definition.VariableDefinitions {
		if _, given := values[v.Variable]; !given && v.Type.NonNull && v.DefaultValue == nil {
			return fmt.Errorf("%s is missing; the document declares it as %s", v.Variable, v.Type)
		}
	}
	return nil
}

func place(err error) error {
	var ge *gqlerror.Error
	if errors.As(err, &ge) && len(ge.Locations) > 0 {
		at := ge.Locations[0]
		return fmt.Errorf("line %d, column %d of the document: %s", at.Line, at.Column, ge.Message)
	}
	return err
}

func choose(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, error) {
	if len(doc.Operations) == 0 {
		return nil, errors.New("has no operation; write a query or a mutation")
	}
	names := make([]string, len(doc.Operations))
	for i, op := range doc.Operations {
		names[i] = op.Name
	}
	if name == "" && len(names) > 1 {
		return nil, choice("is needed, the document has several: " + strings.Join(names, ", "))
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, choice(fmt.Sprintf("%q is not in the document; it has %s", name, strings.Join(names, ", ")))
	}
	if op.Operation == ast.Subscription {
		return nil, errors.New("is a subscription; write a query or a mutation")
	}
	return op, nil
}

// choice is a mistake in the operation's name; it is an ErrOperation.
type choice string

// Error says what is wrong with the name.
func (c choice) Error() string { return string(c) }

// Is reports whether the error is ErrOperation.
func (c choice) Is(target error) bool { return target == ErrOperation }

// checkUsed compares the variables that the operation declares with those it uses, fragments included.
func checkUsed(op *ast.OperationDefinition, doc *ast.QueryDocument) error {
	u := usage{doc: doc, vars: map[string]bool{}, done: map[string]bool{}}
	u.directives(op.Directives)
	u.selection(op.SelectionSet)
	for _, name := range slices.Sorted(maps.Keys(u.vars)) {
		if op.VariableDefinitions.ForName(name) == nil {
			return fmt.Errorf("$%s is used and not declared; add it to the operation's variables", name)
		}
	}
	for _, v := range op.VariableDefinitions {
		if !u.vars[v.Variable] {
			return fmt.Errorf("$%s is declared and not used; servers reject that", v.Variable)
		}
	}
	return nil
}
