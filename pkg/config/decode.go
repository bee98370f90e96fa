package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Bounds of what is walked: anchors that refer to each other can stand for more than any memory holds.
const (
	maxNodes = 100_000
	maxDepth = 100
)

// decoder walks YAML nodes into Go values by their struct tags and collects every mistake. yaml.v3's own decoder stops
// at the first wrong key, has no columns and is lenient inside custom types.
type decoder struct {
	fill *filler
	errs Errors
	// nodes is the value node by path, paths the path by node.
	nodes map[string]*yaml.Node
	paths map[*yaml.Node]string
	// origins are the paths in the file of nodes that were merged from two places; empty in the first walk.
	origins map[*yaml.Node]string
	// requiredBy is put after "required".
	requiredBy string
	visited    int
	depth      int
	// endless says that one of the bounds was passed.
	endless bool
}

func newDecoder(f *filler) *decoder {
	return &decoder{fill: f, nodes: map[string]*yaml.Node{}, paths: map[*yaml.Node]string{}}
}

// decode lays a node over v, which holds the defaults.
func (d *decoder) decode(v reflect.Value, path string, n *yaml.Node) {
	n, ok := d.enter(path, n)
	if !ok {
		return
	}
	defer func() { d.depth-- }()
	path = d.note(path, n)
	if isNull(n) && v.Kind() != reflect.Interface {
		return
	}
	if _, isDuration := v.Interface().(time.Duration); isDuration {
		d.duration(v, path, n)
		return
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.unmarshalText(text, path, n)
		return
	}
	d.byKind(v, path, n)
}

func (d *decoder) byKind(v reflect.Value, path string, n *yaml.Node) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(v, path, n)
	case reflect.Map:
		d.mapping(v, path, n)
	case reflect.Slice:
		d.list(v, path, n)
	case reflect.Pointer:
		d.pointer(v, path, n)
	case reflect.Interface:
		d.anything(v, path, n)
	case reflect.String:
		d.text(v, path, n)
	case reflect.Bool:
		d.boolean(v, path, n)
	case reflect.Int, reflect.Int64:
		d.whole(v, path, n)
	case reflect.Float64:
		d.decimal(v, path, n)
	default:
		d.fail(n, path, "the program cannot read a %s here; this is a defect of the adapter", v.Type())
	}
}

// enter follows an alias and counts, so that neither a circle nor a bomb of aliases gets through. With ok the caller
// must take d.depth back.
func (d *decoder) enter(path string, n *yaml.Node) (target *yaml.Node, ok bool) {
	d.visited++
	if d.visited == maxNodes {
		d.fail(n, path, "the file has more than %d values, aliases counted where they are used", maxNodes)
	}
	if d.depth == maxDepth {
		outer, _, _ := strings.Cut(path, "[0][0]") // a circle of aliases makes a path that nobody can read
		d.fail(n, outer, "nested more than %d deep; does an alias hold itself?", maxDepth)
	}
	if d.visited >= maxNodes || d.depth == maxDepth {
		d.endless = true
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.depth++
	return n, true
}

// note remembers which node is at a path, and returns the path to name in errors.
func (d *decoder) note(path string, n *yaml.Node) string {
	if origin, ok := d.origins[n]; ok {
		path = origin
	}
	d.nodes[path] = n
	if _, ok := d.paths[n]; !ok {
		d.paths[n] = path
	}
	return path
}

func (d *decoder) fail(n *yaml.Node, path, format string, args ...any) {
	d.failAt(n.Line, n.Column, path, fmt.Sprintf(format, args...))
}

func (d *decoder) failAt(line, column int, path, message string) {
	d.errs = append(d.errs, d.errorAt(line, column, path, message))
}

func (d *decoder) errorAt(line, column int, path, message string) Error {
	return Error{File: d.fill.file, Line: max(line, 1), Column: max(column, 1), Path: path, Message: message}
}

// want reports whether the node is of that kind, and says so where it is not.
func (d *decoder) want(kind yaml.Kind, path string, n *yaml.Node) bool {
	if n.Kind == kind {
		return true
	}
	d.fail(n, path, "must be %s, is %s", kindName(kind), kindName(n.Kind))
	return false
}

func kindName(k yaml.Kind) string {
	switch k {
	case yaml.MappingNode:
		return "a mapping (lines of key: value)"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
