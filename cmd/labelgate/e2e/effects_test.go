package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// The published mutation, with spaces as they come.
const published = `mutation BulkDeleteLabels($projectId: ID!, $labelIds: [ID!]) { ` +
	`project(where: {id: $projectId}) { ` +
	`bulkDeleteLabels(where: {id_in: $labelIds}, makeTemplates: true, waitForQueue: true) { count } } }`

// TestEventsHaveTheirEffects sends every sample event through both drop-in configs, with their four names set only.
func TestEventsHaveTheirEffects(t *testing.T) {
	t.Parallel()
	for config, check := range map[string]func(*testing.T, harness.Effects, harness.Call, harness.Delivery){
		"aquarium-graphql": requireMutation,
		"aquarium-rest":    requireBatch,
	} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			site, vendor := newDropIn(t, config)
			gateway := site.Serve(t)
			for i, name := range harness.EventNames(t) {
				id := gateway.Accept(t, webhook, harness.Event(t, name))
				gateway.Await(t, id, final...)
				shown := site.Delivery(t, id)
				calls := vendor.Calls()
				require.Len(t, calls, i+1, "event %s: one call", name)
				require.Equal(t, "Bearer "+harness.Key, calls[i].Header.Get("Authorization"))
				require.Equal(t, http.MethodPost, calls[i].Method)
				require.Equal(t, "/api", calls[i].Path)
				check(t, harness.EffectsOf(t, name), calls[i], shown)
			}
		})
	}
}

func requireMutation(t *testing.T, want harness.Effects, call harness.Call, d harness.Delivery) {
	t.Helper()
	got := harness.Decode[harness.Mutation](t, call)
	require.Equal(t, published, strings.Join(strings.Fields(got.Query), " "))
	require.Equal(t, want.GraphQL.ProjectID, got.Variables.ProjectID)
	require.ElementsMatch(t, want.GraphQL.LabelIDs, got.Variables.LabelIDs)
	require.Equal(t, "delivered", d.State)
	require.Equal(t, len(want.GraphQL.LabelIDs), d.Accepted)
	require.Empty(t, d.Refusals)
}

func requireBatch(t *testing.T, want harness.Effects, call harness.Call, d harness.Delivery) {
	t.Helper()
	require.Equal(t, want.REST, harness.Decode[harness.Batch](t, call))
	require.Equal(t, "application/json", call.Header.Get("Content-Type"))
	require.Equal(t, len(want.REST.Frames), d.Accepted)
	refused := make([]harness.Refusal, 0, len(want.RESTRefused))
	for _, r := range want.RESTRefused {
		refused = append(refused, harness.Refusal{Index: r.Index, ElementID: r.ElementID, Reason: r.Why})
	}
	require.Equal(t, refused, d.Refusals)
	require.Equal(t, len(refused), d.Refused)
	if len(refused) > 0 {
		require.Equal(t, "partial", d.State)
		return
	}
	require.Equal(t, "delivered", d.State)
}

// TestBadElements: what can be sent is sent, what cannot is refused by index, id and reason, and nothing to send is no call.
func TestBadElements(t *testing.T) {
	t.Parallel()
	no := func(index int, id, reason string) harness.Refusal {
		return harness.Refusal{Index: index, ElementID: id, Reason: reason}
	}
	noLabels := []harness.Refusal{
		no(1, "crop-without-data", "no crop_data"), no(2, "no-frame-data", "no frame_data"),
		no(3, "unknown-type", `unknown element type "video"`), no(4, "label-without-uuid", "label 0: no uuid"),
		no(6, "", "not an object"), no(7, "", "not an object"),
	}
	noFrames := []harness.Refusal{
		no(2, "no-frame-data", "no frame_data"), no(3, "unknown-type", "no image_url"), no(5, "no-frame-id", "no frame_id"),
		no(6, "", "not an object"), no(7, "", "not an object"),
	}
	cases := map[string]struct {
		path, event, state string
		sent               []string // ids, in any order; nil for no call
		refused            []harness.Refusal
	}{
		"no element, labels":  {relabel, "bad/no-element", "delivered", nil, nil},
		"no element, frames":  {batch, "bad/no-element", "delivered", nil, nil},
		"some bad, labels":    {relabel, "bad/some-elements-bad", "partial", []string{"label-good", "label-nf"}, noLabels},
		"some bad, frames":    {batch, "bad/some-elements-bad", "partial", []string{"good", "f1", "f4"}, noFrames},
		"all bad, one label":  {relabel, "bad/all-elements-bad", "partial", []string{"label-nf"}, shift(noLabels)},
		"all bad, two frames": {batch, "bad/all-elements-bad", "partial", []string{"f1", "f4"}, shift(noFrames)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, vendor := newSite(t)
			gateway := site.Serve(t)
			id := gateway.Accept(t, c.path, harness.Event(t, c.event))
			gateway.Await(t, id, final...)
			d := site.Delivery(t, id)
			require.Equal(t, c.state, d.State, d.Detail)
			require.ElementsMatch(t, c.refused, d.Refusals)
			require.ElementsMatch(t, c.sent, sentIDs(t, c.path, vendor.Calls()))
		})
	}
}

// TestNothingUsable: where every element is refused the delivery is dead, and no call is made: an empty set of ids could
// match every label.
func TestNothingUsable(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	body := []byte(`{"event": "issue-exported", "project": "p", "issue": {"id": "1", "name": "n", "elements": [17, null]}}`)
	for _, path := range []string{relabel, batch} {
		d := gateway.Await(t, gateway.Accept(t, path, body), final...)
		require.Equal(t, "dead", d.State)
		require.Equal(t, "nothing_to_send", d.Reason)
		require.Len(t, d.Refusals, 2)
	}
	require.Empty(t, vendor.Calls())
}

// shift is the refusals of an event that lacks the first element of another.
func shift(refusals []harness.Refusal) []harness.Refusal {
	shifted := make([]harness.Refusal, 0, len(refusals))
	for _, r := range refusals {
		r.Index--
		shifted = append(shifted, r)
	}
	return shifted
}

// sentIDs are the ids of labels or frames that calls carried.
func sentIDs(t *testing.T, path string, calls []harness.Call) []string {
	t.Helper()
	var ids []string
	for _, c := range calls {
		if path == relabel {
			ids = append(ids, harness.Decode[harness.Mutation](t, c).Variables.LabelIDs...)
			continue
		}
		for _, f := range harness.Decode[harness.Batch](t, c).Frames {
			ids = append(ids, f.ID)
		}
	}
	return ids
}
