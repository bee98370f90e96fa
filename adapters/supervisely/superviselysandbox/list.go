package superviselysandbox

import (
	"reflect"
	"slices"
)

// filter is a condition of a list. Values of texts and numbers are compared as they are written.
type filter struct {
	Field    string `json:"field"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
}

// all reports whether a thing with these fields fits every filter.
func all(filters []filter, fields map[string]any) (bool, error) {
	for _, f := range filters {
		value, known := fields[f.Field]
		if !known {
			return false, invalid("filter.field %q is not known", f.Field)
		}
		fits, err := f.fits(value)
		if err != nil || !fits {
			return false, err
		}
	}
	return true, nil
}

func (f filter) fits(value any) (bool, error) {
	same := func(other any) bool { return reflect.DeepEqual(plain(other), plain(value)) }
	if f.Operator == "=" {
		return same(f.Value), nil
	}
	list, isList := f.Value.([]any)
	switch {
	case !isList:
		return false, invalid("filter.value must be a list with %q", f.Operator)
	case f.Operator == "in":
		return slices.ContainsFunc(list, same), nil
	case f.Operator == "!in":
		return !slices.ContainsFunc(list, same), nil
	default:
		return false, invalid("filter.operator %q is not known", f.Operator)
	}
}

// plain makes numbers alike, whatever they came as.
func plain(value any) any {
	if n, ok := value.(int); ok {
		return float64(n)
	}
	return value
}

// perPage is how many entities the server puts on a page.
const perPage = 500

// page asks for a page of a list.
type page struct {
	Page    int `json:"page"`
	PerPage int `json:"per_page"`
}

// list is one page. All four fields are what the client cannot do without.
type list struct {
	Total      int   `json:"total"`
	PerPage    int   `json:"perPage"`
	PagesCount int   `json:"pagesCount"`
	Entities   []any `json:"entities"`
}

// of cuts the page out of what was found, which is in the order of ids.
func (p page) of(found []any, sort, order string) (any, string, error) {
	if sort != "" && sort != "id" || order != "" && order != "asc" && order != "desc" {
		return nil, "", invalid("the sandbox sorts by id, asc or desc")
	}
	if order == "desc" {
		slices.Reverse(found)
	}
	size := perPage
	if p.PerPage > 0 {
		size = min(p.PerPage, perPage)
	}
	from := min(max(p.Page-1, 0)*size, len(found))
	l := list{Total: len(found), PerPage: size, PagesCount: max((len(found)+size-1)/size, 1), Entities: []any{}}
	l.Entities = append(l.Entities, found[from:min(from+size, len(found))]...)
	return l, "", nil
}
