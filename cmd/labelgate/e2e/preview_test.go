package e2e_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// previewed is what preview prints as JSON.
type previewed struct {
	Calls []struct {
		Step   string
		Method string
		URL    string
		Header map[string]string
		Body   json.RawMessage
	}
	Refused []harness.Refusal
}

// TestPreview: what preview shows is what is then really sent, but for the key, which is masked, and nothing is sent by it.
func TestPreview(t *testing.T) {
	t.Parallel()
	for _, config := range []string{"aquarium-graphql", "aquarium-rest"} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			site, vendor := newDropIn(t, config)
			for _, name := range harness.EventNames(t) {
				shown := preview(t, site, name)
				require.Len(t, shown.Calls, 1, name)
				require.Len(t, vendor.Calls(), 0, "a preview sends nothing")
				gateway := site.Serve(t)
				d := gateway.Await(t, gateway.Accept(t, webhook, harness.Event(t, name)), final...)
				call := vendor.Calls()[0]
				require.Equal(t, string(call.Body), compact(t, shown.Calls[0].Body), name)
				require.Equal(t, vendor.URL, shown.Calls[0].URL)
				require.Equal(t, call.Method, shown.Calls[0].Method)
				require.Equal(t, d.Steps[0].ID, shown.Calls[0].Step)
				require.Equal(t, d.Refusals, shown.Refused)
				requireHeaders(t, shown.Calls[0].Header, call)
				gateway.Stop(t)
				site, vendor = newDropIn(t, config)
			}
		})
	}
}

func requireHeaders(t *testing.T, shown map[string]string, call harness.Call) {
	t.Helper()
	require.Contains(t, shown, "Authorization")
	require.Contains(t, shown["Authorization"], "***")
	for name, value := range shown {
		switch name {
		case "Authorization", "Idempotency-Key": // masked; the delivery's own
			require.Len(t, call.Header.Values(name), 1)
		case "Content-Length", "Host": // net/http takes them out of the header
		default:
			require.Equal(t, call.Header.Get(name), value, name)
		}
	}
}

func preview(t *testing.T, site *harness.Site, event string) previewed {
	t.Helper()
	text := site.CLI(t, "preview", harness.EventFile(event))
	require.Zero(t, text.Code, text.Stderr)
	require.Contains(t, text.Stdout, "POST "+site.Env["LABELING_API_ENDPOINT"])
	got := site.CLI(t, "preview", "-o", "json", harness.EventFile(event))
	require.Zero(t, got.Code, got.Stderr)
	for _, out := range []string{text.Stdout, text.Stderr, got.Stdout, got.Stderr} {
		require.NotContains(t, out, harness.Key)
	}
	var shown previewed
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &shown))
	return shown
}

// compact undoes the indenting of the JSON that preview prints.
func compact(t *testing.T, body json.RawMessage) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Compact(&out, body))
	return out.String()
}
