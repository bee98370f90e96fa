package e2e_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// The canaries: texts that must be found nowhere. The key has characters that escapes change.
const (
	canarySecret = "canary-of-the-webhook-secret"
	canaryToken  = "canary-of-the-admin-token"
	canaryKey    = "canary/of+the=vendor&key"
	canaryGuess  = "canary-of-a-wrong-secret"
)

// TestSecretsStayHome puts secrets through everything, to a vendor that repeats them in whatever it says, and then looks for
// them in the log, the store, the API, the metrics, and what commands print.
func TestSecretsStayHome(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	site.Env["AQ_WEBHOOK_SECRET"], site.Env["LABELING_API_KEY"] = canarySecret, canaryKey
	site.Env["LABELGATE_ADMIN_TOKEN"] = canaryToken
	gateway := site.Serve(t)
	requireGuessRefused(t, gateway)
	for _, reply := range indiscreet(vendor.URL) {
		vendor.Next(reply.replies...)
		req, err := gateway.Webhook(t.Context(), reply.path, strings.NewReader(string(harness.Unique(reply.name))))
		require.NoError(t, err)
		req.Header.Set(harness.SecretHeader, canarySecret)
		answer, err := harness.Do(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, answer.Status, answer.Body)
		harness.Await(t, func() bool { return site.Delivery(t, answer.Delivery).State == reply.state }, "%s: %s", reply.name, reply.state)
	}
	require.Equal(t, "Bearer "+canaryKey, vendor.Calls()[0].Header.Get("Authorization"), "the key is in use")
	require.Contains(t, site.Delivery(t, 1).Detail, "may not do this", "what the vendor says is kept, but for the key")

	for _, args := range everyCommand(gateway.URL) {
		got := site.CLI(t, args...)
		requireHidden(t, strings.Join(args, " "), got.Stdout+got.Stderr)
	}
	for _, path := range []string{"/metrics", "/api/v1/deliveries", "/api/v1/deliveries/1", "/readyz"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gateway.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+canaryToken)
		answer, err := harness.Do(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.Status)
		requireHidden(t, path, answer.Body)
	}
	requireHiddenOnDisk(t, site)
	gateway.Kill()
	requireHiddenOnDisk(t, site)
}

// everyCommand is every command that could show a secret.
func everyCommand(server string) [][]string {
	event := harness.EventFile("frames")
	commands := [][]string{
		{"check"},
		{"check", "-o", "json"},
		{"preview", "-r", "batch", event},
		{"preview", "-r", "relabel", "-o", "json", event},
		{"deliveries", "list"},
		{"deliveries", "list", "-o", "json"},
		{"send", "-r", "batch", "--server", server, harness.EventFile("bad/no-issue")},
		{"send", "-r", "batch", "--server", "http://127.0.0.1:1", event},
		{"serve"}, // the store is locked
	}
	for i := range indiscreet("") {
		id := strconv.Itoa(i + 1)
		commands = append(commands, []string{"deliveries", "show", id}, []string{"deliveries", "show", id, "-o", "json"})
	}
	return commands
}

// indiscretion is an event, and a vendor that tells its key while it is asked.
type indiscretion struct {
	name, path, state string
	replies           []harness.Reply
}

func indiscreet(home string) []indiscretion {
	said := `{"error": "the key Bearer ` + canaryKey + ` may not do this", "escaped": "` + url.QueryEscape(canaryKey) + `"}`
	page := "<html><title>" + canaryKey + "</title>" + canaryKey + "</html>"
	return []indiscretion{
		{"rejected", batch, "dead", []harness.Reply{harness.Status(http.StatusForbidden, said)}},
		{"rejected as text", batch, "dead", []harness.Reply{harness.Status(http.StatusBadRequest, "wrong key "+canaryKey)}},
		{"redirected", batch, "dead", []harness.Reply{harness.Redirect(home + "/login?key=" + url.QueryEscape(canaryKey))}},
		{"retried", batch, "delivered", []harness.Reply{harness.Status(http.StatusBadGateway, page), harness.LoseReply()}},
		{"graphql", relabel, "dead", []harness.Reply{harness.GraphQLError("UNAUTHENTICATED for " + canaryKey)}},
	}
}

func requireGuessRefused(t *testing.T, gateway *harness.Gateway) {
	t.Helper()
	req, err := gateway.Webhook(t.Context(), batch, strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set(harness.SecretHeader, canaryGuess)
	answer, err := harness.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, answer.Status)
	requireHidden(t, "the answer", answer.Body)
}

// requireHidden looks for the canaries in all their forms.
func requireHidden(t *testing.T, where, text string) {
	t.Helper()
	require.NotEmpty(t, text, where)
	for _, canary := range []string{canarySecret, canaryToken, canaryKey, canaryGuess} {
		forms := []string{
			canary, url.QueryEscape(canary), url.PathEscape(canary), strings.ReplaceAll(canary, "/", `\/`),
			strings.ReplaceAll(canary, "&", `\u0026`), base64.StdEncoding.EncodeToString([]byte(canary)),
		}
		for _, form := range forms {
			require.False(t, strings.Contains(text, form), "%s holds %q", where, form)
		}
	}
}

// requireHiddenOnDisk looks through every byte of the database, its log, the payloads, and what the gateway logged.
func requireHiddenOnDisk(t *testing.T, site *harness.Site) {
	t.Helper()
	sizes := site.Sizes(t)
	require.Contains(t, sizes, "labelgate.db")
	require.Contains(t, sizes, "gateway.log")
	for name, size := range sizes {
		content, err := os.ReadFile(filepath.Join(site.Dir, name))
		require.NoError(t, err)
		if size > 0 {
			requireHidden(t, name, string(content))
		}
	}
}
