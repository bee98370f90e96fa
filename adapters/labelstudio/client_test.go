//go:build vendorclients

package labelstudio_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/labelstudio/labelstudiosandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Label Studio's own client takes for Label Studio is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: labelstudiosandbox.Vendor()}).Client(t, "labelstudio", "operate.py")
}
