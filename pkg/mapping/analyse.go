package mapping

import (
	"maps"

	"github.com/itchyny/gojq"
)

// places are parts of the input that a value can be. None: the value is made from parts that are already noted.
type places []*reads

// analysis follows an expression through its syntax tree and notes what it reads. It may note too much, never too
// little: where it cannot follow, all of the value counts as read.
type analysis struct {
	root *reads
	vars map[string]places
	// soft is over 0 inside conditions, alternatives and tries, where a missing value is no mistake.
	soft int
}

// analyse returns what the expression reads of its input.
func analyse(q *gojq.Query) *reads {
	a := &analysis{root: &reads{}, vars: map[string]places{}}
	a.use(a.query(q, places{a.root}))
	return a.root
}

// use notes that the values are read as they are.
func (a *analysis) use(ps places) {
	for _, p := range ps {
		p.whole = true
		p.must = p.must || a.soft == 0
	}
}

// softly runs f as something that may find nothing.
func (a *analysis) softly(f func() places) places {
	a.soft++
	defer func() { a.soft-- }()
	return f()
}

func (a *analysis) query(q *gojq.Query, in places) places {
	switch {
	case q == nil:
		return nil
	case len(q.FuncDefs) > 0:
		return a.opaque(in)
	case q.Term != nil:
		return a.term(q.Term, in)
	case len(q.Patterns) > 0:
		return a.bind(q.Patterns, a.query(q.Left, in), func() places { return a.query(q.Right, in) })
	default:
		return a.operator(q, in)
	}
}

func (a *analysis) operator(q *gojq.Query, in places) places {
	both := func() places { return append(a.query(q.Left, in), a.query(q.Right, in)...) }
	switch q.Op {
	case gojq.OpPipe:
		return a.query(q.Right, a.query(q.Left, in))
	case gojq.OpComma:
		return both()
	case gojq.OpAlt:
		return a.used(both, 1)
	case gojq.OpAnd, gojq.OpOr, gojq.OpEq, gojq.OpNe:
		return a.used(both, 1)
	case gojq.OpAdd, gojq.OpSub, gojq.OpMul, gojq.OpDiv, gojq.OpMod, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe:
		return a.used(both, 0)
	default: // updates give back all of their input
		return a.opaque(in)
	}
}

// used notes what f returns as read, more softly by soft; the value itself is a new one.
func (a *analysis) used(f func() places, soft int) places {
	a.soft += soft
	a.use(f())
	a.soft -= soft
	return nil
}

// opaque gives up on following: every part of the input may be read.
func (a *analysis) opaque(in places) places {
	return a.used(func() places { return in }, 1)
}

func (a *analysis) term(t *gojq.Term, in places) places {
	if optional(t.SuffixList) {
		return a.softly(func() places { return a.suffixes(t, in) })
	}
	return a.suffixes(t, in)
}

func (a *analysis) suffixes(t *gojq.Term, in places) places {
	out := a.head(t, in)
	for _, s := range t.SuffixList {
		switch {
		case s.Index != nil:
			out = a.index(s.Index, out, in)
		case s.Iter:
			out = out.elements()
		case s.Optional:
			// What is read later cannot be told from what must be there: note it now, as one that need not.
			a.used(func() places { return out }, 1)
			return nil
		}
	}
	return out
}

func (a *analysis) head(t *gojq.Term, in places) places {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return in
	case gojq.TermTypeIndex:
		return a.index(t.Index, in, in)
	case gojq.TermTypeFunc:
		return a.function(t.Func, in)
	case gojq.TermTypeQuery:
		return a.query(t.Query, in)
	case gojq.TermTypeObject:
		return a.used(func() places { return a.object(t.Object, in) }, 0)
	case gojq.TermTypeArray:
		return a.used(func() places { return a.query(t.Array.Query, in) }, 0)
	case gojq.TermTypeUnary:
		return a.used(func() places { return a.term(t.Unary.Term, in) }, 0)
	case gojq.TermTypeString, gojq.TermTypeFormat:
		return a.used(func() places { return a.text(t, in) }, 0)
	case gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse, gojq.TermTypeNumber, gojq.TermTypeBreak:
		return nil
	default:
		return a.control(t, in)
	}
}

func (a *analysis) control(t *gojq.Term, in places) places {
	switch t.Type {
	case gojq.TermTypeIf:
		return a.used(func() places { return a.branches(t.If, in) }, 1)
	case gojq.TermTypeTry:
		return a.used(func() places { return a.query(t.Try.Body, in) }, 1)
	case gojq.TermTypeLabel:
		return a.query(t.Label.Body, in)
	case gojq.TermTypeReduce:
		return a.fold(t.Reduce.Query, t.Reduce.Start, t.Reduce.Patterns, in, t.Reduce.Update)
	case gojq.TermTypeForeach:
		f := t.Foreach
		return a.fold(f.Query, f.Start, f.Patterns, in, f.Update, f.Extract)
	default:
		return a.opaque(in)
	}
}

