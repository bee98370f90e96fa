package cvat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/adapters/cvat"
	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// furnished starts stands that have the events' images in tasks already, as an earlier batch would have left them.
func furnished(events map[string]adapter.Input) func(*testing.T) adaptertest.Vendor {
	return func(t *testing.T) adaptertest.Vendor {
		t.Helper()
		s := sandboxtest.Start(t, setup())
		for _, name := range slices.Sorted(maps.Keys(events)) {
			makeTask(t, s, "earlier: "+name, "earlier/"+name, pictures(t, events[name]))
		}
		return s
	}
}

// pictures are the URLs of an event's images that CVAT can tell for images, each file name once.
func pictures(t *testing.T, in adapter.Input) []string {
	t.Helper()
	var urls []string
	seen := map[string]bool{}
	for s, err := range export.Subjects(in.Elements, export.FieldSensors) {
		require.NoError(t, err)
		if s.Lack != "" {
			continue
		}
		image, ok := s.Element.Frame.Image()
		u, err := url.Parse(image.URL)
		if !ok || err != nil || seen[u.Path] || !strings.Contains(u.Path[strings.LastIndexByte(u.Path, '/')+1:], ".") {
			continue
		}
		seen[u.Path] = true
		urls = append(urls, image.URL)
	}
	return urls
}

// makeTask makes a task of images by plain calls, and returns its id.
func makeTask(t *testing.T, s *sandboxtest.Stand, name, tracker string, urls []string) int {
	t.Helper()
	if len(urls) == 0 {
		return 0
	}
	var task struct{ ID int }
	do(t, s, "POST /api/tasks", map[string]any{"name": name, "project_id": 1, "segment_size": 2, "bug_tracker": tracker}, &task)
	var request struct {
		ID string `json:"rq_id"`
	}
	do(t, s, "POST "+fmt.Sprintf("/api/tasks/%d/data/", task.ID), map[string]any{
		"image_quality": 70, "sorting_method": "predefined", "remote_files": urls,
	}, &request)
	var state struct{ Status, Message string }
	for range 5 {
		do(t, s, "GET /api/requests/"+strings.NewReplacer("=", "%3D", "&", "%26").Replace(request.ID), nil, &state)
	}
	require.Equal(t, "finished", state.Status, state.Message)
	return task.ID
}

// do makes a call, such as "GET /api/tasks", by the real transport and decodes its answer.
func do(t *testing.T, s *sandboxtest.Stand, what string, body, into any) {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	call := adapter.Call{Method: method, Path: path, Header: map[string]string{"Accept": "application/vnd.cvat+json"}}
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		call.Body = adapter.BytesBody(text)
	}
	resp, err := s.Do(context.Background(), call)
	require.NoError(t, err)
	require.True(t, resp.OK(), "%s %s: %d %s", method, path, resp.Status, resp.Body)
	if into != nil {
		require.NoError(t, json.Unmarshal(resp.Body, into))
	}
}

// made makes an adapter.
func made(t *testing.T, o *cvat.Options) adapter.Adapter {
	t.Helper()
	a, err := cvat.Factory().New(o)
	require.NoError(t, err)
	return a
}

// state is what the stand holds.
func state(t *testing.T, s *sandboxtest.Stand) cvatsandbox.State {
	t.Helper()
	var held cvatsandbox.State
	s.ReadState(t, &held)
	return held
}

// deliverTo delivers, and returns what stopped it.
func deliverTo(t *testing.T, s *sandboxtest.Stand, a adapter.Adapter, in adapter.Input) (adaptertest.Outcome, error) {
	t.Helper()
	return adaptertest.Deliver(t.Context(), a, in, s)
}

// stopped is the verdict that stopped a delivery.
func stopped(t *testing.T, err error) adapter.Verdict {
	t.Helper()
	var s *adaptertest.Stopped
	require.ErrorAs(t, err, &s)
	return s.Verdict
}

// reasons are the refusals by item.
func reasons(out adaptertest.Outcome) map[export.ItemID]string {
	all := map[export.ItemID]string{}
	for _, r := range out.Refused {
		all[r.Item] = r.Reason
	}
	return all
}
