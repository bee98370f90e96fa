package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/store/pgtest"
)

// audited is what `verify -o json` says.
type audited struct {
	Accepted, Delivered, Dead, Open, Calls int
	Findings                               []struct{ What string }
}

func verify(t *testing.T, site *harness.Site, code int, args ...string) (a audited) {
	t.Helper()
	got := site.CLI(t, append([]string{"verify", "-o", "json"}, args...)...)
	require.Equal(t, code, got.Code, got.Stdout+got.Stderr)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &a))
	require.Equal(t, code == 1, len(a.Findings) > 0)
	return a
}

// TestBackupAndRestore: while a gateway runs, its store is verified and backed up; the backup is restored to both kinds of store,
// and a gateway goes on with it where the backup stopped.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	site, vendor := newSite(t)
	gateway := site.Serve(t)
	for i := range 3 {
		id := gateway.Accept(t, batch, harness.Issue{Name: fmt.Sprint("done ", i), Padding: i << 20}.Event())
		gateway.Await(t, id, "delivered")
	}
	vendor.Next(harness.Status(http.StatusUnprocessableEntity, `{"error": "no such project"}`))
	dead := gateway.Accept(t, batch, harness.Unique("dead"))
	gateway.Await(t, dead, "dead")
	require.Equal(t, audited{Accepted: 4, Delivered: 3, Dead: 1, Calls: 4}, verify(t, site, 0).without())

	folder := filepath.Join(t.TempDir(), "backup")
	backup := site.CLI(t, "store", "backup", folder)
	require.Zero(t, backup.Code, backup.Stderr)
	saved := "sqlite://" + filepath.Join(folder, "labelgate.db")
	require.Equal(t, 4, verify(t, site, 0, saved).Accepted)
	require.Equal(t, 1, site.CLI(t, "store", "backup", folder).Code, "it is there already")
	copied := site.CLI(t, "store", "copy", site.Env["LABELGATE_STORE"], pgtest.URL(t))
	require.Equal(t, 3, copied.Code, "the gateway holds it: %s", copied.Stderr)
	gateway.Stop(t)

	for _, to := range []string{"sqlite://" + filepath.Join(t.TempDir(), "restored.db"), pgtest.URL(t)} {
		restored := harness.NewSite(t, labelgate, site.Config, vendor.URL)
		restored.Env["LABELGATE_STORE"] = to
		shown := restored.CLI(t, "migrate", "show")
		require.Contains(t, shown.Stdout, "no store yet")
		require.Zero(t, restored.CLI(t, "migrate", "run").Code)
		require.Contains(t, restored.CLI(t, "migrate", "show").Stdout, "up to date")
		copied := restored.CLI(t, "store", "copy", saved, to)
		require.Zero(t, copied.Code, copied.Stderr)
		require.Contains(t, copied.Stdout, "copied 4 deliveries")
		require.Equal(t, 4, verify(t, restored, 0).Accepted)
		calls := len(vendor.Calls())
		gateway := restored.Serve(t)
		require.Zero(t, restored.CLI(t, "deliveries", "redrive", fmt.Sprint(dead)).Code)
		gateway.Await(t, dead, "delivered")
		require.Len(t, vendor.AwaitCalls(t, calls+1), calls+1, "what was delivered is not sent again")
		require.Equal(t, 4, verify(t, restored, 0).Delivered)
		gateway.Stop(t)
	}
}

func (a audited) without() audited { a.Findings = nil; return a }

// TestVerifyFinds: a payload that is not what was accepted is named, and the exit code is 1.
func TestVerifyFinds(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t)
	gateway := site.Serve(t)
	id := gateway.Accept(t, batch, harness.Issue{Name: "large", Padding: 1 << 20}.Event())
	gateway.Await(t, id, "delivered")
	file := payloads(t, site)[0]
	require.NoError(t, os.WriteFile(filepath.Join(site.Dir, file), []byte("{}"), 0o600))
	require.Contains(t, verify(t, site, 1).Findings[0].What, "payload")
	text := site.CLI(t, "verify")
	require.Equal(t, 1, text.Code)
	require.Contains(t, text.Stdout, fmt.Sprintf("WRONG        delivery %d: ", id))
	require.Contains(t, text.Stderr, "1 findings")
}
