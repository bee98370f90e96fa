package labelboxsandbox

import (
	_ "embed" // the schema's files
	"encoding/json"
	"errors"
	"fmt"

	"github.com/graph-gophers/graphql-go"
)

//go:embed schema/common.graphql
var commonSchema string

//go:embed schema/graphql.graphql
var plainSchema string

//go:embed schema/experimental.graphql
var experimentalSchema string

// root gives the library the resolvers of the two root types.
type root struct{ query, mutation any }

// Query returns the resolver of the root type Query.
func (r root) Query() any { return r.query }

// Mutation returns the resolver of the root type Mutation.
func (r root) Mutation() any { return r.mutation }

// parseSchema makes one path's schema. One resolver runs at a time: the account has no locks.
func parseSchema(text string, r root) *graphql.Schema {
	return graphql.MustParseSchema(commonSchema+text, r, graphql.UseFieldResolvers(), graphql.MaxParallelism(1))
}

// stamp is a DateTime, such as "2026-01-02T03:04:05.678000Z".
type stamp string

// ImplementsGraphQLType names the scalar.
func (stamp) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL takes text.
func (s *stamp) UnmarshalGraphQL(input any) error {
	text, ok := input.(string)
	if !ok {
		return fmt.Errorf("DateTime cannot represent %v", input)
	}
	*s = stamp(text)
	return nil
}

// document is a Json value.
type document json.RawMessage

// ImplementsGraphQLType names the scalar.
func (document) ImplementsGraphQLType(name string) bool { return name == "Json" }

// UnmarshalGraphQL takes anything.
func (d *document) UnmarshalGraphQL(input any) error {
	text, err := json.Marshal(input)
	*d = text
	return err
}

// MarshalJSON writes the value as it is.
func (d document) MarshalJSON() ([]byte, error) { return d, nil }

// pageSize is a PageSize: how many entries of a list are wanted, from 1 to 100.
type pageSize int

// ImplementsGraphQLType names the scalar.
func (pageSize) ImplementsGraphQLType(name string) bool { return name == "PageSize" }

// UnmarshalGraphQL takes a number. The upper bound is not known; 100 is what the client asks for.
func (p *pageSize) UnmarshalGraphQL(input any) error {
	var n float64
	switch input := input.(type) {
	case int32:
		n = float64(input)
	case float64:
		n = input
	default:
		return fmt.Errorf("PageSize cannot represent %v", input)
	}
	if n < 1 || n > 100 || n != float64(int(n)) {
		return errors.New("PageSize must be a whole number from 1 to 100")
	}
	*p = pageSize(n)
	return nil
}

// ImplementsGraphQLType names the scalar.
func (upload) ImplementsGraphQLType(name string) bool { return name == "Upload" }

// UnmarshalGraphQL takes what readMultipart has put into the variables, and nothing else.
func (u *upload) UnmarshalGraphQL(input any) error {
	file, ok := input.(upload)
	if !ok {
		return errors.New("value of an Upload: it must be a part of a multipart request")
	}
	*u = file
	return nil
}
