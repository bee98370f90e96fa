package config

import (
	"encoding/json"
	"reflect"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// dialect is the JSON Schema version.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// hasReference is a pattern that any text with a ${NAME} matches: what stands there is not known to a schema.
const hasReference = `\$\{`

// Schema returns the JSON Schema of the config file, with the options of the adapters. Editors complete and check by it;
// what it cannot say, such as names that must exist, labelgate check does.
func Schema(reg *adapter.Registry) []byte {
	out := structSchema(reflect.ValueOf(defaults()).Elem(), complete)
	out["$schema"] = dialect
	out["title"] = "Labelgate config"
	defs := map[string]any{}
	var perAdapter, anyOptions []any
	for _, name := range reg.Names() {
		factory, _ := reg.Get(name)
		defs["options-"+name] = structSchema(reflect.ValueOf(factory.Options()).Elem(), partial)
		ref := object{"$ref": "#/$defs/options-" + name}
		anyOptions = append(anyOptions, ref)
		perAdapter = append(perAdapter, object{
			"if":   object{"properties": object{"adapter": object{"const": name}}, "required": []string{"adapter"}},
			"then": object{"properties": object{"options": ref}},
		})
	}
	if len(perAdapter) > 0 {
		out["$defs"] = defs
		destination := out.in("properties", "destinations", "additionalProperties")
		destination["allOf"] = perAdapter
		destination.in("properties", "adapter")["anyOf"] = []any{
			object{"enum": reg.Names()}, object{"pattern": hasReference},
		}
		out.in("properties", "routes", "items", "properties", "options")["anyOf"] = anyOptions
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		panic("config schema: " + err.Error()) // only an adapter's default that is not JSON gets here
	}
	return append(data, '\n')
}

// object is a part of a schema.
type object map[string]any

// in returns the object at a path.
func (o object) in(path ...string) object {
	for _, key := range path {
		o = o[key].(object)
	}
	return o
}

// demand says whether a schema insists on required fields: options are laid over each other, so that either may lack some.
type demand int

const (
	partial demand = iota
	complete
)

func structSchema(v reflect.Value, d demand) object {
	properties := object{}
	var required []string
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		one := valueSchema(value, d)
		one["description"] = f.doc
		if len(f.enum) > 0 {
			one["anyOf"] = []any{object{"enum": f.enum}, object{"pattern": hasReference}}
		}
		if def := written(value); def != nil && !f.required {
			one["default"] = def
		}
		properties[f.name] = one
		if f.required {
			required = append(required, f.name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if d == complete && len(required) > 0 {
		out["required"] = required
	}
	return out
}

// valueSchema is the schema of a value; v holds its defaults.
func valueSchema(v reflect.Value, d demand) object {
	if v.Kind() == reflect.Pointer {
		v = fresh(v.Type().Elem())
	}
	switch shapeOf(v.Type()) {
	case shapeText, shapeSecret, shapeWord:
		return object{"type": "string"}
	case shapeSize:
		return orReference("integer", `^[0-9]+ *([KMG]iB|[kKMG]?B)?$|`+hasReference)
	case shapeDuration:
		return orReference("string", `^0$|^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$|`+hasReference).orZero()
	case shapeBool:
		return orReference("boolean", hasReference)
	case shapeWhole:
		return orReference("integer", hasReference)
	case shapeNumber:
		return orReference("number", hasReference)
	case shapeList:
		return object{"type": "array", "items": valueSchema(fresh(v.Type().Elem()), d)}
	case shapeMap:
		return object{"type": "object", "additionalProperties": valueSchema(fresh(v.Type().Elem()), d)}
	case shapeStruct:
		return structSchema(v, d)
	default:
		return object{}
	}
}

// orReference is a type, or a text of that pattern.
func orReference(kind, pattern string) object {
	if kind == "string" {
		return object{"type": kind, "pattern": pattern}
	}
	return object{"type": []string{kind, "string"}, "pattern": pattern}
}

// orZero lets a plain 0 stand for a duration of nothing.
func (o object) orZero() object {
	o["type"] = []string{"string", "integer"}
	o["minimum"], o["maximum"] = 0, 0
	return o
}
