//go:build vendorclients

package segments_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/segments/segmentssandbox"
	"github.com/labelgate/labelgate/pkg/adapter"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

func setup() sandboxtest.Setup {
	return sandboxtest.Setup{Vendor: segmentssandbox.Vendor(), Auth: adapter.Auth{Scheme: "APIKey"}}
}

// TestClientOperates proves the stand-in by the vendor's own client.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	stand := sandboxtest.Start(t, setup())
	stand.Client(t, "segments", "operate.py")
	stand.Client(t, "segments", "readback.py", "acme/pets")
}
