package mapping

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/itchyny/gojq"
)

// budget is how many jq instructions one evaluation may take: some 0.1 s. Counting, not a clock, so that equal input
// always ends the same way.
const budget = 2_000_000

// impure are the functions whose result is not decided by their input, or that reach outside of it.
var impure = map[string]string{
	"now": "the time", "localtime": "the time zone", "strflocaltime": "the time zone", "date": "the time",
	"env": "the environment", "$ENV": "the environment", "input": "other input", "inputs": "other input",
	"input_filename": "files", "input_line_number": "files", "debug": "standard error", "stderr": "standard error",
	"halt": "the process", "halt_error": "the process", "modulemeta": "files", "get_search_list": "files",
}

// program is a compiled jq expression that can only see its input and its variables.
type program struct {
	query *gojq.Query
	code  *gojq.Code
	vars  []string
}

// compile compiles src, which may use the variables vars ("$event").
func compile(src string, vars ...string) (*program, error) {
	if strings.TrimSpace(src) == "" {
		return nil, errors.New("is empty; a jq expression is needed")
	}
	query, err := gojq.Parse(src)
	if err != nil {
		return nil, syntaxError(src, err)
	}
	if err := checkPure(query); err != nil {
		return nil, err
	}
	code, err := gojq.Compile(query, gojq.WithVariables(vars))
	if err != nil {
		return nil, fmt.Errorf("%w; it can use %s", err, strings.Join(append(vars, "the functions of jq"), ", "))
	}
	return &program{query: query, code: code, vars: vars}, nil
}

// run calls yield with every output, in order. A jq error and errBudget end the run.
func (p *program) run(input any, values []any, yield func(any) error) error {
	outputs := p.code.RunWithContext(&fuel{left: budget}, input, values...)
	for {
		v, ok := outputs.Next()
		if !ok {
			return nil
		}
		if err, failed := v.(error); failed {
			return jqError(err)
		}
		if err := yield(v); err != nil {
			return err
		}
	}
}

// one returns the only output.
func (p *program) one(input any, values []any) (any, error) {
	var out any
	n := 0
	err := p.run(input, values, func(v any) error {
		out = v
		n++
		return nil
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("gives %d values; exactly one is needed", n)
	}
	return out, err
}

// uses reports whether the expression reads the variable.
func (p *program) uses(name string) bool { return count(p.query, name) > 0 }

func jqError(err error) error {
	if errors.Is(err, context.Canceled) {
		return errBudget
	}
	return err
}

func checkPure(q *gojq.Query) error {
	if len(q.Imports) > 0 || q.Meta != nil {
		return errors.New("modules cannot be used; write it in one expression")
	}
	var err error
	visit(q, func(t *gojq.Term) {
		if t.Func == nil || err != nil {
			return
		}
		if what, bad := impure[t.Func.Name]; bad {
			err = fmt.Errorf("%s cannot be used: it reaches %s, and equal events must give equal calls", t.Func.Name, what)
		}
	})
	return err
}

// syntaxError adds the place inside the expression.
func syntaxError(src string, err error) error {
	var pe *gojq.ParseError
	if !errors.As(err, &pe) {
		return err
	}
	at := min(max(pe.Offset-len(pe.Token), 0), len(src))
	line := 1 + strings.Count(src[:at], "\n")
	column := at - strings.LastIndexByte(src[:at], '\n')
	return fmt.Errorf("line %d, column %d of the expression: %w", line, column, err)
}
