package server

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labelgate/labelgate/pkg/store"
)

// Query is a filter as the query of GET /api/v1/deliveries.
func Query(f store.Filter) url.Values {
	states := make([]string, 0, len(f.State))
	for _, s := range f.State {
		states = append(states, string(s))
	}
	q := url.Values{}
	for name, value := range map[string]string{
		"state": strings.Join(states, ","), "route": f.Route, "destination": f.Destination, "search": f.Search,
		"since": timeText(f.Since), "until": timeText(f.Until), "before": countText(f.Before), "limit": countText(int64(f.Limit)),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func timeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}

func countText(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func parseStates(texts []string) (states []store.State, err error) {
	for _, text := range texts {
		if !slices.Contains(store.States, store.State(text)) {
			return nil, fmt.Errorf("state %q: must be one of %v", text, store.States)
		}
		states = append(states, store.State(text))
	}
	return states, nil
}
