package supervisely_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/export"
)

func TestJudgeStatus(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	keyed := adapter.Step{ID: "images/0001", Refs: []string{"a.jpg"}, Repeat: adapter.RepeatKeyed}
	checked := adapter.Step{ID: "annotations/0001", Items: []export.ItemID{"a"}, Refs: []string{"/x#image-5"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{}}
	for _, c := range []struct {
		status         int
		body           string
		keyed, checked adapter.Kind
		reason         adapter.Reason
	}{
		{401, `{"error":"x"}`, adapter.Reject, adapter.Reject, adapter.ReasonUnauthorized},
		{403, `{"error":"x"}`, adapter.Reject, adapter.Reject, adapter.ReasonForbidden},
		{404, `{"error":"x"}`, adapter.Reject, adapter.Reject, adapter.ReasonNotFound},
		{400, `{"error":"x"}`, adapter.Reject, adapter.Reject, adapter.ReasonInvalid},
		{400, `{"error":"Agent should call AgentConnected or AgentPing before attempting any other request"}`, adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		{408, "", adapter.Retry, adapter.Retry, adapter.ReasonTimeout},
		{429, "", adapter.Retry, adapter.Retry, adapter.ReasonRateLimited},
		{499, "", adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		{500, "", adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		{501, "", adapter.Reject, adapter.Reject, adapter.ReasonInvalid},
		{509, "", adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		{598, "", adapter.Retry, adapter.Unknown, adapter.ReasonUnavailable},
		{200, "<html>", adapter.Retry, adapter.Unknown, adapter.ReasonBadAnswer},
	} {
		resp := adapter.Response{Status: c.status, Body: []byte(c.body)}
		v := a.Judge(keyed, resp)
		require.Equal(t, c.keyed, v.Kind, "%d %s: %+v", c.status, c.body, v)
		require.Equal(t, c.reason, v.Reason, c.status)
		v = a.Judge(checked, resp)
		require.Equal(t, c.checked, v.Kind, "%d %s: %+v", c.status, c.body, v)
		require.Equal(t, c.reason, v.Reason, c.status)
	}
}

// TestJudgeNonunique: details come as an object or as a list of one; names that are not ours prove nothing.
func TestJudgeNonunique(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	step := adapter.Step{ID: "images/0001", Refs: []string{"a.jpg", "b.jpg"}, Repeat: adapter.RepeatKeyed}
	for body, want := range map[string]string{
		`{"error":"x","details":{"type":"NONUNIQUE","errors":[{"name":"b.jpg","id":5}]}}`:                           ",5",
		`{"error":"x","details":[{"type":"NONUNIQUE","errors":[{"name":"b.jpg","id":5},{"name":"a.jpg","id":4}]}]}`: "4,5",
	} {
		v := a.Judge(step, adapter.Response{Status: 400, Body: []byte(body)})
		require.Equal(t, adapter.Done, v.Kind, body)
		require.Equal(t, want, v.Kept["ids"])
	}
	for _, body := range []string{
		`{"error":"x","details":{"type":"NONUNIQUE","errors":[{"name":"other.jpg","id":5}]}}`, `{"error":"x","details":{"type":"NONUNIQUE"}}`,
		`{"error":"x","details":{"type":"OTHER","errors":[{"name":"a.jpg","id":5}]}}`, `{"error":"x","details":[]}`, `{"error":"x","details":7}`,
	} {
		require.Equal(t, adapter.Reject, a.Judge(step, adapter.Response{Status: 400, Body: []byte(body)}).Kind, body)
	}
}

func TestJudgeImages(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	step := adapter.Step{ID: "images/0001", Refs: []string{"a.jpg", "b.jpg"}, Repeat: adapter.RepeatKeyed}
	judge := func(body string) adapter.Verdict {
		return a.Judge(step, adapter.Response{Status: 200, Body: []byte(body)})
	}
	require.Equal(t, "4,5", judge(`[{"id":5,"name":"b.jpg"},{"id":4,"name":"a.jpg"}]`).Kept["ids"], "by name")
	require.Equal(t, "5,4", judge(`[{"id":5,"name":"b_1.jpg"},{"id":4,"name":"a.jpg"}]`).Kept["ids"], "renamed: in the order of the call")
	require.Equal(t, adapter.ReasonBadAnswer, judge(`[{"id":5,"name":"b.jpg"}]`).Reason)
	require.Equal(t, adapter.ReasonBadAnswer, judge(`[{"name":"b.jpg"},{"name":"a.jpg"}]`).Reason)
}

// TestAPartOfTheLabelsIsToldAfterALostReply: the images are there, and which have their labels is read.
func TestAPartOfTheLabelsIsToldAfterALostReply(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	step := adapter.Step{
		ID: "annotations/0001", Items: []export.ItemID{"a", "b"}, Refs: []string{"/x#image-4", "/x#image-5"}, Repeat: adapter.RepeatCheckFirst, Check: &adapter.Call{},
	}
	judge := func(body string) adapter.Verdict {
		return a.Judge(step, adapter.Response{Status: 200, Check: true, Body: []byte(body)})
	}
	require.Equal(t, adapter.Absent, judge(`[{"imageId":4,"annotation":{"objects":[],"tags":[]}},{"imageId":5,"annotation":{"objects":[],"tags":[]}}]`).Kind)
	v := judge(`[{"imageId":4,"annotation":{"objects":[],"tags":[{}]}},{"imageId":5,"annotation":{"objects":[],"tags":[]}}]`)
	require.Equal(t, adapter.Done, v.Kind)
	require.Equal(t, map[export.ItemID]adapter.Receipt{"a": {ID: "4", Link: "/x#image-4"}}, v.Taken)
	require.Contains(t, v.Failed["b"], "its labels are not")
}
