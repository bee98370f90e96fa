package transport_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/transport"
)

func TestDescribeIsWhatDoSends(t *testing.T) {
	t.Parallel()
	masked := strings.NewReplacer(canary, "***", "team-secret", "***", "parameter-secret", "***")
	byName := func(a, b transport.HeaderField) int { return strings.Compare(a.Name, b.Name) }
	calls := map[string]adapter.Call{
		"rest":         {Method: "PATCH", Path: "/b?dry=1", ContentType: "application/x-ndjson", Body: adapter.BytesBody([]byte("{}\n{}\n"))},
		"without body": {Method: "POST", Path: "/b", Header: map[string]string{"Idempotency-Key": "k1"}},
		"get":          {Method: "GET"},
		"graphql":      mutation(`{"ids":["1"]}`),
		"no variables": mutation(""),
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, answering(http.StatusOK, "application/json", `{}`))
			client := newClient(t, v.url+"/v1?token=parameter-secret&a=b", func(o *transport.Options) {
				o.Headers = map[string]string{"X-Team": "team-secret"}
			})

			described, err := client.Describe(call)
			require.NoError(t, err)
			require.Empty(t, v.requests, "nothing is sent")
			_, err = client.Do(t.Context(), call)
			require.NoError(t, err)

			sent := <-v.requests
			require.Equal(t, sent.method, described.Method)
			require.Equal(t, masked.Replace(v.url+sent.uri), described.URL)
			require.Equal(t, transport.HeaderField{Name: "Host", Value: sent.host}, described.Header[0])
			require.True(t, slices.IsSortedFunc(described.Header[1:], byName))
			require.Len(t, described.Header, 1+len(sent.header))
			for _, field := range described.Header[1:] {
				require.Equal(t, masked.Replace(sent.header.Get(field.Name)), field.Value, field.Name)
			}
			require.EqualValues(t, len(sent.body), described.Size)
			if described.Body == nil {
				require.Empty(t, sent.body)
				return
			}
			body, err := io.ReadAll(described.Body)
			require.NoError(t, err)
			require.Equal(t, string(sent.body), string(body))
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	cases := []struct{ base, path, want string }{
		{"https://a.example/v1", "", "https://a.example/v1"},
		{"https://a.example/v1?x=1", "", "https://a.example/v1?x=1"},
		{"https://a.example", "tasks", "https://a.example/tasks"},
		{"https://a.example/v1/", "/tasks/", "https://a.example/v1/tasks/"},
		{"https://a.example/v1", "tasks?b=2&a=%20", "https://a.example/v1/tasks?b=2&a=%20"},
		{"https://a.example/v1?x=1", "?y=2", "https://a.example/v1?x=1&y=2"},
		{"https://a.example/v1?x=1", "/tasks?y=http://b", "https://a.example/v1/tasks?x=1&y=http://b"},
		{"https://a.example/a%2Fb", "c%2Fd é", "https://a.example/a%2Fb/c%2Fd%20%C3%A9"},
		{"https://a.example", "/a?q=b c&d={é}%2B", "https://a.example/a?q=b%20c&d=%7B%C3%A9%7D%2B"},
		{"https://a.example", "/@evil.example/..x", "https://a.example/@evil.example/..x"},
	}
	for _, c := range cases {
		described, err := newClient(t, c.base).Describe(adapter.Call{Method: "GET", Path: c.path})
		require.NoError(t, err, c)
		require.Equal(t, c.want, described.URL, c)
	}
}

func TestPathsThatLeaveTheDestinationAreRefused(t *testing.T) {
	t.Parallel()
	v := newVendor(t, answering(http.StatusOK, "application/json", `{}`))
	client := newClient(t, v.url+"/tenant")
	for _, path := range []string{
		"//evil.example/x", "http://evil.example", "/a/http://evil", `\\evil`, "/%2Fevil.example", "%2f%2fevil",
		"/../other", "..", "a/%2e%2E/b", "/./a", "/a#b", "/a%zz", "/a\x00b",
	} {
		_, err := client.Describe(adapter.Call{Method: "GET", Path: path})
		require.ErrorContains(t, err, "path: ", path)
		_, err = client.Do(t.Context(), adapter.Call{Method: "GET", Path: path})
		failure := requireFailure(t, err)
		require.Equal(t, adapter.ReasonInvalid, failure.Reason, path)
		require.False(t, failure.Sent, path)
	}
	require.Empty(t, v.requests)
}

func TestHeadersOfACallAreChecked(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"Host": "evil", "Content-Length": "1", "a b": "c", "X-A": "b\r\nX-B: c"} {
		call := post("{}")
		call.Header = map[string]string{name: value}
		_, err := newClient(t, "https://a.example").Describe(call)
		require.ErrorContains(t, err, "header ", name)
	}
}
