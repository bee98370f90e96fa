package kilisandbox

import (
	"encoding/json"
	"strings"

	"github.com/graph-gophers/graphql-go"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// introspection makes the client's start-up query one that the GraphQL library answers: it knows neither a schema's
// description nor whether a directive may be repeated, both of which are of a newer specification than it is. ok is false for
// any other query, which is left alone.
func introspection(query string) (without string, ok bool) {
	if !strings.Contains(query, "__schema") {
		return query, false
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil || len(doc.Operations) != 1 {
		return query, false
	}
	for _, root := range fields(doc.Operations[0].SelectionSet) {
		if root.Name != "__schema" {
			continue
		}
		root.SelectionSet = drop(root.SelectionSet, "description")
		for _, field := range fields(root.SelectionSet) {
			if field.Name == "directives" {
				field.SelectionSet = drop(field.SelectionSet, "isRepeatable")
			}
		}
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(doc)
	return b.String(), true
}

// complete puts the two answers back that introspection has left out. Our schema has no description, and repeats nothing.
func complete(resp *graphql.Response) {
	var data map[string]map[string]any
	if len(resp.Errors) > 0 || json.Unmarshal(resp.Data, &data) != nil || data["__schema"] == nil {
		return
	}
	data["__schema"]["description"] = nil
	directives, _ := data["__schema"]["directives"].([]any)
	for _, d := range directives {
		if directive, ok := d.(map[string]any); ok {
			directive["isRepeatable"] = false
		}
	}
	if whole, err := json.Marshal(data); err == nil {
		resp.Data = whole
	}
}

func fields(set ast.SelectionSet) (all []*ast.Field) {
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok {
			all = append(all, f)
		}
	}
	return all
}

func drop(set ast.SelectionSet, name string) (rest ast.SelectionSet) {
	for _, s := range set {
		if f, ok := s.(*ast.Field); !ok || f.Name != name {
			rest = append(rest, s)
		}
	}
	return rest
}
