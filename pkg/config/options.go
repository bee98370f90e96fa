package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// makeAdapters makes the adapter of every route from the options of its destination and its own. Destinations that no
// route uses are checked just the same.
func (c *checker) makeAdapters() {
	used := map[string]bool{}
	for i := range c.config.Routes {
		r := &c.config.Routes[i]
		d, ok := c.config.Destinations[r.Destination]
		if !ok {
			continue
		}
		used[r.Destination] = true
		at, from := fmt.Sprintf("routes[%d].options", i), join("destinations", r.Destination)+".options"
		options := c.overlay(c.given(from), c.given(at))
		r.Adapter = c.makeAdapter(d.Adapter, at, options)
		r.place = func(err error) Error { return c.mistake(at, c.placeOf(options, at), err) }
	}
	for _, name := range slices.Sorted(maps.Keys(c.config.Destinations)) {
		if !used[name] {
			at := join("destinations", name) + ".options"
			c.makeAdapter(c.config.Destinations[name].Adapter, at, c.given(at))
		}
	}
}

// makeAdapter makes one adapter from an options node, nil for none. It returns nil when there were mistakes.
func (c *checker) makeAdapter(name, path string, n *yaml.Node) adapter.Adapter {
	factory, ok := c.adapters.Get(name)
	if !ok {
		return nil
	}
	options := factory.Options()
	place := c.placeOf(n, path)
	sub := newDecoder(c.fill)
	sub.origins = c.paths
	sub.requiredBy = fmt.Sprintf(" by adapter %q", name)
	sub.decode(reflect.ValueOf(options).Elem(), path, place)
	if len(sub.errs) > 0 {
		c.errs = append(c.errs, sub.errs...)
		return nil
	}
	made, err := factory.New(options)
	if err != nil {
		for _, mistake := range adapter.Mistakes(err) {
			c.errs = append(c.errs, c.mistake(path, place, mistake))
		}
		return nil
	}
	return made
}

// placeOf is an options node, or where one would stand.
func (c *checker) placeOf(n *yaml.Node, path string) *yaml.Node {
	if n != nil {
		return n
	}
	parent := c.nearest(path)
	return &yaml.Node{Kind: yaml.MappingNode, Line: parent.Line, Column: parent.Column}
}

// mistake is one that an adapter found, at the place of its option.
func (c *checker) mistake(path string, n *yaml.Node, err error) Error {
	var option *adapter.OptionError
	if !errors.As(err, &option) {
		return c.errorAt(n.Line, n.Column, c.originOf(n, path), c.fill.scrub(err.Error()))
	}
	at, whole := descend(n, option.Option)
	path = join(c.originOf(n, path), option.Option)
	if whole {
		path = c.originOf(at, path)
	}
	return c.errorAt(at.Line, at.Column, path, c.fill.scrub(option.Err.Error()))
}

func (c *checker) originOf(n *yaml.Node, path string) string {
	if origin, ok := c.paths[n]; ok {
		return origin
	}
	return path
}

// descend follows a dotted name as far as it goes; whole says that it went to the end.
func descend(n *yaml.Node, option string) (at *yaml.Node, whole bool) {
	option = strings.ReplaceAll(option, "[", ".[")
	for step := range strings.SplitSeq(option, ".") {
		next := child(n, step)
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

// child returns the value of a key, or of an index such as "[2]"; nil where there is none.
func child(n *yaml.Node, step string) *yaml.Node {
	n = resolved(n)
	if n.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err != nil || i < 0 || i >= len(n.Content) {
			return nil
		}
		return resolved(n.Content[i])
	}
	if i := keyIndex(n, step); i >= 0 {
		return resolved(n.Content[i+1])
	}
	return nil
}

// overlay lays the options of a route over those of its destination, mapping by mapping. Everything else replaces. The
// nodes stay the file's own, so that mistakes are reported where they were written.
func (c *checker) overlay(under, over *yaml.Node) *yaml.Node {
	under, over = resolved(under), resolved(over)
	switch {
	case over == nil:
		return under
	case under == nil || under.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode:
		return over
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: over.Tag, Line: over.Line, Column: over.Column}
	for _, e := range c.entries(c.paths[under], under) {
		out.Content = append(out.Content, e.key, e.value)
	}
	for _, e := range c.entries(c.paths[over], over) {
		at := keyIndex(out, e.key.Value)
		if at < 0 {
			out.Content = append(out.Content, e.key, e.value)
			continue
		}
		out.Content[at], out.Content[at+1] = e.key, c.overlay(out.Content[at+1], e.value)
	}
	return out
}

// keyIndex is the place of a key in a mapping's content, -1 when it is not there.
func keyIndex(n *yaml.Node, key string) int {
	if n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// given returns the node at a path; nil when it was left out or has no value.
func (c *checker) given(path string) *yaml.Node {
	if n := c.nodes[path]; n != nil && !isNull(n) {
		return n
	}
	return nil
}

// resolved follows an alias; nil stays nil.
func resolved(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
