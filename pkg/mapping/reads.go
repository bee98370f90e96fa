package mapping

import (
	"maps"
	"slices"
)

// elem is the key under which a node keeps what is read of a list's elements (or of an object's unnamed values).
const elem = "[]"

// reads is a tree of what an expression reads of its input: each node is a key.
type reads struct {
	name string
	up   *reads
	kids map[string]*reads
	// whole: all of it is read, or nobody can say which part.
	whole bool
	// must: it is read plainly and unconditionally, so that an item without it makes no sense.
	must bool
}

func (n *reads) child(name string) *reads {
	if kid := n.kids[name]; kid != nil {
		return kid
	}
	if n.kids == nil {
		n.kids = map[string]*reads{}
	}
	kid := &reads{name: name, up: n}
	n.kids[name] = kid
	return kid
}

var wholeReads = &reads{whole: true}

// part is what is read of a key.
func (n *reads) part(name string) *reads {
	if n.whole {
		return wholeReads
	}
	return n.kids[name]
}

// object is what is read of the object or, where it is a list, of its elements.
func (n *reads) object() *reads {
	if n == nil || n.whole {
		return wholeReads
	}
	if e := n.kids[elem]; e != nil {
		return e
	}
	return n
}

// names are the keys that are read by name, in order.
func (n *reads) names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(n.kids)), func(name string) bool { return name == elem })
}

// path is the node's path from the root; false when it goes through a list.
func (n *reads) path() ([]string, bool) {
	var path []string
	for ; n.up != nil; n = n.up {
		if n.name == elem {
			return nil, false
		}
		path = append(path, n.name)
	}
	slices.Reverse(path)
	return path, true
}

// musts are the paths of the nodes that must be there, in order.
func (n *reads) musts() [][]string {
	var all [][]string
	if path, plain := n.path(); n.must && plain && len(path) > 0 {
		all = append(all, path)
	}
	for _, name := range n.names() {
		all = append(all, n.kids[name].musts()...)
	}
	return all
}
