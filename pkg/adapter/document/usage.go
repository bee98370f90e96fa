package document

import "github.com/vektah/gqlparser/v2/ast"

// usage collects the variables that a document uses.
type usage struct {
	doc  *ast.QueryDocument
	vars map[string]bool
	done map[string]bool
}

func (u *usage) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			u.directives(s.Directives)
			u.arguments(s.Arguments)
			u.selection(s.SelectionSet)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(s.Directives)
			u.fragment(s.Name)
		}
	}
}

func (u *usage) fragment(name string) {
	if f := u.doc.Fragments.ForName(name); f != nil && !u.done[name] {
		u.done[name] = true
		u.directives(f.Directives)
		u.selection(f.SelectionSet)
	}
}

func (u *usage) directives(ds ast.DirectiveList) {
	for _, d := range ds {
		u.arguments(d.Arguments)
	}
}

func (u *usage) arguments(as ast.ArgumentList) {
	for _, a := range as {
		u.value(a.Value)
	}
}

func (u *usage) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.Variable {
		u.vars[v.Raw] = true
	}
	for _, kid := range v.Children {
		u.value(kid.Value)
	}
}
