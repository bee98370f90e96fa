//go:build vendorclients

package encord_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/encord"
	"github.com/labelgate/labelgate/adapters/encord/encordsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Encord's own client takes for Encord is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: encordsandbox.Vendor(), Auth: encord.Factory().Auth, Key: privateKey(t)}).Client(t, "encord", "operate.py")
}
