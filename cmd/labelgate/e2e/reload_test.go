package e2e_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
)

// newEditable returns a site whose config is a copy of testdata/site.yaml, and a function that replaces a text in it.
func newEditable(t *testing.T) (*harness.Site, *harness.Vendor, func(old, changed string)) {
	t.Helper()
	site, vendor := newSite(t)
	text, err := os.ReadFile(site.Config)
	require.NoError(t, err)
	site.Config = filepath.Join(site.Dir, "labelgate.yaml")
	require.NoError(t, os.WriteFile(site.Config, text, 0o600))
	return site, vendor, func(old, changed string) {
		require.Contains(t, string(text), old)
		text = []byte(strings.Replace(string(text), old, changed, 1))
		require.NoError(t, os.WriteFile(site.Config, text, 0o600))
	}
}

// TestReload: a new key is taken without a restart; the metric says which file runs.
func TestReload(t *testing.T) {
	t.Parallel()
	site, vendor, edit := newEditable(t)
	gateway := site.Serve(t)
	gateway.Await(t, gateway.Accept(t, batch, harness.Unique("before")), "delivered")
	held := make(chan struct{})
	vendor.Next(harness.Hold(held))
	flying := gateway.Accept(t, batch, harness.Unique("in flight"))
	vendor.AwaitCalls(t, 2)

	edit("api_key: ${LABELING_API_KEY}", "api_key: the-new-key")
	edit("path: /batch", "path: /batches")
	reloaded := site.CLI(t, "reload", "-o", "json")
	require.Zero(t, reloaded.Code, reloaded.Stderr)
	text, err := os.ReadFile(site.Config)
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	var info struct{ Hash string }
	require.NoError(t, json.Unmarshal([]byte(reloaded.Stdout), &info))
	require.Equal(t, hex.EncodeToString(sum[:]), info.Hash)
	_, metrics := gateway.Get(t, "/metrics")
	require.Contains(t, metrics, fmt.Sprintf(`labelgate_config_info{hash="%x"} 1`, sum[:6]))
	require.Contains(t, metrics, `labelgate_config_reloads_total{result="taken"} 1`)

	later := gateway.Accept(t, "/batches", harness.Unique("after"))
	gateway.Await(t, later, "delivered")
	close(held)
	gateway.Await(t, flying, "delivered")
	calls := vendor.Calls()
	require.Len(t, calls, 3)
	for i, key := range []string{harness.Key, harness.Key, "the-new-key"} {
		require.Equal(t, "Bearer "+key, calls[i].Header.Get("Authorization"))
	}
	req, err := gateway.Webhook(t.Context(), batch, strings.NewReader(string(harness.Unique("gone"))))
	require.NoError(t, err)
	answer, err := harness.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, answer.Status)
}

// TestReloadRefused: a file with a mistake, or with a change that needs a restart, changes nothing at all.
func TestReloadRefused(t *testing.T) {
	t.Parallel()
	site, vendor, edit := newEditable(t)
	gateway := site.Serve(t)
	edit("api_key: ${LABELING_API_KEY}", "api_key: the-new-key")
	edit("concurrency: 8", "concurrency: minus eight")
	local := site.CLI(t, "reload")
	require.Equal(t, 1, local.Code)
	require.Contains(t, local.Stderr, "labelgate.yaml:")
	require.Contains(t, local.Stderr, "concurrency")
	remote := site.CLI(t, "reload", "--server", gateway.URL)
	require.Equal(t, 1, remote.Code)
	require.Contains(t, remote.Stderr, "concurrency")
	edit("concurrency: minus eight", "concurrency: 8")
	edit("listen: 127.0.0.1:${PORT}", "listen: 127.0.0.1:1")
	edit("url: ${LABELGATE_STORE}", "url: sqlite://elsewhere.db")
	fixed := site.CLI(t, "reload", "--server", gateway.URL)
	require.Equal(t, 1, fixed.Code)
	require.Contains(t, fixed.Stderr, "server.listen: cannot be changed")
	require.Contains(t, fixed.Stderr, "store.url: cannot be changed")
	require.Equal(t, 3, site.CLI(t, "reload").Code, "no gateway runs by that store")
	require.NoFileExists(t, filepath.Join(site.Dir, "elsewhere.db"))
	gateway.Await(t, gateway.Accept(t, batch, harness.Event(t, "frames")), "delivered")
	require.Equal(t, "Bearer "+harness.Key, vendor.Calls()[0].Header.Get("Authorization"), "the config of before goes on")
	_, metrics := gateway.Get(t, "/metrics")
	require.Contains(t, metrics, `labelgate_config_reloads_total{result="refused"} 2`)
}

// TestReloadsUnderLoad: SIGHUP again and again while events come in; each of them is delivered, and each call is made once.
func TestReloadsUnderLoad(t *testing.T) {
	t.Parallel()
	const reloads = 12
	site, vendor, edit := newEditable(t)
	gateway := site.Serve(t)
	load := newLoad()
	load.to(gateway)
	load.start(t)
	concurrency := 8
	for n := range reloads {
		next := 1 + (n*5)%8
		edit(fmt.Sprintf("concurrency: %d", concurrency), fmt.Sprintf("concurrency: %d", next))
		concurrency = next
		before := len(vendor.Calls())
		gateway.Reload(t)
		vendor.AwaitCalls(t, before+20)
	}
	gateway.Terminate(t)
	require.Zero(t, gateway.Wait(t))
	gateway = site.Serve(t)
	load.finish(t, gateway)
	harness.Await(t, func() bool { return unfinished(t, site) == 0 }, "all accepted events are delivered")
	gateway.Stop(t)
	requireFewRepeats(t, vendor.Calls(), 0)
	require.GreaterOrEqual(t, len(vendor.Calls()), len(load.accepted))
	require.Len(t, list(t, site, "--state", "dead,partial,discarded,waiting"), 0)
}
