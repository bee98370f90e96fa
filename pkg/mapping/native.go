package mapping

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// native evaluates an expression without gojq: it appends the JSON of the only output. When it meets what it cannot do
// exactly as gojq does it returns false, and gojq has the word.
type native func(dst []byte, s *scope) ([]byte, bool)

// nativeOf returns nil for all but simple expressions: paths, constants, texts with paths in them, and objects and lists
// of those. root are the fields of the input; nil when there is none.
func nativeOf(q *gojq.Query, root []field) native {
	if q == nil || q.Term == nil || len(q.FuncDefs) > 0 {
		return nil
	}
	t := q.Term
	switch t.Type {
	case gojq.TermTypeIndex, gojq.TermTypeFunc:
		return nativePath(t, root)
	case gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse, gojq.TermTypeNumber:
		return constant(q)
	case gojq.TermTypeString:
		return nativeString(q, root)
	case gojq.TermTypeQuery:
		if len(t.SuffixList) == 0 {
			return nativeOf(t.Query, root)
		}
	case gojq.TermTypeArray:
		return nativeArray(t, root)
	case gojq.TermTypeObject:
		return nativeObject(t, root)
	}
	return nil
}

// constant evaluates once.
func constant(q *gojq.Query) native {
	if len(q.Term.SuffixList) > 0 {
		return nil
	}
	v, _ := q.Run(nil).Next()
	literal, err := gojq.Marshal(v)
	if err != nil {
		return nil
	}
	return func(dst []byte, _ *scope) ([]byte, bool) { return append(dst, literal...), true }
}

func nativePath(t *gojq.Term, root []field) native {
	if t.Func != nil {
		switch {
		case t.Func.Name == "$items" && len(t.SuffixList) == 0:
			return func(dst []byte, s *scope) ([]byte, bool) { return append(dst, s.marker()...), true }
		case t.Func.Name == "$event":
			root = eventFields
		}
	}
	if get := textOf(t, root); get != nil {
		return func(dst []byte, s *scope) ([]byte, bool) { return appendTextOrNull(dst, get(s)), true }
	}
	names, ok := plainNames(t)
	if !ok {
		return nil
	}
	return nativeValue(names, root)
}

// nativeValue builds the first name's value and goes down from there.
func nativeValue(names []string, root []field) native {
	f, ok := descend(&names, root)
	if !ok || f.value == nil {
		return nil
	}
	tree := &reads{}
	leaf := tree.child(f.name)
	for _, name := range names {
		leaf = leaf.child(name)
	}
	leaf.whole = true
	return func(dst []byte, s *scope) ([]byte, bool) {
		v := f.get(s, tree)
		for _, name := range names {
			m, isObject := v.(map[string]any)
			if !isObject && v != nil {
				return dst, false
			}
			v = m[name]
		}
		return appendJSON(dst, v), true
	}
}

// textOf returns the getter of a text ("" for null), or nil.
func textOf(t *gojq.Term, root []field) func(*scope) string {
	if t.Func != nil && t.Func.Name == "$key" && len(t.SuffixList) == 0 {
		return func(s *scope) string { return s.key }
	}
	if t.Func != nil && t.Func.Name == "$event" {
		root = eventFields
	} else if t.Func != nil {
		return nil
	}
	names, ok := plainNames(t)
	if !ok {
		return nil
	}
	if f, known := descend(&names, root); known && len(names) == 0 {
		return f.text
	}
	return nil
}

// descend finds the field that the names lead to through objects that need not be built, and leaves the other names.
func descend(names *[]string, root []field) (field, bool) {
	for {
		if len(*names) == 0 {
			return field{}, false
		}
		f, ok := find(root, (*names)[0])
		if !ok {
			return f, false
		}
		*names = (*names)[1:]
		if !f.flat || len(*names) == 0 {
			return f, true
		}
		root = f.parts
	}
}

