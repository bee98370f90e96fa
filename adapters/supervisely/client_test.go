//go:build vendorclients

package supervisely_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/supervisely/superviselysandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Supervisely's own client takes for Supervisely is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: superviselysandbox.Vendor()}).Client(t, "supervisely", "operate.py")
}
