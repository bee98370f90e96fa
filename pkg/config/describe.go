package config

import (
	"encoding"
	"fmt"
	"reflect"
	"time"
)

// shape is how a value is written in the file. The schema and the docs are made from shapes.
type shape int

const (
	shapeAny shape = iota
	shapeText
	shapeSecret
	shapeWord // text in a format of its own type
	shapeSize
	shapeDuration
	shapeBool
	shapeWhole
	shapeNumber
	shapeList
	shapeMap
	shapeStruct
)

func shapeOf(t reflect.Type) shape {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return shapeDuration
	case reflect.TypeFor[Size]():
		return shapeSize
	case reflect.TypeFor[Secret]():
		return shapeSecret
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return shapeWord
	}
	switch t.Kind() {
	case reflect.String:
		return shapeText
	case reflect.Bool:
		return shapeBool
	case reflect.Int, reflect.Int64:
		return shapeWhole
	case reflect.Float64:
		return shapeNumber
	case reflect.Slice:
		return shapeList
	case reflect.Map:
		return shapeMap
	case reflect.Struct:
		return shapeStruct
	default:
		return shapeAny
	}
}

// String is the shape's name in the docs.
func (s shape) String() string {
	return [...]string{
		"any value", "text", "secret text", "text", "size", "duration", "true or false", "whole number", "number",
		"list", "mapping", "mapping",
	}[s]
}

// typeName is the docs' name of a type: "list of text".
func typeName(t reflect.Type) string {
	switch s := shapeOf(t); s {
	case shapeList:
		return "list of " + typeName(t.Elem())
	case shapeMap:
		if t.Elem().Kind() == reflect.Interface {
			return s.String()
		}
		return "mapping of names to " + typeName(t.Elem())
	default:
		return s.String()
	}
}

// written is a default as it would be written in the file; nil where there is none to speak of.
func written(v reflect.Value) any {
	if isEmpty(v) || v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		return nil
	}
	switch shapeOf(v.Type()) {
	case shapeStruct, shapeMap:
		return nil
	case shapeDuration:
		return short(time.Duration(v.Int()))
	case shapeSize, shapeWord:
		return fmt.Sprint(v.Interface())
	default:
		return v.Interface()
	}
}

// plain takes the pointer off a type.
func plain(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
