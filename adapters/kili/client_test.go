//go:build vendorclients

package kili_test

import (
	"testing"

	"github.com/labelgate/labelgate/adapters/kili/kilisandbox"
	"github.com/labelgate/labelgate/pkg/sandbox/sandboxtest"
)

// TestClientOperates: what Kili's own client takes for Kili is a good stand-in for it.
func TestClientOperates(t *testing.T) {
	t.Parallel()
	sandboxtest.Start(t, sandboxtest.Setup{Vendor: kilisandbox.Vendor()}).Client(t, "kili", "operate.py")
}
