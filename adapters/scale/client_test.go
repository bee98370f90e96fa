//go:build vendorclients

package scale_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/scale/scalesandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: scalesandbox.Vendor(), Auth: adapter.Auth{Basic: true}, Path: "/v1"}
}

// TestClientOperates proves the stand-in by the vendor's own client.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, setup()).Client(t, "scale", "operate.py")
}
