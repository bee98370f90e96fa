package e2e_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/labelgate/labelgate/adapters"
	"github.com/labelgate/labelgate/cmd/labelgate/e2e/harness"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox"
)

// TestVendorsRehearse does what a newcomer does: the config that `labelgate init VENDOR` writes, beside the stand-in vendor
// of `labelgate sandbox --vendor VENDOR`, with nothing but the four documented names set.
func TestVendorsRehearse(t *testing.T) {
	t.Parallel()
	registry, err := adapter.NewRegistry(adapters.All()...)
	require.NoError(t, err)
	require.NotEmpty(t, adapters.Sandboxes())
	for _, vendor := range adapters.Sandboxes() {
		t.Run(vendor.Name, func(t *testing.T) {
			t.Parallel()
			factory, ok := registry.Get(vendor.Name)
			require.True(t, ok, "there is no adapter of that name")
			for name, fault := range map[string]string{"well": "", "replies lost": "cut-after,every=3", "vendor down": "503,times=2,after=1"} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					rehearse(t, vendor, factory, fault)
				})
			}
		})
	}
}

func rehearse(t *testing.T, vendor sandbox.Vendor, factory adapter.Factory, fault string) {
	t.Helper()
	stand := sandbox.New(sandbox.Options{Vendor: &vendor})
	server := httptest.NewServer(stand.Handler())
	t.Cleanup(server.Close)
	before, err := stand.State()
	require.NoError(t, err)
	if fault != "" {
		f, err := sandbox.ParseFault(fault)
		require.NoError(t, err)
		require.NoError(t, stand.Inject(f))
	}
	site := harness.NewSite(t, labelgate, filepath.Join(harness.Root(), "configs", vendor.Name+".yaml"), server.URL+vendor.Path)
	if factory.Auth.Sign != nil {
		site.Env["LABELING_API_KEY"] = privateKey(t)
	}
	if fault == "" {
		look(t, site)
	}
	gateway := site.Serve(t)
	for _, event := range []string{"frames", "geometry-2d"} {
		d := gateway.Await(t, gateway.Accept(t, webhook, harness.Event(t, event)), final...)
		require.Contains(t, []string{"delivered", "partial"}, d.State, "%s: %s: %s: %+v", event, d.Reason, d.Detail, d.Refusals)
		require.Positive(t, d.Accepted)
	}
	after, err := stand.State()
	require.NoError(t, err)
	require.NotEqual(t, string(before), string(after), "nothing has come of it at the vendor")
	gateway.Stop(t)
}

// look does what one does before sending anything: everything is found good, and calls are shown without the key.
func look(t *testing.T, site *harness.Site) {
	t.Helper()
	checked := site.CLI(t, "check", "--online")
	require.Zero(t, checked.Code, checked.Stderr)
	require.Contains(t, checked.Stdout, "is good")
	preview := site.CLI(t, "preview", harness.EventFile("geometry-2d"))
	require.Zero(t, preview.Code, preview.Stderr)
	require.Contains(t, preview.Stdout, "# call 1 of ")
	require.NotContains(t, preview.Stdout, site.Env["LABELING_API_KEY"])
}

// privateKey is a key to sign with, as people make it with ssh-keygen -t ed25519.
func privateKey(t *testing.T) string {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block))
}
