package graphql

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

	"github.com/labelgate/labelgate/pkg/mapping"
)

// checkDocument checks the document and that the variables are those it declares, and returns the operation's name for
// the call: "" where the document has only one operation without a name.
func checkDocument(o *Options, variables *mapping.Envelope) (string, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: o.Document})
	if err != nil {
		return "", wrong("document", place(err))
	}
	op, err := chooseOperation(doc, o.Operation)
	if err != nil {
		return "", err
	}
	if err := checkUsed(op, doc); err != nil {
		return "", wrong("document", err)
	}
	if variables == nil { // a mistake that is told already
		return op.Name, nil
	}
	if err := checkVariables(op, variables.Trial()); err != nil {
		return "", wrong("variables", err)
	}
	return op.Name, nil
}

func place(err error) error {
	var ge *gqlerror.Error
	if errors.As(err, &ge) && len(ge.Locations) > 0 {
		at := ge.Locations[0]
		return fmt.Errorf("line %d, column %d of the document: %s", at.Line, at.Column, ge.Message)
	}
	return err
}

func chooseOperation(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, error) {
	if len(doc.Operations) == 0 {
		return nil, wrong("document", errors.New("has no operation; write a query or a mutation"))
	}
	names := make([]string, len(doc.Operations))
	for i, op := range doc.Operations {
		names[i] = op.Name
	}
	if name == "" && len(names) > 1 {
		return nil, wrong("operation", fmt.Errorf("is needed, the document has several: %s", strings.Join(names, ", ")))
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, wrong("operation", fmt.Errorf("%q is not in the document; it has %s", name, strings.Join(names, ", ")))
	}
	if op.Operation == ast.Subscription {
		return nil, wrong("document", errors.New("is a subscription; write a query or a mutation"))
	}
	return op, nil
}

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

// checkVariables compares the keys of a trial rendering with the declarations.
func checkVariables(op *ast.OperationDefinition, trial []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(trial, &values); err != nil {
		return errors.New("must be an object: {projectId: $event.project, ids: $items}")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if op.VariableDefinitions.ForName(name) == nil {
			return fmt.Errorf("%s is not a variable of the document", name)
		}
	}
	for _, v := range op.VariableDefinitions {
		if _, given := values[v.Variable]; !given && v.Type.NonNull && v.DefaultValue == nil {
			return fmt.Errorf("%s is missing; the document declares it as %s", v.Variable, v.Type)
		}
	}
	return nil
}
