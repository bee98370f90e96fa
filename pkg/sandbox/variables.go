package sandbox

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep variables may be nested.
const maxDepth = 16

// kindAbsent is the kind of a value that is not there.
const kindAbsent jsontext.Kind = 0

// graphqlRequest is the body of a GraphQL request. Variables may come before the query, so their types are looked at later.
type graphqlRequest struct {
	query, operation string
	variables        map[string]value
}

// value is as much of an input value as the mutation may ask for. A list keeps the digests of its texts only.
type value struct {
	kind   jsontext.Kind
	text   string
	digest uint64
	list   []uint64
	// odd says of the first item of a list that is no text, or an empty one, where and why.
	odd    string
	fields map[string]value
}

func textValue(text []byte) value {
	return value{kind: '"', text: string(text), digest: digest(text)}
}

// add adds an item to a list.
func (v *value) add(i int, item value) {
	switch {
	case item.kind == '"' && item.text != "":
		v.list = append(v.list, item.digest)
	case v.odd != "":
	case item.kind == '"':
		v.odd = fmt.Sprintf("[%d] is empty", i)
	default:
		v.odd = fmt.Sprintf("[%d] must be a text, not %s", i, kindNames[item.kind])
	}
}

func readGraphQL(d *jsontext.Decoder) (graphqlRequest, error) {
	r := reader{d}
	var request graphqlRequest
	err := r.object("the body", func(name []byte) (err error) {
		switch string(name) {
		case "query":
			request.query, err = r.someText("query")
		case "operationName":
			request.operation, err = r.optionalText("operationName")
		case "variables":
			request.variables, err = r.variables()
		default:
			err = r.skip()
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err == nil && request.query == "" {
		err = errors.New("query: is missing")
	}
	return request, err
}

// optionalText reads a text or null.
func (r reader) optionalText(place string) (string, error) {
	if r.PeekKind() == 'n' {
		return "", r.skip()
	}
	text, err := r.bytes()
	if err != nil {
		return "", problem(place, err)
	}
	return string(text), nil
}

// variables reads the object of variables, or null.
func (r reader) variables() (map[string]value, error) {
	if r.PeekKind() == 'n' {
		return nil, r.skip()
	}
	return r.fields("variables", 0)
}

func (r reader) fields(place string, depth int) (map[string]value, error) {
	fields := map[string]value{}
	err := r.object(place, func(raw []byte) error {
		name := string(raw)
		v, err := r.value(name, depth+1)
		fields[name] = v
		return err
	})
	return fields, err
}

func (r reader) value(place string, depth int) (value, error) {
	kind := r.PeekKind()
	switch {
	case depth > maxDepth:
		return value{}, fmt.Errorf("variables: are nested deeper than %d", maxDepth)
	case kind == '"':
		text, err := r.bytes()
		return textValue(text), err
	case kind == '{':
		fields, err := r.fields(place, depth)
		return value{kind: kind, fields: fields}, err
	case kind == '[':
		return r.listValue(place, depth)
	default:
		return value{kind: kind}, r.skip()
	}
}

// listValue reads a list, whose texts are digested as they stream by.
func (r reader) listValue(place string, depth int) (value, error) {
	list := value{kind: '['}
	err := r.list(place, func(i int) error {
		if r.PeekKind() != '"' {
			item, err := r.value(place, depth+1)
			list.add(i, item)
			return err
		}
		text, err := r.bytes()
		if err == nil && len(text) > 0 {
			list.list = append(list.list, digest(text))
			return nil
		}
		list.add(i, textValue(text))
		return err
	})
	return list, err
}
