package labelstudiosandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// query is what the data manager calls prepare params: filters, a selection, an order.
type query struct {
	filters  []filter
	either   bool // one filter is enough
	selected *selection
	ordering string
}

type filter struct {
	column, operator string
	value            any
}

// selection is selectedItems.
type selection struct {
	all      bool
	included []int
	excluded []int
}

// taskQuery reads the query of a GET: ?query=, which the server decodes once more than other parameters, or the body.
func (c *call) taskQuery() (query, error) {
	text := c.query().Get("query")
	if text == "" {
		return readQuery(c.bodyOfGet())
	}
	again, err := url.PathUnescape(text)
	if err != nil {
		again = lenient(text)
	}
	value, err := decode([]byte(again))
	if err != nil {
		return query{}, errors.New("Unexpected character found when decoding 'null'") //nolint:staticcheck // the server's own words
	}
	return readQuery(value)
}

// bodyOfGet is the JSON of a GET's body, which the server reads too.
func (c *call) bodyOfGet() any {
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil
	}
	value, err := decode(raw)
	if err != nil {
		return nil
	}
	return value
}

// percentCode is what a lenient decoder, like Python's unquote, takes for a code.
var percentCode = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// lenient decodes %XX and leaves any other % as it is.
func lenient(text string) string {
	return percentCode.ReplaceAllStringFunc(text, func(code string) string {
		plain, err := url.PathUnescape(code)
		if err != nil {
			return code
		}
		return plain
	})
}

func readQuery(value any) (query, error) {
	sent, _ := value.(map[string]any)
	var q query
	filters, _ := sent["filters"].(map[string]any)
	q.either = filters["conjunction"] == "or"
	for _, one := range list(filters["items"]) {
		item, _ := one.(map[string]any)
		column, ok := strings.CutPrefix(fmt.Sprint(item["filter"]), "filter:tasks:")
		if !ok {
			return q, fmt.Errorf("1 validation error for PrepareParams\nfilters.items: %v", item["filter"])
		}
		q.filters = append(q.filters, filter{column: column, operator: fmt.Sprint(item["operator"]), value: item["value"]})
	}
	if ordering := list(sent["ordering"]); len(ordering) > 0 {
		q.ordering = fmt.Sprint(ordering[0])
	}
	var err error
	q.selected, err = readSelection(sent["selectedItems"])
	return q, err
}

func readSelection(value any) (*selection, error) {
	sent, ok := value.(map[string]any)
	if !ok {
		return nil, nil //nolint:nilnil // there is no selection
	}
	all, ok := sent["all"].(bool)
	if !ok {
		return nil, errors.New("1 validation error for PrepareParams\nselectedItems.all\n  Field required")
	}
	s := &selection{all: all}
	for _, part := range []struct {
		name string
		to   *[]int
	}{{"included", &s.included}, {"excluded", &s.excluded}} {
		for i, one := range list(sent[part.name]) {
			id, ok := whole(one)
			if !ok {
				return nil, fmt.Errorf("1 validation error for PrepareParams\nselectedItems.%s.%d\n  Input should be a valid integer", part.name, i)
			}
			*part.to = append(*part.to, id)
		}
	}
	return s, nil
}

// tasks are those of the project that the query selects.
func (q query) tasks(p *project) ([]*Task, error) {
	var found []*Task
	for _, t := range p.tasks {
		ok, err := q.matches(t)
		if err != nil {
			return nil, err
		}
		if ok && q.selected.has(t.ID) {
			found = append(found, t)
		}
	}
	if strings.TrimPrefix(q.ordering, "-") == "tasks:id" {
		slices.SortFunc(found, func(a, b *Task) int { return cmp.Compare(a.ID, b.ID) })
		if strings.HasPrefix(q.ordering, "-") {
			slices.Reverse(found)
		}
	}
	return found, nil
}

// has reports whether a task is selected. Nothing selected means everything: so does the server, and deletes everything.
func (s *selection) has(id int) bool {
	switch {
	case s == nil:
		return true
	case s.all:
		return !slices.Contains(s.excluded, id)
	default:
		return len(s.included) == 0 || slices.Contains(s.included, id)
	}
}

func (q query) matches(t *Task) (bool, error) {
	for _, f := range q.filters {
		ok, err := f.matches(t)
		if err != nil {
			return false, err
		}
		if ok == q.either {
			return ok, nil
		}
	}
	return len(q.filters) == 0 || !q.either, nil
}

func (f filter) matches(t *Task) (bool, error) {
	if f.column == "id" {
		return f.matchesID(t.ID)
	}
	name, ok := strings.CutPrefix(f.column, "data.")
	if !ok {
		return false, fmt.Errorf("Cannot resolve keyword '%s' into field.", f.column) //nolint:revive,staticcheck // the server's own words
	}
	has, there := t.Data[name].(string)
	want, _ := f.value.(string)
	switch f.operator {
	case "contains":
		return there && strings.Contains(strings.ToLower(has), strings.ToLower(want)), nil
	case "in_list":
		return there && slices.Contains(list(f.value), any(has)), nil
	case "not_in_list":
		return !there || !slices.Contains(list(f.value), any(has)), nil
	case "regex":
		match, err := regexp.MatchString(want, has)
		return there && match, err
	default: // an operator that the server does not know means equality, so starts_with does
		return there && has == want, nil
	}
}

func (f filter) matchesID(id int) (bool, error) {
	values := list(f.value)
	if f.operator != "in_list" {
		values = []any{f.value}
	}
	for _, value := range values {
		if text, isText := value.(string); isText {
			value = json.Number(text)
		}
		want, ok := whole(value)
		if !ok {
			return false, fmt.Errorf("Field 'id' expected a number but got '%v'.", value) //nolint:revive,staticcheck // the server's own words
		}
		if want == id {
			return true, nil
		}
	}
	return false, nil
}
