package config

import (
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"
)

// structure decodes a mapping whose keys are the fields of a struct.
func (d *decoder) structure(v reflect.Value, path string, n *yaml.Node) {
	if !d.want(yaml.MappingNode, path, n) {
		return
	}
	fields := fieldsOf(v.Type())
	given := map[string]bool{}
	for _, e := range d.entries(path, n) {
		name := e.key.Value
		f, known := find(fields, name)
		if !known {
			d.fail(e.key, d.pathOf(e.value, join(path, name)), "unknown key%s", choices(name, names(fields)))
			continue
		}
		given[name] = !isNull(e.value)
		d.field(v.FieldByIndex(f.index), f, join(path, name), e.value)
	}
	for _, f := range fields {
		if f.required && !given[f.name] && !d.endless {
			d.fail(n, join(path, f.name), "required%s", d.requiredBy)
		}
	}
}

// field decodes one field and checks what its tags say of the value.
func (d *decoder) field(v reflect.Value, f field, path string, n *yaml.Node) {
	before := len(d.errs)
	d.decode(v, path, n)
	if len(d.errs) > before || isNull(n) || d.endless {
		return
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if f.required && isEmpty(v) {
		d.fail(n, d.pathOf(n, path), "must not be empty")
		return
	}
	if len(f.enum) == 0 {
		return
	}
	for _, allowed := range f.enum {
		if v.String() == allowed {
			return
		}
	}
	d.fail(n, d.pathOf(n, path), "%s is not one of the choices%s", shown(n), choices(n.Value, f.enum))
}

// pathOf is the path to name in an error about n.
func (d *decoder) pathOf(n *yaml.Node, path string) string {
	if origin, ok := d.origins[n]; ok {
		return origin
	}
	return path
}

// mapping decodes a mapping whose keys are the user's own.
func (d *decoder) mapping(v reflect.Value, path string, n *yaml.Node) {
	if !d.want(yaml.MappingNode, path, n) {
		return
	}
	entries := d.entries(path, n)
	v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	for _, e := range entries {
		child := fresh(v.Type().Elem())
		d.decode(child, join(path, e.key.Value), e.value)
		v.SetMapIndex(reflect.ValueOf(e.key.Value).Convert(v.Type().Key()), child)
	}
}

func (d *decoder) list(v reflect.Value, path string, n *yaml.Node) {
	if !d.want(yaml.SequenceNode, path, n) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Content)))
	for i, item := range n.Content {
		child := fresh(v.Type().Elem())
		d.decode(child, fmt.Sprintf("%s[%d]", path, i), item)
		v.Set(reflect.Append(v, child))
	}
}

func (d *decoder) pointer(v reflect.Value, path string, n *yaml.Node) {
	child := fresh(v.Type().Elem())
	if !v.IsNil() {
		child.Set(v.Elem())
	}
	d.decode(child, path, n)
	v.Set(child.Addr())
}

// fresh returns a new value of a type, with its defaults where it has some.
func fresh(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if d, ok := v.Interface().(defaulter); ok {
		d.setDefaults()
	}
	return v.Elem()
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Map, reflect.Slice:
		return v.Len() == 0
	default:
		return false
	}
}

// entry is one key of a mapping.
type entry struct{ key, value *yaml.Node }

// entries lists the keys of a mapping once each: its own first, then those that "<<" brings in.
func (d *decoder) entries(path string, n *yaml.Node) []entry {
	var out []entry
	var merged []*yaml.Node
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch first := seen[key.Value]; {
		case key.Tag == "!!merge":
			merged = append(merged, value)
		case key.Kind != yaml.ScalarNode:
			d.fail(key, path, "a key must be a single word")
		case first != nil:
			d.fail(key, join(path, key.Value), "given twice, first on line %d", first.Line)
		default:
			seen[key.Value] = key
			out = append(out, entry{key, value})
		}
	}
	for _, e := range d.merged(path, merged) {
		if seen[e.key.Value] == nil {
			seen[e.key.Value] = e.key
			out = append(out, e)
		}
	}
	return out
}

// merged lists the keys that the values of "<<" bring in: mappings, or lists of mappings.
func (d *decoder) merged(path string, values []*yaml.Node) []entry {
	var out []entry
	for _, value := range values {
		n, ok := d.enter(path, value)
		if !ok {
			return nil
		}
		switch n.Kind {
		case yaml.MappingNode:
			out = append(out, d.entries(path, n)...)
		case yaml.SequenceNode:
			out = append(out, d.merged(path, n.Content)...)
		default:
			d.fail(value, path, "<< takes a mapping, or a list of mappings")
		}
		d.depth--
	}
	return out
}
