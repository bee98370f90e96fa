//go:build vendorclients

package cvat_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/cvat/cvatsandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what CVAT's own client takes for CVAT is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: cvatsandbox.Vendor()}).Client(t, "cvat", "operate.py")
}
