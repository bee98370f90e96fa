package labelstudio

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// query is the JSON of the Data Manager's parameter of that name.
type query struct {
	Filters  filters  `json:"filters"`
	Ordering []string `json:"ordering"`
}

type filters struct {
	Conjunction string   `json:"conjunction"`
	Items       []filter `json:"items"`
}

type filter struct {
	Filter   string          `json:"filter"`
	Operator string          `json:"operator"`
	Type     string          `json:"type"`
	Value    json.RawMessage `json:"value"`
}

// withColumn filters tasks whose column is that text. Of the operators only equal, contains, in_list and regex work on
// columns of task data: starts_with silently means equal (seen at a running server).
func withColumn(column, text string) filter {
	return filter{Filter: "filter:tasks:data." + column, Operator: "equal", Type: "String", Value: raw(twice(text))}
}

// withAny filters tasks whose column is one of the texts.
func withAny(column string, texts []string) filter {
	values := make([]string, len(texts))
	for i, text := range texts {
		values[i] = twice(text)
	}
	return filter{Filter: "filter:tasks:data." + column, Operator: "in_list", Type: "List", Value: raw(values)}
}

// withIDs filters tasks by their own ids.
func withIDs(ids []int64) filter {
	return filter{Filter: "filter:tasks:id", Operator: "in_list", Type: "List", Value: raw(ids)}
}

// twice readies a text for the server, which decodes the query once more than it should: %25 becomes % there.
func twice(text string) string { return strings.ReplaceAll(text, "%", "%25") }

func raw(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil { // texts and numbers always have a JSON form
		return json.RawMessage("null")
	}
	return text
}

// list reads at most size of the tasks that a filter lets by, oldest first: their data, and the ids of their annotations.
func (a *labelStudio) list(f filter, size int) adapter.Call {
	q := query{Filters: filters{Conjunction: "and", Items: []filter{f}}, Ordering: []string{"tasks:id"}}
	values := url.Values{
		"fields": {"all"}, "include": {"id,data,annotations"}, "page": {"1"}, "page_size": {fmt.Sprint(size)},
		"project": {a.project()}, "query": {string(raw(q))},
	}
	return adapter.Call{Method: "GET", Path: "/api/tasks/?" + values.Encode()}
}

// act is one change of all tasks that the body selects.
func (a *labelStudio) act(out adapter.Output, action string, selected selection) (adapter.Call, error) {
	if len(selected.SelectedItems.Included) == 0 { // the server takes it for every task of the project
		return adapter.Call{}, fmt.Errorf("action %s: no task is selected, which the vendor takes for all", action)
	}
	return adapter.RESTCall(out, "POST", "/api/dm/actions/?"+url.Values{"id": {action}, "project": {a.project()}}.Encode(), selected)
}

// selection is the body of an action.
type selection struct {
	SelectedItems selectedItems `json:"selectedItems"`
	ValueName     string        `json:"value_name,omitempty"`
	ValueType     string        `json:"value_type,omitempty"`
	Value         string        `json:"value,omitempty"`
}

type selectedItems struct {
	All      bool    `json:"all"`
	Included []int64 `json:"included"`
}

func these(ids []int64) selection { return selection{SelectedItems: selectedItems{Included: ids}} }

// listed is a page of tasks.
type listed struct {
	Total *int   `json:"total"`
	Tasks []task `json:"tasks"`
}

type task struct {
	ID          int64                      `json:"id"`
	Data        map[string]json.RawMessage `json:"data"`
	Annotations []struct {
		ID int64 `json:"id"`
	} `json:"annotations"`
}

// column is a column's text; "" where it is none.
func (t task) column(name string) string {
	var text string
	_ = json.Unmarshal(t.Data[name], &text) // a number, or nothing
	return text
}

func (t task) annotations() []int64 {
	ids := make([]int64, len(t.Annotations))
	for i, one := range t.Annotations {
		ids[i] = one.ID
	}
	return ids
}

// readList reads a page of tasks; ok is false for anything else.
func readList(resp adapter.Response) (page listed, ok bool) {
	err := json.Unmarshal(resp.Body, &page)
	return page, err == nil && page.Total != nil && page.Tasks != nil
}
