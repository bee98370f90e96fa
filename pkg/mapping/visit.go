package mapping

import "github.com/itchyny/gojq"

// count counts the calls of a function, or the uses of a variable.
func count(q *gojq.Query, name string) int {
	n := 0
	visit(q, func(t *gojq.Term) {
		if t.Func != nil && t.Func.Name == name {
			n++
		}
	})
	return n
}

// visit calls f with every term of a query, outer terms first.
func visit(q *gojq.Query, f func(*gojq.Term)) {
	if q == nil {
		return
	}
	for _, d := range q.FuncDefs {
		visit(d.Body, f)
	}
	visitTerm(q.Term, f)
	visit(q.Left, f)
	visitPatterns(q.Patterns, f)
	visit(q.Right, f)
}

func visitTerm(t *gojq.Term, f func(*gojq.Term)) {
	if t == nil {
		return
	}
	f(t)
	visitIndex(t.Index, f)
	visitString(t.Str, f)
	for _, q := range inner(t) {
		visit(q, f)
	}
	if t.Unary != nil {
		visitTerm(t.Unary.Term, f)
	}
	if t.Object != nil {
		visitObject(t.Object, f)
	}
	for _, s := range t.SuffixList {
		visitIndex(s.Index, f)
	}
}

// inner are the queries directly inside a term, but for those of its index, string and object.
func inner(t *gojq.Term) []*gojq.Query {
	qs := []*gojq.Query{t.Query}
	switch {
	case t.Func != nil:
		qs = append(qs, t.Func.Args...)
	case t.Array != nil:
		qs = append(qs, t.Array.Query)
	case t.If != nil:
		qs = append(qs, t.If.Cond, t.If.Then, t.If.Else)
		for _, e := range t.If.Elif {
			qs = append(qs, e.Cond, e.Then)
		}
	case t.Try != nil:
		qs = append(qs, t.Try.Body, t.Try.Catch)
	case t.Reduce != nil:
		qs = append(qs, t.Reduce.Query, t.Reduce.Start, t.Reduce.Update)
	case t.Foreach != nil:
		qs = append(qs, t.Foreach.Query, t.Foreach.Start, t.Foreach.Update, t.Foreach.Extract)
	case t.Label != nil:
		qs = append(qs, t.Label.Body)
	}
	return append(qs, patternQueries(t)...)
}

func patternQueries(t *gojq.Term) []*gojq.Query {
	var qs []*gojq.Query
	collect := func(term *gojq.Term) { qs = append(qs, &gojq.Query{Term: term}) }
	if t.Reduce != nil {
		visitPatterns(t.Reduce.Patterns, collect)
	}
	if t.Foreach != nil {
		visitPatterns(t.Foreach.Patterns, collect)
	}
	return qs
}

func visitPatterns(ps []*gojq.Pattern, f func(*gojq.Term)) {
	for _, p := range ps {
		visitPatterns(p.Array, f)
		for _, o := range p.Object {
			visitString(o.KeyString, f)
			visit(o.KeyQuery, f)
			if o.Val != nil {
				visitPatterns([]*gojq.Pattern{o.Val}, f)
			}
		}
	}
}

func visitObject(o *gojq.Object, f func(*gojq.Term)) {
	for _, kv := range o.KeyVals {
		if kv.Val == nil && len(kv.Key) > 0 && kv.Key[0] == '$' {
			// {$items} is short for {items: $items}.
			f(&gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: kv.Key}})
		}
		visitString(kv.KeyString, f)
		visit(kv.KeyQuery, f)
		visit(kv.Val, f)
	}
}

func visitIndex(i *gojq.Index, f func(*gojq.Term)) {
	if i != nil {
		visitString(i.Str, f)
		visit(i.Start, f)
		visit(i.End, f)
	}
}

func visitString(s *gojq.String, f func(*gojq.Term)) {
	if s != nil {
		for _, q := range s.Queries {
			visit(q, f)
		}
	}
}
