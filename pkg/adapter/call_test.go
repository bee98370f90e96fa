package adapter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/adapter/adaptertest"
	"github.com/labelgate/labelgate/pkg/export"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	out := &adaptertest.Plan{}
	call, err := adapter.RESTCall(out, "POST", "/a", map[string]string{"b": "<&>\u2028"})
	require.NoError(t, err)
	body, _ := call.Body.Bytes()
	require.Equal(t, `{"b":"<&>\u2028"}`, string(body), "no HTML escapes, no line break")
	call, err = adapter.RESTCall(out, "GET", "/a", nil)
	require.NoError(t, err)
	require.Nil(t, call.Body)
	call, err = adapter.GraphQLCall(out, "/graphql", "{ a }", nil)
	require.NoError(t, err)
	require.True(t, call.GraphQL())
	require.Nil(t, call.Body)
	_, err = adapter.GraphQLCall(out, "", "{ a }", func() {})
	require.ErrorContains(t, err, "request body")
}

func TestReadGraphQL(t *testing.T) {
	t.Parallel()
	r := adapter.ReadGraphQL(adapter.Response{Status: 200, Body: []byte(
		`{"data":{"a":1},"errors":[{"message":"no","path":["a",0,"b"],"extensions":{"code":"X","n":1}},{"message":"n","extensions":{"code":7}}]}`)})
	require.JSONEq(t, `{"a":1}`, string(r.Data))
	require.Equal(t, []adapter.GraphQLError{{Message: "no", Code: "X", Path: "a.0.b"}, {Message: "n"}}, r.Errors)
	for _, body := range []string{"", "<html>", `{"data":null}`, "[]", `{"errors":7}`} {
		r := adapter.ReadGraphQL(adapter.Response{Body: []byte(body)})
		require.Empty(t, r.Data)
		require.Empty(t, r.Errors)
		require.Equal(t, body, string(r.Body))
	}
}

func TestItemKey(t *testing.T) {
	t.Parallel()
	delivery := strings.Repeat("0", 32)
	require.Equal(t, delivery+"-frame_07.a-1", adapter.ItemKey(delivery, "frame_07.a-1", 65))
	keys := map[string]bool{}
	for _, item := range []string{"a b", "a/b", "é", "e\u0301", strings.Repeat("x", 100), ""} {
		key := adapter.ItemKey(delivery, export.ItemID(item), 65)
		require.LessOrEqual(t, len(key), 65)
		require.Regexp(t, `^[0-9a-f]{32}-[0-9a-f]*$`, key)
		require.False(t, keys[key])
		keys[key] = true
	}
}

func TestUUID(t *testing.T) {
	t.Parallel()
	require.Equal(t, adapter.UUID("a", "b"), adapter.UUID("a", "b"))
	require.NotEqual(t, adapter.UUID("a", "b"), adapter.UUID("ab"))
	require.NotEqual(t, adapter.UUID("a", "b"), adapter.UUID("b", "a"))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, adapter.UUID("a"))
}

func TestChunks(t *testing.T) {
	t.Parallel()
	var got [][]int
	c := adapter.Chunks[int]{Size: 2, Flush: func(n int, chunk []int) error {
		require.Len(t, got, n-1)
		got = append(got, chunk)
		return nil
	}}
	for i := range 5 {
		require.NoError(t, c.Add(i))
	}
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	require.Equal(t, [][]int{{0, 1}, {2, 3}, {4}}, got)
	whole := adapter.Chunks[int]{Flush: func(int, []int) error { return errors.New("full") }}
	require.NoError(t, whole.Add(1))
	require.EqualError(t, whole.Close(), "full")
}

func TestPriority(t *testing.T) {
	t.Parallel()
	require.Equal(t, 10, adapter.Priority("low", 10, 20, 30))
	require.Equal(t, 20, adapter.Priority("normal", 10, 20, 30))
	require.Equal(t, 20, adapter.Priority("", 10, 20, 30))
	require.Equal(t, 30, adapter.Priority("high", 10, 20, 30))
}