// plainNames are the names of a path such as .a.b or $event.a.b.
func plainNames(t *gojq.Term) ([]string, bool) {
	var names []string
	if t.Type == gojq.TermTypeIndex {
		if t.Index.Name == "" {
			return nil, false
		}
		names = append(names, t.Index.Name)
	} else if t.Func == nil || t.Func.Name != "$event" {
		return nil, false
	}
	for _, s := range t.SuffixList {
		if s.Index == nil || s.Index.Name == "" {
			return nil, false
		}
		names = append(names, s.Index.Name)
	}
	return names, len(names) > 0
}

// nativeString is a text with values in it, "\($event.issue.dataset)_relabel".
func nativeString(q *gojq.Query, root []field) native {
	t := q.Term
	if len(t.SuffixList) > 0 {
		return nil
	}
	if t.Str.Queries == nil {
		return constant(q)
	}
	var pieces []func(*scope) string
	for _, part := range t.Str.Queries {
		piece := pieceOf(part, root)
		if piece == nil {
			return nil
		}
		pieces = append(pieces, piece)
	}
	return func(dst []byte, s *scope) ([]byte, bool) {
		var b strings.Builder
		for _, piece := range pieces {
			b.WriteString(piece(s))
		}
		return appendText(dst, b.String()), true
	}
}

func pieceOf(q *gojq.Query, root []field) func(*scope) string {
	switch {
	case q.Term == nil || len(q.Term.SuffixList) > 0:
		return nil
	case q.Term.Str != nil && q.Term.Str.Queries == nil:
		literal := q.Term.Str.Str
		return func(*scope) string { return literal }
	case q.Term.Type != gojq.TermTypeQuery || q.Term.Query.Term == nil || len(q.Term.Query.FuncDefs) > 0:
		return nil
	}
	get := textOf(q.Term.Query.Term, root)
	if get == nil {
		return nil
	}
	return func(s *scope) string {
		if text := get(s); text != "" {
			return text
		}
		return "null"
	}
}

func nativeArray(t *gojq.Term, root []field) native {
	if len(t.SuffixList) > 0 {
		return nil
	}
	var kids []native
	for q := t.Array.Query; q != nil; {
		one, rest := q, (*gojq.Query)(nil)
		if q.Term == nil && q.Op == gojq.OpComma && len(q.FuncDefs) == 0 {
			one, rest = q.Right, q.Left
		}
		kid := nativeOf(one, root)
		if kid == nil {
			return nil
		}
		kids = append(kids, kid)
		q = rest
	}
	slices.Reverse(kids)
	return func(dst []byte, s *scope) ([]byte, bool) {
		var ok bool
		dst = append(dst, '[')
		for i, kid := range kids {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = kid(dst, s); !ok {
				return dst, false
			}
		}
		return append(dst, ']'), true
	}
}

// member is a key, encoded with its colon, and its value.
type member struct {
	name  string
	key   []byte
	value native
}

func nativeObject(t *gojq.Term, root []field) native {
	if len(t.SuffixList) > 0 {
		return nil
	}
	var members []member
	for _, kv := range t.Object.KeyVals {
		m, ok := memberOf(kv, root)
		if !ok || slices.ContainsFunc(members, func(o member) bool { return o.name == m.name }) {
			return nil
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return func(dst []byte, s *scope) ([]byte, bool) {
		var ok bool
		dst = append(dst, '{')
		for i := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, members[i].key...)
			if dst, ok = members[i].value(dst, s); !ok {
				return dst, false
			}
		}
		return append(dst, '}'), true
	}
}

func memberOf(kv *gojq.ObjectKeyVal, root []field) (member, bool) {
	name := kv.Key
	if kv.KeyString != nil && kv.KeyString.Queries == nil {
		name = kv.KeyString.Str
	}
	if name == "" || name[0] == '$' || kv.KeyQuery != nil {
		return member{}, false
	}
	value := nativeOf(kv.Val, root)
	if kv.Val == nil {
		value = nativeOf(&gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIndex, Index: &gojq.Index{Name: name}}}, root)
	}
	return member{name: name, key: append(appendText(nil, name), ':'), value: value}, value != nil
}
