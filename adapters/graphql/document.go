package graphql

import (
	"errors"

	"github.com/labelgate/labelgate/pkg/adapter/document"
	"github.com/labelgate/labelgate/pkg/mapping"
)

// checkDocument checks the document and that the variables are those it declares, and returns the operation's name for
// the call: "" where the document has only one operation without a name.
func checkDocument(o *Options, variables *mapping.Envelope) (string, error) {
	op, err := document.Parse(o.Document, o.Operation)
	switch {
	case errors.Is(err, document.ErrOperation):
		return "", wrong("operation", err)
	case err != nil:
		return "", wrong("document", err)
	case variables == nil: // a mistake that is told already
		return op.Name(), nil
	}
	if err := op.CheckVariables(variables.Trial()); err != nil {
		return "", wrong("variables", err)
	}
	return op.Name(), nil
}
