package config

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// maxShown is how much of a wrong value an error repeats.
const maxShown = 40

// scalar returns the filled-in text of a scalar. references says that it had some: then it is only text to YAML, and
// may be read as the number or the truth value that stands there now.
func (d *decoder) scalar(path string, n *yaml.Node) (text string, references, ok bool) {
	if !d.want(yaml.ScalarNode, path, n) {
		return "", false, false
	}
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge":
	default:
		d.fail(n, path, "the YAML tag %s is not known here", n.Tag)
		return "", false, false
	}
	if !strings.Contains(n.Value, "${") {
		return n.Value, false, true
	}
	text, mistakes := d.fill.fill(n.Value)
	for _, m := range mistakes {
		line, column := d.fill.place(n, m.nth)
		d.failAt(line, column, path, m.message)
	}
	return text, true, len(mistakes) == 0
}

func (d *decoder) text(v reflect.Value, path string, n *yaml.Node) {
	text, _, ok := d.scalar(path, n)
	switch {
	case !ok:
	case n.Tag == "!!int" || n.Tag == "!!float" || n.Tag == "!!bool":
		d.fail(n, path, "must be text; write it in quotes")
	default:
		v.SetString(text)
	}
}

func (d *decoder) boolean(v reflect.Value, path string, n *yaml.Node) {
	text, references, ok := d.scalar(path, n)
	if !ok {
		return
	}
	value, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil || !references && n.Tag != "!!bool" {
		d.fail(n, path, "%s is not a truth value; write true or false", shown(n))
		return
	}
	v.SetBool(value)
}

func (d *decoder) whole(v reflect.Value, path string, n *yaml.Node) {
	text, references, ok := d.scalar(path, n)
	if !ok {
		return
	}
	value, err := strconv.ParseInt(text, 0, v.Type().Bits())
	if err != nil || !references && n.Tag != "!!int" {
		d.fail(n, path, "%s is not a whole number", shown(n))
		return
	}
	v.SetInt(value)
}

func (d *decoder) decimal(v reflect.Value, path string, n *yaml.Node) {
	text, references, ok := d.scalar(path, n)
	if !ok {
		return
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !references && n.Tag != "!!int" && n.Tag != "!!float" {
		d.fail(n, path, "%s is not a number", shown(n))
		return
	}
	v.SetFloat(value)
}

func (d *decoder) duration(v reflect.Value, path string, n *yaml.Node) {
	text, _, ok := d.scalar(path, n)
	if !ok {
		return
	}
	value, err := time.ParseDuration(text)
	switch {
	case err != nil:
		d.fail(n, path, "%s is not a duration; write it with its unit, such as 30s, 10m or 720h", shown(n))
	case value < 0:
		d.fail(n, path, "%s is less than nothing", shown(n))
	default:
		v.SetInt(int64(value))
	}
}

func (d *decoder) unmarshalText(v encoding.TextUnmarshaler, path string, n *yaml.Node) {
	text, _, ok := d.scalar(path, n)
	if !ok {
		return
	}
	if err := v.UnmarshalText([]byte(text)); err != nil {
		d.fail(n, path, "%s: %s", shown(n), d.fill.scrub(err.Error()))
	}
}

// anything decodes into an any: text, numbers, truth values, lists and mappings, as YAML says.
func (d *decoder) anything(v reflect.Value, path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		value := reflect.New(reflect.TypeFor[map[string]any]()).Elem()
		d.mapping(value, path, n)
		v.Set(value)
	case yaml.SequenceNode:
		value := reflect.New(reflect.TypeFor[[]any]()).Elem()
		d.list(value, path, n)
		v.Set(value)
	default:
		d.anyScalar(v, path, n)
	}
}

func (d *decoder) anyScalar(v reflect.Value, path string, n *yaml.Node) {
	text, _, ok := d.scalar(path, n)
	if !ok {
		return
	}
	switch n.Tag {
	case "!!null":
		v.SetZero()
	case "!!int", "!!float", "!!bool":
		var value any
		if err := n.Decode(&value); err != nil {
			d.fail(n, path, "%s is not a value that YAML knows", shown(n))
			return
		}
		v.Set(reflect.ValueOf(value))
	default:
		v.Set(reflect.ValueOf(text))
	}
}

// shown is a value as it stands in the file, for an error: what references stand for is not shown.
func shown(n *yaml.Node) string {
	text := []rune(n.Value)
	if len(text) > maxShown {
		text = append(text[:maxShown], '…')
	}
	return strconv.Quote(string(text))
}
