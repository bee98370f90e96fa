package config

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// Option describes one key of the config, for people.
type Option struct {
	// Name is the key; inner keys have dotted names: "batch.items".
	Name string `json:"name"`
	// Type says what is written: "text", "duration", "list of text", or the choices: "keyed, safe or never".
	Type string `json:"type"`
	// Default is the default as it would be written, empty for none.
	Default string `json:"default,omitempty"`
	// Required says that it must be there.
	Required bool `json:"required,omitempty"`
	// Doc is the meaning.
	Doc string `json:"doc"`
}

// DescribeOptions lists the options of an adapter in the order of its struct.
func DescribeOptions(f adapter.Factory) []Option {
	return appendOptions(nil, "", reflect.ValueOf(f.Options()).Elem())
}

func appendOptions(out []Option, path string, v reflect.Value) []Option {
	for _, f := range fieldsOf(v.Type()) {
		value, name := v.FieldByIndex(f.index), join(path, f.name)
		out = append(out, describe(f, name, value))
		if inner, suffix, ok := structIn(value); ok {
			out = appendOptions(out, name+suffix, inner)
		}
	}
	return out
}

func describe(f field, name string, v reflect.Value) Option {
	o := Option{Name: name, Type: typeName(plain(f.kind)), Required: f.required, Doc: f.doc}
	if len(f.enum) > 0 {
		last := len(f.enum) - 1
		o.Type = strings.TrimPrefix(strings.Join(f.enum[:last], ", ")+" or "+f.enum[last], " or ")
	}
	if !f.required {
		o.Default = defaultText(v)
	}
	return o
}

// defaultText is a default as it stands in the file.
func defaultText(v reflect.Value) string {
	switch value := written(v).(type) {
	case nil:
		return ""
	case string:
		return value
	default:
		data, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		return string(data)
	}
}

// structIn returns the struct that a value is, points to or is a collection of; suffix is how its path goes on.
func structIn(v reflect.Value) (inner reflect.Value, suffix string, ok bool) {
	t := v.Type()
	switch shapeOf(plain(t)) {
	case shapeStruct:
		if t.Kind() == reflect.Pointer {
			return fresh(t.Elem()), "", true
		}
		return v, "", true
	case shapeMap:
		return fresh(t.Elem()), ".NAME", shapeOf(t.Elem()) == shapeStruct
	case shapeList:
		return fresh(t.Elem()), "[]", shapeOf(t.Elem()) == shapeStruct
	default:
		return v, "", false
	}
}
