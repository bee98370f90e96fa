//go:build vendorclients

package labelbox_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/labelbox/labelboxsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Labelbox's own client takes for Labelbox is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: labelboxsandbox.Vendor()}).Client(t, "labelbox", "operate.py")
}