func (a *analysis) branches(f *gojq.If, in places) places {
	all := append(a.query(f.Cond, in), a.query(f.Then, in)...)
	for _, e := range f.Elif {
		all = append(append(all, a.query(e.Cond, in)...), a.query(e.Then, in)...)
	}
	if f.Else == nil {
		return append(all, in...)
	}
	return append(all, a.query(f.Else, in)...)
}

func (a *analysis) fold(over, start *gojq.Query, ps []*gojq.Pattern, in places, updates ...*gojq.Query) places {
	a.use(a.query(start, in))
	return a.bind(ps, a.query(over, in), func() places {
		for _, u := range updates {
			a.use(a.query(u, nil))
		}
		return nil
	})
}

// bind runs body with the patterns' variables standing for the value.
func (a *analysis) bind(ps []*gojq.Pattern, value places, body func() places) places {
	outer := a.vars
	a.vars = maps.Clone(outer)
	defer func() { a.vars = outer }()
	if len(ps) == 1 && ps[0].Name != "" {
		a.vars[ps[0].Name] = value
		return body()
	}
	// Other patterns take the value apart. With everything noted no variable needs places.
	a.vars = map[string]places{}
	a.opaque(append(value, a.root))
	return body()
}

func (a *analysis) function(f *gojq.Func, in places) places {
	if f.Name[0] == '$' {
		return a.vars[f.Name]
	}
	switch {
	case f.Name == "select" && len(f.Args) == 1:
		a.used(func() places { return a.query(f.Args[0], in) }, 1)
		return in
	case f.Name == "map" && len(f.Args) == 1:
		return a.used(func() places { return a.query(f.Args[0], in.elements()) }, 0)
	case f.Name == "empty":
		return nil
	case f.Name == "not" || f.Name == "type" || f.Name == "values":
		return a.opaque(in)
	case len(f.Args) == 0:
		return a.used(func() places { return in }, 0)
	default:
		return a.call(f, in)
	}
}

// call is a function with arguments: they see parts of the input only, and variables.
func (a *analysis) call(f *gojq.Func, in places) places {
	a.use(in)
	for _, arg := range f.Args {
		a.used(func() places { return a.query(arg, in) }, 1)
	}
	return nil
}

func (a *analysis) object(o *gojq.Object, in places) places {
	var all places
	for _, kv := range o.KeyVals {
		key := &gojq.Term{Type: gojq.TermTypeString, Str: kv.KeyString}
		if kv.KeyString != nil {
			all = append(all, a.text(key, in)...)
		}
		all = append(all, a.query(kv.KeyQuery, in)...)
		switch {
		case kv.Val != nil:
			all = append(all, a.query(kv.Val, in)...)
		case kv.KeyString != nil && kv.KeyString.Queries == nil:
			all = append(all, in.child(kv.KeyString.Str)...)
		case kv.KeyString != nil || kv.Key == "":
			a.opaque(in)
		case kv.Key[0] == '$':
			all = append(all, a.vars[kv.Key]...)
		default:
			all = append(all, in.child(kv.Key)...)
		}
	}
	return all
}

func (a *analysis) text(t *gojq.Term, in places) places {
	if t.Str == nil { // a format alone, such as @json, applies to its input
		return in
	}
	var all places
	for _, q := range t.Str.Queries {
		all = append(all, a.query(q, in)...)
	}
	return all
}

// index is of[i], with i evaluated on in.
func (a *analysis) index(i *gojq.Index, of, in places) places {
	switch {
	case i.Name != "":
		return of.child(i.Name)
	case i.Str != nil && i.Str.Queries == nil:
		return of.child(i.Str.Str)
	case i.Str == nil && !i.IsSlice && isNumber(i.Start):
		return of.elements()
	}
	if i.Str != nil {
		a.use(a.text(&gojq.Term{Str: i.Str}, in))
	}
	a.use(a.query(i.Start, in))
	a.use(a.query(i.End, in))
	return a.opaque(of)
}

func (ps places) child(name string) places {
	out := make(places, len(ps))
	for i, p := range ps {
		out[i] = p.child(name)
	}
	return out
}

// elements are the values in a list or an object. Only of labels can we say which parts; of others it is all.
func (ps places) elements() places {
	for _, p := range ps {
		p.whole = p.whole || p.name != "labels"
	}
	return ps.child(elem)
}

func optional(suffixes []*gojq.Suffix) bool {
	for _, s := range suffixes {
		if s.Optional {
			return true
		}
	}
	return false
}

func isNumber(q *gojq.Query) bool {
	return q != nil && q.Term != nil && q.Term.Type == gojq.TermTypeNumber && len(q.Term.SuffixList) == 0
}
