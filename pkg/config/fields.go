package config

import (
	"reflect"
	"strings"
)

// field is one key of a struct, from its tags. The decoder, the schema and the docs all read these.
type field struct {
	index    []int
	name     string
	doc      string
	required bool
	enum     []string
	kind     reflect.Type
}

// fieldsOf lists the keys of a struct type in their order; embedded structs are laid flat.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		one := field{
			index: f.Index, name: name, doc: f.Tag.Get("doc"),
			required: f.Tag.Get("required") == "true", kind: f.Type,
		}
		if list := f.Tag.Get("enum"); list != "" {
			one.enum = strings.Split(list, ",")
		}
		out = append(out, one)
	}
	return out
}

// find returns the field of that name.
func find(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}
