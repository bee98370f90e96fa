package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// mutation takes the relabel mutation:
//
//	project(where: {id: ...}) { bulkDeleteLabels(where: {id_in: [...]}, makeTemplates: ..., waitForQueue: ...) { count } }
func (s *Server) mutation(rec *recorder) reply {
	req, err := s.readGraphQL(rec)
	rec.drain()
	if err != nil {
		return graphQLError(http.StatusBadRequest, "MALFORMED_REQUEST", err.Error())
	}
	field, err := req.relabel()
	if err != nil {
		return graphQLError(http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED", err.Error())
	}
	digest := [32]byte(rec.sum.Sum(nil))
	return s.ledger.once(rec, digest, func() reply {
		if len(field.labels) == 0 {
			s.ledger.summary.MatchedEverything++
			rec.effect = "NOTHING, but the selection was empty: it could have matched every label"
			return graphQLError(http.StatusOK, "BAD_USER_INPUT", "where.id_in must not be empty")
		}
		s.ledger.sendBack(field.project, field.labels)
		rec.effect = fmt.Sprintf("sent %d labels of project %q back to be redone", len(field.labels), field.project)
		count := map[string]int{field.alias: len(field.labels)}
		return reply{status: http.StatusOK, body: map[string]any{
			"data": map[string]any{"project": map[string]any{"bulkDeleteLabels": count}},
		}}
	})
}

func graphQLError(status int, code, message string) reply {
	return reply{status: status, body: map[string]any{
		"data":   nil,
		"errors": []any{map[string]any{"message": message, "extensions": map[string]string{"code": code}}},
	}}
}

// graphQLRequest is a request with its variables; lists of text are kept as hashes.
type graphQLRequest struct {
	query, operation string
	variables        map[string]variable
}

type variable struct {
	text   string
	labels []uint64
	kind   jsontext.Kind
}

func (s *Server) readGraphQL(body io.Reader) (*graphQLRequest, error) {
	dec := jsontext.NewDecoder(body)
	req := &graphQLRequest{variables: map[string]variable{}}
	err := readObject(dec, "body", func(name string) (err error) {
		switch name {
		case "query":
			req.query, err = readText(dec, "query")
		case "operationName":
			if dec.PeekKind() == 'n' {
				return notJSON(dec.SkipValue())
			}
			req.operation, err = readText(dec, "operationName")
		case "variables":
			err = s.readVariables(dec, req.variables)
		default:
			err = fmt.Errorf("%s: unknown field", name)
		}
		return err
	})
	return req, err
}

func (s *Server) readVariables(dec *jsontext.Decoder, into map[string]variable) error {
	if dec.PeekKind() == 'n' {
		return notJSON(dec.SkipValue())
	}
	return readObject(dec, "variables", func(name string) (err error) {
		v := variable{kind: dec.PeekKind()}
		switch v.kind {
		case '"':
			v.text, err = readText(dec, name)
		case '[':
			err = readArray(dec, name, func(i int) error {
				id, err := readText(dec, fmt.Sprintf("variables.%s[%d]", name, i))
				v.labels = append(v.labels, s.ledger.labelHash(id))
				return err
			})
		default:
			err = notJSON(dec.SkipValue())
		}
		into[name] = v
		return err
	})
}

// relabelField is what the mutation asks for.
type relabelField struct {
	project string
	labels  []uint64
	alias   string
}

// relabel checks the document and resolves its variables.
func (r *graphQLRequest) relabel() (*relabelField, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: r.query})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	op := doc.Operations.ForName(r.operation)
	if op == nil || op.Operation != ast.Mutation {
		return nil, errors.New("query: the mutation to run is not there")
	}
	project, err := onlyField(op.SelectionSet, "project")
	if err != nil {
		return nil, err
	}
	bulk, err := onlyField(project.SelectionSet, "bulkDeleteLabels")
	if err != nil {
		return nil, err
	}
	count, err := onlyField(bulk.SelectionSet, "count")
	if err != nil {
		return nil, err
	}
	out := &relabelField{alias: count.Alias}
	if out.project, err = r.text(argument(project, "where", "id")); err != nil {
		return nil, fmt.Errorf("project.where.id: %w", err)
	}
	if out.labels, err = r.list(argument(bulk, "where", "id_in")); err != nil {
		return nil, fmt.Errorf("bulkDeleteLabels.where.id_in: %w", err)
	}
	for _, name := range []string{"makeTemplates", "waitForQueue"} {
		if bulk.Arguments.ForName(name) == nil {
			return nil, fmt.Errorf("bulkDeleteLabels.%s: is missing", name)
		}
	}
	return out, nil
}

func onlyField(set ast.SelectionSet, name string) (*ast.Field, error) {
	if len(set) == 1 {
		if f, ok := set[0].(*ast.Field); ok && f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("query: expected the one field %s", name)
}

// argument finds a field's argument's inner value.
func argument(f *ast.Field, name, inner string) *ast.Value {
	if arg := f.Arguments.ForName(name); arg != nil && arg.Value != nil {
		return arg.Value.Children.ForName(inner)
	}
	return nil
}

func (r *graphQLRequest) text(v *ast.Value) (string, error) {
	switch {
	case v == nil:
		return "", errors.New("is missing")
	case v.Kind == ast.StringValue && v.Raw != "":
		return v.Raw, nil
	case v.Kind == ast.Variable && r.variables[v.Raw].text != "":
		return r.variables[v.Raw].text, nil
	}
	return "", errors.New("must be text and not empty")
}

func (r *graphQLRequest) list(v *ast.Value) ([]uint64, error) {
	if v == nil {
		return nil, errors.New("is missing")
	}
	if v.Kind != ast.Variable {
		return nil, errors.New("must be a variable")
	}
	given := r.variables[v.Raw]
	if given.kind != '[' && given.kind != 'n' && given.kind != 0 {
		return nil, errors.New("must be a list of text")
	}
	return given.labels, nil
}
