package harness

import (
	"encoding/json"
	"time"
)

// Delivery is a delivery as the API and `deliveries show -o json` describe it: what scripts can rely on.
type Delivery struct {
	ID       int64     `json:"id"`
	Key      string    `json:"key"`
	Route    string    `json:"route"`
	State    string    `json:"state"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail"`
	Attempts int       `json:"attempts"`
	Accepted int       `json:"items_accepted"`
	Refused  int       `json:"items_refused"`
	NextAt   time.Time `json:"next_at"`
	Pass     int       `json:"pass"`
	Size     int64     `json:"size"`
	Steps    []Step    `json:"steps"`
	Tries    []Try     `json:"attempts_made"`
	Refusals []Refusal `json:"refusals"`
}

// Step is one recorded step.
type Step struct {
	ID    string            `json:"id"`
	State string            `json:"state"`
	Kept  map[string]string `json:"kept"`
	Items int               `json:"items"`
}

// Try is one recorded call.
type Try struct {
	Number  int       `json:"number"`
	Step    string    `json:"step"`
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"`
	Status  int       `json:"status"`
	Started time.Time `json:"started"`
}

// Refusal is an element that was not sent.
type Refusal struct {
	Index     int    `json:"index"`
	ElementID string `json:"element_id"`
	Reason    string `json:"reason"`
}

// Deliveries decodes what `deliveries list -o json` printed.
func Deliveries(printed string) ([]Delivery, error) {
	var list []Delivery
	err := json.Unmarshal([]byte(printed), &list)
	return list, err
}
