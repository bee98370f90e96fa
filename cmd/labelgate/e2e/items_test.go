package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// TestItems: where each item stands, and deliveries found by the ids in them; from a running gateway and from its store.
func TestItems(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	gateway := site.Serve(t)
	body := harness.Event(t, "frames")
	id := gateway.Accept(t, batch, body)
	gateway.Await(t, id, "delivered")
	other := gateway.Accept(t, batch, harness.Unique("another"))
	gateway.Await(t, other, "delivered")
	elements, frames, labels := idsOf(t, body)
	harness.Await(t, func() bool { return len(list(t, site, "--search", labels[0])) == 1 }, "the label is found")

	for round := range 2 {
		for _, word := range []string{elements[1], frames[2], labels[len(labels)-1], strings.ToUpper(elements[0][:6])} {
			found := list(t, site, "--search", word)
			require.Len(t, found, 1, word)
			require.Equal(t, id, found[0].ID, word)
		}
		require.Empty(t, list(t, site, "--search", "no-such-id"))
		require.Len(t, list(t, site, "--since", "1h"), 2)
		require.Empty(t, list(t, site, "--until", "2020-01-01"))

		shown := site.CLI(t, "deliveries", "show", fmt.Sprint(id))
		require.Contains(t, shown.Stdout, "3 accepted, 0 refused, 0 pending, 0 unknown")
		text := site.CLI(t, "deliveries", "show", fmt.Sprint(id), "--items")
		require.Zero(t, text.Code, text.Stderr)
		require.Equal(t, 4, strings.Count(text.Stdout, "\n"), text.Stdout)
		require.Equal(t, 3, strings.Count(text.Stdout, "accepted"))

		var after string
		for i := range 3 {
			page := items(t, site, id, "-n", "1", "--state", "accepted", "--after", after)
			require.Len(t, page.Items, 1)
			require.Equal(t, i == 2, page.Next == "", page.Next)
			after = page.Next
		}
		require.Empty(t, items(t, site, id, "--state", "refused").Items)
		if round == 0 {
			gateway.Stop(t) // the second time round the store itself is asked
		}
	}
	for _, args := range [][]string{{"1", "--state", "accepted"}, {"1", "--items", "--state", "nope"}} {
		require.Equal(t, 2, site.CLI(t, append([]string{"deliveries", "show"}, args...)...).Code, args)
	}
	require.Equal(t, 2, site.CLI(t, "deliveries", "list", "--since", "yesterday").Code)
	require.Equal(t, 1, site.CLI(t, "deliveries", "show", "1", "--items", "--after", "x").Code)
}

type itemsPage struct {
	Items []struct{ ID, State string }
	Next  string
}

func items(t *testing.T, site *harness.Site, id int64, args ...string) (page itemsPage) {
	t.Helper()
	got := site.CLI(t, append([]string{"deliveries", "show", fmt.Sprint(id), "--items", "-o", "json"}, args...)...)
	require.Zero(t, got.Code, got.Stderr)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &page))
	return page
}

// idsOf are the ids of an event's elements, frames and labels.
func idsOf(t *testing.T, body []byte) (elements, frames, labels []string) {
	t.Helper()
	var event struct {
		Issue struct {
			Elements []struct {
				Element string `json:"element_id"`
				Frame   string `json:"frame_id"`
				Data    struct {
					Labels []struct {
						UUID string `json:"uuid"`
					} `json:"label_data"`
				} `json:"frame_data"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &event))
	for _, e := range event.Issue.Elements {
		elements, frames = append(elements, e.Element), append(frames, e.Frame)
		for _, l := range e.Data.Labels {
			labels = append(labels, l.UUID)
		}
	}
	return elements, frames, labels
}
